"""Numeric columns and columns of arrays to rows of numbers."""

from collections import Counter

import numpy as np
import pandas as pd

from mmclassic.features._cells import as_cells

_FLOATS = (np.float64, np.float32)


def embedding_cells(X):
    """The cells of a column of arrays, or of one where all are missing; None for other input."""
    if isinstance(X, pd.DataFrame) and X.shape[1] == 1:
        X = X.iloc[:, 0]
    if not isinstance(X, (pd.Series, list, tuple)) and getattr(X, "ndim", 0) != 1:
        return None
    if hasattr(X, "dtype") and X.dtype.kind != "O":
        return None
    cells = as_cells(X, "NumericVectorizer")
    there = cells.values[~cells.missing]
    arrays = [isinstance(cell, (np.ndarray, list, tuple)) for cell in there]
    return cells if any(arrays) or not arrays else None


def stack_cells(cells, width):
    """Array cells as rows with NaN where one is missing or failed, and the reasons by position.

    Rows have `width` numbers, or if that is None as many as most cells have.
    """
    rows, faults = {}, {}
    for position, _, cell in cells.items():
        row = _as_row(cell)
        if row is None:
            kind = type(cell).__name__
            faults[position] = f"the cell must be a 1-D array of numbers; got {kind}"
        else:
            rows[position] = row
    if width is None:
        lengths = Counter(row.size for row in rows.values())
        width = lengths.most_common(1)[0][0] if lengths else 0
    for position in [p for p, row in rows.items() if row.size != width]:
        size = rows.pop(position).size
        faults[position] = f"the array has {size} numbers where {width} are expected"
    dtypes = {row.dtype for row in rows.values()}
    dtype = np.float32 if dtypes == {np.dtype(np.float32)} else np.float64
    values = np.full((len(cells.values), width), np.nan, dtype=dtype)
    for position, row in rows.items():
        values[position] = row
    return values, faults


def _as_row(cell):
    try:
        row = np.asarray(cell)
        row = row if row.dtype in _FLOATS else row.astype(np.float64)
    except (TypeError, ValueError):
        return None
    return row if row.ndim == 1 and row.size else None


def frame_values(frame):
    """Numeric columns as floats with NaN for gaps, and the reasons of failures by position.

    They are float32 only if all columns are. Dates and complex numbers are a TypeError.
    """
    faults, columns = {}, []
    for name, column in frame.items():
        if column.dtype.kind in "mMc":
            raise TypeError(
                f"column {name!r} holds {column.dtype} values; NumericVectorizer takes real "
                "numbers. Convert it first, for example to days since a date."
            )
        numbers = pd.to_numeric(column, errors="coerce")
        for position in np.flatnonzero((numbers.isna() & column.notna()).to_numpy()):
            cell = column.iloc[position]
            faults.setdefault(int(position), f"{name!r} holds {cell!r}, which is not a number")
        kind = np.float32 if column.dtype == np.float32 else np.float64
        columns.append(numbers.to_numpy(dtype=kind, na_value=np.nan))
    return np.stack(columns, axis=1), faults
