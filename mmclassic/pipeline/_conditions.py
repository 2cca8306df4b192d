"""Conditions on columns of the items' table: which rows meet them, and which are of one group."""

import numpy as np


def rows_where(table, condition):
    """Mask of the rows of a table that meet a condition in words of `pandas.DataFrame.query`."""
    table = _some_columns(table, "where")
    try:
        # Neither variables of Python nor other objects can be reached.
        found = table.eval(condition, engine="python", local_dict={}, global_dict={})
    except Exception as error:
        raise ValueError(
            f"where={condition!r} cannot be read ({error}); it may name the columns "
            f"{list(table.columns)}, which keep=... names when the model is fitted."
        ) from error
    mask = np.asarray(found)
    if mask.shape != (len(table),) or mask.dtype != bool:
        raise ValueError(f"where={condition!r} must be true or false for every item.")
    return mask


def groups_of(table, at_most):
    """Groups of the rows of a table, and how many of a group may come, of a dict by column."""
    table = _some_columns(table, "at_most")
    if len(at_most) != 1 or next(iter(at_most)) not in table.columns:
        raise ValueError(
            f"at_most must name one column and a number, as in {{'category': 2}}; got {at_most!r}. "
            f"The columns are {list(table.columns)}, which keep=... names when the model is fitted."
        )
    ((column, most),) = at_most.items()
    # Every row without a value is a group of its own.
    labels = np.array([f"={cell}" for cell in table[column].tolist()], dtype=object)
    missing = table[column].isna().to_numpy()
    labels[missing] = [str(row) for row in np.flatnonzero(missing)]
    return labels, most


def _some_columns(table, name):
    if table is None or not len(table.columns):
        raise ValueError(
            f"{name} goes by columns of the items, and this model keeps none; name them with "
            "keep=[...] when it is fitted, or pass a mask."
        )
    return table
