"""Moments and durations in the unit of given times."""

from numbers import Real

import numpy as np
import pandas as pd


def moment(value, times, name):
    """A moment that a Series of `times` can be compared with: a number, or a Timestamp in UTC."""
    if times.dtype.kind != "M":
        if not _is_number(value):
            raise TypeError(f"{name} must be a number, as the times are; got {value!r}.")
        return value
    if _is_number(value):
        raise TypeError(f"{name} must be a date, as the times are; got the number {value!r}.")
    try:
        found = pd.Timestamp(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be a date; got {value!r}.") from error
    if found is pd.NaT:
        raise ValueError(f"{name} must be a date; got {value!r}.")
    return found.tz_convert("UTC").tz_localize(None) if found.tz else found


def is_before(times, value, name):
    """Mark the times that are before a moment."""
    # By pandas, for NumPy lets dates far from now overflow where the moment has nanoseconds.
    return (pd.Series(times, copy=False) < moment(value, times, name)).to_numpy()


def ages(times, now):
    """How long ago times were, as a Series of numbers or Timedelta; `now` None is the last."""
    series = pd.Series(times, copy=False)
    now = series.max() if now is None else moment(now, times, "now")
    late = np.flatnonzero(series > now)
    if late.size:
        raise ValueError(
            f"interaction {late[0]} is of {series[late[0]]}, later than now={now} "
            f"({late.size} are); give a later now, or take them out with filter(until=...)."
        )
    # In float64, for differences of large integers overflow.
    return now - series if times.dtype.kind == "M" else float(now) - series.astype(np.float64)


def duration(value, times, name):
    """A positive duration by which ages can be divided."""
    if times.dtype.kind != "M":
        if not _is_number(value) or not value > 0:
            raise ValueError(
                f"{name} must be a positive number in the unit of the times, which are numbers; "
                f"got {value!r}."
            )
        return float(value)
    if _is_number(value):
        raise TypeError(f"{name} must say its unit, as '30 days' does; got the number {value!r}.")
    try:
        found = pd.Timedelta(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be a duration such as '30 days'; got {value!r}.") from error
    if not found > pd.Timedelta(0):
        raise ValueError(f"{name} must be longer than nothing; got {value!r}.")
    return found


def _is_number(value):
    # NumPy counts its durations among the integers.
    number = isinstance(value, Real) and not isinstance(value, (bool, np.timedelta64))
    return number and bool(np.isfinite(value))
