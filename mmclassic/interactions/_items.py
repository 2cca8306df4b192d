"""What a catalogue's tables mean: identifiers of items and interactions with them."""

import numpy as np
import pandas as pd

from mmclassic.interactions._columns import ITEM, USER
from mmclassic.interactions._ids import as_ids, check_distinct
from mmclassic.interactions._interactions import Interactions


def item_ids(items, column):
    """Give the identifiers of the rows of a table of items.

    Parameters
    ----------
    items : DataFrame of shape (n_items, n_columns)
        The table.
    column : str
        Column of identifiers. If it is "item_id" and not there, the index serves.

    Returns
    -------
    ids : ndarray of str or of int64 of shape (n_items,)
        Distinct identifiers.

    Raises
    ------
    TypeError
        If `items` is not a DataFrame, or identifiers are neither all str nor all int.
    ValueError
        If the column is not there, or an identifier is missing or repeats.
    """
    if not isinstance(items, pd.DataFrame):
        raise TypeError(f"items must be a pandas DataFrame; got {type(items).__name__}.")
    if column not in items.columns and column != ITEM:
        raise ValueError(f"items have no column {column!r}; the columns are {list(items.columns)}.")
    ids = as_ids(items.get(column, items.index), name="item id")
    check_distinct(ids, name="item id")
    return ids


def number_interactions(interactions, ids, *, unknown_items):
    """Number interactions in the order of the items.

    Parameters
    ----------
    interactions : DataFrame, Interactions or None
        What users did; None is nothing.
    ids : ndarray of shape (n_items,)
        The items.
    unknown_items : {"raise", "ignore"}
        What happens to interactions with other items.

    Returns
    -------
    interactions : Interactions
        With ``items`` equal to `ids`.
    """
    if interactions is None:
        interactions = pd.DataFrame({USER: np.empty(0, dtype=int), ITEM: ids[:0]})
    elif isinstance(interactions, Interactions):
        if np.array_equal(interactions.items, ids):
            return interactions
        interactions = interactions.to_frame()
    if unknown_items == "ignore":
        interactions = interactions[interactions[ITEM].isin(ids)]
    return Interactions.from_frame(interactions, items=ids)
