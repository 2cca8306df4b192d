"""Items held back in turn, and what every view says of them to users who liked some."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from mmclassic.metrics import ndcg_at_k
from mmclassic.recommend._additive import mean_rows, shares_of
from mmclassic.utils import normalize_rows, top_k
from mmclassic.views import Views

N_FOLDS = 5
_MOST_USERS = 500
_MOST_CANDIDATES = 1000  # of a fold: 4 MB of terms for every view


@dataclass(frozen=True, eq=False)
class Fold:
    """What the views say of items that count as new, to users who liked some of them.

    `users` are rows of the interactions, `terms` is (n_views, n_users, n_candidates), `liked` bool
    (n_users, n_candidates), and `hidden` the same of what is not to be ranked.
    """

    users: np.ndarray
    terms: np.ndarray
    liked: np.ndarray
    hidden: np.ndarray | None = None

    def others(self, user):
        """Whether each candidate is one that the user may see and does not like."""
        others = ~self.liked[user]
        return others if self.hidden is None else others & ~self.hidden[user]

    def ndcg(self, weights, k):
        """NDCG at k of every user; `weights` is (n_views,) or (n_users, n_views)."""
        spoken = "v,vuc->uc" if weights.ndim == 1 else "uv,vuc->uc"
        scores = np.einsum(spoken, weights.astype(np.float32), self.terms, optimize=True)
        if self.hidden is not None:
            scores[self.hidden] = -np.inf
        k = min(k, scores.shape[1])
        return ndcg_at_k(sp.csr_matrix(self.liked), top_k(scores, k), k, per_user=True)


def held_out_folds(similarity, features, interactions, rng):
    """Folds of the items; the profiles of users are of what they did with the other items.

    `features` are prepared items and `interactions` CSR (n_users, n_items); positive weights are
    likes. Of users and of a fold's items no more are taken than say what there is to say.
    """
    users = np.flatnonzero(np.diff(sp.csr_matrix(interactions > 0).indptr) > 1)
    users = np.sort(rng.permutation(users)[:_MOST_USERS])
    interactions = interactions[users]
    likes = sp.csr_matrix(interactions > 0)
    # In random order, which decides ties: a catalogue may be sorted by what users like.
    order = rng.permutation(len(features))
    folds = []
    for fold in range(N_FOLDS):
        known = np.ones(len(features))
        known[order[fold::N_FOLDS]] = 0
        told = sp.csr_matrix(interactions.multiply(known))
        told.eliminate_zeros()
        held_back = _candidates(order[fold::N_FOLDS], likes, rng)
        wanted = np.diff(likes[:, held_back].indptr)
        likes_others = np.asarray((told > 0).sum(axis=1)).ravel() > 0
        asked = np.flatnonzero(likes_others & (wanted > 0) & (wanted < held_back.size))
        if asked.size:
            rows = as_new_rows(features, held_back, np.flatnonzero(known))
            terms = _terms(similarity, features, told[asked], rows)
            folds.append(Fold(users[asked], terms, likes[asked][:, held_back].toarray()))
    return folds


def _candidates(items, likes, rng):
    """Some of the items, half of them liked by somebody, if there are more than are looked at."""
    if items.size <= _MOST_CANDIDATES:
        return items
    liked = items[np.asarray(likes[:, items].sum(axis=0)).ravel() > 0]
    chosen = rng.permutation(liked)[: _MOST_CANDIDATES // 2]
    others = rng.permutation(np.setdiff1d(items, chosen))
    return rng.permutation(np.concatenate([chosen, others[: _MOST_CANDIDATES - chosen.size]]))


def as_new_rows(features, new, known):
    """Prepared rows `new`, as if the columns of sparse views had been found in rows `known` alone.

    A vocabulary holds the words of items that are held back; a new item has others.
    """
    rows, known = features[new], features[known]
    blocks, present = dict(rows.items()), rows.present.copy()
    for place, (name, block) in enumerate(rows.items()):
        if sp.issparse(block):
            used = np.bincount(known[name].indices, minlength=block.shape[1]) > 0
            block = sp.csr_matrix(block.multiply(used[None]), dtype=block.dtype)
            block.eliminate_zeros()
            blocks[name] = normalize_rows(block)
            present[:, place] &= np.diff(block.indptr) > 0
    return Views(blocks, present)


def _terms(similarity, features, interactions, rows):
    profiles, support = mean_rows(shares_of(interactions), features)
    even = dict.fromkeys(features.names, 1.0)
    found = dict(similarity.terms(profiles, rows, support=support, weights=even))
    return np.stack([found[name] for name in features.names]).astype(np.float32)
