"""Positions of ids among distinct ones; of a few among very many by an index that is kept."""

import weakref

import numpy as np
import pandas as pd

_MANY, _FEW = 10_000, 0.01  # known ids, and the share of them that is asked for

# By the id of an array that lives.
_kept: dict[int, tuple[weakref.ref, pd.Index]] = {}


def id_index(ids):
    """What pandas looks up and compares, of ids or of what is asked for."""
    # The type is said outright, for pandas would look at every string to find out.
    return pd.Index(ids, dtype=object if ids.dtype.kind in "OU" else np.int64)


def find_ids(known, asked):
    """Find the position of every asked id among the known ones.

    Parameters
    ----------
    known : ndarray of shape (n_known,)
        Distinct ids.
    asked : ndarray of shape (n_asked,)
        Ids of the same kind.

    Returns
    -------
    positions : ndarray of int64 of shape (n_asked,)
        Positions in `known`; -1 where there is none.

    Notes
    -----
    O(n_known + n_asked), but O(n_asked) for few of many that are all known when it is not the
    first time, and one comparison of the array where one is unknown: an index of 50 bytes an id
    stays as long as the array does. What it says is compared with the array, so that one that was
    changed meanwhile is read anew.
    """
    if known.size < _MANY or asked.size > _FEW * known.size:
        return _positions(id_index(known), asked)
    array, index = _kept.get(id(known), (None, None))
    if array is not None and array() is known:
        found = _positions(index, asked)
        there = found >= 0
        if np.array_equal(known[found[there]], asked[there]) and (
            there.all() or np.array_equal(index.to_numpy(), known)
        ):
            return found
    return _positions(_keep_index(known), asked)


def _keep_index(known):
    key, index = id(known), id_index(known.copy())  # which does not keep the array alive
    index.get_indexer(index[:1])  # fills it, before another thread has it

    def forget(array):
        if _kept.get(key, (None,))[0] is array:
            _kept.pop(key, None)

    _kept[key] = weakref.ref(known, forget), index
    return index


def _positions(index, asked):
    return index.get_indexer(id_index(asked)).astype(np.int64, copy=False)
