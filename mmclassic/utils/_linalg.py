"""Small pieces of linear algebra that several packages share."""

from functools import cache

import numpy as np
import scipy.linalg as la
import scipy.sparse as sp
from threadpoolctl import ThreadpoolController

from mmclassic.utils._scaling import times_power

_SMALL = 200  # up to here all singular values cost no more than a few
_PANEL = 256  # rows handled at a time where a whole copy would cost memory
# Lengths of rows whose squares and reciprocals keep all digits of their type.
_LENGTHS = {np.dtype(np.float32): (1e-18, 1e18), np.dtype(np.float64): (1e-150, 1e150)}
_ROWS, _COLUMNS = 96, 8  # of a block of which every row is multiplied in the same way


def row_norms(X):
    """Euclidean norm of every row of a dense or CSR matrix (n, p); float64 of shape (n,)."""
    norms = np.sqrt(_row_energies(X))
    shortest, longest = _LENGTHS[np.dtype(np.float64)]
    extreme = np.flatnonzero(~((norms > shortest) & (norms < longest)))  # zeros may be tiny
    if extreme.size:
        rows = X[extreme]
        powers = _row_exponents(rows)
        norms[extreme] = np.ldexp(np.sqrt(_row_energies(_times_powers(rows, -powers))), powers)
    return norms


def balance_rows(X):
    """Rows times powers of two, so that none but zeros is very long or short; X if none was."""
    extreme = _extreme(row_norms(X), *_LENGTHS[X.dtype])
    if not extreme.size:
        return X
    powers = np.zeros(X.shape[0], dtype=np.intc)
    powers[extreme] = _row_exponents(X[extreme])
    return _times_powers(X, -powers)


def scale_rows(X, factors):
    """A new matrix, dense or CSR as X, each row times its factor; keeps the dtype of `X`."""
    factors = np.asarray(factors, dtype=np.float64)
    powers = np.zeros(factors.shape, dtype=np.intc)
    extreme = _extreme(np.abs(factors), *_LENGTHS[X.dtype])
    if extreme.size:  # not a number of the type, though the product may be
        factors = factors.copy()
        factors[extreme], powers[extreme] = np.frexp(factors[extreme])
    factors = factors.astype(X.dtype)
    scaled = sp.csr_matrix(X.multiply(factors[:, None])) if sp.issparse(X) else X * factors[:, None]
    return _times_powers(scaled, powers) if extreme.size else scaled


def normalize_rows(X):
    """A new matrix with rows of Euclidean length 1; rows of zeros stay."""
    X = balance_rows(X)
    norms = row_norms(X)
    return scale_rows(X, np.divide(1.0, norms, out=np.zeros_like(norms), where=norms > 0))


def _row_energies(X):
    """Sums of squares of every row, in float64 whatever the type: those of float32 overflow."""
    if not sp.issparse(X):
        # No array of squares is made.
        with np.errstate(over="ignore", under="ignore"):
            return np.einsum("ij,ij->i", X, X, dtype=np.float64)
    if not X.has_canonical_format:  # what repeats is one entry
        X = X.copy()
        X.sum_duplicates()
    with np.errstate(over="ignore", under="ignore"):
        squares = X.data.astype(np.float64) ** 2
    energies = sp.csr_array((squares, X.indices, X.indptr), shape=X.shape).sum(axis=1)
    return np.asarray(energies, dtype=np.float64).ravel()


def _extreme(lengths, shortest, longest):
    """Indices of those outside, 0 aside."""
    return np.flatnonzero((lengths != 0) & ~((lengths >= shortest) & (lengths <= longest)))


def _row_exponents(X):
    if not X.shape[1]:
        return np.zeros(X.shape[0], dtype=np.intc)
    largest = abs(X).max(axis=1)
    return np.frexp(largest.toarray().ravel() if sp.issparse(X) else largest)[1]


def _times_powers(X, powers):
    """Rows times 2 to the powers."""
    if sp.issparse(X):
        return times_power(X, np.repeat(powers, np.diff(X.indptr)))
    return times_power(X, powers[:, None])


def leading_eigenpairs(matrix, rank=None):
    """The `rank` (None: all) largest eigenvalues of a symmetric matrix, decreasing, and vectors.

    Values have shape (rank,), vectors are orthonormal columns of shape (p, rank).
    """
    if not np.isfinite(matrix).all():  # LAPACK may look for its eigenvalues for ever
        raise ValueError("a matrix whose eigenvalues are asked for holds NaN or infinity.")
    size = matrix.shape[0]
    # LAPACK counts from the smallest.
    rank = size if rank is None else rank
    # Divide and conquer finds all, in two thirds of the time and in float32 half: no more than
    # it takes to single out half of them.
    subset = None if 2 * rank > size else [size - rank, size - 1]
    driver = "evd" if subset is None else "evr"
    with one_blas_thread():
        values, vectors = la.eigh(matrix, subset_by_index=subset, driver=driver, check_finite=False)
    return values[::-1][:rank], vectors[:, ::-1][:, :rank]


def mirror_lower(matrix):
    """Copy the lower triangle of a square matrix over the upper one, in place; the same array."""
    size = len(matrix)
    for start in range(0, size, _PANEL):
        stop = min(start + _PANEL, size)
        corner = np.tril(matrix[start:stop, start:stop])
        matrix[start:stop, start:stop] = corner + np.tril(corner, -1).T
        matrix[start:stop, stop:] = matrix[stop:, start:stop].T
    return matrix


def small_svd(matrix):
    """Thin singular value decomposition (left, singular, right transposed) on one thread."""
    with one_blas_thread():
        return la.svd(matrix, full_matrices=False)


def leading_singular_triplets(matrix, rank):
    """The `rank` <= min(p, q) largest singular values, decreasing, between their vectors.

    Left vectors have shape (p, rank), right vectors (q, rank): orthonormal columns both.
    """
    shorter = min(matrix.shape)
    if shorter < _SMALL or 4 * rank > shorter:
        left, singular, right = small_svd(matrix)
        return left[:, :rank], singular[:rank], right[:rank].T
    if matrix.shape[0] < matrix.shape[1]:
        right, singular, left = leading_singular_triplets(matrix.T, rank)
        return left, singular, right
    # The Gram matrix of the shorter side squares the condition number, so directions of singular
    # values below 1e-8 of the largest are rounding: this is for leading ones. Values from
    # matrix @ basis are closer than roots of the eigenvalues: where a singular value was 1e-6 of
    # the largest, 1e-9 of it was wrong against 6e-7 (900 x 600).
    _, basis = leading_eigenpairs(matrix.T @ matrix, rank)
    left, singular, rotation = small_svd(matrix @ basis)
    return left, singular, basis @ rotation.T


def one_blas_thread():
    """A ``with`` statement in which the linear algebra library has one thread.

    These decompositions wait for all threads thousands of times: where another program has a core,
    eigh of p = 1000 took 8.7 s on two threads and 0.2 s on one.
    """
    return _controller().limit(limits=1, user_api="blas")


@cache
def _controller():
    """Looking for the libraries takes milliseconds, so it is done once."""
    return ThreadpoolController()


def align_signs(vectors):
    """+1 or -1 for every column of (p, k): what makes its entry of largest magnitude positive."""
    largest = np.argmax(np.abs(vectors), axis=0)
    signs = np.sign(vectors[largest, np.arange(vectors.shape[1])])
    return np.where(signs == 0, 1.0, signs)


def product_by_rows(rows, weights, out=None):
    """Matrix product of which no row depends on the others, not even by rounding.

    BLAS adds up in another order near the border of a matrix than within it, where that is
    depends on the processor, and so would a row's numbers on how many rows come with it. Blocks of
    96 rows and 8 columns came out the same wherever a row stood, in float32 and float64, with
    OpenBLAS 0.3.31 as built for Haswell, Zen, Skylake X, Sandy Bridge, Nehalem and Prescott; blocks
    of 64 rows or of 16 columns did not.

    Parameters
    ----------
    rows : ndarray of float of shape (n, p)
        Left factor; rows may lie apart.
    weights : ndarray of float of shape (p, m)
        Right factor.
    out : ndarray of float of shape (n, m), default=None
        Where to put the product.

    Returns
    -------
    out : ndarray of float of shape (n, m)
        The product.
    """
    n, m = len(rows), weights.shape[1]
    if out is None:
        out = np.empty((n, m), dtype=rows.dtype)
    whole = n - n % _ROWS
    _multiply(rows[:whole], weights, out[:whole])
    if whole < n:
        padded = np.zeros((_ROWS, rows.shape[1]), dtype=rows.dtype)
        padded[: n - whole] = rows[whole:]
        product = np.empty((_ROWS, m), dtype=out.dtype)
        _multiply(padded, weights, product)
        out[whole:] = product[: n - whole]
    return out


def _multiply(rows, weights, out):
    """The product of a whole number of blocks."""
    blocks = rows.reshape(-1, _ROWS, rows.shape[1])
    products = out.reshape(-1, _ROWS, weights.shape[1])
    for start in range(0, weights.shape[1], _COLUMNS):
        columns = slice(start, start + _COLUMNS)
        np.matmul(blocks, weights[:, columns], out=products[:, :, columns])
