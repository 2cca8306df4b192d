"""Histograms of local binary patterns for batches of pictures."""

import numpy as np
from skimage.feature import local_binary_pattern
from sklearn.base import BaseEstimator, TransformerMixin

from mmclassic.features.image._batches import as_gray, as_picture_batch
from mmclassic.utils import POSITIVE_INTEGER, POSITIVE_REAL


class LocalBinaryPattern(TransformerMixin, BaseEstimator):
    """Histogram of uniform local binary patterns, a descriptor of texture.

    Every pixel is compared with points on a circle around it. Going round, the
    pattern of brighter and darker points is uniform if it changes at most
    twice; such a pattern counts by its number of brighter points, whatever its
    rotation, and all others count together.

    Parameters
    ----------
    n_points : int > 0, default=8
        Points on the circle.
    radius : float > 0, default=1
        Radius of the circle, pixels.

    Notes
    -----
    A row sums to 1: it is the share of pixels of each pattern. Colour pictures
    are first turned to gray (luma of ITU-R BT.601). The values equal those of
    ``skimage.feature.local_binary_pattern`` with ``method="uniform"``, which
    takes points outside the picture for black. The cost is O(pixels times
    points).

    References
    ----------
    T. Ojala, M. Pietikainen and T. Maenpaa, "Multiresolution gray-scale and
    rotation invariant texture classification with local binary patterns", IEEE
    Transactions on Pattern Analysis and Machine Intelligence 24(7), 2002,
    equation 9.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.features import LocalBinaryPattern
    >>> plain = np.zeros((1, 16, 16), dtype=np.uint8)
    >>> LocalBinaryPattern().transform(plain)
    array([[0., 0., 0., 0., 0., 0., 0., 0., 1., 0.]], dtype=float32)
    """

    _parameter_constraints: dict = {"n_points": POSITIVE_INTEGER, "radius": POSITIVE_REAL}

    def __init__(self, n_points=8, *, radius=1):
        self.n_points = n_points
        self.radius = radius

    def fit(self, X, y=None):
        """Check the parameters and the batch; nothing is learnt.

        Parameters
        ----------
        X : ndarray of uint8 of shape (n, height, width) or (n, height, width, 3)
            Pictures.
        y : object, default=None
            Ignored.

        Returns
        -------
        self : object
            The descriptor.
        """
        self._validate_params()
        as_picture_batch(X, type(self).__name__)
        return self

    def transform(self, X):
        """Describe every picture.

        Parameters
        ----------
        X : ndarray of uint8 of shape (n, height, width) or (n, height, width, 3)
            Pictures, gray or RGB.

        Returns
        -------
        features : ndarray of float32 of shape (n, n_points + 2)
            Shares of pixels whose pattern is uniform with 0 to `n_points`
            points at least as bright, then of all other pixels.

        Raises
        ------
        TypeError
            If `X` is not uint8.
        ValueError
            If `X` is not a batch of pictures.
        """
        self._validate_params()
        batch = as_picture_batch(X, type(self).__name__)
        features = np.empty((len(batch), self.n_points + 2), dtype=np.float32)
        for row, picture in zip(features, batch):
            patterns = local_binary_pattern(
                as_gray(picture), self.n_points, self.radius, method="uniform"
            ).astype(np.intp)
            row[:] = np.bincount(patterns.ravel(), minlength=len(row)) / patterns.size
        return features

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        return tags
