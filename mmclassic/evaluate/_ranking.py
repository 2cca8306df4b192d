"""Asking a model for lists, whatever it offers, and what counts as found."""

import inspect
import warnings
from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from mmclassic.exceptions import ShortListWarning
from mmclassic.interactions import find_ids, locate_ids, same_ids
from mmclassic.metrics import RankedLists


def takes(function, parameter):
    """Whether a function has a parameter of that name."""
    return parameter in inspect.signature(function).parameters


def predicts(model):
    """Whether a model predicts ratings."""
    return callable(getattr(model, "predict", None))


def rank_items(model, users, k, *, catalog, items=None, ids=None):
    """RankedLists over `catalogue` from a model's `rank`, or from the table of its `recommend`.

    `items` are rows to rank instead of the fitted items, named by `ids`. Lists may be short.
    """
    options = {} if items is None else {"items": items}
    candidates = catalog if ids is None else ids
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ShortListWarning)
        if callable(getattr(model, "rank", None)):
            if items is not None and takes(model.rank, "ids"):
                options["ids"] = ids
            lists = model.rank(users, k, **options)
        else:
            table = model.recommend(users, k, **options)
            lists = RankedLists.from_frame(table, users, candidates, k)
    _check_lists(lists, users, k)
    if same_ids(lists.items, catalog):
        return lists
    return _over(lists, catalog)


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
