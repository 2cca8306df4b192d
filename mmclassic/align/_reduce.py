"""Centred truncated SVD of one view: the way to work with wide, sparse or short data."""

import numpy as np
import scipy.linalg as la
import scipy.sparse as sp
from sklearn.utils.extmath import safe_sparse_dot
from sklearn.utils.sparsefuncs import mean_variance_axis

from mmclassic.utils._linalg import align_signs, leading_eigenpairs, small_svd

_EXACT_SIZE = 3000  # up to here the Gram matrix of the short side is decomposed exactly
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

    Attributes
    ----------
    mean : ndarray of shape (p,)
        Mean row, float64.
    axes : ndarray of shape (p, rank)
        Orthonormal columns by decreasing variance, signs fixed, float64.
    variances : ndarray of shape (rank,)
        Variance (divided by n) along each axis.
    total_variance : float
        Sum of the variances of all p columns, kept or not.

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

    def __init__(self, X, *, max_rank, random_state):
        n_rows, width = X.shape
        self.mean, variance = _column_moments(X)
        self.total_variance = float(variance.sum())
        rank = max(1, min(max_rank, n_rows - 1, width))
        if min(n_rows, width) <= _EXACT_SIZE:
            singular, axes = _exact_axes(X, self.mean, rank)
        else:
            rank = min(rank, _RANDOMIZED_RANK)
            singular, axes = _randomized_axes(X, self.mean, rank, random_state)
        keep = singular > singular.max(initial=0) * max(n_rows, width) * np.finfo(np.float64).eps
        keep[0] = True
        self.axes = axes[:, keep] * align_signs(axes[:, keep])
        self.variances = singular[keep] ** 2 / n_rows

    @property
    def rank(self):
        """Number of columns kept."""
        return self.axes.shape[1]

    def apply(self, X):
        """Rows in the coordinates of the axes.

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
    """
    if sp.issparse(X):
        projected = safe_sparse_dot(X, weights.astype(X.dtype), dense_output=True)
        return projected - (mean @ weights).astype(X.dtype)
    # Centre first: with a large mean, X @ weights - mean @ weights cancels.
    return (X - mean.astype(X.dtype)) @ weights.astype(X.dtype)


def _column_moments(X):
    if sp.issparse(X):
        mean, variance = mean_variance_axis(X, axis=0)
        return mean.astype(np.float64), variance.astype(np.float64)
    return X.mean(axis=0, dtype=np.float64), X.var(axis=0, dtype=np.float64)


def _centre(X, mean):
    """Dense rows minus their mean; sparse rows as they are, with the mean still to subtract."""
    if sp.issparse(X):
        return X.astype(np.float64), mean
    return X - mean.astype(X.dtype), np.zeros_like(mean)


def _exact_axes(X, mean, rank):
    """Singular values and right singular vectors through the smaller Gram matrix."""
    n_rows, width = X.shape
    X, mean = _centre(X, mean)
    X = X.astype(np.float64, copy=False)
    if width <= n_rows:
        gram = _dense(X.T @ X) - n_rows * np.outer(mean, mean)
        values, axes = leading_eigenpairs(gram, rank)
        return np.sqrt(np.maximum(values, 0)), axes
    cross = np.asarray(X @ mean)
    gram = _dense(X @ X.T) - cross[:, None] - cross[None, :] + mean @ mean
    values, left = leading_eigenpairs(gram, rank)
    singular = np.sqrt(np.maximum(values, 0))
    axes = np.asarray(X.T @ left) - np.outer(mean, left.sum(axis=0))
    norms = np.sqrt(np.einsum("ij,ij->j", axes, axes))
    return singular, np.divide(axes, norms, out=np.zeros_like(axes), where=norms > 0)


def _randomized_axes(X, mean, rank, random_state, *, n_oversamples=20, n_iter=4):
    """Randomised SVD with the centring in the products, which scikit-learn's does not offer."""
    X, mean = _centre(X, mean)
    random = random_state.standard_normal((X.shape[1], rank + n_oversamples)).astype(X.dtype)

    def times(V):
        return X @ V - (mean @ V).astype(X.dtype)

    def transposed(U):
        return X.T @ U - np.outer(mean, U.sum(axis=0)).astype(X.dtype)

    basis = la.qr(times(random), mode="economic")[0]
    for _ in range(n_iter):
        basis = la.qr(times(la.qr(transposed(basis), mode="economic")[0]), mode="economic")[0]
    right, singular, _ = small_svd(transposed(basis))
    return singular[:rank].astype(np.float64), right[:, :rank].astype(np.float64)


def _dense(X):
    return X.toarray() if sp.issparse(X) else X
