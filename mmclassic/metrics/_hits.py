"""Which ranked items are relevant: the one thing all ranking metrics start from."""

from collections.abc import Mapping, Set
from numbers import Integral

import numpy as np
import scipy.sparse as sp

_FORMS = (
    "relevant must be a sparse matrix (n_users, n_items) or a list with the item indices of every "
    "user"
)
_BOOLEANS = {bool, np.bool_}


def check_order(order, name):
    """Item indices as int64 (n_lists, k): at least -1, none twice in a list."""
    order = np.asarray(order)
    if order.ndim != 2:
        raise ValueError(f"{name} must be 2-D (users, ranks); got shape {order.shape}.")
    if order.dtype.kind not in "iu":
        raise TypeError(f"{name} must hold item indices; got dtype {order.dtype}.")
    order = _as_int64(order, name)
    if order.size and order.min() < -1:
        raise ValueError(f"{name} holds {order.min()}; only -1 stands for no item.")
    ordered = np.sort(order, axis=1)
    repeated = (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)
    if repeated.any():
        user = int(np.flatnonzero(repeated.any(axis=1))[0])
        item = int(ordered[user, 1:][repeated[user]][0])
        # An item listed twice would be counted as two hits.
        raise ValueError(
            f"user {user}: item {item} is recommended more than once; every item may appear once."
        )
    return order


def check_length(k, order):
    """Refuse to measure beyond what was ranked."""
    if not isinstance(k, Integral) or isinstance(k, bool) or not 1 <= k <= order.shape[1]:
        raise ValueError(
            f"k must be an integer in [1, {order.shape[1]}], the length of the recommended "
            f"lists; got {k!r}."
        )


def match_lists(relevant, order, n_items=None):
    """Hits (n_lists, k) and numbers of relevant items (n_lists,) of checked lists.

    O(n_lists k log(relevant items)), without a loop over lists.
    """
    relevant = read_relevant(relevant, n_items, order)
    if relevant.shape[0] != order.shape[0]:
        raise ValueError(
            f"relevant has {relevant.shape[0]} users and recommended has {order.shape[0]}; "
            "row i of both must be the same user."
        )
    if order.size and order.max() >= relevant.shape[1]:
        raise ValueError(
            f"recommended holds the item index {order.max()}, but relevant has "
            f"{relevant.shape[1]} items."
        )
    return _look_up(relevant, order), np.diff(relevant.indptr).astype(np.int64)


def read_ratings(ratings, shape, name="ratings"):
    """Ratings as canonical float CSR of a shape; what is stored is known, zeros too."""
    if not sp.issparse(ratings):
        raise TypeError(
            f"{name} must be a sparse matrix (n_users, n_items) whose stored entries are the "
            f"known ratings; got {type(ratings).__name__}."
        )
    if ratings.shape != shape:
        raise ValueError(
            f"{name} must be of shape {shape}, a row for every user and a column for every item; "
            f"got {ratings.shape}."
        )
    ratings = sp.csr_array(ratings, dtype=np.float64)
    if not ratings.has_canonical_format:
        ratings = ratings.copy()
        ratings.sum_duplicates()
    if not np.isfinite(ratings.data).all():
        raise ValueError(f"{name} must be finite; got NaN or infinity.")
    return ratings


def read_relevant(relevant, n_items, order):
    """Read either form as CSR whose stored entries are the relevant ones, each once."""
    if sp.issparse(relevant):
        return _read_sparse(relevant, n_items)
    if isinstance(relevant, (Mapping, Set, str, bytes)) or not hasattr(relevant, "__len__"):
        raise TypeError(
            f"{_FORMS}; got {type(relevant).__name__}. Lists go by position, so put what each "
            "user likes in the order of the users: [likes[user] for user in users]."
        )
    if getattr(relevant, "ndim", 1) != 1:
        raise TypeError(
            f"{_FORMS}; got a dense array of shape {relevant.shape}. "
            "Wrap it: scipy.sparse.csr_array(relevant)."
        )
    lists = [_read_list(items, user) for user, items in enumerate(relevant)]
    return _from_lists(lists, n_items, order)


def _read_sparse(relevant, n_items):
    if n_items is not None and relevant.shape[1] != n_items:
        raise ValueError(
            f"relevant has {relevant.shape[1]} items and the lists rank {n_items}; column j of "
            "relevant must be their item j."
        )
    matrix = relevant.tocsr()
    if not matrix.has_canonical_format or not np.all(matrix.data):
        matrix = matrix.copy()
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
    return matrix


def _read_list(items, user):
    """The item indices of one user as an int array, in any order and with repeats."""
    indices = items if isinstance(items, np.ndarray) else _list_to_array(items, user)
    if indices.ndim != 1:
        raise TypeError(_bad_list(user, f"{type(items).__name__} of shape {indices.shape}"))
    if indices.dtype.kind in "iu":
        return _as_int64(indices, "relevant")
    if indices.size == 0:
        return np.empty(0, dtype=np.int64)
    if indices.dtype == bool:
        raise TypeError(_bad_mask(user))
    raise TypeError(_bad_list(user, f"entries of dtype {indices.dtype}"))


def _list_to_array(items, user):
    if isinstance(items, (Mapping, str, bytes)) or sp.issparse(items):
        raise TypeError(_bad_list(user, type(items).__name__))
    given = list(items) if isinstance(items, Set) else items
    # In a list, True among integers counts as 1 for NumPy.
    if isinstance(given, (list, tuple)) and not _BOOLEANS.isdisjoint(map(type, given)):
        raise TypeError(_bad_mask(user))
    try:
        return np.asarray(given)
    except ValueError as error:
        raise TypeError(_bad_list(user, "a list of lists")) from error


def _bad_list(user, got):
    return f"{_FORMS}; for user {user} it holds {got}."


def _bad_mask(user):
    return (
        f"{_bad_list(user, 'a boolean mask')} From masks: scipy.sparse.csr_array(masks), or "
        "[numpy.flatnonzero(mask) for mask in masks]."
    )


def _as_int64(indices, name):
    if indices.dtype.kind == "u" and indices.size and indices.max() > np.iinfo(np.int64).max:
        raise ValueError(f"{name} holds {indices.max()}, which is no item index.")
    return indices.astype(np.int64, copy=False)


def _from_lists(lists, n_items, order):
    sizes = np.array([items.size for items in lists], dtype=np.int64)
    rows = np.repeat(np.arange(len(lists)), sizes)
    columns = np.concatenate([np.empty(0, dtype=np.int64), *lists])
    _check_indices(columns, sizes)
    largest = int(columns.max(initial=-1))
    if n_items is None:
        n_items = 1 + max(largest, int(order.max(initial=-1)))
    elif largest >= n_items:
        raise ValueError(
            f"relevant holds the item index {largest}, but the lists rank {n_items} items."
        )
    marks = np.ones(columns.size, dtype=bool)
    matrix = sp.coo_array((marks, (rows, columns)), shape=(len(lists), n_items)).tocsr()
    matrix.sum_duplicates()
    return matrix


def _check_indices(columns, sizes):
    """Refuse negative indices, and lists that look like the rows of a dense matrix."""
    if columns.min(initial=0) < 0:
        raise ValueError(f"relevant holds the item index {columns.min()}; indices start at 0.")
    filled = np.flatnonzero(sizes)
    starts = (np.cumsum(sizes) - sizes)[filled]
    largest = np.maximum.reduceat(columns, starts) if filled.size else columns
    dense = filled[(sizes[filled] > 2) & (largest < 2)]
    if dense.size:
        got = f"{sizes[dense[0]]} entries that are all 0 or 1"
        raise TypeError(
            f"{_bad_list(dense[0], got)} That looks like a row of a dense matrix: "
            "scipy.sparse.csr_array(rows)."
        )


def _look_up(relevant, order):
    return locate_entries(relevant, order) >= 0


def locate_entries(matrix, order):
    """Position among the stored entries of a canonical CSR of every listed item; -1: not stored.

    Binary search among the sorted keys row * n_items + column.
    """
    n_users, n_items = matrix.shape
    rows = np.repeat(np.arange(n_users, dtype=np.int64), np.diff(matrix.indptr))
    keys = rows * n_items + matrix.indices
    if keys.size == 0:
        return np.full(order.shape, -1)
    asked = np.arange(n_users, dtype=np.int64)[:, None] * n_items + order
    places = np.minimum(np.searchsorted(keys, asked), keys.size - 1)
    return np.where((keys[places] == asked) & (order >= 0), places, -1)
