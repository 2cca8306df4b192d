"""From a request to the places of items: who asks, what may be ranked, and in which order."""

import numpy as np
import scipy.sparse as sp

from mmclassic.recommend._exact import Approximate
from mmclassic.recommend._ranking import block_rows, rank_blocks, rank_shared
from mmclassic.recommend._rerank import check_diversity, rerank


def answer(model, asked, candidates, rules, k, include_seen):
    """Order and scores (n_askers, k), the candidates that they go by, and what was seen of these.

    `model` is a fitted recommender, `asked` Askers and `candidates` all that could be ranked
    but for the rules.
    """
    check_diversity(rules.diversity)
    groups, most = rules.groups(candidates)
    boosts = rules.boosts(candidates)
    chosen = rules.choose(candidates, model._counts)
    if chosen is not None:
        candidates = candidates[chosen]
        groups = None if groups is None else groups[chosen]
        boosts = None if boosts is None else boosts[chosen]
    seen = candidates.columns(asked.history)
    hidden = sp.csr_matrix(seen.shape) if include_seen else seen
    found = rerank(
        lambda size: _order(model, asked, candidates, hidden, boosts, size),
        k,
        groups,
        most,
        rules.diversity,
        lambda rows: model._alike(candidates, rows),
    )
    return found, candidates, seen


def _order(model, asked, candidates, hidden, boosts, k):
    """Positions and scores of the best candidates that are not hidden."""
    shared = model._shared_scores(candidates)
    if shared is not None:
        return rank_shared(_boosted(shared, boosts), hidden, k)
    told = asked.told
    if told.all():
        return _order_told(model, asked, candidates, hidden, boosts, k)
    # Who said nothing gets what everybody likes.
    popular = _boosted(candidates.of(model._counts()), boosts)
    order = np.empty((told.size, min(k, candidates.ids.size)), dtype=np.int64)
    values = np.empty(order.shape)
    order[~told], values[~told] = rank_shared(popular, hidden[~told], k)
    found = _order_told(model, asked[told], candidates, hidden[told], boosts, k)
    order[told], values[told] = found
    return order, values


def _order_told(model, asked, candidates, hidden, boosts, k):
    history = model._preferences(asked.history, are_ratings=asked.are_ratings)

    def score(rows):
        if asked.rows is not None:
            return model._score_rows(asked.rows[rows], candidates)
        return model._score_block(history[rows], candidates)

    def exclude(rows):
        starts = hidden.indptr[rows.start : rows.stop + 1]
        return np.repeat(np.arange(starts.size - 1), np.diff(starts)), hidden.indices[
            starts[0] : starts[-1]
        ]

    return rank_blocks(
        lambda rows: _boosted(score(rows), boosts),
        exclude,
        shape=hidden.shape,
        k=k,
        step=block_rows(max(candidates.ids.size, model._profile_width())),
    )


def _boosted(scores, boosts):
    if boosts is None:
        return scores
    return scores.plus(boosts) if isinstance(scores, Approximate) else scores + boosts
