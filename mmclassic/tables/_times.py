"""Times as people write them: ISO 8601, numbers, 24.01.2026, or in a format that is given."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

import numpy as np
import pandas as pd

from mmclassic.exceptions import TableError
from mmclassic.tables._columns import place

_NUMBER = r"[+-]?\d+(?:\.\d+)?"
# Eight digits that begin with a century are a date of ISO 8601, not a count of seconds.
_COMPACT = r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_ISO = r"\d{4}-\d{1,2}(?:-\d{1,2})?(?:[T ].*)?|\d{4}/\d{1,2}/\d{1,2}(?: .*)?|" + _COMPACT
_WRITTEN = re.compile(
    r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})"
    r"(?:,? +(\d{1,2}):(\d\d)(?::(\d\d))?(?: ?([AaPp])\.?[Mm]\.?)?)?",
    re.ASCII,
)


def as_times(column, *, time_format=None, where="the table"):
    """Turn a column of text into times.

    Parameters
    ----------
    column : Series
        The column. Datetimes, and numbers such as seconds since 1970, stay what they are.
    time_format : str, default=None
        How the times are written, in the letters of :meth:`datetime.datetime.strptime`, such as
        ``"%d/%m/%Y"``. None reads ISO 8601, and dates with the year last if only one order of
        day and month fits all of them; with points between, the day is first.
    where : path-like, default="the table"
        File of the table, for errors.

    Returns
    -------
    times : Series of datetime64 or of float64
        The times; those with a zone in UTC. Missing where a cell is missing or blank.

    Raises
    ------
    TableError
        If a cell is no time, or could be two; the message names line, column and cell.

    Examples
    --------
    >>> import pandas as pd
    >>> from mmclassic.tables import as_times
    >>> as_times(pd.Series(["24.01.2026", "2.3.2026 13:45"])).astype(str).tolist()
    ['2026-01-24 00:00:00', '2026-03-02 13:45:00']
    """
    if time_format is None and column.dtype.kind in "fiuM":
        return column
    texts, filled = _texts(column)
    codes, distinct = pd.factorize(texts)
    first = filled[np.unique(codes, return_index=True)[1]]
    cells = _Cells(distinct.tolist(), lambda i: place(column, first[i], where))
    times = _read(cells, time_format)
    where_each = np.full(len(column), -1)
    where_each[filled] = codes
    return pd.Series(times).reindex(where_each).set_axis(column.index).rename(column.name)


class _Cells(NamedTuple):
    """Distinct cells of a column, and for errors the place of each."""

    texts: list
    at: Callable


def _texts(column):
    """The cells that are not blank, as text, and their positions."""
    cells = column.astype(object).to_numpy()
    texts = np.full(cells.size, "", dtype=object)
    for i in np.flatnonzero(column.notna().to_numpy()):
        cell = cells[i]
        if isinstance(cell, float) and cell.is_integer():
            cell = int(cell)
        texts[i] = str(cell).strip()
    filled = np.flatnonzero(texts != "")
    return texts[filled], filled


def _read(cells, time_format):
    if not cells.texts:
        return np.empty(0, dtype="datetime64[us]")
    if time_format is not None:
        return _formatted(cells, time_format)
    if _all(_ISO, cells.texts):
        return _iso(cells)
    if _all(_NUMBER, cells.texts):
        return _numbers(cells.texts)
    matches = [_WRITTEN.fullmatch(text) for text in cells.texts]
    if all(matches):
        return _written(cells, matches)
    raise _mixed(cells)


def _numbers(texts):
    """Whole numbers exactly, as nanoseconds need it; others as floats."""
    try:
        return np.array([int(text) for text in texts], dtype=np.int64)
    except (ValueError, OverflowError):
        return np.array([float(text) for text in texts])


def _all(pattern, texts):
    return all(map(re.compile(pattern, re.ASCII).fullmatch, texts))


def _iso(cells):
    times = pd.to_datetime(pd.Series(cells.texts), format="ISO8601", errors="coerce", utc=True)
    return _without_gaps(times, cells, "is not a time of ISO 8601")


def _formatted(cells, time_format):
    if "%" not in time_format:
        raise TableError(
            f"time_format={time_format!r} is no format; write it as in "
            "time_format='%d/%m/%Y %H:%M'."
        )
    try:
        times = pd.to_datetime(
            pd.Series(cells.texts), format=time_format, errors="coerce", utc="%z" in time_format
        )
    except ValueError as error:
        raise TableError(f"time_format={time_format!r} is no format: {error}.") from error
    return _without_gaps(times, cells, f"is not written as time_format={time_format!r} says")


def _without_gaps(times, cells, reason):
    for i in np.flatnonzero(times.isna())[:1]:
        raise TableError(f"{cells.at(i)}: {cells.texts[i]!r} {reason}.")
    return times.dt.tz_localize(None).to_numpy()


def _written(cells, matches):
    """Dates with the year last: the order of day and month is the one that fits them all."""
    for i, match in enumerate(matches):
        if len(match[4]) == 2:
            raise TableError(
                f"{cells.at(i)}: {match[0]!r} has a year of two digits; say how times are written, "
                f"such as time_format={_format_of(match, '%d', '%m')!r}."
            )
    orders = {
        "day": [_datetime(match, day=1, month=3) for match in matches],
        "month": [_datetime(match, day=3, month=1) for match in matches],
    }
    possible = {name: times for name, times in orders.items() if None not in times}
    if not possible:
        i = max(times.index(None) for times in orders.values())
        raise TableError(
            f"{cells.at(i)}: {cells.texts[i]!r} is no date in the order of day and month that the "
            "other cells of the column have; say how times are written with time_format=FORMAT."
        )
    if len(possible) == 2 and orders["day"] != orders["month"]:
        _refuse_unclear(cells, matches, *orders.values())
    return np.array(next(iter(possible.values())), dtype="datetime64[us]")


def _refuse_unclear(cells, matches, days_first, months_first):
    """Refuse dates that can be read in two ways; between points the day is first everywhere."""
    for i, (match, one, other) in enumerate(zip(matches, days_first, months_first)):
        if one != other and match[2] != ".":
            raise TableError(
                f"{cells.at(i)}: {match[0]!r} is {one:%d %B} or {other:%d %B}, and no cell of the "
                "column tells which; say how times are written: "
                f"time_format={_format_of(match, '%d', '%m')!r} or "
                f"time_format={_format_of(match, '%m', '%d')!r}."
            )


def _datetime(match, *, day, month):
    """The time of a match whose groups are given for day and month; None if there is none."""
    hour, minute, second = (int(match[group] or 0) for group in (5, 6, 7))
    if match[8]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match[8] in "Pp" else 0)
    try:
        return datetime(int(match[4]), int(match[month]), int(match[day]), hour, minute, second)
    except ValueError:
        return None


def _format_of(match, first, second):
    year = "%Y" if len(match[4]) == 4 else "%y"
    clock = ""
    if match[5]:
        seconds = ":%S" if match[7] else ""
        clock = f" %I:%M{seconds} %p" if match[8] else f" %H:%M{seconds}"
    return f"{first}{match[2]}{second}{match[2]}{year}{clock}"


def _mixed(cells):
    kinds = (_ISO, _NUMBER, _WRITTEN.pattern)
    shape = [next((k for k in kinds if _all(k, [text])), None) for text in cells.texts]
    if None in shape:
        i = shape.index(None)
        return TableError(
            f"{cells.at(i)}: {cells.texts[i]!r} is not a time; leave the cell empty where there is "
            "none, or say how times are written with time_format=FORMAT, such as "
            "time_format='%d %b %Y'."
        )
    i = next(i for i, kind in enumerate(shape) if kind != shape[0])
    return TableError(
        f"{cells.at(i)}: {cells.texts[i]!r} is written in another way than {cells.texts[0]!r} "
        f"({cells.at(0)}); write all times of a column in one way."
    )
