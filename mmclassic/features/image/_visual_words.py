"""Histograms of visual words: local shapes that a codebook learnt from pictures."""

from numbers import Integral

import numpy as np
from skimage.feature import daisy
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.cluster import MiniBatchKMeans
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted

from mmclassic.features.image._batches import as_gray, as_picture_batch
from mmclassic.utils import POSITIVE_INTEGER, RANDOM_STATE

# 50,000 patches of 200 float32 numbers are 40 MB.
_FIT_PATCHES = 50_000


class VisualWords(TransformerMixin, BaseEstimator):
    """Histogram of visual words, a bag of local shapes.

    Overlapping patches on a regular grid are described by the directions of their
    gradients (DAISY). `fit` clusters the patches of pictures; a centre is a word.
    A picture is then described by the share of its patches that lie nearest to
    each word.

    Parameters
    ----------
    n_words : int > 0, default=256
        Number of words.
    step : int > 0, default=8
        Distance between the centres of neighbouring patches, pixels.
    radius : int > 1, default=15
        Radius of a patch, pixels. Pictures have at least ``2 * radius + 1`` pixels
        a side.
    root : bool, default=False
        Take the square roots of the shares. A row then has Euclidean length 1, and
        words that fill much of a picture drown others less.
    random_state : int, RandomState instance or None, default=None
        Draws the patches that are clustered, and starts the clusters.

    Attributes
    ----------
    words_ : ndarray of float32 of shape (n_words, 200)
        The centres.

    Notes
    -----
    Without `root` a row sums to 1. This descriptor learns, so `ImageVectorizer`
    fits it on a sample of its pictures. Of the patches of a batch at most 50,000,
    the same number of every picture, are clustered, by mini-batch k-means.

    A patch has a centre and three rings of eight points, each with a histogram of
    eight gradient directions, of the gray picture (luma of ITU-R BT.601): 200
    numbers that sum to 1, those of ``skimage.feature.daisy``. They take nearly
    all the time: O(pixels) for a picture, but dozens of times that of `HOG`.

    References
    ----------
    G. Csurka et al., "Visual categorization with bags of keypoints", ECCV Workshop
    on Statistical Learning in Computer Vision, 2004. J. Sivic and A. Zisserman,
    "Video Google: a text retrieval approach to object matching in videos", ICCV
    2003. E. Tola, V. Lepetit and P. Fua, "DAISY: an efficient dense descriptor
    applied to wide-baseline stereo", IEEE Transactions on Pattern Analysis and
    Machine Intelligence 32(5), 2010.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.features import VisualWords
    >>> pictures = np.random.default_rng(0).integers(0, 256, (3, 64, 64), dtype=np.uint8)
    >>> VisualWords(10, random_state=0).fit_transform(pictures).shape
    (3, 10)
    """

    _parameter_constraints: dict = {
        "n_words": POSITIVE_INTEGER,
        "step": POSITIVE_INTEGER,
        "radius": [Interval(Integral, 2, None, closed="left")],
        "root": ["boolean"],
        "random_state": RANDOM_STATE,
    }

    def __init__(self, n_words=256, *, step=8, radius=15, root=False, random_state=None):
        self.n_words = n_words
        self.step = step
        self.radius = radius
        self.root = root
        self.random_state = random_state

    def fit(self, X, y=None):
        """Learn the words.

        Parameters
        ----------
        X : ndarray of uint8 of shape (n, height, width) or (n, height, width, 3)
            Pictures, gray or RGB.
        y : object, default=None
            Ignored.

        Returns
        -------
        self : object
            The descriptor.

        Raises
        ------
        TypeError
            If `X` is not uint8.
        ValueError
            If `X` is not a batch of pictures, or they have fewer patches than words.
        """
        batch = self._checked(X)
        random_state = check_random_state(self.random_state)
        share = -(-_FIT_PATCHES // max(1, len(batch)))
        parts = [_drawn(self._patches(picture), share, random_state) for picture in batch]
        patches = np.concatenate(parts)[:_FIT_PATCHES] if parts else np.empty((0, 1))
        if len(patches) < self.n_words:
            raise ValueError(
                f"VisualWords cannot learn {self.n_words} words from {len(patches)} patches of "
                f"{len(batch)} picture(s). Give more pictures, or ask for fewer words or a smaller "
                "step."
            )
        clusters = MiniBatchKMeans(self.n_words, random_state=random_state, n_init=1)
        self.words_ = clusters.fit(patches).cluster_centers_
        return self

    def transform(self, X):
        """Describe every picture.

        Parameters
        ----------
        X : ndarray of uint8 of shape (n, height, width) or (n, height, width, 3)
            Pictures, gray or RGB, of any size.

        Returns
        -------
        features : ndarray of float32 of shape (n, n_words)
            Share of the patches of each word, or their roots.

        Raises
        ------
        TypeError
            If `X` is not uint8.
        ValueError
            If `X` is not a batch of pictures or they are smaller than a patch.
        """
        check_is_fitted(self)
        batch = self._checked(X)
        features = np.empty((len(batch), len(self.words_)), dtype=np.float32)
        for row, picture in zip(features, batch):
            nearest = nearest_words(self._patches(picture), self.words_)
            row[:] = np.bincount(nearest, minlength=len(row)) / len(nearest)
        return np.sqrt(features, out=features) if self.root else features

    def _checked(self, X):
        self._validate_params()
        batch = as_picture_batch(X, type(self).__name__)
        smallest = 2 * self.radius + 1
        if min(batch.shape[1:3]) < smallest:
            raise ValueError(
                f"VisualWords needs pictures of at least {smallest} x {smallest} pixels (one patch "
                f"of radius {self.radius}); got {tuple(batch.shape[1:3])}. Use a larger size or a "
                "smaller radius."
            )
        return batch

    def _patches(self, picture):
        """Descriptors of the patches of a picture, float32 of shape (n_patches, 200)."""
        gray = as_gray(picture).astype(np.float32) / 255
        patches = daisy(gray, step=self.step, radius=self.radius)
        return patches.reshape(-1, patches.shape[2])

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        return tags


def nearest_words(patches, words):
    """Index of the word with the smallest Euclidean distance, the first of equals."""
    # The patch's own square is the same for every word and stays out. Cancellation, which makes
    # distances formed this way inexact, moves only words that are equally near to rounding.
    squares = np.einsum("ij,ij->i", words, words)
    return np.argmin(squares - 2 * (patches @ words.T), axis=1)


def _drawn(patches, number, random_state):
    """At most a number of the patches, at random."""
    if len(patches) <= number:
        return patches
    return patches[random_state.choice(len(patches), number, replace=False)]
