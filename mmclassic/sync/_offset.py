"""How much later one stream runs than another."""

from dataclasses import dataclass
from numbers import Real

import numpy as np
import scipy.fft
import soxr
from sklearn.utils._param_validation import Interval, StrOptions, validate_params

from mmclassic.sync._align import align_timestamps
from mmclassic.sync._stream import Stream, is_numeric

# Of the shorter stream, what two streams share at least: fewer frames agree by chance.
_LEAST_OVERLAP = 0.1
_SAME_RATE = 1e-9
# The standard score that the highest of some thousand normal values has.
_CHANCE = 4.0


@dataclass(frozen=True, eq=False)
class Offset:
    """An offset between two streams, as `estimate_offset` finds it.

    Parameters
    ----------
    offset : float, s
        What to add to the times of the second stream, as by `Stream.shift`.
    confidence : float
        By how many standard deviations of the curve its peak stands above its mean, less where
        another peak stands out too.
    lags : ndarray of float64 of shape (n_lags,), s
        The offsets that were tried, increasing.
    correlation : ndarray of float64 of shape (n_lags,)
        How alike the streams are at each; "features": from -1 to 1.
    """

    offset: float
    confidence: float
    lags: np.ndarray
    correlation: np.ndarray

    def __repr__(self):
        return f"Offset({self.offset:.6g} s, confidence {self.confidence:.3g})"


@validate_params(
    {
        "a": [Stream],
        "b": [Stream],
        "method": [StrOptions({"features", "phat"})],
        "max_offset": [Interval(Real, 0, None, closed="neither"), None],
    },
    prefer_skip_nested_validation=True,
)
def estimate_offset(a, b, *, method="features", max_offset=None):
    """Estimate what to add to the times of one stream to bring it onto the clock of another.

    Parameters
    ----------
    a : Stream
        The stream that stays.
    b : Stream
        The stream that is to be moved; as many columns.
    method : {"features", "phat"}, default="features"
        "features" correlates columns brought to mean 0 and variance 1, and is for features such
        as MFCC, energies, or amounts of motion. "phat" (generalised cross-correlation with phase
        transform) is for samples of one sound recorded twice: it weighs all frequencies alike,
        so that echoes and the colour of a microphone move the peak less, and takes polarity for
        nothing.
    max_offset : float > 0, default=None, s
        Where the peak is looked for: offsets from -max_offset to max_offset. None looks at all
        at which the streams share a tenth of the shorter one.

    Returns
    -------
    found : Offset
        Offset, confidence, and the curve. The offset is finer than a frame: it is the top of the
        parabola through the peak and its neighbours.

    Raises
    ------
    ValueError
        If the streams differ in columns, do not vary, are too short, or no offset within
        `max_offset` lets them share enough.

    Notes
    -----
    O(d n log n) by Fourier transforms for n rows of d columns. At each lag the sum of products is
    divided by the root of the energies that overlap, so that a long overlap is not preferred for
    its length; the peak is that of this correlation times the square root of the overlap, whose
    noise is the same at all lags. The confidence is the standard score of that curve over all
    lags, on the scale of the audio-offset-finder of the BBC: above 10 trust it, below 5 check it.
    Where another peak within `max_offset` is above 4, which chance seldom reaches with features
    that always vary, it is divided by a quarter of that: rare events, such as claps and cuts,
    coincide by chance, and what repeats fits in several places. It cannot be more than the square
    root of the number of lags: of streams of fewer than 100 rows it says little.

    Streams of one rate are compared as they are. Otherwise both are brought to the higher rate
    on straight lines ("features"; of times without a rate, their median step) or the lower one
    by resampling ("phat").

    References
    ----------
    C. H. Knapp and G. C. Carter, "The generalized correlation method for estimation of time
    delay", IEEE Transactions on Acoustics, Speech, and Signal Processing 24(4), 1976.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.sync import Stream, estimate_offset
    >>> energy = np.random.default_rng(0).normal(size=500)
    >>> a, b = Stream(energy, rate=25), Stream(energy[50:300], rate=25)
    >>> found = estimate_offset(a, b)
    >>> round(found.offset, 3), found.confidence > 10
    (2.0, True)
    """
    rate, start, x, y = _phat_pair(a, b) if method == "phat" else _feature_pair(a, b)
    correlate = _phat if method == "phat" else _correlation
    correlation = correlate(x, y)
    shared = _overlaps(len(x), len(y))
    lags = start + np.arange(1 - len(y), len(x)) / rate
    enough = shared >= max(2, _LEAST_OVERLAP * min(len(x), len(y)))
    lags, correlation, shared = lags[enough], correlation[enough], shared[enough]
    curve = correlation * np.sqrt(shared) if method == "features" else correlation
    allowed = np.ones(len(lags), dtype=bool)
    if max_offset is not None:
        allowed = np.abs(lags) <= max_offset + 1e-9
        if not allowed.any():
            raise ValueError(
                f"no offset of up to {max_offset:g} s lets {a.name!r} and {b.name!r} share enough: "
                f"those that do go from {lags[0]:.6g} to {lags[-1]:.6g} s."
            )
    places = np.flatnonzero(allowed)
    peak = int(places[np.argmax(curve[allowed])])
    offset = lags[peak] + _fraction(curve, peak) / rate
    return Offset(
        float(offset), _confidence(curve, peak, allowed), lags[allowed], correlation[allowed]
    )


def _feature_pair(a, b):
    """The rate, the offset at lag 0, and the standardised columns of both."""
    if _rate(a) != _rate(b) or a.rate is None or b.rate is None:
        rate = max(_rate(a), _rate(b))
        a, b = _resampled(a, rate), _resampled(b, rate)
    x, y = _matrix(a), _matrix(b)
    if x.shape[1] != y.shape[1]:
        raise ValueError(
            f"{a.name!r} has {x.shape[1]} column(s) and {b.name!r} has {y.shape[1]}; give both the "
            "same features, as one energy each."
        )
    return _rate(a), a.start - b.start, *_standardised(x, y, a.name, b.name)


def _phat_pair(a, b):
    for stream in (a, b):
        if not is_numeric(stream) or stream.values.size != len(stream) or stream.rate is None:
            raise ValueError(
                f"method='phat' takes samples of shape (n,) with a rate; {stream!r} has others."
            )
    rate = min(a.rate, b.rate)
    samples = [_samples(stream, rate) for stream in (a, b)]
    for stream, y in zip((a, b), samples):
        if len(y) < 2 or np.ptp(y) == 0:
            raise ValueError(f"stream {stream.name!r} is silent, so it fits anywhere.")
    return rate, a.start - b.start, *samples


def _samples(stream, rate):
    y = np.asarray(stream.values, dtype=np.float64).ravel()
    return y if abs(stream.rate / rate - 1) < _SAME_RATE else soxr.resample(y, stream.rate, rate)


def _rate(stream):
    if stream.rate is not None:
        return stream.rate
    if len(stream) < 2:
        raise ValueError(f"stream {stream.name!r} has one row, which has no rate.")
    return float(1 / np.median(np.diff(stream.times)))


def _resampled(stream, rate):
    if stream.rate is not None and abs(stream.rate / rate - 1) < _SAME_RATE:
        return stream
    aligned = align_timestamps([stream], clock=rate, method="linear")
    return Stream(aligned.views[stream.name], rate=rate, start=stream.start, name=stream.name)


def _matrix(stream):
    if not is_numeric(stream):
        raise ValueError(f"stream {stream.name!r} holds objects; features are numbers.")
    return np.asarray(stream.values, dtype=np.float64).reshape(len(stream), -1)


def _standardised(x, y, *names):
    """Columns of mean 0 and variance 1; those that do not vary in both are left out."""
    deviations = x.std(axis=0), y.std(axis=0)
    varied = np.logical_and(
        *(d > 1e-12 * np.abs(z).max(axis=0) for d, z in zip(deviations, (x, y)))
    )
    if min(len(x), len(y)) < 2 or not varied.any():
        raise ValueError(f"{names[0]!r} and {names[1]!r} have no column in which both vary.")
    return [
        ((z - z.mean(axis=0)) / d)[:, varied]
        for z, d in zip((x, y), np.where(varied, deviations, 1.0))
    ]


def _correlation(x, y):
    """Correlation of rows that overlap at each lag from 1 - len(y) to len(x) - 1."""
    n = len(x) + len(y) - 1
    size = scipy.fft.next_fast_len(n, real=True)
    products = np.zeros(n)
    for p, q in zip(x.T, y.T):
        spectrum = scipy.fft.rfft(p, size) * scipy.fft.rfft(q[::-1], size)
        products += scipy.fft.irfft(spectrum, size)[:n]
    first = np.arange(1 - len(y), len(x))
    energies = [
        _energy(x, np.maximum(first, 0), np.minimum(first + len(y), len(x))),
        _energy(y, np.maximum(-first, 0), np.minimum(len(x) - first, len(y))),
    ]
    scale = np.sqrt(energies[0] * energies[1])
    return np.divide(products, scale, out=np.zeros(n), where=scale > 1e-9 * scale.max())


def _energy(z, first, stop):
    total = np.append(0, np.cumsum(np.square(z).sum(axis=1)))
    return np.maximum(total[stop] - total[first], 0)


def _phat(x, y):
    """GCC-PHAT at the same lags: the size of the transform of the phases alone."""
    n = len(x) + len(y) - 1
    size = scipy.fft.next_fast_len(n, real=True)
    cross = scipy.fft.rfft(x - x.mean(), size) * scipy.fft.rfft((y - y.mean())[::-1], size)
    magnitude = np.abs(cross)
    # Bins where there is nothing but rounding have a phase of nothing.
    real = magnitude > 1e-12 * magnitude.max()
    cross = np.divide(cross, magnitude, out=np.zeros_like(cross), where=real)
    return np.abs(scipy.fft.irfft(cross, size)[:n])


def _overlaps(n, m):
    lags = np.arange(1 - m, n)
    return np.minimum(lags + m, n) - np.maximum(lags, 0)


def _confidence(curve, peak, allowed):
    """The standard score of the peak, less where it is high elsewhere too, as of rare events."""
    deviation = curve.std()
    if deviation == 0:
        return 0.0
    scores = (curve - curve.mean()) / deviation
    below = np.flatnonzero(np.concatenate([[True], scores <= 0, [True]]))
    first, stop = below[np.searchsorted(below, peak + 1) + [-1, 0]]
    elsewhere = allowed.copy()
    elsewhere[first : stop - 1] = False  # the hill of the peak
    second = scores[elsewhere].max(initial=0.0)
    return float(scores[peak] / max(1.0, second / _CHANCE))


def _fraction(curve, peak):
    """Where between samples the top of the parabola through the peak lies, in [-0.5, 0.5]."""
    if not 0 < peak < len(curve) - 1:
        return 0.0
    left, top, right = curve[peak - 1 : peak + 2]
    bend = left - 2 * top + right
    return float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5)) if bend < 0 else 0.0
