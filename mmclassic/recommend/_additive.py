"""Scores that add up over views, and the profiles of users that they are asked with."""

import numpy as np
from sklearn.utils.extmath import safe_sparse_dot

from mmclassic.utils import balance_rows, scale_rows
from mmclassic.views import Views


def shares_of(interactions):
    """Signed share of every item in what each user did, CSR as `interactions`."""
    interactions = balance_rows(interactions)  # of huge weights the sums overflow
    mass = np.asarray(abs(interactions).sum(axis=1)).ravel()
    return scale_rows(interactions, np.divide(1.0, mass, out=np.zeros_like(mass), where=mass > 0))


def mean_rows(shares, features):
    """Mean rows by the shares of items, absent rows being zeros, and the shares of every view.

    The shares of a view, (n_users, n_views), are those of the items that have it.
    """
    support = shares @ features.present.astype(np.float64)
    means = {name: shares.astype(block.dtype) @ block for name, block in features.items()}
    return Views(means), support


def additive_scores(queries, items, weights):
    """Weighted mean over common views of the inner products of queries and items; 0 without one.

    `queries` and `items` are Views whose absent rows hold zeros. Gives float64 (n_queries,
    n_items).
    """
    shared = {name: weights[name] for name in items.names if name in queries and weights[name] > 0}
    total = None
    for name, weight in shared.items():
        # The weight goes to the queries, which are narrower than the scores.
        part = safe_sparse_dot(weight * queries[name], items[name].T, dense_output=True)
        total = part if total is None else np.add(total, part, out=total)
    if total is None:
        return np.zeros((len(queries), len(items)))
    support = common_weight(queries, items, shared)
    # Where there is no common view the products are sums of zeros, so any divisor gives 0.
    divisor = np.where(support > 0, support, 1.0)
    if (divisor != 1.0).any():
        total /= divisor
    return total


def common_weight(queries, items, weights):
    """Sum of the weights of the views that a query and an item both have.

    `weights` names views of both. Gives (n_queries, n_items), or (n_queries, 1) where the items
    lack none of the views and are thus all alike.
    """
    names = list(weights)
    owned = queries.select(*names).present * np.array(list(weights.values()))
    there = items.select(*names).present
    if there.all():
        return owned.sum(axis=1, keepdims=True)
    return owned @ there.T.astype(np.float64)
