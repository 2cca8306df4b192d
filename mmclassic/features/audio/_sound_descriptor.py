"""What all audio descriptors share: the checks of a clip and of a batch."""

from abc import ABCMeta

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from mmclassic.features.audio._frame_grid import FrameGrid
from mmclassic.features.audio._mixer import clip_fault
from mmclassic.utils import POSITIVE_REAL


class SoundDescriptor(TransformerMixin, BaseEstimator, metaclass=ABCMeta):
    """Base of the audio descriptors, with the parameters `window`, `hop` and `sr`.

    A subclass is a `FrameDescriptor` or a `ClipDescriptor`.
    """

    _parameter_constraints: dict = {
        "window": POSITIVE_REAL,
        "hop": POSITIVE_REAL,
        "sr": POSITIVE_REAL,
    }

    def _shortest(self, sr):
        """Samples that a clip needs; a clip as long as one Fourier window has a full frame."""
        return self._grid(sr).n_fft

    def _check_rate(self, sr):
        """Raise ValueError if the parameters do not suit a sampling rate."""

    def _announce(self, sounds):
        """Tell `sounds` of the spectra to be described, if finer ones of others may serve."""

    def _grid(self, sr):
        return FrameGrid.from_seconds(self.window, self.hop, sr)

    def check_clip(self, y, sr):
        """Raise an error if a clip cannot be described.

        Parameters
        ----------
        y : ndarray of float of shape (n_samples,)
            Samples.
        sr : float > 0, Hz
            Sampling rate.

        Raises
        ------
        ValueError
            If the clip is empty, silent, not finite or shorter than one frame.
        """
        reason = clip_fault(y)
        if reason:
            raise ValueError(reason)
        self._check_length(y, sr)

    def _check_length(self, y, sr):
        """Raise ValueError if a clip is too short, or its rate does not suit."""
        self._check_rate(sr)
        needed = self._shortest(sr)
        if y.size < needed:
            raise ValueError(
                f"the clip is too short: {y.size} samples ({y.size / sr:.3f} s) at {sr:g} Hz; "
                f"{type(self).__name__} needs at least {needed} ({needed / sr:.3f} s)"
            )

    def fit(self, X, y=None):
        """Check the parameters and the batch; nothing is learnt.

        Parameters
        ----------
        X : ndarray of float of shape (n, n_samples)
            Clips of equal length, sampled at `sr`.
        y : object, default=None
            Ignored.

        Returns
        -------
        self : object
            The descriptor.
        """
        self._validate_params()
        self._as_batch(X)
        return self

    def _one_clip(self, y, sr):
        """The samples of a single clip, checked, as float32 or float64."""
        self._validate_params()
        y = np.asarray(y)
        if y.ndim != 1 or y.dtype.kind != "f":
            raise ValueError(
                f"{type(self).__name__} takes one clip, a float array of shape (n_samples,); got "
                f"{y.dtype} of shape {y.shape}."
            )
        self.check_clip(y, sr)  # of the samples as they came: float16 may hold infinities
        return _as_single_or_double(y)

    def _checked_batch(self, X):
        """The clips of a batch, each of them checked, as float32 or float64."""
        self._validate_params()
        batch = _as_single_or_double(self._as_batch(X))
        for i in self._doubtful(batch):
            try:
                self.check_clip(batch[i], self.sr)
            except ValueError as error:
                raise ValueError(f"clip {i} of the batch: {error}") from error
        return batch

    @staticmethod
    def _doubtful(batch):
        """The clips to be checked one by one: the first, and those of an unusual range."""
        # The length and the rate are the same for all; a check of every clip of half a second took
        # a seventh of the time of its MFCC.
        if batch.size == 0:
            return range(len(batch))
        lowest, highest = batch.min(axis=1), batch.max(axis=1)
        usual = np.isfinite(lowest) & np.isfinite(highest) & (lowest < highest)
        usual[0] = False
        return np.flatnonzero(~usual)

    def _as_batch(self, X):
        batch = np.asarray(X)
        if batch.ndim != 2 or batch.dtype.kind != "f":
            raise ValueError(
                f"{type(self).__name__} takes a float batch of shape (n, n_samples); got "
                f"{batch.dtype} of shape {batch.shape}. A single clip goes in as y[None]."
            )
        return batch

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.two_d_array = False
        return tags


def _as_single_or_double(samples):
    """Float32 or float64 samples; other widths have no fast Fourier transform."""
    return samples if samples.dtype in (np.float32, np.float64) else samples.astype(np.float32)
