"""Audio descriptors of a clip as a whole: one row, and nothing to pool."""

from abc import abstractmethod

import numpy as np

from mmclassic.features.audio._sound_descriptor import SoundDescriptor
from mmclassic.features.audio._sounds import Sounds


class ClipDescriptor(SoundDescriptor):
    """Base of the audio descriptors that give one row for a clip.

    A subclass writes `_rows` and `row_names` and has the parameters `window`,
    `hop` and `sr`.
    """

    @abstractmethod
    def _rows(self, sounds):
        """Features of all clips of `Sounds`, shape (n_clips, n_features)."""

    @abstractmethod
    def row_names(self):
        """List the names of the features of a clip.

        Returns
        -------
        names : list of str
            The names.
        """

    def row(self, y, sr):
        """Describe a clip.

        Parameters
        ----------
        y : ndarray of float of shape (n_samples,)
            Samples; full scale is -1 to 1.
        sr : int > 0, Hz
            Sampling rate.

        Returns
        -------
        row : ndarray of float of shape (n_features,)
            The features.

        Raises
        ------
        ValueError
            If the clip is empty, silent, not finite or shorter than one frame.
        """
        return self.rows_of([self._one_clip(y, sr)], sr)[0]

    def rows_of(self, clips, sr):
        """Describe several clips, of equal or different length, in one go.

        Parameters
        ----------
        clips : list of ndarray of shape (n_samples,)
            Clips that `check_clip` accepts, all float32 or all float64.
        sr : float > 0, Hz
            Sampling rate.

        Returns
        -------
        rows : ndarray of float of shape (n_clips, n_features)
            One row for every clip.
        """
        return self._rows(Sounds(clips, sr))

    def transform(self, X):
        """Describe clips of equal length.

        Parameters
        ----------
        X : ndarray of float of shape (n, n_samples)
            Clips of equal length, sampled at `sr`.

        Returns
        -------
        features : ndarray of float32 of shape (n, n_features)
            One row for every clip.

        Raises
        ------
        ValueError
            If a clip is empty, silent, not finite or shorter than one frame.
        """
        batch = self._checked_batch(X)
        if not len(batch):
            return np.empty((0, len(self.row_names())), dtype=np.float32)
        return self.rows_of(list(batch), self.sr).astype(np.float32)

    def get_feature_names_out(self, input_features=None):
        """List the names of the features of a clip.

        Parameters
        ----------
        input_features : object, default=None
            Not used; present for scikit-learn's sake.

        Returns
        -------
        names : ndarray of str of shape (n_features,)
            Those of `row_names`.
        """
        return np.array(self.row_names(), dtype=object)
