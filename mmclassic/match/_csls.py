"""Cross-domain similarity local scaling, exact in one pass over the similarities."""

from functools import partial

import numpy as np
import scipy.sparse as sp
from sklearn.utils import gen_batches

from mmclassic.match._similarity import check_fit
from mmclassic.utils import ColumnTop, places_in_rows, top_k, top_products_both_ways

_BLOCK_ENTRIES = 2**22  # 16 MiB of float32 similarities at a time
_FEWEST_ROWS = 64


def csls(A, B, compare, k, n_neighbors, *, are_products):
    """The `k` best columns of every row by ``2 s - r_a - r_b``, and these scores, float64.

    r is the mean similarity to the nearest `n_neighbors` of the other side. `are_products` says
    whether similarities are the products of the rows.

    What is neither among the K most similar of row i nor has i among the most similar rows of its
    own column j is behind all that beat the K-th similarity: then s_ij <= r_b, whence
    2 s_ij - r_b <= s_ij. So one pass, which keeps the best of rows and of columns, leaves few rows
    of which the similarities are needed again.
    """
    n_a, n_b = A.shape[0], B.shape[0]
    length = min(max(2 * k, n_neighbors), n_b)
    dense = are_products and not sp.issparse(A)
    best = top_products_both_ways if dense else partial(_best, compare)
    with np.errstate(over="ignore", invalid="ignore"):
        (order, values), (near, near_rows) = best(A, B, length, min(n_neighbors, n_a))
    check_fit(near)
    check_fit(values)
    r_a = values[:, : min(n_neighbors, n_b)].mean(axis=1, dtype=np.float64)
    r_b = near.mean(axis=1, dtype=np.float64)
    found, scores = _best_candidates((order, values), (near_rows, near), r_b, k)
    open_rows = np.flatnonzero(scores[:, -1] < values[:, -1]) if length < n_b else []
    for some in gen_batches(len(open_rows), _height(n_b)):
        rows = open_rows[some]
        block = 2.0 * compare(A[rows], B).astype(np.float32, copy=False) - r_b
        found[rows] = top_k(block, k)
        scores[rows] = np.take_along_axis(block, found[rows], axis=1)
    return found, scores - r_a[:, None]


def _best(compare, A, B, k, k_columns):
    """What `top_products_both_ways` finds, of any similarities."""
    n_a, n_b = A.shape[0], B.shape[0]
    order = np.empty((n_a, k), dtype=np.int64)
    values = np.empty((n_a, k), dtype=np.float32)
    columns = ColumnTop(n_b, k_columns)
    for rows in gen_batches(n_a, _height(n_b)):
        block = compare(A[rows], B).astype(np.float32, copy=False)
        columns.add(block)
        order[rows] = top_k(block, k)
        values[rows] = np.take_along_axis(block, order[rows], axis=1)
    return (order, values), columns.result()


def _height(n_columns):
    return max(_FEWEST_ROWS, _BLOCK_ENTRIES // n_columns)


def _best_candidates(of_rows, of_columns, r_b, k):
    """The best of each row among its most similar columns and those it is most similar of."""
    order, values = of_rows
    scores = 2.0 * values - r_b[order]
    least = np.partition(scores, -k, axis=1)[:, -k]
    rows, columns, more = _candidates_of_columns(*of_columns, r_b, least)
    new = ~(order[rows] == columns[:, None]).any(axis=1)
    rows, columns, more = rows[new], columns[new], more[new]
    places = order.shape[1] + places_in_rows(rows)
    width = places.max(initial=order.shape[1] - 1) + 1
    all_columns, all_scores = (
        np.zeros((len(order), width), int),
        np.full((len(order), width), -np.inf),
    )
    all_columns[:, : order.shape[1]], all_scores[:, : order.shape[1]] = order, scores
    all_columns[rows, places], all_scores[rows, places] = columns, more
    best = np.argsort(-all_scores, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(all_columns, best, 1), np.take_along_axis(all_scores, best, 1)


def _candidates_of_columns(near_rows, near, r_b, least):
    """Rows in order, columns and scores of the pairs that may be among the best of their row."""
    scores = 2.0 * near - r_b[:, None]
    columns, places = np.nonzero(scores >= least[near_rows])
    rows, scores = near_rows[columns, places], scores[columns, places]
    by_row = np.argsort(rows, kind="stable")
    return rows[by_row], columns[by_row], scores[by_row]
