"""Audio descriptors: a matrix of frames, and its pooled form."""

from abc import ABCMeta, abstractmethod

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from mmclassic.features._decode_audio import clip_fault


class FrameDescriptor(TransformerMixin, BaseEstimator, metaclass=ABCMeta):
    """Base of the audio descriptors.

    A subclass writes `_frames` and `frame_names` and has the parameter `sr`.
    """

    @abstractmethod
    def _frames(self, y, sr):
        """Features of a checked clip, shape (n_features, n_frames)."""

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
        reason = clip_fault(y)
        if reason:
            raise ValueError(reason)
        return self._frames(y, sr)

    def pool(self, frames):
        """Mean and standard deviation over the frames.

        Parameters
        ----------
        frames : ndarray of float of shape (n_features, n_frames)
            What `frames` returned.

        Returns
        -------
        pooled : ndarray of float32 of shape (2 * n_features,)
            All means, then all standard deviations.
        """
        means = frames.mean(axis=1, dtype=np.float64)
        deviations = frames.std(axis=1, dtype=np.float64)
        return np.concatenate([means, deviations]).astype(np.float32)

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
        batch = self._as_batch(X)
        features = np.empty((len(batch), 2 * len(self.frame_names())), dtype=np.float32)
        for i, clip in enumerate(batch):
            try:
                features[i] = self.pool(self.frames(clip, self.sr))
            except ValueError as error:
                raise ValueError(f"clip {i} of the batch: {error}") from error
        return features

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
        names = self.frame_names()
        return np.array([f"{n}_{p}" for p in ("mean", "std") for n in names], dtype=object)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.two_d_array = False
        return tags
