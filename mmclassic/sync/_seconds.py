"""Dates, clock times, frame numbers and numbers, as seconds."""

import re
from numbers import Real

import numpy as np
import pandas as pd
from pandas.api import types

# In texts: a decimal comma of a clock time, and what pandas takes for nanoseconds or runs together.
_DECIMAL_COMMA = re.compile(r"(:\d+),(?=\d+$)")
_AMBIGUOUS = re.compile(r"[^a-zA-Z:]+|.*\d,\d.*")


def as_seconds(column):
    """Times of a Series in seconds, float64; raises ValueError for a row without a time.

    Numbers are seconds; durations, and texts such as "0:01:30.5", are too; dates, and texts that
    are dates, count from 1970-01-01 UTC, and those without a time zone are taken to be UTC.
    """
    kinds = "numbers, durations (0:01:30.5) or dates, all of one kind"
    return _complete(_read(column, (_numbers, _durations, _dates), kinds), column)


def as_frame_numbers(column):
    """Frame numbers of a Series, float64; raises ValueError for what is no number."""
    return _complete(_read(column, (_numbers,), "numbers of frames"), column)


def times_of(values, name):
    """An array-like of times in seconds, float64; numbers that are not finite are kept."""
    times = np.asarray(values)
    if times.dtype.kind in "iuf" or times.ndim != 1:
        return np.array(times, dtype=np.float64)
    return as_seconds(pd.Series(times, name=name))


def _complete(times, column):
    missing = np.flatnonzero(np.isnan(times))
    if missing.size:
        raise ValueError(
            f"row {column.index[missing[0]]!r} has no time in column {column.name!r} "
            f"({missing.size} of {len(column)} have none); leave such rows out."
        )
    return times


def _read(column, readers, kinds):
    if types.is_bool_dtype(column.dtype):
        raise TypeError(f"column {column.name!r} holds booleans, which are no times.")
    if isinstance(column.dtype, pd.PeriodDtype):
        column = column.dt.to_timestamp()
    elif column.dtype.kind in "mM" and isinstance(column.dtype, pd.ArrowDtype):
        column = column.astype(object)
    for read in readers:
        try:
            return read(column)
        except (ValueError, TypeError, OverflowError) as error:
            reason = error
    raise ValueError(
        f"column {column.name!r} cannot be read as {kinds}; the first is {column.iloc[0]!r}."
    ) from reason


def _numbers(column):
    if column.dtype.kind in "mM":
        raise TypeError("times are no numbers")
    return pd.to_numeric(column).to_numpy(dtype=np.float64)


def _durations(column):
    cells = column if column.dtype.kind in "mM" else column.map(_duration)
    return pd.to_timedelta(cells).dt.total_seconds().to_numpy(dtype=np.float64)


def _duration(cell):
    """A cell for pandas, which reads a decimal comma as none, and bare numbers as nanoseconds."""
    if not isinstance(cell, str):
        if isinstance(cell, Real) and not isinstance(cell, np.timedelta64) and not np.isnan(cell):
            raise ValueError(f"{cell!r} is no duration")
        return cell
    text = _DECIMAL_COMMA.sub(r"\1.", cell.strip())
    if _AMBIGUOUS.fullmatch(text):
        raise ValueError(f"{cell!r} is no duration")
    return text


def _dates(column):
    return _since_epoch(pd.to_datetime(column, utc=True, format="ISO8601"))


def _since_epoch(dates):
    dates = dates.dt.tz_localize("UTC") if dates.dt.tz is None else dates.dt.tz_convert("UTC")
    return (dates - pd.Timestamp(0, tz="UTC")).dt.total_seconds().to_numpy(dtype=np.float64)
