"""How much faster one clock runs than another."""

from dataclasses import dataclass, replace
from numbers import Real

import numpy as np
import pandas as pd
import scipy.stats
from sklearn.utils._param_validation import Interval, StrOptions, validate_params

from mmclassic.sync._offset import estimate_offset
from mmclassic.sync._stream import Stream

# Offsets of windows below this confidence are chance (see estimate_offset).
_CHECK = 5.0
_LEAST_WINDOWS = 3


@dataclass(frozen=True, eq=False)
class Drift:
    """A clock that runs faster or slower than another: t_a = offset + rate t_b.

    Parameters
    ----------
    offset : float, s
        The time on the first stream's clock when that of the second is at 0.
    rate : float
        Seconds on the first clock in one second on the second; 1 without drift.
    windows : DataFrame
        Every window of the second stream: time (its middle on the second clock), offset,
        confidence, used (whether the line goes by it).
    """

    offset: float
    rate: float
    windows: pd.DataFrame

    def __repr__(self):
        skew = 1e6 * (self.rate - 1)
        used = f"{self.windows['used'].sum()} of {len(self.windows)} windows"
        return f"Drift({self.offset:.6g} s, {skew:+.4g} ppm, {used})"

    def apply(self, stream):
        """Bring a stream of the second clock onto the first.

        Parameters
        ----------
        stream : Stream
            A stream whose times are of the second clock.

        Returns
        -------
        stream : Stream
            The same values at the times of the first clock.
        """
        if stream.rate is not None:
            start = self.offset + self.rate * stream.start
            return replace(stream, start=start, rate=stream.rate / self.rate)
        return replace(stream, times=self.offset + self.rate * stream.times, start=0.0)


@validate_params(
    {
        "a": [Stream],
        "b": [Stream],
        "window": [Interval(Real, 0, None, closed="neither")],
        "method": [StrOptions({"features", "phat"})],
        "max_offset": [Interval(Real, 0, None, closed="neither"), None],
    },
    prefer_skip_nested_validation=True,
)
def estimate_drift(a, b, *, window, method="features", max_offset=None):
    """Estimate offset and linear drift between the clocks of two streams.

    Parameters
    ----------
    a : Stream
        The stream whose clock is kept.
    b : Stream
        The stream whose clock is to be corrected.
    window : float > 0, s
        Length of the parts of `b` whose offsets are estimated, every half a window. Long enough
        to be told apart, and so short that the drift within one is less than a frame.
    method : {"features", "phat"}, default="features"
        See `estimate_offset`.
    max_offset : float > 0, default=None, s
        Bound on the offset of every window; only so much of `a` around it is searched, which
        saves time. None searches all.

    Returns
    -------
    drift : Drift
        Offset, rate, and the windows; ``drift.apply(b)`` is on the clock of `a`.

    Raises
    ------
    ValueError
        If fewer than 3 windows have a confidence of at least 5.

    Notes
    -----
    The line goes through the offsets of windows of a confidence of at least 5 by the median of all
    slopes (Theil-Sen), which up to 29 % of wrong offsets do not move. A window costs one
    `estimate_offset`.

    References
    ----------
    P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau", Journal of the
    American Statistical Association 63(324), 1968.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.sync import Stream, estimate_drift
    >>> energy = np.random.default_rng(0).normal(size=3000)
    >>> a, b = Stream(energy, rate=25), Stream(energy[100:], rate=25 * 1.002)
    >>> drift = estimate_drift(a, b, window=10.0)
    >>> f"{drift.offset:.1f} {drift.rate:.3f}"
    '4.0 1.002'
    """
    records, reason = [], ""
    first, last = b.start, b.start + b.duration
    for start in np.arange(first, last - window + 1e-9, window / 2):
        try:
            part = b.between(start, start + window)
            found = estimate_offset(
                _around(a, part, max_offset), part, method=method, max_offset=max_offset
            )
            records.append((start + window / 2, found.offset, found.confidence))
        except ValueError as error:  # no rows or none that vary, or nothing of a is near
            reason = f" One failed: {error}"
            records.append((start + window / 2, np.nan, 0.0))
    windows = pd.DataFrame(records, columns=["time", "offset", "confidence"])
    windows["used"] = windows["confidence"] >= _CHECK
    used = windows[windows["used"]]
    if len(used) < _LEAST_WINDOWS:
        raise ValueError(
            f"{len(used)} of {len(windows)} windows of {window:g} s have an offset of confidence "
            f"{_CHECK:g} or more, and a line needs {_LEAST_WINDOWS}; take other windows or "
            f"features, or estimate_offset for the whole.{reason}"
        )
    slope, intercept, *_ = scipy.stats.theilslopes(used["offset"], used["time"])
    return Drift(float(intercept), float(1 + slope), windows)


def _around(a, part, max_offset):
    if max_offset is None:
        return a
    return a.between(part.start - max_offset, part.start + part.duration + max_offset)
