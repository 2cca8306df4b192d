"""The small problems that follow the moments: whitening and generalised eigenproblems."""

import numpy as np
import scipy.linalg as la

from mmclassic.utils._linalg import leading_eigenpairs

_EPS = float(np.finfo(np.float64).eps)


def solve(A, B, n_components=None, *, precision=_EPS):
    """Leading solutions of ``A v = value * B v`` with ``v.T B v = 1``.

    Parameters
    ----------
    A : ndarray of shape (p, p)
        Symmetric.
    B : ndarray of shape (p, p)
        Symmetric, positive semidefinite. Directions that it does not see are left out,
        so it may be singular.
    n_components : int, default=None
        How many; None is all there are.
    precision : float > 0, default=2.2e-16
        Relative rounding error of `B`.

    Returns
    -------
    values : ndarray of shape (n_components,)
        Eigenvalues in decreasing order; fewer if `B` has a lower rank.
    vectors : ndarray of shape (p, n_components)
        Solutions in the columns.

    Notes
    -----
    O(p^3).
    """
    white = whiten(B, precision=precision)
    matrix = white.reduce(white.reduce(A).T)
    values, rotation = leading_eigenpairs(matrix, min(n_components or white.rank, white.rank))
    return values, white.weights(rotation)


def whiten(covariance, ridge=0.0, *, n_rows=None, precision=_EPS, count_rank=True):
    """``W`` with ``W.T (C + ridge I) W = I`` on the directions that have variance.

    Parameters
    ----------
    covariance : ndarray of shape (p, p)
        Symmetric, positive semidefinite up to rounding; left as it is.
    ridge : float >= 0, default=0.0
        Added to the diagonal.
    n_rows : int, default=None
        Rows behind the covariance, which bound its rank; None if that is unknown.
    precision : float > 0, default=2.2e-16
        Relative rounding error of the covariance.
    count_rank : bool, default=True
        False saves the time to find directions without variance where a ridge makes
        them harmless; ``rank`` is then an upper bound.

    Returns
    -------
    white : CholeskyWhitener or SpectralWhitener
        Has ``rank``, ``reduce(M)`` for ``W.T M`` and ``weights(U)`` for ``W U``.

    Notes
    -----
    Where all directions have variance a Cholesky factorisation does, at a tenth of the
    time of the eigenvectors that are needed otherwise. The decision is taken on the
    correlation matrix, so columns of very different scales do no harm. O(p^3).
    """
    tolerance = 10 * max(precision, np.sqrt(len(covariance)) * _EPS)
    most = len(covariance) if n_rows is None else n_rows - 1
    if most >= len(covariance):
        certain = ridge > 0 and not count_rank
        factor = None if certain else _cholesky_of_full_rank(covariance, tolerance)
        if certain or (factor is not None and ridge > 0):
            factor = _cholesky(covariance, ridge)
        if factor is not None:
            return CholeskyWhitener(factor)
    return SpectralWhitener(covariance, ridge, tolerance, most)


class CholeskyWhitener:
    """Whitening by the inverse of a Cholesky factor.

    Parameters
    ----------
    factor : ndarray of shape (p, p)
        Lower triangular factor; what is above the diagonal is not read.
    """

    def __init__(self, factor):
        self.factor = factor
        self.rank = len(factor)

    def reduce(self, matrix):
        """``W.T @ matrix``."""
        return la.solve_triangular(self.factor, matrix, lower=True, check_finite=False)

    def weights(self, rotation):
        """``W @ rotation``."""
        return la.solve_triangular(self.factor, rotation, lower=True, trans="T", check_finite=False)


class SpectralWhitener:
    """Whitening by eigenvectors, without the directions that have no variance.

    Parameters
    ----------
    covariance : ndarray of shape (p, p)
        Symmetric.
    ridge : float >= 0
        Added to the eigenvalues.
    tolerance : float
        Directions whose variance is at most this share of the largest are left out.
    most : int
        The most directions to keep; at least one is kept.
    """

    def __init__(self, covariance, ridge, tolerance, most):
        # With no ridge the scales of the columns do not matter, so they are taken out.
        scales = np.ones(len(covariance)) if ridge > 0 else _inverse_deviations(covariance)
        values, vectors = leading_eigenpairs(covariance * scales[:, None] * scales)
        keep = values > max(values[0], 0) * tolerance
        keep[max(most, 1) :] = False
        keep[0] = True
        variances = np.maximum(values[keep], 0) + ridge
        if variances[0] == 0:
            # A constant view: any finite direction will do, its variates are zero anyway.
            variances = np.ones_like(variances)
        self.matrix = scales[:, None] * vectors[:, keep] / np.sqrt(variances)
        self.rank = self.matrix.shape[1]

    def reduce(self, matrix):
        """``W.T @ matrix``."""
        return self.matrix.T @ matrix

    def weights(self, rotation):
        """``W @ rotation``."""
        return self.matrix @ rotation


def _inverse_deviations(covariance):
    deviations = np.sqrt(np.maximum(np.diag(covariance), 0))
    return np.divide(1.0, deviations, out=np.zeros_like(deviations), where=deviations > 0)


def _cholesky_of_full_rank(covariance, tolerance):
    """Lower Cholesky factor, or None if some direction has no variance."""
    scales = _inverse_deviations(covariance)
    if not scales.all():
        return None
    correlation = covariance * scales[:, None]
    correlation *= scales
    norm = la.norm(correlation, 1)
    factor, failed = la.lapack.dpotrf(correlation.T, lower=True, overwrite_a=True, clean=False)
    if failed or la.lapack.dpocon(factor, norm, uplo="L")[0] <= tolerance:
        return None
    factor /= scales[:, None]
    return factor


def _cholesky(covariance, ridge):
    """Lower Cholesky factor of ``C + ridge I``, or None if that is not positive definite."""
    shifted = covariance.copy(order="F")
    shifted[np.diag_indices_from(shifted)] += ridge
    factor, failed = la.lapack.dpotrf(shifted, lower=True, overwrite_a=True, clean=False)
    return None if failed else factor
