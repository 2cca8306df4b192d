"""Audio descriptors: a matrix of frames, and its pooled form."""

from abc import ABCMeta, abstractmethod

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from mmclassic.features.audio._frame_grid import FrameGrid, spectra
from mmclassic.features.audio._mixer import clip_fault
from mmclassic.features.audio._pooling import MEAN_AND_STD, pool_frames, pooled_names
from mmclassic.utils import POSITIVE_REAL


class FrameDescriptor(TransformerMixin, BaseEstimator, metaclass=ABCMeta):
    """Base of the audio descriptors that look at the spectrum of every frame.

    A subclass writes `_of_spectra` and `frame_names` and has the parameters
    `window`, `hop` and `sr`; what needs more than one frame goes to `_finish`.
    """

    _parameter_constraints: dict = {
        "window": POSITIVE_REAL,
        "hop": POSITIVE_REAL,
        "sr": POSITIVE_REAL,
    }

    @abstractmethod
    def _of_spectra(self, windows, power, sr):
        """Features of a block of frames, shape (n_block, n); see `spectra` for the arguments."""

    def _finish(self, features, lengths, sr):
        """Features of all frames of all clips, shape (n_frames, n_features)."""
        return features

    def _shortest(self, sr):
        """Samples that a clip needs; a clip as long as one Fourier window has a full frame."""
        return self._grid(sr).n_fft

    def _check_rate(self, sr):
        """Raise ValueError if the parameters do not suit a sampling rate."""

    @abstractmethod
    def frame_names(self):
        """List the names of the features of a frame.

        Returns
        -------
        names : list of str
            The names.
        """

    def frames(self, y, sr):
        """Describe a clip frame by frame.

        Parameters
        ----------
        y : ndarray of float of shape (n_samples,)
            Samples; full scale is -1 to 1.
        sr : int > 0, Hz
            Sampling rate.

        Returns
        -------
        frames : ndarray of float of shape (n_features, n_frames)
            One column for every frame.

        Raises
        ------
        ValueError
            If the clip is empty, silent, not finite or shorter than one frame.
        """
        self._validate_params()
        y = np.asarray(y)
        if y.ndim != 1 or y.dtype.kind != "f":
            raise ValueError(
                f"{type(self).__name__} takes one clip, a float array of shape (n_samples,); got "
                f"{y.dtype} of shape {y.shape}."
            )
        self.check_clip(y, sr)  # of the samples as they came: float16 may hold infinities
        return self.frames_of([_as_single_or_double(y)], sr)[0].T

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
        self._check_rate(sr)
        reason = clip_fault(y)
        if reason:
            raise ValueError(reason)
        needed = self._shortest(sr)
        if y.size < needed:
            raise ValueError(
                f"the clip is too short: {y.size} samples ({y.size / sr:.3f} s) at {sr:g} Hz; "
                f"{type(self).__name__} needs at least {needed} ({needed / sr:.3f} s)"
            )

    def frames_of(self, clips, sr):
        """Describe several clips, of equal or different length, in one go.

        Parameters
        ----------
        clips : list of ndarray of shape (n_samples,)
            Clips that `check_clip` accepts, all float32 or all float64.
        sr : float > 0, Hz
            Sampling rate.

        Returns
        -------
        frames : ndarray of float of shape (n_frames, n_features)
            Frames of all clips, one clip below the other.
        lengths : ndarray of int of shape (n_clips,)
            Number of frames of every clip.
        """
        # The calls take most of the time of short clips, not the transforms, so those of a chunk
        # share them: MFCC of 0.5 s at 8 kHz take a tenth of the time of a librosa loop, of 5 s at
        # 22050 Hz .4 of it.
        grid = self._grid(sr)
        lengths = np.array([grid.n_frames(y.size) for y in clips])
        features, at = None, 0
        for windows, power in spectra(clips, grid):
            block = self._of_spectra(windows, power, sr)
            # Filled block by block: the spectra of all frames would be many times their features.
            if features is None:
                features = np.empty((lengths.sum(), block.shape[1]), dtype=block.dtype)
            features[at : at + len(block)] = block
            at += len(block)
        return self._finish(features, lengths, sr), lengths

    def _grid(self, sr):
        return FrameGrid.from_seconds(self.window, self.hop, sr)

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

    def transform(self, X):
        """Describe clips of equal length, pooled over their frames.

        Parameters
        ----------
        X : ndarray of float of shape (n, n_samples)
            Clips of equal length, sampled at `sr`.

        Returns
        -------
        features : ndarray of float32 of shape (n, 2 * n_features)
            Means, then standard deviations.

        Raises
        ------
        ValueError
            If a clip is empty, silent, not finite or shorter than one frame.
        """
        self._validate_params()
        batch = _as_single_or_double(self._as_batch(X))
        for i, clip in enumerate(batch):
            try:
                self.check_clip(clip, self.sr)
            except ValueError as error:
                raise ValueError(f"clip {i} of the batch: {error}") from error
        if not len(batch):
            return np.empty((0, len(self.get_feature_names_out())), dtype=np.float32)
        return pool_frames(*self.frames_of(list(batch), self.sr))

    def _as_batch(self, X):
        batch = np.asarray(X)
        if batch.ndim != 2 or batch.dtype.kind != "f":
            raise ValueError(
                f"{type(self).__name__} takes a float batch of shape (n, n_samples); got "
                f"{batch.dtype} of shape {batch.shape}. A single clip goes in as y[None]."
            )
        return batch

    def get_feature_names_out(self, input_features=None):
        """List the names of the pooled features.

        Parameters
        ----------
        input_features : object, default=None
            Not used; present for scikit-learn's sake.

        Returns
        -------
        names : ndarray of str of shape (2 * n_features,)
            ``feature_mean`` of every feature, then ``feature_std``.
        """
        return np.array(pooled_names(self.frame_names(), MEAN_AND_STD), dtype=object)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.two_d_array = False
        return tags


def _as_single_or_double(samples):
    """Float32 or float64 samples; other widths have no fast Fourier transform."""
    return samples if samples.dtype in (np.float32, np.float64) else samples.astype(np.float32)
