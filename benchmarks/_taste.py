"""Interactions of many users and items, with popularity, activity and tastes as shops have them."""

import numpy as np
import scipy.sparse as sp

_N_KINDS, _KINDS_LIKED = 100, 5
_BY_TASTE = 0.7


def interactions(n_users, n_items, n_interactions, random_state=0):
    """Distinct pairs as CSR of ones (n_users, n_items).

    Popularity falls with the rank of an item as 1 / (rank + 50)^0.9, activity is log-normal. Items
    are of 100 kinds; 0.7 of what a user does is with items of five kinds of their own, and the rest
    with any.
    """
    rng = np.random.default_rng(random_state)
    activity = np.cumsum(rng.lognormal(size=n_users))
    popularity = 1 / (rng.permutation(n_items) + 50.0) ** 0.9
    kinds = rng.integers(_N_KINDS, size=n_items)
    liked = rng.integers(_N_KINDS, size=(n_users, _KINDS_LIKED))
    by_kind = np.argsort(kinds, kind="stable")  # items of a kind lie side by side
    sums = np.concatenate([[0], np.cumsum(popularity[by_kind])])
    ends = np.searchsorted(kinds[by_kind], np.arange(_N_KINDS + 1))
    pairs = np.empty(0, dtype=np.int64)
    while pairs.size < n_interactions:
        n = 2 * (n_interactions - pairs.size) + 1000
        users = np.searchsorted(activity, rng.random(n) * activity[-1])
        kind = liked[users, rng.integers(_KINDS_LIKED, size=n)]
        by_taste = rng.random(n) < _BY_TASTE
        low = np.where(by_taste, sums[ends[kind]], 0)
        high = np.where(by_taste, sums[ends[kind + 1]], sums[-1])
        drawn = np.searchsorted(sums, low + (high - low) * rng.random(n), side="right") - 1
        items = by_kind[np.minimum(drawn, n_items - 1)]
        pairs = np.unique(np.concatenate([pairs, users * n_items + items]))
    pairs = np.sort(rng.choice(pairs, n_interactions, replace=False))
    users, items = np.divmod(pairs, n_items)
    ones = np.ones(n_interactions, dtype=np.float32)
    return sp.csr_matrix((ones, (users, items)), shape=(n_users, n_items))
