"""The two rules that every `fit(items, interactions)` reads by."""

import numpy as np
import pandas as pd
from sklearn.utils.validation import _num_samples

from mmclassic.interactions._columns import ITEM, LINE
from mmclassic.interactions._ids import as_ids, check_distinct
from mmclassic.interactions._interactions import Interactions


def read_ids(items, column=ITEM):
    """Read the ids of items: the one rule for whatever has rows.

    Parameters
    ----------
    items : DataFrame, Views or {array-like, CSR} of shape (n_items, n_columns)
        One row an item.
    column : str, default="item_id"
        Column of a table that holds the ids. If it is "item_id" and not there, the index serves,
        unless it only numbers the lines of a file, as that of `mmclassic.tables.read_table` does.

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
    return named_ids(_id_column(items, column))


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
        If rows without ids come with Interactions of another number of named items, or of items
        that are the row numbers in another order.
    """
    if not isinstance(items, pd.DataFrame) and isinstance(interactions, Interactions):
        n_rows, n_items = _num_samples(items), interactions.items.size
        if n_rows == n_items:
            _refuse_other_numbering(interactions)
            return interactions.items
        # Numbers that a table happened to name may number the rows; a catalog of another size
        # is that of other rows.
        if interactions.items_given or interactions.items.dtype.kind != "i" or n_items > n_rows:
            raise ValueError(
                f"items have {n_rows} rows and interactions have {n_items} items; rows must be the "
                "items in the same order, or a table with their ids, or come with ids=..."
            )
    return read_ids(items, column)


def name_rows(items, ids=None, column=ITEM, *, repeats=False):
    """Give the ids of rows that come after fitting: those given, or those of a table.

    Parameters
    ----------
    items : DataFrame, Views or {array-like, CSR} of shape (n_items, n_columns)
        One row an item.
    ids : array-like of shape (n_items,), default=None
        Their ids; None reads those of a table.
    column : str, default="item_id"
        Column of a table that holds the ids, as in `read_ids`.
    repeats : bool, default=False
        Rows that only ask may share an id.

    Returns
    -------
    ids : ndarray of shape (n_items,)
        Ids, distinct without `repeats`.

    Raises
    ------
    ValueError
        If rows that are no table come without ids, an id repeats, or there are more or fewer
        ids than rows.
    """
    if ids is None and isinstance(items, pd.DataFrame):
        ids = _id_column(items, column)
    if ids is None:
        # Row numbers would do in fit; here they might be taken for fitted items.
        raise ValueError("items are rows without names; pass their item ids as ids=...")
    ids = as_ids(ids, name="item id", one_or_many=True) if repeats else named_ids(ids)
    if _num_samples(items) != ids.size:
        raise ValueError(
            f"items have {_num_samples(items)} rows and ids {ids.size}; each row needs its item id."
        )
    return ids


def named_ids(ids):
    """Check that ids of items are distinct.

    Parameters
    ----------
    ids : array-like of shape (n_items,)
        The ids.

    Returns
    -------
    ids : ndarray of shape (n_items,)
        The same, str (object) or int64.
    """
    ids = as_ids(ids, name="item id")
    check_distinct(ids, name="item id")
    return ids


def _id_column(items, column):
    """The column of ids, or the index of a table without the default one."""
    # The lines of a file would name its rows as well, but nobody means them.
    if column not in items.columns and (column != ITEM or items.index.name == LINE):
        raise ValueError(
            f"items have no column {column!r}; the columns are {list(items.columns)}. Name the "
            "column of identifiers with item_id=..."
        )
    return items[column] if column in items.columns else items.index


def _refuse_other_numbering(interactions):
    """Items 0 to n - 1 in order of appearance: do they name the rows, or number them?"""
    ids = interactions.items
    if interactions.items_given or ids.dtype.kind != "i":
        return
    numbers = np.arange(ids.size)
    if not np.array_equal(ids, numbers) and np.array_equal(np.sort(ids), numbers):
        raise ValueError(
            f"the items of the interactions are the numbers 0 to {ids.size - 1} in order of first "
            f"appearance ({ids[:3].tolist()}, ...), so they may number the rows or only name them; "
            "say which: pass ids=range(n_rows), or ids=interactions.items if the rows are in that "
            "order."
        )


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
