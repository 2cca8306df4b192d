"""The small problems that follow the moments: whitening and generalised eigenproblems."""

import numpy as np
import scipy.linalg as la

from mmclassic.utils import leading_eigenpairs, mirror_lower

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
    matrix = white.reduce_right(white.reduce(A))
    values, rotation = leading_eigenpairs(matrix, min(n_components or white.rank, white.rank))
    return values, white.weights(rotation)


def whiten(covariance, ridge=0.0, *, n_rows=None, precision=_EPS, in_place=False):
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
    in_place : bool, default=False
        True works in the place of the covariance until ``release`` of the result is called;
        of use where there is a ridge. It does not look for directions without variance, which
        a ridge makes harmless; ``rank`` is then an upper bound.

    Returns
    -------
    white : CholeskyWhitener or SpectralWhitener
        Has ``rank``, ``reduce(M)`` for ``W.T M``, ``reduce_right(M)`` for ``M W``,
        ``weights(U)`` for ``W U`` and ``release()``.

    Notes
    -----
    Where all directions have variance a Cholesky factorisation does, at a tenth of the
    time of the eigenvectors that are needed otherwise. The decision is taken on the
    correlation matrix, so columns of very different scales do no harm. O(p^3).
    """
    tolerance = 10 * max(precision, np.sqrt(len(covariance)) * _EPS)
    most = len(covariance) if n_rows is None else n_rows - 1
    if most >= len(covariance):
        if in_place and ridge > 0 and covariance.flags.forc:
            white = _cholesky_in_place(covariance, ridge)
        else:
            white = _cholesky_of_full_rank(covariance, ridge, tolerance)
        if white is not None:
            return white
    return SpectralWhitener(covariance, ridge, tolerance, most)


class CholeskyWhitener:
    """Whitening by the inverse of a Cholesky factor.

    Parameters
    ----------
    factor : ndarray of shape (p, p)
        Lower triangular factor; what is above the diagonal is not read.
    diagonal : ndarray of shape (p,), default=None
        Diagonal of the covariance whose place the factor has taken, if it has; the triangle
        above the diagonal is still the covariance's.
    """

    def __init__(self, factor, diagonal=None):
        self.factor = factor
        self.diagonal = diagonal
        self.rank = len(factor)

    def reduce(self, matrix):
        """``W.T @ matrix``."""
        return la.blas.dtrsm(1.0, self.factor, matrix, lower=True)

    def reduce_right(self, matrix):
        """``matrix @ W``, in the place of a Fortran-ordered matrix."""
        return la.blas.dtrsm(
            1.0, self.factor, matrix, side=True, lower=True, trans_a=True, overwrite_b=True
        )

    def weights(self, rotation):
        """``W @ rotation``."""
        return la.blas.dtrsm(1.0, self.factor, rotation, lower=True, trans_a=True)

    def release(self):
        """Give the covariance its place back; this object is of no use afterwards."""
        if self.diagonal is not None:
            mirror_lower(self.factor.T)
            self.factor[np.diag_indices_from(self.factor)] = self.diagonal


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

    def reduce_right(self, matrix):
        """``matrix @ W``."""
        return matrix @ self.matrix

    def weights(self, rotation):
        """``W @ rotation``."""
        return self.matrix @ rotation

    def release(self):
        """Nothing to give back."""


def _inverse_deviations(covariance):
    deviations = np.sqrt(np.maximum(np.diag(covariance), 0))
    return np.divide(1.0, deviations, out=np.zeros_like(deviations), where=deviations > 0)


def _cholesky_of_full_rank(covariance, ridge, tolerance):
    """Whitener of ``C + ridge I``, or None if some direction of C has no variance."""
    scales = _inverse_deviations(covariance)
    if not scales.all():
        return None
    correlation = covariance * scales[:, None]
    correlation *= scales
    norm = la.norm(correlation, 1)
    factor, failed = la.lapack.dpotrf(correlation.T, lower=True, overwrite_a=True, clean=False)
    if failed or la.lapack.dpocon(factor, norm, uplo="L")[0] <= tolerance:
        return None
    if ridge == 0:
        factor /= scales[:, None]
        return CholeskyWhitener(factor)
    np.copyto(factor, covariance)
    white = _cholesky_in_place(factor, ridge)
    return None if white is None else CholeskyWhitener(white.factor)


def _cholesky_in_place(covariance, ridge):
    """Whitener of ``C + ridge I`` in the lower triangle of C; None if not positive definite."""
    covariance = covariance.T if covariance.flags.c_contiguous else covariance
    diagonal = np.diag(covariance).copy()
    covariance[np.diag_indices_from(covariance)] += ridge
    factor, failed = la.lapack.dpotrf(covariance, lower=True, overwrite_a=True, clean=False)
    white = CholeskyWhitener(factor, diagonal)
    if failed:
        white.release()
        return None
    return white
