"""Values that come one after another, and the clock that they go by."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from numbers import Integral, Real

import numpy as np
import pandas as pd
from pandas.api import types
from scipy.sparse import issparse

from mmclassic.sync._seconds import as_frame_numbers, as_seconds, times_of


@dataclass(frozen=True, eq=False, repr=False)
class Stream:
    """Values in the order of time.

    Parameters
    ----------
    values : array-like of shape (n, ...), or sequence of n objects
        One row for each time: numbers of shape (n,) as a sound or (n, d) as its features, frames
        of shape (n, height, width, 3), or objects such as texts. Numbers keep their type and
        must be finite.
    times : array-like of shape (n,), s, default=None
        The time of every row, each later than the one before; dates and durations are read as by
        `from_frame`. None if there is a `rate`.
    rate : float > 0, Hz, default=None
        Rows per second, where they come evenly. Exactly one of `times` and `rate` is given.
    start : float, s, default=0.0
        The time of the first row; only with `rate`.
    name : str, default="stream"
        What it is called in results and errors.

    Raises
    ------
    ValueError
        If there are no rows, lengths differ, a number or a time is not finite, or times do not
        increase (`from_frame` sorts).

    Notes
    -----
    A gap is a time at which there is no row: values that are NaN are refused, so leave such rows
    out. Of a stream with a rate the times are made when they are asked for.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.sync import Stream
    >>> sound = Stream(np.zeros(8000, dtype=np.float32), rate=16000, name="sound")
    >>> sound
    Stream('sound', 8000 rows of float32 (), 16000 Hz from 0 s, 0.5 s long)
    >>> lines = Stream(["Hello.", "Who is there?"], times=[0.4, 2.0], name="lines")
    >>> lines.between(1.0, 3.0).values
    array(['Who is there?'], dtype=object)
    """

    values: np.ndarray
    times: np.ndarray | None = None
    rate: float | None = None
    start: float = 0.0
    name: str = "stream"

    def __post_init__(self):
        if not isinstance(self.name, str) or not self.name:
            raise ValueError(f"the name of a stream must be a non-empty str; got {self.name!r}.")
        object.__setattr__(self, "values", _as_values(self.values, self.name))
        if (self.times is None) == (self.rate is None):
            raise ValueError(f"stream {self.name!r} takes either times or a rate (rows per s).")
        if self.rate is None:
            object.__setattr__(self, "times", self._checked_times())
            object.__setattr__(self, "start", float(self.times[0]))
            return
        for field, low in (("rate", 0), ("start", -np.inf)):
            value = getattr(self, field)
            if not isinstance(value, Real) or not low < value < np.inf:
                raise ValueError(
                    f"{field} of stream {self.name!r} must be a finite number"
                    f"{' above 0' if low == 0 else ''}; got {value!r}."
                )
            object.__setattr__(self, field, float(value))

    def _checked_times(self):
        if self.start != 0.0:
            raise ValueError(f"stream {self.name!r} has times, so it takes no start; use shift.")
        times = times_of(self.times, f"times of {self.name}")
        if times.shape != (len(self.values),):
            raise ValueError(
                f"stream {self.name!r} has {len(self.values)} rows and times of shape "
                f"{times.shape}; every row needs one time."
            )
        if not np.isfinite(times).all():
            row = int(np.flatnonzero(~np.isfinite(times))[0])
            raise ValueError(f"row {row} of stream {self.name!r} has the time {times[row]}.")
        late = np.flatnonzero(np.diff(times) <= 0)
        if late.size:
            row = int(late[0]) + 1
            raise ValueError(
                f"times of stream {self.name!r} must increase, but row {row} has {times[row]:.9g} "
                f"s after {times[row - 1]:.9g} s ({late.size} such rows). Stream.from_frame sorts "
                "rows and says what becomes of those of one time."
            )
        return times

    @classmethod
    def from_frame(
        cls, frame, columns=None, *, time="timestamp", rate=None, duplicates="raise", name="stream"
    ):
        """Make a stream of the rows of a table, in the order of their times.

        Parameters
        ----------
        frame : DataFrame of shape (n, n_columns)
            The table; its rows may be in any order.
        columns : label or list of label, default=None
            The values: one column gives values of shape (n,), a list of them numbers of shape
            (n, d). None takes all others than `time`.
        time : label, default="timestamp"
            The column of times: numbers are seconds; durations and texts such as "0:01:30.5"
            are too, also with a decimal comma; dates and texts in ISO 8601 count in seconds from
            1970-01-01 UTC. Dates of different time zones are brought to UTC, and those without one
            are taken to be UTC.
        rate : float > 0, Hz, default=None
            If given, the column of times holds frame numbers: frame 0 is at 0 s, and there are
            so many in a second.
        duplicates : {"raise", "first", "last", "mean"}, default="raise"
            What becomes of several rows of one time: an error, the first or the last of them in
            the order of the table, or the mean of their numbers.
        name : str, default="stream"
            Name of the stream.

        Returns
        -------
        stream : Stream
            With times; seconds since 1970 are exact to 0.3 microseconds.

        Raises
        ------
        ValueError
            If a column is not in the table, a row has no time, or one time has several rows.

        Examples
        --------
        >>> import pandas as pd
        >>> from mmclassic.sync import Stream
        >>> log = pd.DataFrame({"frame": [50, 0, 25], "heat": [3.0, 1.0, 2.0]})
        >>> Stream.from_frame(log, "heat", time="frame", rate=25).times
        array([0., 1., 2.])
        """
        columns = _columns(frame, columns, time)
        if rate is None:
            times = as_seconds(frame[time])
        elif isinstance(rate, Real) and 0 < rate < np.inf:
            times = as_frame_numbers(frame[time]) / rate
        else:
            raise ValueError(f"rate must be a finite number above 0; got {rate!r}.")
        order = np.argsort(times, kind="stable")
        values = frame[columns].iloc[order]
        times, values = _of_one_time(times[order], values, duplicates, frame.index[order])
        return cls(values.to_numpy(), times=times, name=name)

    def __len__(self):
        return len(self.values)

    def __repr__(self):
        kind = f"{len(self)} rows of {self.values.dtype} {self.values.shape[1:]}"
        rate = f"{self.rate:g} Hz" if self.rate is not None else "times"
        length = f"{self.duration:.6g} s long"
        return f"Stream({self.name!r}, {kind}, {rate} from {self.start:.9g} s, {length})"

    def __getitem__(self, rows):
        """The stream of some rows: a slice, a mask, or row numbers that increase."""
        if isinstance(rows, Integral):
            raise TypeError(f"a row of a stream is stream.values[{rows}]; a slice gives a stream.")
        if self.rate is None:
            return replace(self, values=self.values[rows], times=self.times[rows], start=0.0)
        if isinstance(rows, slice) and (rows.step is None or rows.step > 0):
            first, _, step = rows.indices(len(self))
            start = self.start + first / self.rate
            return replace(self, values=self.values[rows], rate=self.rate / step, start=start)
        values, times = self.values[rows], self.seconds()[rows]
        return Stream(values, times=times, name=self.name)

    @property
    def duration(self):
        """From the first row to the last, s; with a rate, to the end of the last."""
        if self.rate is not None:
            return len(self) / self.rate
        return float(self.times[-1] - self.times[0])

    def seconds(self):
        """Give the time of every row.

        Returns
        -------
        times : ndarray of float64 of shape (n,), s
            The times.
        """
        if self.rate is None:
            return self.times
        return self.start + np.arange(len(self)) / self.rate

    def shift(self, offset):
        """Give the stream that comes later by an offset.

        Parameters
        ----------
        offset : float, s
            What is added to all times, such as the `offset` of `estimate_offset`.

        Returns
        -------
        stream : Stream
            The same values at other times.
        """
        if self.rate is not None:
            return replace(self, start=self.start + offset)
        return replace(self, times=self.times + offset, start=0.0)

    def between(self, start, stop):
        """Give the rows from one time up to another.

        Parameters
        ----------
        start : float, s
            The first time that belongs to it.
        stop : float, s
            The first time that does not.

        Returns
        -------
        stream : Stream
            The rows of these times.

        Raises
        ------
        ValueError
            If there are none.
        """
        times = self.seconds()
        first, last = np.searchsorted(times, [start, stop])
        if first >= last:
            raise ValueError(
                f"stream {self.name!r} has no rows from {start:g} to {stop:g} s; it goes from "
                f"{times[0]:.9g} to {times[-1]:.9g} s."
            )
        return self[int(first) : int(last)]


def is_numeric(stream):
    """Whether the values of a stream are numbers."""
    return stream.values.dtype != object


def check_streams(streams):
    """Raise unless these are one or more streams of different names."""
    if not isinstance(streams, (list, tuple)) or not streams:
        raise ValueError(f"streams must be a non-empty list of Stream; got {streams!r}.")
    for stream in streams:
        if not isinstance(stream, Stream):
            raise TypeError(f"streams must be a list of Stream; got a {type(stream).__name__}.")
    names = [stream.name for stream in streams]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"streams need different names; got {twice} twice.")


def _as_values(values, name):
    array = values if isinstance(values, np.ndarray) else _array(values, name)
    if array.ndim == 0 or len(array) == 0:
        raise ValueError(f"stream {name!r} needs at least one row; got shape {array.shape}.")
    if array.dtype.kind in "UST":
        array = array.astype(object)
    if array.dtype.kind not in "biufO":
        raise TypeError(f"values of stream {name!r} are {array.dtype}; numbers or objects serve.")
    if array.dtype.kind == "f" and not (good := np.isfinite(array)).all():
        row = int(np.argwhere(~good)[0][0])
        raise ValueError(
            f"row {row} of stream {name!r} is not finite; leave such rows out, and their times "
            "are gaps."
        )
    return array


def _array(values, name):
    """An array of numbers, or one of objects where rows are not."""
    if isinstance(values, (pd.DataFrame, pd.Series, pd.Index)):
        return _array(values.to_numpy(), name) if values.ndim == 1 else values.to_numpy()
    if isinstance(values, (str, bytes, Mapping, Set)) or issparse(values):
        raise TypeError(
            f"values of stream {name!r} must be rows in order; got a {type(values).__name__}."
        )
    values = list(values)
    if values and all(isinstance(value, (Real, np.ndarray, list, tuple)) for value in values):
        try:
            return np.asarray(values)
        except ValueError as error:
            raise ValueError(f"rows of stream {name!r} differ in shape ({error}).") from error
    objects = np.empty(len(values), dtype=object)
    objects[:] = values
    return objects


def _columns(frame, columns, time):
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"Stream.from_frame takes a DataFrame; got {type(frame).__name__}.")
    if columns is None:
        columns = [column for column in frame.columns if column != time]
        columns = columns[0] if len(columns) == 1 else columns
    wanted = [time, *(columns if isinstance(columns, list) else [columns])]
    unknown = [column for column in wanted if column not in frame.columns]
    if unknown or len(wanted) < 2:
        raise ValueError(
            f"the table needs the times {time!r} and values; it has no column {unknown}, only "
            f"{list(frame.columns)}."
        )
    return columns


def _of_one_time(times, values, duplicates, labels):
    """The rows with one left for every time."""
    if duplicates not in ("raise", "first", "last", "mean"):
        raise ValueError(
            f"duplicates must be 'raise', 'first', 'last' or 'mean'; got {duplicates!r}."
        )
    first = np.append(True, np.diff(times) > 0)
    if first.all():
        return times, values
    if duplicates == "mean":
        kinds = [values.dtype] if values.ndim == 1 else values.dtypes
        if not all(map(types.is_numeric_dtype, kinds)):
            raise ValueError("duplicates='mean' takes numbers; pass 'first' or 'last'.")
        return times[first], values.groupby(np.cumsum(first)).mean()
    if duplicates == "raise":
        row = int(np.flatnonzero(~first)[0])
        raise ValueError(
            f"rows {labels[row - 1]!r} and {labels[row]!r} have the same time, {times[row]:.9g} s "
            f"({np.count_nonzero(~first)} such rows); pass duplicates='first', 'last' or 'mean'."
        )
    keep = first if duplicates == "first" else np.append(np.diff(times) > 0, True)
    return times[keep], values[keep]
