"""Scores that add up over views."""

import numpy as np
from sklearn.utils.extmath import safe_sparse_dot


def additive_scores(queries, items, weights):
    """Weighted mean over common views of the inner products of queries and items.

    Parameters
    ----------
    queries, items : Views
        Rows of the same views or some of them; absent rows must hold zeros.
    weights : dict
        Weight >= 0 by view name.

    Returns
    -------
    scores : ndarray of float64 of shape (n_queries, n_items)
        For every pair, the mean over the views that both rows have; 0 where there is none.
    """
    shared = {name: weights[name] for name in items.names if name in queries and weights[name] > 0}
    total = np.zeros((len(queries), len(items)))
    for name, weight in shared.items():
        # The weight goes to the queries, which are narrower than the scores.
        total += safe_sparse_dot(weight * queries[name], items[name].T, dense_output=True)
    support = common_weight(queries, items, shared)
    # Where there is no common view the products are sums of zeros, so any divisor gives 0.
    total /= np.where(support > 0, support, 1.0)
    return total


def common_weight(queries, items, weights):
    """Sum of the weights of the views that a query and an item both have.

    Parameters
    ----------
    queries, items : Views
        Rows.
    weights : dict
        Weight by view name, of views that both containers have.

    Returns
    -------
    support : ndarray of float64 of shape (n_queries, n_items)
        The sums.
    """
    names = list(weights)
    owned = queries.select(*names).present * np.array(list(weights.values()))
    return owned @ items.select(*names).present.T.astype(np.float64)
