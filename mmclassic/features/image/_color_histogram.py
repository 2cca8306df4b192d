"""Colour histograms for batches of pictures."""

from numbers import Integral

import numpy as np
from skimage.color import rgb2hsv, rgb2lab
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils._param_validation import Interval, StrOptions

from mmclassic.features.image._batches import as_picture_batch

# Small enough that a batch of 128 x 128 pictures and its bins stay in the second-level cache.
_BATCH_PIXELS = 2 * 128 * 128
# Gray has a = b = 0 up to rounding, so zero must not be the edge of a bin: with these ranges, those
# of Lab in 8 bits, it is none.
_SPACES = {
    "hsv": (rgb2hsv, ((0, 1), (0, 1), (0, 1))),
    "lab": (rgb2lab, ((0, 100), (-128, 127), (-128, 127))),
}


class ColorHistogram(TransformerMixin, BaseEstimator):
    """Histogram over the three colour channels, joint or channel by channel.

    Parameters
    ----------
    bins : int in [1, 256], default=8
        Equal bins per channel.
    color_space : {"rgb", "hsv", "lab"}, default="rgb"
        Space whose three axes are divided: RGB over 0..255; hue, saturation and
        value over [0, 1]; CIE L*a*b* over [0, 100], [-128, 127] and
        [-128, 127].
    joint : bool, default=True
        Divide the space into ``bins ** 3`` cells; otherwise join the histograms
        of the three channels, ``3 * bins`` values.
    root : bool or int >= 2, default=False
        Take the roots of the shares, True for square roots. A row of these has
        Euclidean length 1, and the product of two rows is the Bhattacharyya
        coefficient of their histograms, in which a large plain area drowns small
        ones less. Higher roots go on that way: with fourth roots it nearly
        matters only which colours there are.

    Notes
    -----
    Without `root` a row sums to 1: it is the share of pixels of each colour, and does not
    depend on the size of the picture. Gray pictures count as RGB pictures with
    three equal channels: in the joint RGB histogram their values lie on the
    diagonal, and the width stays the same. HSV and Lab are those of
    ``skimage.color``. The cost is O(pixels); RGB is many times faster than the
    other spaces, which are computed for every pixel.

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
        "color_space": [StrOptions({"rgb", "hsv", "lab"})],
        "joint": ["boolean"],
        "root": ["boolean", Interval(Integral, 2, None, closed="left")],
    }

    def __init__(self, bins=8, *, color_space="rgb", joint=True, root=False):
        self.bins = bins
        self.color_space = color_space
        self.joint = joint
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
        features : ndarray of float32 of shape (n, bins ** 3) or (n, 3 * bins)
            Shares of pixels, or their roots. In a joint histogram the first
            channel varies slowest; otherwise each channel's shares, divided by
            three, follow one another.

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
        width = self.bins**3 if self.joint else 3 * self.bins
        features = np.empty((len(batch), width), dtype=np.float32)
        for start in range(0, len(batch), size):
            part = channel_bins(batch[start : start + size], self.bins, self.color_space)
            features[start : start + size] = (
                _joint_shares(part, self.bins) if self.joint else _channel_shares(part, self.bins)
            )
        return _root(features, self.root)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        return tags


def _root(shares, root):
    """The roots of shares, in their place; False for none, True for square roots."""
    if root is True or root == 2:
        return np.sqrt(shares, out=shares)
    if root == 4:  # two square roots take a tenth of the time of a power
        return np.sqrt(np.sqrt(shares, out=shares), out=shares)
    return np.power(shares, np.float32(1 / root), out=shares) if root else shares


def channel_bins(batch, bins, color_space):
    """Bin of every pixel in every channel, from 0 to bins - 1, unsigned (n, height, width, 3)."""
    if batch.ndim == 3:
        batch = np.repeat(batch[..., None], 3, axis=3)
    if color_space == "rgb":
        return _levels(batch, bins)
    convert, ranges = _SPACES[color_space]
    planes = np.moveaxis(convert(batch), 3, 0)
    # Only inner edges: rounding may put a value just outside of the range.
    found = [
        np.searchsorted(np.linspace(*ends, bins + 1)[1:-1], plane, side="right")
        for plane, ends in zip(planes, ranges)
    ]
    return np.stack(found, axis=3).astype(np.uint16)


def _levels(values, bins):
    """Equal bins of 0..255."""
    if 256 % bins == 0:  # the leading bits are the bin, and stay in one byte
        return values >> np.uint8(9 - bins.bit_length())
    # floor(value * bins / 256), the bins of np.histogram over [0, 256). 255 * 255 just fits 16 bits
    # (256 bins went the other way), and a product is faster than a table.
    levels = values.astype(np.uint16)
    levels *= np.uint16(bins)
    levels >>= 8
    return levels


def _joint_shares(levels, bins):
    # Float32 holds every whole number up to 256 ** 3, and its products are the fastest there are.
    strides = np.array([bins * bins, bins, 1], dtype=np.float32)
    places = levels.reshape(-1, 3).astype(np.float32) @ strides
    return _shares(places.astype(np.intp).reshape(len(levels), -1), bins**3)


def _channel_shares(levels, bins):
    # A row sums to 1 whichever way the space is divided, so each channel counts a third.
    planes = np.moveaxis(levels, 3, 0).reshape(3, len(levels), -1)
    return np.concatenate([_shares(plane, bins) for plane in planes], axis=1) / 3


def _shares(places, width):
    """Share of every picture's pixels, (n, n_pixels), in every place, as an array (n, width)."""
    shares = np.stack([np.bincount(picture, minlength=width) for picture in places])
    return shares / places.shape[1]
