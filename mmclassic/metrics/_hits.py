"""Which recommended items are relevant: the one thing all ranking metrics start from."""

from numbers import Integral

import numpy as np
import scipy.sparse as sp


def find_hits(relevant, recommended, k):
    """Compare recommended lists with what is relevant.

    Parameters
    ----------
    relevant : sparse matrix of shape (n_users, n_items) or list of sequences of int
        Nonzero entries are relevant; or the relevant item indices of every user.
    recommended : array-like of int of shape (n_users, n_recommended)
        Item indices, best first; -1 where there is no item.
    k : int, 1 <= k <= n_recommended
        How many of the first columns count.

    Returns
    -------
    hits : ndarray of bool of shape (n_users, k)
        True where the recommended item is relevant.
    n_relevant : ndarray of int64 of shape (n_users,)
        Number of relevant items of every user.

    Raises
    ------
    TypeError
        If `relevant` is a dense array or `recommended` does not hold integers.
    ValueError
        If shapes do not fit, an index is out of range, or a list repeats an item.

    Notes
    -----
    O(n_users k log(relevant per user)), without a loop over users.
    """
    recommended = _check_recommended(recommended, k)
    relevant = _as_relevant_matrix(relevant, recommended)
    if relevant.shape[0] != recommended.shape[0]:
        raise ValueError(
            f"relevant has {relevant.shape[0]} users and recommended has {recommended.shape[0]}; "
            "row i of both must be the same user."
        )
    if recommended.size and recommended.max() >= relevant.shape[1]:
        raise ValueError(
            f"recommended holds the item index {recommended.max()}, but relevant has "
            f"{relevant.shape[1]} items."
        )
    return _look_up(relevant, recommended), np.diff(relevant.indptr).astype(np.int64)


def _check_recommended(recommended, k):
    recommended = np.asarray(recommended)
    if recommended.ndim != 2:
        raise ValueError(f"recommended must be 2-D (users, ranks); got shape {recommended.shape}.")
    if recommended.dtype.kind not in "iu":
        raise TypeError(f"recommended must hold item indices; got dtype {recommended.dtype}.")
    if not isinstance(k, Integral) or not 1 <= k <= recommended.shape[1]:
        raise ValueError(
            f"k must be an integer in [1, {recommended.shape[1]}], the length of the recommended "
            f"lists; got {k!r}."
        )
    recommended = recommended[:, :k]
    if recommended.size and recommended.min() < -1:
        raise ValueError(f"recommended holds {recommended.min()}; only -1 stands for no item.")
    _refuse_repeats(recommended)
    return recommended


def _refuse_repeats(recommended):
    """An item listed twice would be counted as two hits."""
    ordered = np.sort(recommended, axis=1)
    repeated = (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)
    if repeated.any():
        user = int(np.flatnonzero(repeated.any(axis=1))[0])
        item = int(ordered[user, 1:][repeated[user]][0])
        raise ValueError(
            f"user {user}: item {item} is recommended more than once; every item may appear once."
        )


def _as_relevant_matrix(relevant, recommended):
    """A CSR matrix whose stored entries are exactly the relevant ones, each once."""
    if sp.issparse(relevant):
        matrix = relevant.tocsr()
        if not matrix.has_canonical_format or not np.all(matrix.data):
            matrix = matrix.copy()
            matrix.sum_duplicates()
            matrix.eliminate_zeros()
        return matrix
    if isinstance(relevant, np.ndarray) and relevant.ndim != 1:
        raise TypeError(
            "relevant must be a sparse matrix (n_users, n_items) or a list with the item indices "
            f"of every user; got a dense array of shape {relevant.shape}. "
            "Wrap it: scipy.sparse.csr_array(relevant)."
        )
    return _from_sequences(relevant, recommended)


def _from_sequences(relevant, recommended):
    lists = [np.unique(np.asarray(items, dtype=np.int64)) for items in relevant]
    indices = np.concatenate(lists) if lists else np.empty(0, dtype=np.int64)
    if indices.size and indices.min() < 0:
        raise ValueError(f"relevant holds the item index {indices.min()}; indices start at 0.")
    n_items = 1 + max(indices.max(initial=-1), recommended.max(initial=-1))
    indptr = np.concatenate([[0], np.cumsum([items.size for items in lists], dtype=np.int64)])
    data = np.ones(indices.size, dtype=bool)
    return sp.csr_array((data, indices, indptr), shape=(len(lists), int(n_items)))


def _look_up(relevant, recommended):
    """Binary search among the sorted keys row * n_items + column."""
    n_users, n_items = relevant.shape
    rows = np.repeat(np.arange(n_users, dtype=np.int64), np.diff(relevant.indptr))
    keys = rows * n_items + relevant.indices
    if keys.size == 0:
        return np.zeros(recommended.shape, dtype=bool)
    asked = np.arange(n_users, dtype=np.int64)[:, None] * n_items + recommended
    places = np.minimum(np.searchsorted(keys, asked), keys.size - 1)
    return (keys[places] == asked) & (recommended >= 0)
