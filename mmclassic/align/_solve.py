"""The small problems that follow the moments: whitening and generalised eigenproblems."""

import numpy as np
import scipy.linalg as la

from mmclassic.utils import leading_eigenpairs, mirror_lower

_EPS = float(np.finfo(np.float64).eps)
# How often rounding itself a variance must exceed to count as one. The error of a covariance's
# eigenvalues is a small multiple of its precision (Weyl); 10 covers what sums of many rows add.
_MARGIN = 10


def solve(A, B, n_components=None, *, precision=_EPS):
    """Leading solutions of ``A v = value * B v`` with ``v.T B v = 1``, by decreasing value.

    `B` may be singular up to its relative rounding error `precision`: directions that it does
    not see are left out, and there are fewer solutions. O(p^3).
    """
    white = whiten(B, precision=precision)
    matrix = white.reduce_right(white.reduce(A))
    values, rotation = leading_eigenpairs(matrix, min(n_components or white.rank, white.rank))
    return values, white.weights(rotation)


def whiten(
    covariance,
    ridge=0.0,
    *,
    n_rows=None,
    precision=_EPS,
    rounding=None,
    variances=None,
    in_place=False,
):
    """``W`` with ``W.T (C + ridge I) W = I`` on the directions that have variance.

    The result has ``rank``, ``reduce(M)`` for ``W.T M``, ``reduce_right(M)`` for ``M W``,
    ``weights(U)`` for ``W U`` and ``release()``. Where all directions have variance a Cholesky
    factorisation does, at a tenth of the time of the eigenvectors needed otherwise; the decision
    is taken on the correlation matrix, so columns of very different scales do no harm. O(p^3).

    `n_rows` bound the rank; `precision` is the relative rounding error of the covariance, of
    `variances` where it is what is left of larger ones; `rounding` is the variance that storing
    the data has added to every column. `in_place` works in the place of the covariance until
    ``release``, where there is a ridge: it does not look for directions without variance, which
    a ridge makes harmless, and ``rank`` is then an upper bound.
    """
    # The norm of p x p independent errors grows as sqrt(p).
    tolerance = _MARGIN * max(precision, np.sqrt(len(covariance)) * _EPS)
    most = len(covariance) if n_rows is None else n_rows - 1
    if most >= len(covariance):
        if in_place and ridge > 0 and covariance.flags.forc:
            white = _cholesky_in_place(covariance, ridge)
        else:
            white = _cholesky_of_full_rank(covariance, ridge, tolerance, rounding, variances)
        if white is not None:
            return white
    return SpectralWhitener(covariance, ridge, tolerance, most, rounding, variances)


class CholeskyWhitener:
    """Whitening by the inverse of a lower Cholesky factor; above its diagonal nothing is read.

    `diagonal` is that of the covariance whose place the factor has taken, if it has; the
    triangle above the diagonal is still the covariance's.
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


class ScaleWhitener:
    """No whitening but a factor: what a method of covariances puts in its place."""

    def __init__(self, size, scale=1.0):
        self.rank = size
        self.scale = scale

    def reduce(self, matrix):
        """``scale * matrix``."""
        return matrix if self.scale == 1 else self.scale * matrix

    reduce_right = weights = reduce

    def release(self):
        """Nothing to give back."""


class SpectralWhitener:
    """Whitening by eigenvectors, without the directions that have no variance.

    Those are left out whose variance is at most the share `tolerance` of the largest, or of the
    `variances` given; at most `most` are kept, and one at least.
    """

    def __init__(self, covariance, ridge, tolerance, most, rounding=None, variances=None):
        # With no ridge the scales of the columns do not matter, so they are taken out.
        scales = np.ones(len(covariance))
        if ridge == 0:
            scales = _inverse_deviations(np.diag(covariance) if variances is None else variances)
        values, vectors = leading_eigenpairs(covariance * scales[:, None] * scales)
        largest = max(values[0], 0)
        if variances is not None:
            # What is left of larger variances is judged by those, not by its own largest.
            largest = float(np.max(variances * scales**2))
        varies = values > largest * tolerance
        if rounding is not None:
            varies &= values > _MARGIN * (rounding * scales**2) @ vectors**2
        varies[max(most, 1) :] = False
        self.varies = bool(varies.any())
        keep = varies.copy()
        keep[0] = True
        left = np.where(varies[keep], values[keep], 0) + ridge
        if left[0] == 0:
            # A constant view: any finite direction will do, its variates are zero anyway.
            left = np.ones_like(left)
        self.matrix = scales[:, None] * vectors[:, keep] / np.sqrt(left)
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


def _inverse_deviations(variances):
    deviations = np.sqrt(np.maximum(variances, 0))
    return np.divide(1.0, deviations, out=np.zeros_like(deviations), where=deviations > 0)


def _cholesky_of_full_rank(covariance, ridge, tolerance, rounding, variances):
    """Whitener of ``C + ridge I``, or None if some direction of C has no variance."""
    scales = _inverse_deviations(np.diag(covariance) if variances is None else variances)
    if not scales.all():
        return None
    if rounding is not None:
        # Then some direction may be no more than that; the eigenvectors tell.
        tolerance = max(tolerance, _MARGIN * float(np.max(rounding * scales**2)))
    correlation = covariance * scales[:, None]
    correlation *= scales
    norm = la.norm(correlation, 1)
    factor, failed = la.lapack.dpotrf(correlation.T, lower=True, overwrite_a=True, clean=False)
    # LAPACK's estimate of the reciprocal condition number in the 1-norm, from the factor: O(p^2).
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
