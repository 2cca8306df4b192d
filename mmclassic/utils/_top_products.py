"""Exact top-k of matrix products that are never there as a whole."""

import numpy as np
import scipy.sparse as sp
from sklearn.utils import gen_batches

from mmclassic.utils._column_top import ColumnTop
from mmclassic.utils._products import products_of_rows
from mmclassic.utils._topk import (
    LAST_KEY,
    compare_rows,
    flat_places,
    lower_bound,
    pack_keys,
    places_in_rows,
    top_k,
    unpack_columns,
    unpack_scores,
)

# Products are made in tiles of 10 MiB of float32, which stay in the last cache, where comparing
# costs a fifteenth of what multiplying does; from 1024 rows on BLAS runs at its full speed. Rows of
# whole or half pages would share lines of the cache: with 2560 columns BLAS takes 3 % longer.
_TILE_ROWS, _TILE_COLUMNS = 1024, 2624
_MOST_SUMS, _MOST_PRODUCTS = 1 << 22, 1 << 19  # of sparse rows at a time


def top_products(A, B, k):
    """Positions and values of the `k` largest products of every row of A with the rows of B.

    Both are finite and of one type, dense or CSR. Values are float32, best first; equal ones come
    by lower position. Dense rows of B that are equal may differ in the last bit of their products,
    as BLAS adds up. O(n_a n_b n_features), of CSR the number of features that rows share; holds
    some rows of the products alone.
    """
    if not 1 <= k <= B.shape[0]:
        raise ValueError(f"k must be in [1, {B.shape[0]}], the number of candidates; got {k}.")
    find = _sparse_top if sp.issparse(A) else _dense_top
    order = np.empty((A.shape[0], k), dtype=np.int64)
    values = np.empty((A.shape[0], k), dtype=np.float32)
    for rows, found, scores in find(A, B, k):
        order[rows], values[rows] = found, scores
    return order, values


def _sparse_top(A, B, k):
    """Slices of rows, their best positions and values."""
    columns = B.T.tocsr()
    lengths = np.diff(columns.indptr)
    ends = np.concatenate([[0], np.cumsum(lengths[A.indices])])[A.indptr]
    most_rows, start = max(1, _MOST_SUMS // B.shape[0]), 0
    while start < A.shape[0]:
        stop = int(np.searchsorted(ends, ends[start] + _MOST_PRODUCTS, side="right")) - 1
        rows = slice(start, max(start + 1, min(stop, start + most_rows, A.shape[0])))
        scores = products_of_rows(A[rows], columns).astype(np.float32, copy=False)
        order = top_k(scores, k)
        yield rows, order, np.take_along_axis(scores, order, axis=1)
        start = rows.stop


def _dense_top(A, B, k):
    """Slices of rows, their best positions and values."""
    for rows, tiles in _tiles(A, B, k):
        yield rows, *_best_of_tiles(tiles, k)


def top_products_both_ways(A, B, k, k_columns):
    """The best of the rows of B for every row of A, and of the rows of A for every row of B.

    A and B are dense. The `k` best of a row of A are what `top_products` finds; of a row of B
    come the `k_columns` largest products and the rows of A, as from `ColumnTop`.
    """
    order = np.empty((len(A), k), dtype=np.int64)
    values = np.empty((len(A), k), dtype=np.float32)
    tops = [
        ColumnTop(some.stop - some.start, k_columns) for some in gen_batches(len(B), _width(B, k))
    ]
    for rows, tiles in _tiles(A, B, k):
        order[rows], values[rows] = _best_of_tiles(_seen(tiles, tops), k)
    near, near_rows = map(np.concatenate, zip(*(top.result() for top in tops)))
    return (order, values), (near, near_rows)


def _seen(tiles, tops):
    for tile, top in zip(tiles, tops):
        top.add(tile)
        yield tile


def _width(B, k):
    return min(len(B), max(_TILE_COLUMNS, 16 * k))


def _tiles(A, B, k):
    """Slices of rows, and their products, some columns at a time, all in one place."""
    width = _width(B, k)
    height = min(len(A), max(1, _TILE_ROWS * _TILE_COLUMNS // width))
    room = np.empty(height * width, dtype=np.result_type(A, B))
    for rows in gen_batches(len(A), max(1, height)):
        yield rows, _tiles_of_rows(A[rows], B, width, room)


def _tiles_of_rows(A, B, width, room):
    for columns in gen_batches(len(B), width):
        shape = len(A), columns.stop - columns.start
        scores = room[: shape[0] * shape[1]].reshape(shape)
        np.matmul(A, B[columns].T, out=scores)
        with np.errstate(over="ignore"):
            scores = scores.astype(np.float32, copy=False)
        yield scores


def _best_of_tiles(tiles, k):
    """Positions and values of the `k` largest scores of every row, from tiles in order."""
    best, bound, pending, start = None, None, [], 0
    for scores in tiles:
        n_rows, n_columns = scores.shape
        if best is None:
            best = np.empty((n_rows, 0), dtype=np.uint64)
            filled = np.zeros(n_rows, dtype=np.int64)
        rows, places = _candidates(scores, bound, k)
        found = pack_keys(scores.ravel()[places], places - (rows * n_columns - start))
        pending.append((rows, found))
        filled += np.bincount(rows, minlength=n_rows)
        start += n_columns
        # Of columns in no order 1 / t of the best are new in tile t, so few merges are needed.
        if bound is None or filled.max(initial=0) >= 2 * k:
            best = _merge(best, pending, filled)[:, :k]
            if best.shape[1] == k:
                bound = unpack_scores(best[:, -1])
            pending, filled = [], np.zeros_like(filled)
    best = _merge(best, pending, filled)[:, :k]
    return unpack_columns(best), unpack_scores(best)


def _candidates(scores, bound, k):
    """Rows and places in the raveled scores of what may be among the best of all columns.

    It is what is above the bound, for what equals it comes after it; without one, what is not
    below the k-th of the maxima of groups of columns, among which there are k scores.
    """
    n_columns, n_groups = scores.shape[1], max(4 * k, 256)
    places = None
    if bound is not None:
        places = flat_places(compare_rows(np.greater, scores, bound))
    elif n_columns >= 4 * n_groups:
        bound = lower_bound(scores, k, n_groups)
        places = flat_places(compare_rows(np.greater_equal, scores, bound))
    if places is None or places.size > 2 * k * len(scores):  # narrow, or many tie
        best = top_k(scores, min(k, n_columns))
        places = (best + np.arange(len(scores))[:, None] * n_columns).ravel()
    return places // n_columns, places


def _merge(best, pending, filled):
    """The best of those before and what is pending, lists of rows in order and keys."""
    n_rows, n_before = best.shape
    keys = np.full((n_rows, n_before + filled.max(initial=0)), LAST_KEY)
    keys[:, :n_before] = best
    starts = np.full(n_rows, n_before)
    for rows, found in pending:
        keys[rows, starts[rows] + places_in_rows(rows)] = found
        starts += np.bincount(rows, minlength=n_rows)
    keys.sort(axis=1)
    return keys
