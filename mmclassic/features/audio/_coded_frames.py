"""Audio descriptors that learn what frames there are, and say what a clip has of each kind."""

from abc import abstractmethod

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from mmclassic.features.audio._clip_descriptor import ClipDescriptor
from mmclassic.features.audio._frames import FrameDescriptor
from mmclassic.features.audio._mfcc import MFCC
from mmclassic.features.audio._sounds import Sounds
from mmclassic.utils import RANDOM_STATE, is_finite, require


class CodedFrames(ClipDescriptor):
    """Base of the descriptors that learn from the standardised frames of another descriptor.

    A subclass writes `_learn`, `_rows_of_frames`, `row_names` and the class attribute
    `_fit_frames`, and has the parameters `descriptor` and `random_state`.
    """

    _parameter_constraints: dict = {
        "descriptor": [FrameDescriptor, None],
        "random_state": RANDOM_STATE,
    }
    # Frames that `fit` takes at most, an equal number of every clip.
    _fit_frames: int

    @abstractmethod
    def _learn(self, frames, random_state):
        """Learn from standardised frames, shape (n_frames, n_features)."""

    @abstractmethod
    def _rows_of_frames(self, frames, lengths):
        """Features of clips (n_clips, n) from their standardised frames, one clip below another."""

    @property
    def sr(self):
        """Sampling rate of the batches given to `fit` and `transform`, Hz: the descriptor's."""
        return self._descriptor().sr

    def fit(self, X, y=None, *, sr=None):
        """Learn from clips.

        Parameters
        ----------
        X : list of ndarray of float of shape (n_samples,), or such an array of shape (n, n_samples)
            Clips, of equal or different length.
        y : object, default=None
            Ignored.
        sr : float > 0, default=None, Hz
            Sampling rate; None takes that of the descriptor.

        Returns
        -------
        self : object
            The descriptor.

        Raises
        ------
        ValueError
            If a clip is empty, silent, not finite or shorter than one frame, or there are
            no clips or too few frames.
        """
        self._validate_params()
        self.descriptor_ = self._copy()
        sr = self.sr if sr is None else sr
        clips = [self._clip_of_batch(i, clip, sr) for i, clip in enumerate(X)]
        if not clips:
            raise ValueError(
                f"{type(self).__name__} cannot learn from no clips; give at least one."
            )
        # One clip of float64 would make all of a batch float64.
        clips = [clip.astype(np.result_type(*clips), copy=False) for clip in clips]
        return self.learn(Sounds(clips, sr))

    def learn(self, sounds):
        """Learn from clips as a block hears them; called by the vectorizer.

        Parameters
        ----------
        sounds : Sounds
            At least one clip.

        Returns
        -------
        self : object
            The descriptor.
        """
        self.descriptor_ = self._copy()
        random_state = check_random_state(self.random_state)
        frames = self._drawn(sounds, random_state)
        self.mean_ = frames.mean(axis=0, dtype=np.float64)
        deviation = frames.std(axis=0, dtype=np.float64)
        # What never varies in the sample says nothing, whatever it does later.
        flat = deviation <= 1e-6 * np.abs(self.mean_)
        self.scale_ = np.where(flat, np.inf, deviation)
        self._learn(self._standardized(frames), random_state)
        return self

    def _copy(self):
        return MFCC() if self.descriptor is None else clone(self.descriptor)

    def _descriptor(self):
        """The descriptor of frames: as it was fitted, or as it will be."""
        return getattr(self, "descriptor_", None) or self._copy()

    def _clip_of_batch(self, i, clip, sr):
        try:
            return self._one_clip(clip, sr)
        except ValueError as error:
            raise ValueError(f"clip {i} of the batch: {error}") from error

    def _drawn(self, sounds, random_state):
        """Frames to learn from, at most the same number of every clip."""
        frames, lengths = self.descriptor_._frames(sounds)
        share = -(-self._fit_frames // len(lengths))
        rows = [
            first + (random_state.choice(n, share, replace=False) if n > share else np.arange(n))
            for first, n in zip(np.cumsum(lengths) - lengths, lengths)
        ]
        return frames[np.concatenate(rows)]

    def _standardized(self, frames):
        return (frames - self.mean_.astype(frames.dtype)) / self.scale_.astype(frames.dtype)

    def _rows(self, sounds):
        check_is_fitted(self)
        frames, lengths = self.descriptor_._frames(sounds)
        return self._rows_of_frames(self._standardized(frames), lengths)

    def _shortest(self, sr):
        return self._descriptor()._shortest(sr)

    def _check_rate(self, sr):
        self._descriptor()._check_rate(sr)

    def _check_state(self):
        """Raise ValueError unless what was learnt fits the frames."""
        if not hasattr(self, "mean_"):
            return
        width = (len(self.descriptor_.frame_names()),)
        fits = np.shape(self.mean_) == np.shape(self.scale_) == width
        require(fits, self, f"what it learnt is not of {width[0]} features.")
        right = is_finite(self.mean_) and (np.asarray(self.scale_) > 0).all()
        require(right, self, "it standardises frames by what is not a mean and a deviation.")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = True
        return tags
