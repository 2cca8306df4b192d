"""How fast and how strongly the loudness of a clip goes up and down."""

from functools import lru_cache
from itertools import pairwise
from numbers import Real

import numpy as np
import scipy.fft
from numpy.lib.stride_tricks import sliding_window_view
from sklearn.utils._param_validation import Interval

from mmclassic.features.audio._clip_descriptor import ClipDescriptor
from mmclassic.features.audio._frame_grid import hann_window
from mmclassic.features.audio._pooling import means
from mmclassic.utils import POSITIVE_INTEGER, product_by_rows

# Hz; one octave each from the third band on: syllables are at 4, roughness is from 16 on.
_EDGES = (0.5, 1.5, 2.5, 4.5, 8.5, 16.5, 31.0, 51.0)
_SPAN = 1.0  # s


class Modulation(ClipDescriptor):
    """Modulation spectrum: the rhythm of the loudness in bands from low to high.

    Parameters
    ----------
    n_bands : int > 0, default=10
        Groups of neighbouring mel bands whose loudness is followed, at most `n_mels`.
    window : float > 0, default=0.025
        Length of a frame, seconds.
    hop : float > 0, at most 0.015, default=0.010
        Time from one frame to the next, seconds. A longer one cannot tell rates up to
        31 Hz.
    n_mels : int > 0, default=40
        Number of mel bands from 0 to half the sampling rate.
    sr : float > 0, default=16000
        Sampling rate of the batches given to `transform`, Hz. `row` is told the
        rate of its clip.

    Notes
    -----
    The loudness of a group is the mean of its bands in decibels, less its mean over the clip.
    Its power spectrum is taken in Hann windows of 1 s, one every half second, the first
    from half a second before the clip on, so that every frame counts alike; beyond the
    clip is its mean. The windows are averaged (Welch's method) over the clip or over 1 s, whichever
    is longer: the power is continuous in the length of a clip, and a single frame
    has none. Its mean P over the rates of seven ranges (edges 0.5, 1.5, 2.5, 4.5, 8.5, 16.5,
    31 and 51 Hz) becomes log(1 + P). The level of a clip changes nothing.

    A clip must be as long as one Fourier window. The cost is O(n_samples log window);
    the spectra are shared with other blocks over the same bands.

    References
    ----------
    S. Greenberg and B. E. D. Kingsbury, "The modulation spectrogram: in pursuit of an
    invariant representation of speech", ICASSP, 1997.

    P. D. Welch, "The use of fast Fourier transform for the estimation of power spectra", IEEE
    Transactions on Audio and Electroacoustics 15(2), 1967.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.features import Modulation
    >>> time = np.arange(32000) / 16000
    >>> hum = np.sin(2 * np.pi * 200 * time) * (1 + 0.5 * np.sin(2 * np.pi * 6 * time))
    >>> row = Modulation(1).row(hum, 16000)
    >>> Modulation(1).row_names()[row.argmax()]
    'band0_4.5-8.5Hz'
    """

    _parameter_constraints: dict = {
        **ClipDescriptor._parameter_constraints,
        "n_bands": POSITIVE_INTEGER,
        "hop": [Interval(Real, 0, 0.015, closed="right")],
        "n_mels": POSITIVE_INTEGER,
    }

    def __init__(self, n_bands=10, *, window=0.025, hop=0.010, n_mels=40, sr=16000):
        self.n_bands = n_bands
        self.window = window
        self.hop = hop
        self.n_mels = n_mels
        self.sr = sr

    def row_names(self):
        """List the names of the features of a clip.

        Returns
        -------
        names : list of str
            "band0_0.5-1.5Hz", "band1_0.5-1.5Hz", ...: all bands of the slowest range first.
        """
        ranges = [f"{low:g}-{high:g}Hz" for low, high in pairwise(_EDGES)]
        return [f"band{i}_{rates}" for rates in ranges for i in range(self.n_bands)]

    def _check_rate(self, sr):
        if self.n_bands > self.n_mels:
            raise ValueError(
                f"n_bands of Modulation cannot exceed n_mels; got {self.n_bands} and {self.n_mels}."
            )

    def _rows(self, sounds):
        grid = self._grid(sounds.sr)
        decibels, lengths = sounds.mel_decibels(grid, self.n_mels)
        weights = _group_means(self.n_mels, self.n_bands, decibels.dtype)
        loudness = product_by_rows(decibels, weights)
        loudness -= np.repeat(means(loudness, lengths).astype(loudness.dtype), lengths, axis=0)
        rate = sounds.sr / grid.hop
        span = 2 * round(_SPAN * rate / 2)
        power = _mean_power(loudness, lengths, span, _range_means(rate, span, loudness.dtype))
        return np.log1p(power).reshape(len(lengths), -1)


def _group_means(n_mels, n_bands, dtype):
    """Weights (n_mels, n_bands) whose product is the mean of every group of bands."""
    weights = np.zeros((n_mels, n_bands), dtype=dtype)
    for column, group in zip(weights.T, np.array_split(np.arange(n_mels), n_bands)):
        column[group] = 1 / len(group)
    return weights


@lru_cache(maxsize=32)
def _range_means(rate, span, dtype):
    """Weights (7, span // 2 + 1) whose product is the mean over every range of rates."""
    rates = np.fft.rfftfreq(span, 1 / rate)
    inside = np.array([(rates >= low) & (rates < high) for low, high in pairwise(_EDGES)])
    return (inside / inside.sum(axis=1, keepdims=True)).astype(dtype)


def _mean_power(series, lengths, span, weights):
    """Means by `weights` of the power spectra of series (n_frames, n), shape (n_clips, 7, n).

    Sums over windows of `span` frames at half overlap, of each clip's own frames, by the number
    of half spans of the clip, at least two.
    """
    half, n = span // 2, series.shape[1]
    n_windows = 1 + -(-lengths // half)
    # Every clip in the middle of zeros, one behind the other, so that one index takes all windows.
    starts = half * (np.cumsum(n_windows + 1) - n_windows)
    padded = np.zeros((half * (n_windows + 1).sum(), n), dtype=series.dtype)
    shifts = starts - (np.cumsum(lengths) - lengths)
    padded[np.repeat(shifts, lengths) + np.arange(len(series))] = series
    at = np.repeat(np.arange(len(lengths)), n_windows) + np.arange(n_windows.sum())
    windows = sliding_window_view(padded.ravel(), span * n)[:: half * n][at]
    windows *= np.repeat(hann_window(span, series.dtype), n)
    spectrum = scipy.fft.rfft(windows.reshape(-1, span, n), axis=1)
    # A product for each window, of the same shape: no clip's numbers depend on the others.
    power = weights @ (spectrum.real**2 + spectrum.imag**2)
    power = np.add.reduceat(power, np.cumsum(n_windows) - n_windows, axis=0)
    return power / np.maximum(lengths / half, 2).astype(power.dtype)[:, None, None]
