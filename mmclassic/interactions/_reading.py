"""Reading the columns of a table of interactions."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import scipy.sparse as sp

from mmclassic.interactions._columns import ITEM, RATING, TIME, USER, WEIGHT
from mmclassic.interactions._ids import (
    as_ids,
    check_distinct,
    check_same_kind,
    encode_ids,
    locate_ids,
)
from mmclassic.interactions._lookup import find_ids
from mmclassic.utils import are_missing_dates

COLUMNS = (USER, ITEM, WEIGHT, RATING, TIME)
_OPTIONAL = (WEIGHT, RATING, TIME)


def column_names(frame, columns):
    """The table's name of each of our columns; None for one that is not to be read."""
    columns = {} if columns is None else columns
    if not isinstance(columns, Mapping) or set(columns) - set(COLUMNS):
        raise ValueError(
            f"columns must be a dict from some of {', '.join(map(repr, COLUMNS))} to names of the "
            f"table's columns; got {columns!r}."
        )
    names = {name: columns.get(name, name) for name in COLUMNS}
    for name in _OPTIONAL:
        if name not in columns and name not in frame.columns:
            names[name] = None
    _choose_strength(names, columns)
    needed = [name for ours, name in names.items() if name is not None or ours not in _OPTIONAL]
    missing = [name for name in needed if name not in frame.columns]
    if missing:
        raise ValueError(
            f"interactions have no column {missing}; the columns are {list(frame.columns)}. "
            "Name them with columns={'user_id': ..., 'item_id': ..., 'weight': ..., "
            "'rating': ..., 'timestamp': ...}."
        )
    twice = [name for name in needed if not isinstance(frame[name], pd.Series)]
    if twice:
        raise ValueError(f"interactions have more than one column of the name {twice[0]!r}.")
    return names


def _choose_strength(names, columns):
    """Weights or ratings: of both, the one that is named."""
    if names[WEIGHT] is None or names[RATING] is None:
        return
    if (WEIGHT in columns) == (RATING in columns):
        raise ValueError(
            f"interactions have weights (column {names[WEIGHT]!r}) and ratings (column "
            f"{names[RATING]!r}), and only one of them can count; leave the other out with "
            "columns={'weight': None} or columns={'rating': None}."
        )
    names[RATING if WEIGHT in columns else WEIGHT] = None


def check_unknown(unknown):
    """Refuse anything but the two ways to treat unknown ids."""
    if unknown not in ("raise", "ignore"):
        raise ValueError(f"unknown must be 'raise' or 'ignore'; got {unknown!r}.")


def number(column, known, *, name, where, unknown):
    """The distinct ids and the position of every row's id among them; -1 to be ignored."""
    check_unknown(unknown)
    codes, distinct = encode_ids(column, name=name)
    if known is None:
        return distinct, codes
    known = as_ids(known, name=name)
    check_distinct(known, name=name)
    if unknown == "raise":
        return known, locate_ids(known, distinct, name=name, where=where)[codes]
    check_same_kind(known, distinct, name=name, where=where)
    return known, find_ids(known, distinct)[codes]


def read_strength(frame, names):
    """Weights, 1 without any, or ratings; whether they are ratings, and the ends of their scale."""
    explicit = names[RATING] is not None
    name = names[RATING] if explicit else names[WEIGHT]
    if name is None:
        return np.ones(len(frame)), False, None
    column = frame[name]
    if column.dtype.kind not in "fiub":
        raise TypeError(f"column {column.name!r} must hold numbers; got dtype {column.dtype}.")
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    kind = RATING if explicit else WEIGHT
    _refuse_first(column, ~np.isfinite(values), f"the {kind} must be a finite number")
    return values, explicit, ends(values) if explicit else None


def ends(values):
    """The least and the largest of some numbers; None of nothing."""
    return (float(values.min()), float(values.max())) if values.size else None


def read_time(frame, names):
    """When it was, as numbers or datetime64; None where no column says so."""
    if names[TIME] is None:
        return None
    times = column = frame[names[TIME]]
    if column.dtype.kind not in "fiuM":
        times = pd.to_datetime(column, format="ISO8601", errors="coerce", utc=True)
    bad = times.isna().to_numpy()
    if times.dtype.kind == "f":
        bad = bad | np.isinf(times.to_numpy(dtype=np.float64, na_value=np.nan))
    _refuse_first(
        column,
        bad,
        "the time is missing, infinite or cannot be read, as numbers, dates and ISO 8601 texts can",
    )
    if times.dtype.kind in "if":
        _refuse_first(
            column,
            are_missing_dates(times.to_numpy()),
            "the time is a missing date (NaT) turned into a number",
        )
    if times.dtype.kind == "M" and not isinstance(times.dtype, np.dtype):  # has a zone, or of Arrow
        times = pd.to_datetime(times, utc=True).dt.tz_localize(None)
    return times.to_numpy()


def read_entries(matrix):
    """Rows, columns and values of what a sparse matrix stores, each place once."""
    if not sp.issparse(matrix):
        raise TypeError(
            f"matrix must be sparse; got {type(matrix).__name__}. In a dense one nothing tells a "
            "zero from no interaction; make it sparse with scipy.sparse.csr_array(matrix)."
        )
    if matrix.ndim != 2:
        raise ValueError(f"matrix must be 2-D; got shape {matrix.shape}.")
    if matrix.dtype.kind not in "fiub":
        raise TypeError(f"matrix must hold real numbers; got dtype {matrix.dtype}.")
    _check_indices(matrix)
    entries = matrix.astype(np.float64).tocoo(copy=True)
    entries.sum_duplicates()
    order = np.lexsort((entries.col, entries.row))
    rows, columns = entries.row[order], entries.col[order]
    return rows.astype(np.int64), columns.astype(np.int64), entries.data[order]


def _check_indices(matrix):
    # Compiled code follows the indices wherever they lead: outside, to a crash.
    if matrix.format in ("csr", "csc"):
        parts = (matrix.data, matrix.indices, matrix.indptr)
        try:
            type(matrix)(parts, shape=matrix.shape).check_format()
        except ValueError as error:
            kind = matrix.format.upper()
            raise ValueError(f"matrix is no valid {kind} matrix: {error}.") from error


def read_axis(ids, n, *, name, axis):
    """The given ids of the rows or columns, or their numbers."""
    if ids is None:
        return np.arange(n, dtype=np.int64)
    ids = as_ids(ids, name=name)
    check_distinct(ids, name=name)
    if ids.size != n:
        raise ValueError(f"the matrix has {n} {axis}, and {ids.size} {name}s were given.")
    return ids


def _refuse_first(column, bad, reason):
    if bad.any():
        position = int(np.flatnonzero(bad)[0])
        raise ValueError(
            f"row {column.index[position]!r}, column {column.name!r}: {reason} "
            f"(got {column.iloc[position]!r}; {int(bad.sum())} such row(s))."
        )
