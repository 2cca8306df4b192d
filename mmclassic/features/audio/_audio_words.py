"""Histograms of audio words: frames that a codebook learnt from sounds."""

import numpy as np
from sklearn.cluster import MiniBatchKMeans

from mmclassic.features.audio._coded_frames import CodedFrames
from mmclassic.utils import POSITIVE_INTEGER, is_finite, product_by_rows, require


class AudioWords(CodedFrames):
    """Histogram of audio words, a bag of short sounds.

    `fit` clusters the frames of clips; a centre is a word. A clip is then described by
    the share of its frames that lie nearest to each word.

    Parameters
    ----------
    n_words : int > 0, default=128
        Number of words.
    descriptor : FrameDescriptor, default=None
        What describes a frame, such as `MFCC`, `LogMel` or `Chroma`; None stands for
        ``MFCC()``, with slopes.
    root : bool, default=True
        Take the square roots of the shares. A row then has Euclidean length 1, and
        words that fill much of a clip drown others less; otherwise a row sums to 1.
    random_state : int, RandomState instance or None, default=None
        Draws the frames that are clustered, and starts the clusters.

    Attributes
    ----------
    words_ : ndarray of float32 of shape (n_words, n_features)
        The centres, of frames with mean 0 and deviation 1.
    mean_ : ndarray of shape (n_features,)
        Means of the frames.
    scale_ : ndarray of shape (n_features,)
        Their deviations; infinite where there is none.
    descriptor_ : FrameDescriptor
        What describes a frame.

    Notes
    -----
    This descriptor learns, so `AudioVectorizer` fits it
    on a sample of its clips. Of their frames at most 50,000, the same number of every
    clip, are clustered, by mini-batch k-means; each feature of a frame counts as much
    as any other. The cost of a clip is that of its frames and O(n_frames n_words).

    References
    ----------
    S. Pancoast and M. Akbacak, "Bag-of-audio-words approach for multimedia event
    classification", Interspeech, 2012.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.features import AudioWords
    >>> clips = np.random.default_rng(0).normal(size=(3, 8000)).astype(np.float32)
    >>> AudioWords(10, random_state=0).fit_transform(clips).shape
    (3, 10)
    """

    _parameter_constraints: dict = {
        **CodedFrames._parameter_constraints,
        "n_words": POSITIVE_INTEGER,
        "root": ["boolean"],
    }
    # 50,000 frames of 26 float32 numbers are 5 MB.
    _fit_frames = 50_000

    def __init__(self, n_words=128, *, descriptor=None, root=True, random_state=None):
        self.n_words = n_words
        self.descriptor = descriptor
        self.root = root
        self.random_state = random_state

    def row_names(self):
        """List the names of the features of a clip.

        Returns
        -------
        names : list of str
            "word0", "word1", ...
        """
        return [f"word{i}" for i in range(self.n_words)]

    def _learn(self, frames, random_state):
        if len(frames) < self.n_words:
            raise ValueError(
                f"AudioWords cannot learn {self.n_words} words from {len(frames)} frames. Give "
                "more or longer clips, or ask for fewer words."
            )
        clusters = MiniBatchKMeans(self.n_words, random_state=random_state, n_init=1)
        self.words_ = clusters.fit(frames).cluster_centers_.astype(np.float32)

    def _rows_of_frames(self, frames, lengths):
        n_words = len(self.words_)
        nearest = _nearest(frames, self.words_.astype(frames.dtype, copy=False))
        clip_of_frame = np.repeat(np.arange(len(lengths)), lengths)
        counts = np.bincount(clip_of_frame * n_words + nearest, minlength=len(lengths) * n_words)
        shares = counts.reshape(-1, n_words) / np.asarray(lengths)[:, None]
        return (np.sqrt(shares) if self.root else shares).astype(np.float32)

    def _check_state(self):
        """Raise ValueError unless what was learnt fits the frames and the parameters."""
        super()._check_state()
        if hasattr(self, "words_"):
            fits = np.shape(self.words_) == (self.n_words, len(self.mean_))
            require(fits, self, f"it has not {self.n_words} words of {len(self.mean_)} features.")
            require(is_finite(self.words_), self, "its words are not finite.")


def _nearest(frames, words):
    """Index of the word with the smallest Euclidean distance, the first of equals."""
    # The frame's own square is the same for every word and stays out.
    return np.argmin(
        np.einsum("ij,ij->i", words, words) - 2 * product_by_rows(frames, words.T), axis=1
    )
