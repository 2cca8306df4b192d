"""Overlapping frames of clips, and the power spectra of many frames at once."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.fft
import scipy.signal

# Samples in one batch of Fourier transforms: enough to hide the cost of a call, few enough for the
# cache and for memory that is taken again and not asked for anew.
_BLOCK_SAMPLES = 1 << 16


@dataclass(frozen=True)
class FrameGrid:
    """Where the frames of a clip lie: centred, the borders zero-padded.

    Parameters
    ----------
    window : int > 0, samples
        Length of a frame.
    n_fft : int >= window, samples
        Length of its Fourier transform.
    hop : int > 0, samples
        From one frame to the next.
    """

    window: int
    n_fft: int
    hop: int

    @classmethod
    def from_seconds(cls, window, hop, sr):
        """Make a grid whose transform is the next power of two.

        Parameters
        ----------
        window, hop : float > 0, seconds
            Length of a frame, and from one frame to the next.
        sr : float > 0, Hz
            Sampling rate.

        Returns
        -------
        grid : FrameGrid
            The grid.
        """
        samples = max(1, round(window * sr))
        return cls(samples, 1 << (samples - 1).bit_length(), max(1, round(hop * sr)))

    def n_frames(self, size):
        """Count the frames of a clip.

        Parameters
        ----------
        size : int >= n_fft, samples
            Length of the clip.

        Returns
        -------
        n_frames : int
            The number.
        """
        return 1 + (size - self.n_fft % 2) // self.hop


def spectra(clips, grid):
    """Power spectra of the frames of several clips, one clip after the other.

    Parameters
    ----------
    clips : list of ndarray of shape (n_samples,)
        Clips of one dtype, float32 or float64, and any length. A clip is never
        padded to the length of another.
    grid : FrameGrid
        The frames.

    Yields
    ------
    windows : ndarray of float of shape (n_block, n_fft)
        Samples of the frames times the window, zero beyond it. The next block
        overwrites them.
    power : ndarray of float of shape (n_block, n_fft // 2 + 1)
        Their squared magnitudes. The next block overwrites them.
    """
    most = max(1, _BLOCK_SAMPLES // grid.n_fft)
    windows = np.zeros((most, grid.n_fft), dtype=clips[0].dtype)
    squares = np.empty((2, most, grid.n_fft // 2 + 1), dtype=clips[0].dtype)
    for pieces in _blocks(clips, grid, most):
        count = _fill(windows, pieces, grid)
        spectrum = scipy.fft.rfft(windows[:count], axis=1)
        power, imaginary = squares[:, :count]
        np.square(spectrum.real, out=power)
        np.square(spectrum.imag, out=imaginary)
        power += imaginary
        yield windows[:count], power


def _blocks(clips, grid, most):
    """Lists of pieces (clip, first frame, number of frames), a bounded number of frames in all."""
    pieces, rows = [], 0
    for y in clips:
        n_frames = grid.n_frames(y.size)
        for first in range(0, n_frames, most):
            count = min(most, n_frames - first)
            if rows + count > most:
                yield pieces
                pieces, rows = [], 0
            pieces.append((y, first, count))
            rows += count
    yield pieces


def _fill(windows, pieces, grid):
    """Write the frames of the pieces, times the window, into the first rows; say how many."""
    shape = _window(grid.window, windows.dtype)
    at = 0
    for y, first, count in pieces:
        # A shift within the transform changes phases only, so the window may start it.
        target = windows[at : at + count, : grid.window]
        np.multiply(_overlapping(y, first, count, grid), shape, out=target)
        at += count
    return at


def _overlapping(y, first, count, grid):
    """A view of consecutive frames, shape (count, window)."""
    start = first * grid.hop - grid.n_fft // 2 + (grid.n_fft - grid.window) // 2
    stop = start + (count - 1) * grid.hop + grid.window
    samples = y[max(start, 0) : stop]
    if samples.size < stop - start:
        inside = samples
        samples = np.zeros(stop - start, dtype=y.dtype)
        samples[max(-start, 0) :][: inside.size] = inside
    step = samples.itemsize
    # Many times faster than as_strided, which counts for short clips.
    return np.ndarray(
        (count, grid.window), y.dtype, np.ascontiguousarray(samples), 0, (step * grid.hop, step)
    )


@lru_cache(maxsize=32)
def _window(size, dtype):
    return scipy.signal.get_window("hann", size, fftbins=True).astype(dtype)
