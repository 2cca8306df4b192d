"""Audio descriptors: a matrix of frames, and its pooled form."""

from abc import abstractmethod

import numpy as np

from mmclassic.features.audio._pooling import MEAN_AND_STD, pool_frames, pooled_names
from mmclassic.features.audio._sound_descriptor import SoundDescriptor
from mmclassic.features.audio._sounds import Sounds


class FrameDescriptor(SoundDescriptor):
    """Base of the audio descriptors that look at every frame.

    A subclass writes `_frames` and `frame_names` and has the parameters `window`,
    `hop` and `sr`.
    """

    @abstractmethod
    def _frames(self, sounds):
        """Frames of all clips of `Sounds` (n_frames, n_features), and the number of each."""

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
        return self.frames_of([self._one_clip(y, sr)], sr)[0].T

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
        return self._frames(Sounds(clips, sr))

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
        batch = self._checked_batch(X)
        if not len(batch):
            return np.empty((0, len(self.get_feature_names_out())), dtype=np.float32)
        return pool_frames(*self.frames_of(list(batch), self.sr))

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
