"""Mel bands of power spectra, in decibels."""

from functools import lru_cache, partial

import librosa
import numpy as np

from mmclassic.utils import product_by_rows

_RANGE_DB = 80.0
# Power below this is silence: decibels need a floor. It is librosa's, -100 dB.
_LOWEST_POWER = 1e-10
# Of clips that are brought to one level only afterwards: what a logarithm can be taken of.
_TINY_POWER = 1e-30
_BANDS_AT_A_TIME = 8


@lru_cache(maxsize=32)
def mel_bands(n_fft, n_mels):
    """The function `mel_decibels` of so many bands: the same object for the same numbers."""
    return partial(mel_decibels, n_fft=n_fft, n_mels=n_mels)


def mel_decibels(power, sr, n_fft, n_mels):
    """Power spectra (n_frames, n_bins) as decibels of mel bands (n_frames, n_mels), from -300 on.

    `bound_range` makes librosa's numbers of them.
    """
    decibels = np.empty((len(power), n_mels), dtype=power.dtype)
    for bands, bins, weights in _groups(sr, n_fft, n_mels, power.dtype):
        product_by_rows(power[:, bins], weights, out=decibels[:, bands])
    return _in_decibels(decibels)


def bound_range(decibels, lengths, shifts=None):
    """Raise what is more than 80 dB below the loudest band of its clip to that level, or -100 dB.

    With `shifts`, decibels by clip, these are taken off, and -100 dB is no floor: the result is
    that of clips whose level was changed before.
    """
    # Of the clip and not of the batch: a loud neighbour must not change a quiet clip.
    starts = np.cumsum(lengths) - lengths
    floors = np.maximum.reduceat(decibels, starts, axis=0).max(axis=1) - _RANGE_DB
    if shifts is None:
        lowest = _in_decibels(np.full(1, _LOWEST_POWER, dtype=decibels.dtype))
        np.maximum(floors, lowest, out=floors)
    bounded = np.maximum(decibels, np.repeat(floors, lengths)[:, None])
    if shifts is not None:
        bounded -= np.repeat(shifts.astype(decibels.dtype), lengths)[:, None]
    return bounded


def _in_decibels(power):
    """Decibels in the place of power."""
    np.maximum(power, _TINY_POWER, out=power)
    np.log(power, out=power)
    power *= 10 / np.log(10)
    return power


@lru_cache(maxsize=32)
def _groups(sr, n_fft, n_mels, dtype):
    """Groups of neighbouring bands: slice of the bands, slice of their bins, weights by bin.

    Neighbours share their bins, so small dense products waste little: at 512 samples and 40
    bands they take .6 of the time of a sparse product and .5 of one dense product over all
    bins, at 2048 samples and 128 bands .5 and .2.
    """
    filters = librosa.filters.mel(sr=sr, n_fft=n_fft, n_mels=n_mels).astype(dtype)
    groups = []
    for first in range(0, n_mels, _BANDS_AT_A_TIME):
        rows = filters[first : first + _BANDS_AT_A_TIME]
        # Without any bin, as for far too many bands, the product is zero.
        inside = np.flatnonzero(rows.any(axis=0))
        bins = slice(inside[0], inside[-1] + 1) if inside.size else slice(0, 0)
        weights = np.ascontiguousarray(rows[:, bins].T)
        groups.append((slice(first, first + len(rows)), bins, weights))
    return groups
