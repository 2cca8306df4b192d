"""Items held back in turn, and what every view says of them to users who liked some."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from mmclassic.metrics import ndcg_at_k
from mmclassic.recommend._additive import mean_rows, shares_of
from mmclassic.utils import top_k

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
            terms = _terms(similarity, features, told[asked], held_back)
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


def _terms(similarity, features, interactions, held_back):
    profiles, support = mean_rows(shares_of(interactions), features)
    even = dict.fromkeys(features.names, 1.0)
    found = dict(similarity.terms(profiles, features[held_back], support=support, weights=even))
    return np.stack([found[name] for name in features.names]).astype(np.float32)
