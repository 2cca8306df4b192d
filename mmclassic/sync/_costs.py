"""Local distances inside a band, in the order in which they are needed."""

import numpy as np
from numpy.lib.stride_tricks import as_strided
from scipy.spatial.distance import cdist
from sklearn.utils._param_validation import StrOptions

from mmclassic.utils import exponent_of, times_power

METRIC = [StrOptions({"euclidean", "sqeuclidean", "cosine", "cityblock"})]
_DIAGONALS = 256
_ROWS = 64  # a tile of both takes (256 + 64) 64 distances: a fifth too many, and it stays in cache


class LocalCosts:
    """Distances of the rows of two matrices, a block of anti-diagonals at a time.

    Squared Euclidean distances are |x|^2 + |y|^2 - 2 x.y, one product of BLAS. That loses what is
    small beside |x|^2: distances of less than 1e-5 of it are computed again from the differences,
    so that all are right to some 1e-10 and equal rows are at 0. Rows of numbers whose squares
    could not be held are divided by ``2**power``.
    """

    def __init__(self, X, Y, metric):
        X, Y = np.asarray(X, dtype=np.float64), np.asarray(Y, dtype=np.float64)
        if metric == "cosine":  # half the squared distance of unit rows
            X, Y = _on_sphere(X), _on_sphere(Y)
        self.power = exponent_of(np.vstack([X, Y]))
        X, Y = times_power(X, -self.power), times_power(Y, -self.power)
        self.X, self.Y, self.metric = X, Y, metric
        if metric == "cityblock":
            return
        center = np.rint(X.mean(axis=0))  # whole numbers stay such, and their distances exact
        X, Y = X - center, Y - center
        x, y = np.einsum("ij,ij->i", X, X), np.einsum("ij,ij->i", Y, Y)
        self._left = np.column_stack([Y, y, np.ones_like(y)])
        self._right = np.column_stack([-2 * X, np.ones_like(x), x])
        self._least = 1e-5 * (x.max() + y.max())

    def in_units(self, total):
        """A sum of these distances in the units of the rows."""
        power = {"cosine": 0, "sqeuclidean": 2}.get(self.metric, 1) * self.power
        return float(np.ldexp(total, power))

    def blocks(self, band):
        """Yield (first diagonal, first row, costs): cell (i, j) is at ``[i + j - first, i - row]``.

        What is outside the band may hold anything, and so may all once the next block is asked for.
        """
        n_diagonals = len(band.first)
        starts = range(0, n_diagonals, _DIAGONALS)
        rows = [
            (int(band.first[start]), int(band.last[start : start + _DIAGONALS].max()) + 1)
            for start in starts
        ]
        block = np.zeros((_DIAGONALS, max(high - low for low, high in rows)))
        room = np.zeros((_DIAGONALS + _ROWS - 1) * _ROWS)
        for start, (low, high) in zip(starts, rows):
            costs = block[: min(_DIAGONALS, n_diagonals - start), : high - low]
            for top in range(low, high, _ROWS):
                bottom = min(top + _ROWS, high)
                begin = max(start, int(np.searchsorted(band.last, top)))
                end = min(start + len(costs), int(np.searchsorted(band.first, bottom)))
                out = costs[begin - start : max(begin, end) - start, top - low : bottom - low]
                self._tile(top, bottom, begin, room, out)
            yield start, low, costs

    def _tile(self, top, bottom, start, room, out):
        """Write the costs of the cells (top + r, start + q - top - r) into ``out[q, r]``."""
        n_diagonals, n_rows = out.shape
        leftmost = start - bottom + 1  # column of the first diagonal's last row
        n_columns = n_diagonals + n_rows - 1
        room = room[: n_columns * n_rows].reshape(n_columns, n_rows)
        left, right = max(leftmost, 0), min(leftmost + n_columns, len(self.Y))
        if left < right:
            within = room[left - leftmost : right - leftmost]
            self._fill(slice(top, bottom), slice(left, right), within)
        # From one row to the next of a diagonal the column goes back by one.
        down, item = room.strides
        skewed = as_strided(room[n_rows - 1 :], out.shape, (down, item - down))
        if self.metric == "euclidean":
            np.sqrt(skewed, out=out)
        else:
            out[:] = skewed

    def _fill(self, rows, columns, out):
        """Distances of all rows to all columns, without the root, of shape (n_columns, n_rows)."""
        X, Y = self.X[rows], self.Y[columns]
        if self.metric == "cityblock":
            cdist(Y, X, "cityblock", out=out)
            return
        np.matmul(self._left[columns], self._right[rows].T, out=out)
        if out.min() > self._least:
            return
        near = np.flatnonzero(out.ravel() <= self._least)
        if near.size * 8 > out.size:
            cdist(Y, X, "sqeuclidean", out=out)
            return
        apart = Y[near // len(X)] - X[near % len(X)]
        out.ravel()[near] = np.einsum("ij,ij->i", apart, apart)


def _on_sphere(X):
    """Rows of length 1 / sqrt(2); one more column makes rows of zeros alike, and unlike others."""
    largest = np.abs(X).max(axis=1, keepdims=True)
    X = X / np.where(largest == 0, 1, largest)
    norms = np.sqrt(np.einsum("ij,ij->i", X, X))
    X = X / np.where(norms == 0, 1, norms)[:, None]
    return np.sqrt(0.5) * np.column_stack([X, norms == 0])
