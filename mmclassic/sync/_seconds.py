"""Dates, clock times, frame numbers and numbers, as seconds."""

import numpy as np
import pandas as pd
from pandas.api import types


def as_seconds(column):
    """Times of a Series in seconds, float64; raises ValueError for a row without a time.

    Numbers are seconds; durations, and texts such as "0:01:30.5", are too; dates, and texts that
    are dates, count from 1970-01-01 UTC, and those without a time zone are taken to be UTC.
    """
    missing = np.flatnonzero(column.isna())
    if missing.size:
        raise ValueError(
            f"row {column.index[missing[0]]!r} has no time in column {column.name!r} "
            f"({missing.size} of {len(column)} have none); leave such rows out."
        )
    if types.is_bool_dtype(column.dtype):
        raise TypeError(f"column {column.name!r} holds booleans, which are no times.")
    if types.is_numeric_dtype(column.dtype):
        return column.to_numpy(dtype=np.float64)
    if types.is_timedelta64_dtype(column.dtype):
        return column.dt.total_seconds().to_numpy(dtype=np.float64)
    if types.is_datetime64_any_dtype(column.dtype):
        return _since_epoch(column)
    return _seconds_of_objects(column)


def _seconds_of_objects(column):
    for read in (_numbers, _durations, _dates):
        try:
            return read(column)
        except (ValueError, TypeError, OverflowError) as error:
            reason = error
    shown = column.iloc[0]
    raise ValueError(
        f"column {column.name!r} cannot be read as numbers, durations (0:01:30.5) or dates, all "
        f"of one kind; the first is {shown!r} ({reason})."
    ) from reason


def _numbers(column):
    return pd.to_numeric(column).to_numpy(dtype=np.float64)


def _durations(column):
    return pd.to_timedelta(column).dt.total_seconds().to_numpy(dtype=np.float64)


def _dates(column):
    return _since_epoch(pd.to_datetime(column, utc=True, format="ISO8601"))


def _since_epoch(dates):
    dates = dates.dt.tz_localize("UTC") if dates.dt.tz is None else dates.dt.tz_convert("UTC")
    return (dates - pd.Timestamp(0, tz="UTC")).dt.total_seconds().to_numpy(dtype=np.float64)
