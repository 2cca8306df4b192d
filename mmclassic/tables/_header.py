"""Column names, and what is left of a table without the cells that hold nothing."""

import numpy as np

from mmclassic.exceptions import TableError

_UNNAMED = "Unnamed: {}"  # as pandas calls the index that its to_csv writes without a name


def without_empty_ends(cells):
    """A row without the empty cells at its end."""
    n = len(cells)
    while n and not (cells[n - 1] or "").strip():
        n -= 1
    return cells[:n]


def checked_names(cells, where, line):
    """Names of the columns: without spaces around them, none twice."""
    names = [(name or "").strip().strip("\ufeff").strip() for name in cells]
    names = without_empty_ends(names)
    if not names:
        raise TableError(
            f"{str(where)!r}, line {line}: a line of column names is needed; all its cells are "
            "empty.",
            line=line,
        )
    names = [name or _UNNAMED.format(i) for i, name in enumerate(names)]
    first = {}
    for i, name in enumerate(names, start=1):
        if first.setdefault(name, i) != i:
            raise TableError(
                f"{str(where)!r}, line {line}: columns {first[name]} and {i} are both called "
                f"{name!r}; give one another name.",
                line=line,
            )
    return names


def finished(table):
    """The table without rows of empty cells at its end and without empty columns of no name."""
    if len(table) and table.iloc[-1].isna().all():
        filled = np.flatnonzero(table.notna().any(axis=1))
        table = table.iloc[: filled[-1] + 1 if filled.size else 0]
    unnamed = [name for i, name in enumerate(table.columns) if name == _UNNAMED.format(i)]
    return table.drop(columns=[name for name in unnamed if table[name].isna().all()])
