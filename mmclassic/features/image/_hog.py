"""Histograms of oriented gradients for batches of pictures."""

from functools import lru_cache
from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils._param_validation import Interval, StrOptions

from mmclassic.features.image._batches import as_picture_batch

# Small enough that a batch of 128 x 128 pictures and its gradients stay in the second-level cache:
# one at a time takes 1.5 times as long for the calls, 64 together 1.15 times for the memory.
_BATCH_PIXELS = 8 * 128 * 128
# The key of a gradient is one number: squared length (17 bits: 2 * 255 ** 2 < 2 ** 17), order of
# channels (2), bin (12), which together stay positive in 32 bits.
_BIN_BITS = 12
_BIN_MASK = (1 << _BIN_BITS) - 1
_LENGTH_SHIFT = _BIN_BITS + 2
# The constants of the normalisation in the paper's reference form.
_EPSILON = 1e-5
_HYSTERESIS = 0.2


class HOG(TransformerMixin, BaseEstimator):
    """Histograms of oriented gradients (HOG).

    The picture is cut into cells, each with a histogram of unsigned gradient
    directions weighted by gradient magnitude; overlapping blocks of cells are
    normalised and joined.

    Parameters
    ----------
    orientations : int in [1, 4096], default=9
        Number of direction bins over 180 degrees.
    pixels_per_cell : tuple of 2 int, default=(8, 8)
        Height and width of a cell, pixels.
    cells_per_block : tuple of 2 int, default=(2, 2)
        Height and width of a block, cells.
    block_norm : {"L1", "L1-sqrt", "L2", "L2-Hys"}, default="L2-Hys"
        How a block is normalised. "L2-Hys" is the L2 norm, clipped at 0.2 and
        normalised again.

    Notes
    -----
    The values equal ``skimage.feature.hog`` to 1e-6. In a colour picture each
    pixel takes the gradient of the channel where it is largest. Rows and
    columns of pixels that do not fill a cell at the lower and right border do
    not enter, as in the paper. The cost is O(pixels).

    Gradients of 8-bit pictures are integers between -255 and 255, so direction
    and length come from a table, and pictures are taken in batches that stay in
    the processor's cache.

    References
    ----------
    N. Dalal and B. Triggs, "Histograms of oriented gradients for human
    detection", CVPR 2005, section 6.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.features import HOG
    >>> pictures = np.zeros((2, 32, 32), dtype=np.uint8)
    >>> pictures[1, :, 16:] = 255
    >>> HOG().fit_transform(pictures).shape
    (2, 324)
    """

    _parameter_constraints: dict = {
        "orientations": [Interval(Integral, 1, 1 << _BIN_BITS, closed="both")],
        "pixels_per_cell": [tuple, list],
        "cells_per_block": [tuple, list],
        "block_norm": [StrOptions({"L1", "L1-sqrt", "L2", "L2-Hys"})],
    }

    def __init__(
        self,
        orientations=9,
        *,
        pixels_per_cell=(8, 8),
        cells_per_block=(2, 2),
        block_norm="L2-Hys",
    ):
        self.orientations = orientations
        self.pixels_per_cell = pixels_per_cell
        self.cells_per_block = cells_per_block
        self.block_norm = block_norm

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
        self._grid(as_picture_batch(X, type(self).__name__))
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
            The normalised blocks, row by row; within a block its cells row by
            row; within a cell the directions.

        Raises
        ------
        TypeError
            If `X` is not uint8.
        ValueError
            If `X` is not a batch of pictures or they are smaller than a block.
        """
        batch = as_picture_batch(X, type(self).__name__)
        grid = self._grid(batch)
        size = max(1, _BATCH_PIXELS // (batch.shape[1] * batch.shape[2]))
        parts = [
            self._describe(batch[start : start + size], grid)
            for start in range(0, len(batch), size)
        ]
        width = np.prod([g - b + 1 for g, b in zip(grid, self.cells_per_block)], dtype=int)
        width *= self.orientations * int(np.prod(self.cells_per_block))
        return np.concatenate(parts) if parts else np.empty((0, width), dtype=np.float32)

    def _grid(self, batch):
        """Number of cells down and across."""
        self._validate_params()
        for name in ("pixels_per_cell", "cells_per_block"):
            value = getattr(self, name)
            if len(value) != 2 or not all(isinstance(v, (int, np.integer)) for v in value):
                raise ValueError(f"{name} of HOG must be two whole numbers; got {value!r}.")
            if min(value) < 1:
                raise ValueError(f"{name} of HOG must be at least 1; got {value!r}.")
        grid = tuple(s // p for s, p in zip(batch.shape[1:3], self.pixels_per_cell))
        if any(g < b for g, b in zip(grid, self.cells_per_block)):
            smallest = tuple(p * b for p, b in zip(self.pixels_per_cell, self.cells_per_block))
            raise ValueError(
                f"HOG needs pictures of at least {smallest} pixels (one block of "
                f"{tuple(self.cells_per_block)} cells); got {tuple(batch.shape[1:3])}. Use a "
                "larger size or smaller cells."
            )
        return grid

    def _describe(self, batch, grid):
        histograms = cell_histograms(batch, self.orientations, self.pixels_per_cell, grid)
        # A view: the cells are copied once, when blocks are laid side by side.
        windows = np.lib.stride_tricks.sliding_window_view(
            histograms, tuple(self.cells_per_block), axis=(1, 2)
        )
        blocks = windows.transpose(0, 1, 2, 4, 5, 3)
        flat = blocks.reshape(*blocks.shape[:3], -1)
        return normalize_blocks(flat, self.block_norm).reshape(len(batch), -1).astype(np.float32)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        return tags


def cell_histograms(batch, orientations, pixels_per_cell, grid):
    """Mean gradient magnitude by direction in every cell, float64 (n, *grid, orientations)."""
    # Pixels vote for one cell and bin, without the paper's interpolation between neighbours: as in
    # scikit-image, so that numbers can be compared.
    (rows, columns), (height, width) = grid, pixels_per_cell
    keys = _gradient_keys(batch, orientations)[:, : rows * height, : columns * width]
    picture = np.arange(len(batch), dtype=np.int32)[:, None, None]
    row = np.arange(rows * height, dtype=np.int32)[:, None] // height
    column = np.arange(columns * width, dtype=np.int32) // width
    # 32 bits suffice: 2 ** 31 places would be 17 GB of histograms.
    places = ((picture * rows + row) * columns + column) * orientations
    places += keys & _BIN_MASK
    # A whole number up to 2 ** 24 is exact in float32, its root off by 6e-8 of itself; the root in
    # float64 takes 3 times as long. The sums below are float64.
    magnitudes = np.sqrt(keys >> _LENGTH_SHIFT, dtype=np.float32)
    total = len(batch) * rows * columns * orientations
    # A thirtieth of the time of np.add.at, which would need no flat places.
    sums = np.bincount(places.ravel(), weights=magnitudes.ravel(), minlength=total)
    return sums.reshape(len(batch), rows, columns, orientations) / (height * width)


def _gradient_keys(batch, orientations):
    """Of every pixel the key of its gradient; of a colour picture the largest of the channels."""
    # Two 8-bit differences have 511 ** 2 values, so directions and lengths are looked up: a tenth
    # of the time of arctan2 and a root for every pixel, with the directions of float64.
    table = _key_table(orientations)
    if batch.ndim == 3:
        return table.take(_gradient_codes(batch), mode="clip")
    # The larger key is the longer gradient with its direction: one pass of maxima in place of an
    # argmax and a gathering, which took most of the time of colour pictures.
    keys = None
    for channel in range(batch.shape[3]):
        # Every code is in the table; "clip" only spares the copy that a check for it needs.
        challenger = table.take(_gradient_codes(batch[..., channel]), mode="clip")
        # Of gradients of equal length the first channel's is to be the largest.
        challenger += (batch.shape[3] - 1 - channel) << _BIN_BITS
        keys = challenger if keys is None else np.maximum(keys, challenger, out=keys)
    return keys


def _gradient_codes(plane):
    """Central differences down and across as one index into the table; borders are zero."""
    pixels = plane.astype(np.int16)
    down = np.zeros_like(pixels)
    np.subtract(pixels[:, 2:], pixels[:, :-2], out=down[:, 1:-1])
    # Neighbours in memory, also over the ends of rows, which are borders: one long subtraction.
    across = np.empty_like(pixels)
    flat = pixels.ravel()
    np.subtract(flat[2:], flat[:-2], out=across.reshape(-1)[1:-1])
    across[:, :, 0] = across[:, :, -1] = 0
    codes = down.astype(np.int32)
    codes *= 511
    codes += across
    codes += 255 * 511 + 255
    return codes


@lru_cache(maxsize=8)
def _key_table(orientations):
    """Squared length and direction bin of every pair of differences of 8-bit values in one number.

    The squared length fills the upper bits, so that the key of a longer gradient is larger; then
    come two bits for the order of channels, and the bin.
    """
    steps = np.arange(-255, 256)
    down, across = np.meshgrid(steps, steps, indexing="ij")
    degrees = np.rad2deg(np.arctan2(down, across)) % 180
    # The edges of scikit-image, in its order of operations: gradients along axes and diagonals are
    # frequent, lie on edges, and would change bins by a last digit. An edge is of the bin above.
    edges = 180.0 / orientations * np.arange(1, orientations)
    bins = np.searchsorted(edges, degrees.ravel(), side="right")
    squares = (down * down + across * across).ravel()
    return ((squares << _LENGTH_SHIFT) | bins).astype(np.int32)


def normalize_blocks(blocks, norm):
    """Normalise histograms of blocks (..., block_size): section 6.4 of the paper."""
    if norm.startswith("L1"):
        scaled = blocks / (blocks.sum(axis=-1, keepdims=True) + _EPSILON)
        return np.sqrt(scaled) if norm == "L1-sqrt" else scaled
    # Clipping bounds what one strong edge takes of its block.
    scaled = _unit(blocks)
    return _unit(np.minimum(scaled, _HYSTERESIS)) if norm == "L2-Hys" else scaled


def _unit(blocks):
    # einsum squares and sums in one pass, without an array of squares. The epsilon makes a block
    # without any gradient 0 in place of 0 / 0.
    squares = np.einsum("...i,...i->...", blocks, blocks)[..., None]
    return blocks / np.sqrt(squares + _EPSILON**2)
