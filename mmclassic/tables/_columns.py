"""Columns that a table must have."""

from mmclassic.exceptions import TableError
from mmclassic.interactions import ITEM, LINE


def check_column(table, column, where):
    """Refuse a table without a column.

    Parameters
    ----------
    table : DataFrame
        The table.
    column : str
        Name that must be one of its columns.
    where : path-like
        File of the table, for the error.

    Raises
    ------
    TableError
        If there is no such column; the message lists those there are.
    """
    if column not in table.columns:
        raise TableError(f"{str(where)!r} has no column {column!r}; it has {list(table.columns)}.")


def check_id_column(table, column, where):
    """Refuse a table of items without its column of identifiers.

    Parameters
    ----------
    table : DataFrame
        The table.
    column : str or None
        Name of the column; None is "item_id".
    where : path-like
        File of the table, for the error.

    Raises
    ------
    TableError
        If there is no such column. The numbers of rows or lines never stand in for it.
    """
    column = ITEM if column is None else column
    if column not in table.columns:
        raise TableError(
            f"{str(where)!r} has no column {column!r}; it has {list(table.columns)}; name the "
            "column of identifiers with item_id=COLUMN."
        )


def place(column, position, where):
    """Words for where a cell is: file, line of the file or row of the table, and column."""
    label = column.index[position : position + 1].tolist()[0]
    row = f"line {label}" if column.index.name == LINE else f"row {label!r}"
    return f"{str(where)!r}, {row}, column {column.name!r}"
