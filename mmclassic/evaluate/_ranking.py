"""Asking a model for lists, whatever it offers, and what counts as found."""

import inspect
import warnings
from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from mmclassic.exceptions import ShortListWarning
from mmclassic.interactions import find_ids, locate_ids, same_ids
from mmclassic.metrics import RankedLists

_BLOCK_ELEMENTS = 1 << 22


def takes(function, parameter):
    """Whether a function has a parameter of that name."""
    return parameter in inspect.signature(function).parameters


def predicts(model):
    """Whether a model predicts ratings."""
    return callable(getattr(model, "predict", None))


def rank_items(model, users, k, *, catalog, items=None, ids=None, history=None):
    """RankedLists over `catalogue` from a model's `rank`, or from the table of its `recommend`.

    `items` are rows to rank instead of the fitted items, named by `ids`; `history` is what users
    did that the model was not fitted on. Lists may be short.
    """
    options = {} if items is None else {"items": items}
    candidates = catalog if ids is None else ids
    ranks = callable(getattr(model, "rank", None))
    ask = model.rank if ranks else model.recommend
    if history is not None:
        if not takes(ask, "history"):
            raise TypeError(
                "this split asks for users that models were not fitted on, and "
                f"{ask.__name__} has no parameter history to be told what they did."
            )
        options["history"] = history
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ShortListWarning)
        if ranks:
            if items is not None and takes(ask, "ids"):
                options["ids"] = ids
            lists = ask(users, k, **options)
        else:
            lists = RankedLists.from_frame(ask(users, k, **options), users, candidates, k)
    _check_lists(lists, users, k)
    if same_ids(lists.items, catalog):
        return lists
    return _over(lists, catalog)


def rank_within_pools(rank, users, k, pools):
    """Lists of the items of every user's own pool; ``rank(users, k)`` gives lists over all."""
    n_items = pools.shape[1]
    step = max(1, _BLOCK_ELEMENTS // n_items)
    parts = []
    for start in range(0, len(users), step):
        block = slice(start, start + step)
        lists = rank(users[block], n_items)
        inside, _ = lists.hits(pools[block])
        first = np.argsort(~inside, axis=1, kind="stable")[:, :k]
        inside, order, scores = (
            np.take_along_axis(part, first, axis=1) for part in (inside, lists.order, lists.scores)
        )
        parts.append((np.where(inside, order, -1), np.where(inside, scores, np.nan)))
    order, scores = (_padded(np.concatenate(part), k) for part in zip(*parts))
    order = np.where(np.isnan(order), -1, order).astype(np.int64)
    return RankedLists(order, scores, users, lists.items)


def join_lists(known, new, is_new, users):
    """Lists of known and of new users in the order of all."""
    if known is None or new is None:
        return new if known is None else known
    order, scores = (
        np.empty((users.size, known.order.shape[1]), dtype) for dtype in (np.int64, np.float64)
    )
    for lists, part in ((known, ~is_new), (new, is_new)):
        order[part], scores[part] = lists.order, lists.scores
    return RankedLists(order, scores, users, known.items)


def _padded(values, k):
    """Rows of k places, NaN beyond the last."""
    return np.pad(values.astype(float), ((0, 0), (0, k - values.shape[1])), constant_values=np.nan)


def _check_lists(lists, users, k):
    if not isinstance(lists, RankedLists):
        raise TypeError(f"rank must give RankedLists; got {type(lists).__name__}.")
    if not same_ids(lists.askers, users):
        raise ValueError("rank must give one list for every user asked for, in their order.")
    if lists.order.shape[1] != k:
        raise ValueError(
            f"rank must give lists of {k} places, -1 where one ends; got {lists.order.shape[1]}."
        )


def _over(lists, catalog):
    """The same lists by positions in the catalogue."""
    positions = locate_ids(catalog, lists.items, name="item id", where="the catalogue")
    order = np.where(lists.order < 0, -1, np.append(positions, -1)[lists.order])
    return replace(lists, order=order, items=catalog, seen=None)


def over_catalog(matrix, items, catalog):
    """The same CSR (n_users, n_items) with the items of the catalogue as columns."""
    if same_ids(items, catalog):
        return sp.csr_array(matrix)
    found = find_ids(catalog, items)
    columns = found[matrix.indices]
    if np.any(columns < 0):
        locate_ids(catalog, items[matrix.indices], name="item id", where="the catalogue")
    shape = (matrix.shape[0], catalog.size)
    matrix = sp.csr_array((matrix.data, columns, matrix.indptr), shape=shape)
    matrix.sort_indices()
    return matrix
