"""Centroid, rolloff and contrast of the spectrum, and zero crossings."""

from functools import lru_cache

import numpy as np

from mmclassic.features.audio._frame_grid import in_blocks
from mmclassic.features.audio._frames import FrameDescriptor
from mmclassic.utils import OPEN_UNIT_REAL, POSITIVE_INTEGER

_LOWEST_OCTAVE = 200.0  # Hz
_BLOCK_FRAMES = 2048  # so that no array is as long as a long clip
_ZERO = 1e-10  # samples as small have the sign of zero, as librosa has it
# Share of a band's bins that are its peak, and its valley.
_QUANTILE = 0.02


class SpectralShape(FrameDescriptor):
    """Brightness and roughness of a sound: centroid, rolloff, contrast, zero crossings.

    Parameters
    ----------
    n_bands : int >= 1, default=4
        Octaves from 200 Hz on whose contrast is measured, besides the band
        below. The last must begin below half the sampling rate; four do at any
        rate that is read.
    rolloff : float from 0 to 1, default=0.85
        Share of the magnitude that lies below the rolloff frequency.
    window : float > 0, default=0.064
        Length of a frame, seconds.
    hop : float > 0, default=0.016
        Time from one frame to the next, seconds.
    sr : float > 0, default=16000
        Sampling rate of the batches given to `transform`, Hz. `frames` is told
        the rate of its clip.

    Notes
    -----
    Centroid and rolloff are in Hz, the contrast of peaks and valleys in
    decibels, zero crossings are the share of a frame's samples whose sign is not
    that of the sample before, the first not counted. The numbers are librosa's on
    centred frames whose window is zero-padded to the next power of two, but for
    one thing: contrasts are not bounded by the loudest frame of the clip.

    A clip must be as long as one Fourier window. The cost is O(n_samples log
    window).

    References
    ----------
    D.-N. Jiang, L. Lu, H.-J. Zhang, J.-H. Tao and L.-H. Cai, "Music type
    classification by spectral contrast feature", IEEE International Conference
    on Multimedia and Expo, 2002.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.features import SpectralShape
    >>> time = np.arange(8000) / 16000
    >>> frames = SpectralShape().frames(np.sin(2 * np.pi * 1000 * time), 16000)
    >>> frames.shape
    (8, 32)
    >>> print(f"{frames[0, 16]:.0f} Hz, {frames[-1, 16]:.2f}")
    1000 Hz, 0.12
    """

    _parameter_constraints: dict = {
        **FrameDescriptor._parameter_constraints,
        "n_bands": POSITIVE_INTEGER,
        "rolloff": OPEN_UNIT_REAL,
    }

    def __init__(self, n_bands=4, *, rolloff=0.85, window=0.064, hop=0.016, sr=16000):
        self.n_bands = n_bands
        self.rolloff = rolloff
        self.window = window
        self.hop = hop
        self.sr = sr

    def frame_names(self):
        """List the names of the features of a frame.

        Returns
        -------
        names : list of str
            "centroid", "rolloff", "contrast0", ..., "crossings".
        """
        contrasts = [f"contrast{i}" for i in range(self.n_bands + 1)]
        return ["centroid", "rolloff", *contrasts, "crossings"]

    def _check_rate(self, sr):
        last = _LOWEST_OCTAVE * 2 ** (self.n_bands - 1)
        if last >= sr / 2:
            raise ValueError(
                f"n_bands={self.n_bands} of SpectralShape needs a band from {last:g} Hz; at a "
                f"sampling rate of {sr:g} Hz there is nothing above {sr / 2:g} Hz"
            )

    def _announce(self, sounds):
        sounds.expect(self._grid(sounds.sr), self._shapes)

    def _frames(self, sounds):
        grid = self._grid(sounds.sr)
        frames, heard = sounds.describe_spectra(grid, self._shapes)
        # Of the samples: the window of a spectrum is 0 at its first.
        crossings, _ = sounds.heard_frames(*_crossings(sounds.levelled(), grid), grid)
        return np.column_stack([frames, crossings.astype(frames.dtype)]), heard

    def _shapes(self, power, sr):
        """Centroid, rolloff and contrasts of spectra."""
        if len(power) == 1:
            # NumPy adds up a single column in another order than one of several.
            return self._shapes(power.repeat(2, axis=0), sr)[:1]
        # Centroid and rolloff weigh frequencies by magnitude, as librosa does, and not by power.
        # One row for each frequency, so that what adds up over them does so for all frames at once.
        magnitude = np.sqrt(power.T, order="C")
        frequencies = np.linspace(0, sr / 2, len(magnitude), dtype=magnitude.dtype)
        total = magnitude.sum(axis=0)
        # A frame of nothing has its centroid at 0, as in librosa.
        divisor = np.where(total < np.finfo(total.dtype).tiny, 1, total)
        bands = _bands(len(magnitude), sr, self.n_bands)
        rows = [
            (magnitude * frequencies[:, None]).sum(axis=0) / divisor,
            frequencies[_bins_at(magnitude, self.rolloff * total)],
            *_contrasts(magnitude, bands),
        ]
        return np.stack(rows, axis=1)


# Ours and not librosa's, which check and divide every number: a third of the time of a block.
def _bins_at(magnitude, goals):
    """First bin of every frame by which the magnitude adds up to its goal."""
    n_bins, n_frames = magnitude.shape
    # Of groups of bins first, and then within the one in which it is: a sum up to every bin takes
    # ten times as long.
    size = 1 << ((n_bins - 1).bit_length() // 2)
    groups = magnitude[: n_bins - 1].reshape(-1, size, n_frames)
    below = np.zeros((len(groups), n_frames), dtype=magnitude.dtype)
    np.cumsum(groups[:-1].sum(axis=1), axis=0, out=below[1:])
    group = (below[1:] < goals).sum(axis=0)
    frames = np.arange(n_frames)
    within = below[group, frames] + np.cumsum(groups[group, :, frames], axis=1).T
    return group * size + (within < goals).sum(axis=0)


def _contrasts(magnitude, bands):
    """Peaks above valleys, one row per band; librosa's bounds its decibels by the loudest frame."""
    ends = np.array([_extremes(magnitude[start:stop], n) for start, stop, n in bands])
    # 10 and not 20, although these are magnitudes: librosa's numbers, and its floor.
    valleys, peaks = 10 * np.log10(np.maximum(ends, 1e-10)).swapaxes(0, 1)
    return peaks - valleys


@lru_cache(maxsize=32)
def _bands(n_bins, sr, n_bands):
    """First bin of every band, one past its last, and how many are its peak, and its valley."""
    frequencies = np.linspace(0, sr / 2, n_bins)
    edges = [0, *(_LOWEST_OCTAVE * 2.0 ** np.arange(n_bands + 1))]
    bands = []
    for band in range(n_bands + 1):
        inside = (frequencies >= edges[band]) & (frequencies <= edges[band + 1])
        first, last = np.flatnonzero(inside)[[0, -1]]
        # As librosa: a band takes the bin below it too, and leaves its last to the next one.
        start = first - (band > 0)
        # The top band reaches to half the sampling rate.
        stop = n_bins if band == n_bands else last
        wide = stop - start + (band < n_bands)
        bands.append((start, stop, max(1, round(_QUANTILE * wide))))
    return bands


def _extremes(values, n):
    """Means of the `n` smallest and of the `n` largest of every column."""
    if n == 1:
        return values.min(axis=0), values.max(axis=0)
    # All of them: a partition for both ends takes three times as long as NumPy's sort.
    ordered = np.sort(values, axis=0)
    return ordered[:n].mean(axis=0), ordered[-n:].mean(axis=0)


def _crossings(clips, grid):
    """Share of the samples of frames that cross zero (n_frames, 1), and the frames of every clip.

    Frames are centred; beyond the ends of a clip nothing crosses.
    """
    shares = [_shares(pieces, grid) for pieces in in_blocks(clips, grid, _BLOCK_FRAMES)]
    return np.concatenate(shares)[:, None], np.array([grid.n_frames(y.size) for y in clips])


def _shares(pieces, grid):
    """Share of the samples that cross zero, of the frames of (clip, first frame, number)."""
    # Only the samples of these frames, those of one piece behind those of the other.
    before = grid.window // 2
    ranges = [
        (max(i * grid.hop - before, 0), min((i + n - 1) * grid.hop - before + grid.window, y.size))
        for y, i, n in pieces
    ]
    negative = np.concatenate([y[a:b] < -_ZERO for (y, _, _), (a, b) in zip(pieces, ranges)])
    crossed = np.zeros(len(negative), dtype=bool)
    np.not_equal(negative[1:], negative[:-1], out=crossed[:-1])
    first, counts = np.transpose([piece[1:] for piece in pieces])
    low, high = np.transpose(ranges)
    shift = np.cumsum(high - low) - high
    low, high, shift = (np.repeat(part, counts) for part in (low, high, shift))
    frames = np.repeat(first - (np.cumsum(counts) - counts), counts) + np.arange(counts.sum())
    starts = frames * grid.hop - before
    # As librosa: the first sample of a frame has none before it, and still counts as one.
    stops = np.minimum(starts + grid.window, high) - 1
    starts = np.maximum(starts, low)
    between = np.stack([starts, stops], axis=1) + shift[:, None]
    found = np.add.reduceat(crossed, between.ravel(), dtype=np.int32)[::2]
    return np.where(stops > starts, found, 0) / grid.window
