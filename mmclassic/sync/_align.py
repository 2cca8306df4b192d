"""Streams at the ticks of one clock."""

from dataclasses import dataclass
from numbers import Real

import numpy as np
import pandas as pd

from mmclassic.sync._seconds import times_of
from mmclassic.sync._stream import Stream, check_streams, is_numeric
from mmclassic.utils import per_view
from mmclassic.views import Views

METHODS = ("nearest", "previous", "linear")
# Times this near to each other are the same: a nanosecond, or four steps of float64 at the largest.
_SAME_SECONDS, _SAME_STEPS = 1e-9, 4


@dataclass(frozen=True, eq=False)
class Aligned:
    """Streams at the ticks of one clock, as `align_timestamps` gives them.

    Parameters
    ----------
    views : Views or None
        A row for each tick and a view for each stream of numbers, absent where the stream has
        nothing near enough; None if no stream holds numbers.
    times : ndarray of float64 of shape (n_ticks,), s
        The ticks.
    gaps : DataFrame
        Runs of ticks that a stream is absent from: stream, start and stop (time of the first
        and of the last such tick, s), ticks (how many).
    rows : dict of str to ndarray of int64 of shape (n_ticks,)
        By stream, the row that stands at each tick, and -1 where it is absent; with "linear" the
        last row up to it.
    streams : dict of str to Stream
        What was aligned, by name.
    """

    views: Views | None
    times: np.ndarray
    gaps: pd.DataFrame
    rows: dict
    streams: dict

    def __repr__(self):
        return (
            f"Aligned({len(self.times)} ticks of {', '.join(self.rows)}; {len(self.gaps)} gap(s))"
        )

    def cells(self, name):
        """Give the value of a stream at each tick, as the cells of a column.

        Parameters
        ----------
        name : str
            A stream aligned by "nearest" or "previous".

        Returns
        -------
        cells : ndarray of object of shape (n_ticks,)
            Its values; None where it is absent.
        """
        if name not in self.rows:
            raise ValueError(f"there is no stream {name!r}; there are {list(self.rows)}.")
        cells = np.full(len(self.times), None, dtype=object)
        for tick in np.flatnonzero(self.rows[name] >= 0):
            cells[tick] = self.streams[name].values[self.rows[name][tick]]
        return cells


def align_timestamps(streams, *, clock, method="nearest", tolerance=None):
    """Bring streams to the ticks of one clock.

    Parameters
    ----------
    streams : list of Stream
        Streams of different names.
    clock : float > 0 (Hz), array-like of shape (n_ticks,) (s), or str
        So many ticks in a second, from the earliest start to the latest row of the streams; the
        ticks themselves, which increase, dates too as for `Stream`; or the name of the stream whose
        times they are.
    method : {"nearest", "previous", "linear"} or dict of str to it, default="nearest"
        What stands at a tick, for all streams or for each by name: the row nearest to it (of two
        as near, the earlier), the last one up to it, or what lies on the line between the rows
        around it (numbers only).
    tolerance : float >= 0 or dict of str to it, default=None, s
        How far the row, or with "linear" each of the two, may be from the tick; a stream without
        such a row is absent at it. None sets no bound. Times within a nanosecond are the same.

    Returns
    -------
    aligned : Aligned
        Views, ticks, gaps, and the row of every stream at each tick.

    Raises
    ------
    ValueError
        If streams share a name, the clock has no ticks or does not increase, or objects are to be
        interpolated.

    Notes
    -----
    O(n_rows + n_ticks) by :func:`pandas.merge_asof`. Rows of more dimensions, as frames, are
    flattened in the views. Without a tolerance a row stands however old it is, and only ticks
    before the first row ("previous"), or outside of all rows ("linear"), are gaps. No method takes
    a mean of what lies between ticks: bring a faster stream, such as a sound, to features at about
    the rate of the clock first.

    Examples
    --------
    >>> from mmclassic.sync import Stream, align_timestamps
    >>> heat = Stream([20.0, 21.0, 24.0], times=[0.0, 1.0, 4.0], name="heat")
    >>> said = Stream(["on", "off"], times=[0.9, 3.1], name="said")
    >>> aligned = align_timestamps([heat, said], clock=1.0, tolerance=0.5)
    >>> aligned.views["heat"].ravel()[aligned.views.mask("heat")]
    array([20., 21., 24.])
    >>> aligned.cells("said")
    array([None, 'on', None, 'off', None], dtype=object)
    >>> aligned.gaps
      stream  start  stop  ticks
    0   heat    2.0   3.0      2
    1   said    0.0   0.0      1
    2   said    2.0   2.0      1
    3   said    4.0   4.0      1
    """
    check_streams(streams)
    names = [stream.name for stream in streams]
    methods = per_view(
        method,
        names,
        parameter="method",
        accepts=METHODS.__contains__,
        expected=f"one of {METHODS}",
    )
    tolerances = per_view(
        tolerance, names, parameter="tolerance", accepts=_is_tolerance,
        expected="None or a number of seconds of at least 0",
    )  # fmt: skip
    ticks = _ticks(streams, clock)
    rows, blocks, present, gaps = {}, {}, {}, []
    for stream in streams:
        name = stream.name
        times = stream.seconds()
        bound = _Bound(times, ticks, tolerances[name])
        if methods[name] == "linear":
            rows[name], block = _interpolate(stream, times, ticks, bound)
        else:
            rows[name] = bound.match(ticks, "nearest" if methods[name] == "nearest" else "backward")
            block = _chosen(stream, rows[name]) if is_numeric(stream) else None
        there = rows[name] >= 0
        gaps += _gaps(name, ticks, there)
        if block is not None:
            blocks[name], present[name] = block, there
    views = Views(blocks, np.stack(list(present.values()), axis=1)) if blocks else None
    table = pd.DataFrame(gaps, columns=["stream", "start", "stop", "ticks"])
    return Aligned(views, ticks, table, rows, {stream.name: stream for stream in streams})


def _is_tolerance(value):
    return value is None or (isinstance(value, Real) and 0 <= value < np.inf)


def _ticks(streams, clock):
    if isinstance(clock, str):
        for stream in streams:
            if stream.name == clock:
                return stream.seconds()
        raise ValueError(f"no stream is named {clock!r}; there are {[s.name for s in streams]}.")
    if isinstance(clock, Real):
        if not 0 < clock < np.inf:
            raise ValueError(f"clock must be above 0 ticks per second; got {clock!r}.")
        start = min(stream.start for stream in streams)
        stop = max(_last(stream) for stream in streams)
        return start + np.arange(int((stop - start) * clock * (1 + 1e-12) + 1e-9) + 1) / clock
    if isinstance(clock, Stream):
        raise TypeError(f"clock takes the name of a stream: clock={clock.name!r}.")
    ticks = times_of(clock, "clock")
    if ticks.ndim != 1 or not ticks.size or not np.isfinite(ticks).all():
        raise ValueError(f"clock must be one or more finite times in a row; got {clock!r}.")
    if (np.diff(ticks) <= 0).any():
        raise ValueError("the times of the clock must increase.")
    return ticks


def _last(stream):
    if stream.rate is None:
        return float(stream.times[-1])
    return stream.start + (len(stream) - 1) / stream.rate


class _Bound:
    """The times of a stream, and how far from a tick they may be; equal but for rounding is equal.

    Where ticks and times are made by different sums, an exact comparison would take the row before
    the right one at some of them.
    """

    def __init__(self, times, ticks, tolerance):
        largest = max(abs(times[0]), abs(times[-1]), abs(ticks[0]), abs(ticks[-1]))
        self.slack = max(_SAME_SECONDS, _SAME_STEPS * np.spacing(largest))
        self.tolerance = None if tolerance is None else tolerance + 2 * self.slack
        self._right = pd.DataFrame({"time": times, "row": np.arange(len(times))})

    def match(self, ticks, direction):
        """The row for each tick, -1 where none is near enough."""
        moved = {"backward": self.slack, "forward": -self.slack, "nearest": 0.0}[direction]
        left = pd.DataFrame({"time": ticks + moved})
        found = pd.merge_asof(
            left, self._right, on="time", direction=direction, tolerance=self.tolerance
        )
        return found["row"].fillna(-1).to_numpy(dtype=np.int64)


def _chosen(stream, rows):
    flat = stream.values.reshape(len(stream), -1)
    block = flat[np.maximum(rows, 0)]
    return (
        block if block.dtype.kind == "f" else block.astype(np.float32 if _small(block) else float)
    )


def _small(block):
    """Whether integers of this type are exact in float32."""
    return block.dtype.itemsize <= 2


def _interpolate(stream, times, ticks, bound):
    if not is_numeric(stream):
        raise ValueError(
            f"stream {stream.name!r} holds objects, between which nothing lies; give it another "
            f"method: method={{..., {stream.name!r}: 'previous'}}."
        )
    before, after = bound.match(ticks, "backward"), bound.match(ticks, "forward")
    there = (before >= 0) & (after >= 0)
    flat = stream.values.reshape(len(stream), -1)
    first, last = np.where(there, before, 0), np.where(there, after, 0)
    step = times[last] - times[first]
    share = np.divide(ticks - times[first], step, out=np.zeros(len(ticks)), where=step > 0)
    share = np.clip(share, 0, 1)[:, None]
    kind = flat.dtype if flat.dtype.kind == "f" else np.float64
    block = (flat[first] * (1 - share) + flat[last] * share).astype(kind)
    return np.where(there, before, -1), block


def _gaps(name, ticks, there):
    edges = np.flatnonzero(np.diff(np.concatenate([[False], ~there, [False]]).astype(int)))
    return [
        (name, float(ticks[first]), float(ticks[stop - 1]), int(stop - first))
        for first, stop in edges.reshape(-1, 2)
    ]
