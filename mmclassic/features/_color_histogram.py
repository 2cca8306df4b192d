"""Joint colour histograms for batches of pictures."""

from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils._param_validation import Interval, StrOptions

from mmclassic.features._batches import as_picture_batch

# bincount wants 8 bytes per pixel: eight pictures at a time keep that small.
_BATCH_PIXELS = 8 * 128 * 128


class ColorHistogram(TransformerMixin, BaseEstimator):
    """Joint histogram over the three colour channels.

    Parameters
    ----------
    bins : int in [1, 256], default=8
        Equal bins per channel over 0..255; the histogram has ``bins ** 3``
        values.
    color_space : {"rgb"}, default="rgb"
        Space whose three axes are divided.
    root : bool, default=False
        Take the square roots of the shares. A row then has Euclidean length 1,
        and the product of two rows is the Bhattacharyya coefficient of their
        histograms, in which a large plain area drowns small ones less.

    Notes
    -----
    Without `root` a row sums to 1: it is the share of pixels of each colour, and does not
    depend on the size of the picture. Gray pictures count as RGB pictures with
    three equal channels, so their values lie on the diagonal of the histogram
    and the width stays the same. The cost is O(pixels).

    References
    ----------
    M. J. Swain and D. H. Ballard, "Color indexing", International Journal of
    Computer Vision 7(1), 1991, section 2. R. Arandjelovic and A. Zisserman,
    "Three things everyone should know to improve object retrieval", CVPR 2012,
    section 3 (square roots of histograms).

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.features import ColorHistogram
    >>> red = np.zeros((1, 4, 4, 3), dtype=np.uint8)
    >>> red[..., 0] = 255
    >>> ColorHistogram(bins=2).fit_transform(red)
    array([[0., 0., 0., 0., 1., 0., 0., 0.]], dtype=float32)
    """

    _parameter_constraints: dict = {
        "bins": [Interval(Integral, 1, 256, closed="both")],
        "color_space": [StrOptions({"rgb"})],
        "root": ["boolean"],
    }

    def __init__(self, bins=8, *, color_space="rgb", root=False):
        self.bins = bins
        self.color_space = color_space
        self.root = root

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
        features : ndarray of float32 of shape (n, bins ** 3)
            Shares of pixels, or their roots; red varies slowest, blue fastest.

        Raises
        ------
        TypeError
            If `X` is not uint8.
        ValueError
            If `X` is not a batch of pictures.
        """
        self._validate_params()
        batch = as_picture_batch(X, type(self).__name__)
        size = max(1, _BATCH_PIXELS // (batch.shape[1] * batch.shape[2]))
        features = np.empty((len(batch), self.bins**3), dtype=np.float32)
        for start in range(0, len(batch), size):
            part = batch[start : start + size]
            features[start : start + size] = joint_histogram(part, self.bins)
        return np.sqrt(features, out=features) if self.root else features

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        return tags


def joint_histogram(batch, bins):
    """Share of pixels in every cell of the colour cube.

    Parameters
    ----------
    batch : ndarray of uint8 of shape (n, height, width) or (n, height, width, 3)
        Pictures.
    bins : int
        Bins per channel.

    Returns
    -------
    shares : ndarray of float64 of shape (n, bins ** 3)
        Rows sum to 1.
    """
    levels = np.arange(256, dtype=np.intp) * bins // 256
    weights = (bins * bins, bins, 1)
    if batch.ndim == 3:
        cells = (levels * sum(weights))[batch]
    else:
        cells = sum((levels * weight)[batch[..., c]] for c, weight in enumerate(weights))
    cells += np.arange(len(batch))[:, None, None] * bins**3
    counts = np.bincount(cells.ravel(), minlength=len(batch) * bins**3)
    return counts.reshape(len(batch), -1) / (batch.shape[1] * batch.shape[2])
