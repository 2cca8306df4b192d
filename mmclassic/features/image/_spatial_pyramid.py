"""Any picture descriptor over the cells of finer and finer grids."""

from itertools import pairwise

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from mmclassic.features.image._batches import as_picture_batch


class SpatialPyramid(TransformerMixin, BaseEstimator):
    """Histograms over the cells of finer and finer grids, joined.

    A histogram of a whole picture says what is in it and not where. The pyramid
    divides the picture into grids, describes every cell, and gives finer grids
    more weight.

    Parameters
    ----------
    descriptor : descriptor
        What describes a cell: a transformer from uint8 batches to histograms, such
        as `ColorHistogram`, `LocalBinaryPattern` or `VisualWords`. Its parameters
        are reached as ``descriptor__bins``.
    levels : tuple of int, default=(1, 2)
        Cells per side of every grid, increasing.
    root : bool, default=False
        Take the square roots of the weighted shares, so that the product of two
        rows is the weighted sum of the Bhattacharyya coefficients of their cells.
        The descriptor's own `root` then stays False.

    Attributes
    ----------
    descriptor_ : descriptor
        The fitted descriptor; it is fitted on whole pictures.

    Notes
    -----
    With L the index of the last level, level 0 has the weight ``2 ** -L`` and
    level l the weight ``2 ** (l - L - 1)``, shared by its cells. The weights sum
    to 1, so a row sums to 1 if the histograms of the cells do, and the histogram
    intersection of two rows is the pyramid match kernel of the paper.

    Every cell is described as a picture of its own. The cells of a grid differ by
    a pixel at most if a side is not a multiple of their number. The cost is that
    of the descriptor times the number of levels.

    References
    ----------
    S. Lazebnik, C. Schmid and J. Ponce, "Beyond bags of features: spatial pyramid
    matching for recognizing natural scene categories", CVPR 2006, equation 3.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.features import ColorHistogram, SpatialPyramid
    >>> picture = np.zeros((1, 4, 4), dtype=np.uint8)
    >>> picture[:, :2] = 255
    >>> SpatialPyramid(ColorHistogram(bins=2, joint=False)).transform(picture).shape
    (1, 30)
    """

    _parameter_constraints: dict = {
        "descriptor": "no_validation",
        "levels": [tuple, list],
        "root": ["boolean"],
    }

    def __init__(self, descriptor, *, levels=(1, 2), root=False):
        self.descriptor = descriptor
        self.levels = levels
        self.root = root

    def fit(self, X, y=None):
        """Fit the descriptor.

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
        batch = self._checked(X)
        self.descriptor_ = clone(self.descriptor).fit(batch)
        return self

    def transform(self, X):
        """Describe every picture.

        Parameters
        ----------
        X : ndarray of uint8 of shape (n, height, width) or (n, height, width, 3)
            Pictures, gray or RGB.

        Returns
        -------
        features : ndarray of float32 of shape (n, n_features)
            The weighted cells, level by level and within a level row by row.

        Raises
        ------
        TypeError
            If `X` is not uint8.
        ValueError
            If `X` is not a batch of pictures, or they have fewer pixels than cells.
        """
        batch = self._checked(X)
        descriptor = self._descriptor()
        parts = [
            np.float32(weight) * descriptor.transform(cell)
            for cells, weight in zip(self.levels, level_weights(self.levels))
            for cell in _cells(batch, cells)
        ]
        features = np.concatenate(parts, axis=1)
        return np.sqrt(features, out=features) if self.root else features

    def _descriptor(self):
        """The fitted descriptor, or the one given if it needs no fit."""
        check_is_fitted(self)  # passes if the tags say that no fit is needed
        return getattr(self, "descriptor_", self.descriptor)

    def _checked(self, X):
        self._validate_params()
        levels = self.levels
        whole = all(isinstance(cells, (int, np.integer)) and cells >= 1 for cells in levels)
        if not levels or not whole or any(a >= b for a, b in pairwise(levels)):
            raise ValueError(
                "levels of SpatialPyramid must be increasing whole numbers of cells per side, such "
                f"as (1, 2, 4); got {levels!r}."
            )
        batch = as_picture_batch(X, type(self).__name__)
        if min(batch.shape[1:3]) < levels[-1]:
            raise ValueError(
                f"SpatialPyramid cannot divide pictures of {batch.shape[1]} x {batch.shape[2]} "
                f"pixels into {levels[-1]} x {levels[-1]} cells."
            )
        return batch

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = get_tags(self.descriptor).requires_fit
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        return tags


def level_weights(levels):
    """Weight of a cell of every level: equation 3 of the paper, shared by the cells."""
    last = len(levels) - 1
    return [2.0 ** (max(level, 1) - last - 1) / cells**2 for level, cells in enumerate(levels)]


def _cells(batch, cells):
    """The cells of a grid, row by row, as batches."""
    down, across = (np.arange(cells + 1) * side // cells for side in batch.shape[1:3])
    return [
        np.ascontiguousarray(batch[:, top:bottom, left:right])
        for top, bottom in pairwise(down)
        for left, right in pairwise(across)
    ]
