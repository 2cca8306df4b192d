"""Centred truncated SVD of one view: the way to work with wide, sparse or short data."""

import numpy as np
import scipy.linalg as la
import scipy.sparse as sp
from sklearn.utils import gen_batches
from sklearn.utils.extmath import safe_sparse_dot

from mmclassic.utils import (
    align_signs,
    extreme_exponent,
    is_array,
    is_finite,
    leading_eigenpairs,
    require,
    small_svd,
    times_power,
)

# Up to here the Gram matrix of the short side is decomposed exactly; with its vectors 144 MB.
_EXACT_SIZE = 3000
_BLOCK_SIZE = 2**17  # numbers that are centred at a time: 1 MB in float64
_USUAL = {np.dtype(np.float32): (-40, 40), np.dtype(np.float64): (-400, 400)}  # weights, log2
_RANDOMIZED_RANK = 256  # more axes of a larger matrix cost minutes and hardly matter


class Reduction:
    """Principal axes of a view: ``(X - mean) @ axes`` holds its rows in few columns.

    Parameters
    ----------
    X : {ndarray, CSR} of shape (n, p)
        Present rows of the view.
    max_rank : int
        The most columns to keep.
    random_state : RandomState
        For the randomised decomposition of large views.
    sample_weight : ndarray of shape (n,), default=None
        Weights of the rows, all > 0; None is 1.

    Attributes
    ----------
    mean : ndarray of shape (p,)
        Mean row, float64.
    axes : ndarray of shape (p, rank)
        Orthonormal columns by decreasing variance, signs fixed, float64.
    variances : ndarray of shape (rank,)
        Variance (divided by the sum of weights) along each axis.
    column_variances : ndarray of shape (p,)
        Variance of every column, of which the axes may hold only a part.

    Notes
    -----
    If the shorter side is at most 3,000 the Gram matrix of that side is
    decomposed: O(n p min(n, p)). Larger views take a randomised SVD of at most
    256 axes. CSR rows are centred in the products and never densified.

    References
    ----------
    N. Halko, P. G. Martinsson and J. A. Tropp, "Finding structure with
    randomness", SIAM Review 53(2), 2011, algorithms 4.4 and 5.1.
    """

    def __init__(self, X, *, max_rank, random_state, sample_weight=None):
        n_rows, width = X.shape
        roots = np.ones(n_rows) if sample_weight is None else np.sqrt(sample_weight)
        total_weight = roots @ roots
        self.mean = np.asarray(X.T @ (roots**2), dtype=np.float64) / total_weight
        rows = _CentredRows(X, self.mean, roots)
        self.column_variances = rows.column_energies() / total_weight
        rank = max(1, min(max_rank, n_rows - 1, width))
        if min(n_rows, width) <= _EXACT_SIZE:
            singular, axes = _exact_axes(rows, rank)
        else:
            rank = min(rank, _RANDOMIZED_RANK)
            singular, axes = _randomized_axes(rows, rank, random_state)
        variances = singular**2 / total_weight
        # Gram matrices are exact to rounding of the largest variance; smaller ones are noise. The
        # data themselves are so to the square of their type's rounding, far above that in float32.
        eps, own = np.finfo(np.float64).eps, np.finfo(X.dtype).eps
        noise = variances.max(initial=0) * max(n_rows, width) * max(eps, own**2)
        keep = variances > noise
        keep[0] = True
        self.axes = axes[:, keep] * align_signs(axes[:, keep])
        self.variances = variances[keep]

    @property
    def total_variance(self):
        """Sum of the variances of all columns, kept or not."""
        return float(self.column_variances.sum())

    @property
    def rank(self):
        """Number of columns kept."""
        return self.axes.shape[1]

    def apply(self, X):
        """Give rows in the coordinates of the axes.

        Parameters
        ----------
        X : {ndarray, CSR} of shape (m, p)
            Rows of the view.

        Returns
        -------
        reduced : ndarray of shape (m, rank)
            Coordinates, dtype of `X`.
        """
        return project(X, self.axes, self.mean)

    def _check_state(self):
        """Raise ValueError unless the loaded state fits together."""
        width, rank = np.size(self.mean), np.size(self.variances)
        shapes = {"mean": (width,), "variances": (rank,), "column_variances": (width,)}
        for name, shape in (shapes | {"axes": (width, rank)}).items():
            value = getattr(self, name)
            fits = is_array(value, "f", shape) and is_finite(value)
            require(fits, self, f"{name} has not the shape {shape}, or a value that is no number.")


def project(X, weights, mean):
    """``(X - mean) @ weights`` without densifying or copying `X`.

    Parameters
    ----------
    X : {ndarray, CSR} of shape (n, p)
        Rows.
    weights : ndarray of shape (p, k)
        Columns to project on.
    mean : ndarray of shape (p,)
        What is subtracted from every row.

    Returns
    -------
    projected : ndarray of shape (n, k)
        In the dtype of `X`.

    Raises
    ------
    ValueError
        If float32 does not hold them.
    """
    # Weights of views in units far from 1 may not be numbers of the data's type, and the
    # products are: what one factor loses by a power of two the other gains.
    power = extreme_exponent(weights, *_USUAL[X.dtype]) or 0
    if power and X.dtype == np.float32:
        return _as_float32(project(X.astype(np.float64), weights, mean))
    weights, mean = times_power(weights, -power), times_power(mean, power)
    narrow = weights.astype(X.dtype)
    if sp.issparse(X):
        projected = safe_sparse_dot(times_power(X, power), narrow, dense_output=True)
        projected -= (mean @ weights).astype(X.dtype)
        return projected
    # Centre first: with a large mean, X @ weights - mean @ weights cancels. What rounding
    # the mean to the data's precision leaves is subtracted after.
    shift = mean.astype(X.dtype)
    left_over = ((mean - shift) @ weights).astype(X.dtype)
    projected = np.empty((X.shape[0], weights.shape[1]), dtype=X.dtype)
    for rows in gen_batches(X.shape[0], max(64, _BLOCK_SIZE // X.shape[1])):
        np.matmul(times_power(X[rows], power) - shift, narrow, out=projected[rows])
        projected[rows] -= left_over
    return projected


def _as_float32(projected):
    largest, held = np.abs(projected).max(initial=0), np.finfo(np.float32)
    if largest > held.max or 0 < largest < held.tiny:
        raise ValueError(
            f"what the rows are mapped to, about {largest:.0e}, does not fit into their float32; "
            "give them as float64."
        )
    return projected.astype(np.float32)


class _CentredRows:
    """``diag(roots) (X - mean)``: dense rows as such, sparse ones centred in the products."""

    def __init__(self, X, mean, roots):
        self.shape = X.shape
        self.dtype = X.dtype
        self.roots = roots.astype(X.dtype)
        if sp.issparse(X):
            self.scaled = X if (roots == 1).all() else sp.diags(self.roots) @ X
            self.mean = mean
        else:
            self.scaled = X - mean.astype(X.dtype)
            self.scaled *= self.roots[:, None]
            self.mean = None

    def times(self, V):
        product = self.scaled @ V
        return product if self.mean is None else product - self._outer(self.roots, self.mean @ V)

    def transposed_times(self, U):
        product = self.scaled.T @ U
        return product if self.mean is None else product - self._outer(self.mean, self.roots @ U)

    def _outer(self, left, right):
        return np.outer(left, right).astype(self.dtype, copy=False)

    def column_energies(self):
        if self.mean is None:
            return np.einsum("ij,ij->j", self.scaled, self.scaled, dtype=np.float64)
        squares = self.scaled.multiply(self.scaled).astype(np.float64).sum(axis=0)
        weight = np.sum(self.roots**2, dtype=np.float64)
        # What rounding leaves of a constant column may be negative.
        return np.maximum(np.asarray(squares).ravel() - weight * self.mean**2, 0)

    def gram(self, *, of_columns):
        """Gram matrix of columns or of rows, float64."""
        rows = self.scaled.astype(np.float64, copy=False)
        gram = _dense(rows.T @ rows if of_columns else rows @ rows.T)
        if self.mean is None:
            return gram
        mean, roots = self.mean, self.roots.astype(np.float64)
        if of_columns:
            return gram - (roots @ roots) * np.outer(mean, mean)
        across = np.outer(rows @ mean, roots)
        return gram - across - across.T + (mean @ mean) * np.outer(roots, roots)


def _exact_axes(rows, rank):
    """Singular values and right singular vectors through the smaller Gram matrix.

    Squaring loses what is below 1e-8 of the largest singular value, which a covariance has
    lost anyway.
    """
    n_rows, width = rows.shape
    of_columns = width <= n_rows
    values, vectors = leading_eigenpairs(rows.gram(of_columns=of_columns), rank)
    singular = np.sqrt(np.maximum(values, 0))
    if of_columns:
        return singular, vectors
    axes = np.asarray(rows.transposed_times(vectors), dtype=np.float64)
    norms = np.sqrt(np.einsum("ij,ij->j", axes, axes))
    return singular, np.divide(axes, norms, out=np.zeros_like(axes), where=norms > 0)


def _randomized_axes(rows, rank, random_state, *, n_oversamples=20, n_iter=4):
    """Randomised SVD with the centring in the products, which scikit-learn's does not offer.

    Halko et al., algorithms 4.4 and 5.1. Power iteration is for spectra that fall slowly, as
    those of word counts do; bases are made orthonormal in every round, or small values are lost.
    """
    size = (rows.shape[1], rank + n_oversamples)
    random = random_state.standard_normal(size).astype(rows.dtype)
    basis = la.qr(rows.times(random), mode="economic")[0]
    for _ in range(n_iter):
        basis = la.qr(rows.transposed_times(basis), mode="economic")[0]
        basis = la.qr(rows.times(basis), mode="economic")[0]
    right, singular, _ = small_svd(rows.transposed_times(basis))
    return singular[:rank].astype(np.float64), right[:, :rank].astype(np.float64)


def _dense(X):
    return X.toarray() if sp.issparse(X) else X
