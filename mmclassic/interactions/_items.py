"""The two rules that every `fit(items, interactions)` reads by."""

import numpy as np
import pandas as pd
from sklearn.utils.validation import _num_samples

from mmclassic.interactions._columns import ITEM
from mmclassic.interactions._ids import as_ids, check_distinct
from mmclassic.interactions._interactions import Interactions


def read_ids(items, column=ITEM):
    """Read the ids of items: the one rule for whatever has rows.

    Parameters
    ----------
    items : DataFrame, Views or {array-like, CSR} of shape (n_items, n_columns)
        One row an item.
    column : str, default="item_id"
        Column of a table that holds the ids. If it is "item_id" and not there, the index serves.

    Returns
    -------
    ids : ndarray of shape (n_items,)
        Distinct ids, str (object) or int64; of anything but a table the row numbers.

    Raises
    ------
    TypeError
        If `items` has no rows, or ids are neither all str nor all int.
    ValueError
        If the column is not there, or an id is missing, repeats or holds NUL.

    Examples
    --------
    >>> import pandas as pd
    >>> from mmclassic.interactions import read_ids
    >>> read_ids(pd.DataFrame({"item_id": ["a", "b"], "price": [1, 2]})).tolist()
    ['a', 'b']
    >>> read_ids([[0.5], [0.7]]).tolist()
    [0, 1]
    """
    if not isinstance(items, pd.DataFrame):
        return np.arange(_num_samples(items), dtype=np.int64)
    if column not in items.columns and column != ITEM:
        raise ValueError(f"items have no column {column!r}; the columns are {list(items.columns)}.")
    ids = as_ids(items[column] if column in items.columns else items.index, name="item id")
    check_distinct(ids, name="item id")
    return ids


def read_ids_with(items, interactions, column=ITEM):
    """Read the ids of items that come with interactions.

    Parameters
    ----------
    items : DataFrame, Views or {array-like, CSR} of shape (n_items, n_columns)
        One row an item.
    interactions : DataFrame, Interactions or None
        What users did with them.
    column : str, default="item_id"
        Column of a table that holds the ids, as in `read_ids`.

    Returns
    -------
    ids : ndarray of shape (n_items,)
        Of a table those of `read_ids`; of other rows the items of `interactions`, if these are
        Interactions of as many items, else row numbers.

    Raises
    ------
    ValueError
        If rows without ids come with Interactions of another number of named items.
    """
    if not isinstance(items, pd.DataFrame) and isinstance(interactions, Interactions):
        n_rows, n_items = _num_samples(items), interactions.items.size
        if n_rows == n_items:
            return interactions.items
        if interactions.items.dtype.kind != "i":
            raise ValueError(
                f"items have {n_rows} rows and interactions have {n_items} items; rows must be the "
                "items in the same order, or a table with their ids."
            )
    return read_ids(items, column)


def read_interactions(interactions, ids=None, *, columns=None, unknown="raise"):
    """Read what users did: the one rule for tables, `Interactions` and nothing.

    Parameters
    ----------
    interactions : DataFrame, Interactions or None
        What users did; None is nothing.
    ids : array-like of shape (n_items,), default=None
        The items, in the order of their rows. None takes those of the interactions.
    columns : dict of str to str, default=None
        Names of a table's columns, see `Interactions.from_frame`.
    unknown : {"raise", "ignore"}, default="raise"
        What happens to interactions with items that `ids` does not hold.

    Returns
    -------
    interactions : Interactions
        With ``items`` equal to `ids`.

    Raises
    ------
    TypeError
        If `interactions` is anything else.
    UnknownIdError
        If they name items that `ids` does not hold, and `unknown` is "raise".

    Examples
    --------
    >>> import pandas as pd
    >>> from mmclassic.interactions import read_interactions
    >>> bought = pd.DataFrame({"customer": ["u"], "item_id": [7]})
    >>> read_interactions(bought, ids=[5, 7], columns={"user_id": "customer"})
    Interactions(1 interactions, 1 users, 2 items)
    """
    if interactions is None:
        nothing = np.empty(0, dtype=np.int64)
        items = nothing if ids is None else as_ids(ids, name="item id")
        return Interactions(nothing, items, nothing, nothing, np.empty(0))
    if isinstance(interactions, pd.DataFrame):
        return Interactions.from_frame(interactions, items=ids, columns=columns, unknown=unknown)
    if not isinstance(interactions, Interactions):
        raise TypeError(
            "interactions must be a DataFrame, Interactions or None; got "
            f"{type(interactions).__name__}."
        )
    return interactions if ids is None else interactions.for_items(ids, unknown=unknown)
