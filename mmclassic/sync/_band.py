"""The cells that a path may use, by anti-diagonals."""

from math import ceil
from numbers import Integral, Real

import numpy as np
from sklearn.utils._param_validation import Interval

BAND = [Interval(Integral, 0, None, closed="left"), Interval(Real, 0, 1, closed="right"), None]


def frames_of(band, n_rows, n_columns):
    """The half width of a band in frames of the longer stream."""
    longest = max(n_rows, n_columns)
    if band is None:
        return longest - 1
    frames = band if isinstance(band, Integral) else ceil(band * longest)
    return min(frames, longest - 1)


class Band:
    """Rows of the cells within a band, anti-diagonal by anti-diagonal.

    Cell (i, j) is within ``frames`` of the line from corner to corner, in frames of the longer
    stream: ``|i (n_columns - 1) - j (n_rows - 1)| <= frames (min(n_rows, n_columns) - 1)``. The
    cells of diagonal d = i + j have the rows ``first[d]`` to ``last[d]``, none where ``last`` is
    less; both grow by at most 1 from one diagonal to the next. In a flat array of all cells
    those of diagonal d stand from ``offsets[d]`` to ``offsets[d + 1]``.
    """

    def __init__(self, n_rows, n_columns, frames):
        diagonals = np.arange(n_rows + n_columns - 1)
        slack, both = frames * (min(n_rows, n_columns) - 1), max(n_rows + n_columns - 2, 1)
        on_line = diagonals * (n_rows - 1)
        first = np.maximum(-((slack - on_line) // both), diagonals - n_columns + 1)
        last = np.minimum((on_line + slack) // both, diagonals)
        self.n_rows, self.n_columns = n_rows, n_columns
        self.first = np.maximum(first, 0)
        self.last = np.minimum(last, n_rows - 1)
        widths = np.maximum(self.last - self.first + 1, 0)
        self.offsets = np.concatenate([[0], np.cumsum(widths)])
