"""A column of cells: what counts as missing, how a cell is named, what becomes of a bad one."""

import os
import warnings
from dataclasses import dataclass, field
from reprlib import repr as short_repr

import numpy as np
import pandas as pd

from mmclassic.exceptions import CellError, CellWarning

ADVICE = "repair or remove it, or pass on_error='missing' to treat such cells as missing"


@dataclass(frozen=True)
class Extraction:
    """What a vectorizer makes of a column.

    Parameters
    ----------
    block : {ndarray, CSR} of shape (n_rows, n_features)
        The features. Rows that are not present are NaN (dense) or empty (CSR).
    present : ndarray of bool of shape (n_rows,)
        True where the row has a usable cell.
    failures : list of tuple
        ``(row label, column, source, reason)`` of every cell that could not be
        used.
    remarks : list of tuple
        ``(row label, column, source, remark)`` of every cell that is used, but not
        as it is, such as a sound whose channels cancel out.
    readings : list of WordReading
        Of queries: what words that no text has are read as.
    """

    block: object
    present: np.ndarray
    failures: list
    remarks: list = field(default_factory=list)
    readings: list = field(default_factory=list)


@dataclass(frozen=True)
class Cells:
    """A column taken apart: cells, row labels for errors, name or None, and what is missing."""

    values: np.ndarray
    labels: list
    column: object
    missing: np.ndarray

    def items(self):
        """The cells that are there, as ``(position, label, cell)`` in row order."""
        return [(i, self.labels[i], self.values[i]) for i in np.flatnonzero(~self.missing)]


def is_missing(cell):
    """Whether a cell stands for "no value": None, NaN, ``pandas.NA`` and ``pandas.NaT``."""
    if cell is None or cell is pd.NA or cell is pd.NaT:
        return True
    return isinstance(cell, (float, np.floating)) and bool(np.isnan(cell))


def as_cells(X, name):
    """The `Cells` of a column in any of its containers; `name` says in errors who asks.

    A numeric array of two or more dimensions is a stack of array cells.
    """
    if isinstance(X, pd.DataFrame):
        X = _only_column(X, name)
    if isinstance(X, pd.Series):
        return _cells(X.array, X.index.tolist(), X.name)
    if isinstance(X, pd.Index):
        return _cells(X.array, range(len(X)), X.name)
    if isinstance(X, np.ndarray):
        X = _array_rows(X, name)
    elif not isinstance(X, (list, tuple, pd.api.extensions.ExtensionArray)):
        raise TypeError(
            f"{name} takes a column of cells (a Series, a list or an array); got "
            f"{type(X).__name__}. A single cell goes into a list: [cell]."
        )
    return _cells(X, range(len(X)), None)


def _only_column(frame, name):
    if frame.shape[1] != 1:
        raise ValueError(
            f"{name} takes one column, and iterating over a DataFrame would give its column names "
            f"as the cells; got columns {list(frame.columns)}. Pass frame['column'], or give "
            "ModalityExtractor the columns."
        )
    return frame.iloc[:, 0]


def _array_rows(array, name):
    """Rows of a stack of numeric cells, or the one column of a table of objects."""
    if array.ndim == 0:
        raise TypeError(f"{name} takes a column of cells; got an array without dimensions.")
    if array.ndim == 2 and array.dtype.kind not in "fiub":
        if array.shape[1] != 1:
            raise ValueError(f"{name} takes one column; got an array of shape {array.shape}.")
        return array[:, 0]
    return array


def _cells(values, labels, column):
    cells = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        cells[i] = value
    missing = np.fromiter(map(is_missing, cells), dtype=bool, count=len(cells))
    return Cells(cells, labels, column, missing)


def describe_cell(cell):
    """What names a cell in an error: its path, or the kind of what is in memory."""
    if isinstance(cell, (str, os.PathLike)):
        return os.fspath(cell)
    if isinstance(cell, (bytes, bytearray, memoryview)):
        return f"<{len(cell)} bytes>"
    if isinstance(cell, np.ndarray):
        return f"<{cell.dtype} array of shape {cell.shape}>"
    if isinstance(cell, (int, float, complex, bool)):
        return f"<{type(cell).__name__} {short_repr(cell)}>"
    return f"<{type(cell).__name__}>"


def name_column(column):
    """A column as a part of a sentence."""
    return "the column" if column is None else f"column {column!r}"


def read_cells(items, read, *, on_error, column):
    """Read ``(position, label, cell)`` items: contents, their positions, and what failed.

    `read` raises `CellError` for a bad cell, which goes on to the caller with ``on_error="raise"``
    and is listed as ``(label, column, source, reason)`` otherwise.
    """
    contents, positions, failures = [], [], []
    for position, label, cell in items:
        try:
            contents.append(read(cell))
        except CellError as error:
            source = describe_cell(cell)
            if on_error == "raise":
                raise cell_error(error.reason, label, column, source) from error.__cause__
            failures.append((label, column, source, error.reason))
        except Exception as error:
            error.add_note(_where(label, column, describe_cell(cell)))
            raise
        else:
            positions.append(position)
    return contents, positions, failures


def _where(label, column, source):
    return f"while reading row {label!r}, {name_column(column)}, {source!r}"


def cell_error(reason, label, column, source):
    """The error for one cell, with advice."""
    return CellError(reason, row=label, column=column, source=source, advice=ADVICE)


def require_present(present, column, failures):
    """Refuse, by a ValueError, to learn from a column without a usable cell."""
    if np.any(present):
        return
    where = name_column(column)
    first = f", the first: {failures[0][2]!r}: {failures[0][3]}" if failures else ""
    raise ValueError(
        f"{where} has no usable cell to learn from: of {len(present)} row(s), "
        f"{len(present) - len(failures)} are missing and {len(failures)} failed{first}. Leave this "
        "modality out or fill the column."
    )


def warn_failures(failures, *, fitting):
    """One warning for all cells that failed, if any did; it says where the others are listed."""
    if failures:
        # What is fitted keeps its own; a later call changes nothing and hands them out.
        where = "failures_" if fitting else "the failures that extract returns"
        warnings.warn(
            f"{len(failures)} cell(s) could not be used and count as missing; the first: "
            f"{_first(failures)}. All are in {where}.",
            CellWarning,
            stacklevel=4,
        )


def warn_remarks(remarks):
    """One warning for all cells that are used, but not as they are, if there are any."""
    if remarks:
        warnings.warn(
            f"{len(remarks)} cell(s) are used, but not as they are; the first: {_first(remarks)}.",
            CellWarning,
            stacklevel=4,
        )


def _first(records):
    row, column, source, text = records[0]
    return CellError(text, row=row, column=column, source=source)


def failures_frame(records):
    """A table of ``(row, column, path, reason)`` records."""
    return pd.DataFrame(list(records), columns=["row", "column", "path", "reason"])
