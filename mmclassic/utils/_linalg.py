"""Small pieces of linear algebra that several rooms share."""

from functools import cache

import numpy as np
import scipy.linalg as la
import scipy.sparse as sp
from threadpoolctl import ThreadpoolController

_SMALL = 200  # up to here all singular values cost no more than a few
_PANEL = 256  # columns handled at a time where a whole copy would cost memory


def row_norms(X):
    """Euclidean norm of every row of a dense or CSR matrix, float64.

    Parameters
    ----------
    X : {ndarray, CSR} of shape (n, p)
        The rows.

    Returns
    -------
    norms : ndarray of shape (n,)
        Norms.
    """
    if sp.issparse(X):
        squares = X.multiply(X).sum(axis=1)
        return np.sqrt(np.asarray(squares, dtype=np.float64).ravel())
    return np.sqrt(np.einsum("ij,ij->i", X, X, dtype=np.float64))


def scale_rows(X, factors):
    """Multiply every row of a dense or CSR matrix by a factor; keeps the type.

    Parameters
    ----------
    X : {ndarray, CSR} of shape (n, p)
        The rows.
    factors : ndarray of shape (n,)
        One factor for every row.

    Returns
    -------
    scaled : {ndarray, CSR} of shape (n, p)
        A new matrix of the dtype of `X`.
    """
    factors = np.asarray(factors, dtype=X.dtype)
    if sp.issparse(X):
        return sp.csr_matrix(X.multiply(factors[:, None]))
    return X * factors[:, None]


# The squares of anything shorter lose digits, so that its direction is not known.
_SHORTEST = 1e-150


def normalize_rows(X):
    """Scale every row to Euclidean length 1; rows shorter than 1e-150 become zero.

    Parameters
    ----------
    X : {ndarray, CSR} of shape (n, p)
        The rows.

    Returns
    -------
    normalized : {ndarray, CSR} of shape (n, p)
        A new matrix of the dtype of `X`.
    """
    norms = row_norms(X)
    long = norms >= _SHORTEST
    return scale_rows(X, np.divide(1.0, norms, out=np.zeros_like(norms), where=long))


def leading_eigenpairs(matrix, rank=None):
    """Largest eigenvalues of a symmetric matrix, in decreasing order, and their vectors.

    Parameters
    ----------
    matrix : ndarray of shape (p, p)
        Symmetric.
    rank : int, default=None
        How many; None is all.

    Returns
    -------
    values : ndarray of shape (rank,)
        Eigenvalues.
    vectors : ndarray of shape (p, rank)
        Orthonormal columns.

    Notes
    -----
    Runs on one thread, as does `small_svd`. These decompositions wait for all threads
    thousands of times; where another program has a core, two threads took 8.7 s for p = 1000 and
    one took 0.2 s.
    """
    size = matrix.shape[0]
    subset = None if rank is None or rank == size else [size - rank, size - 1]
    with one_blas_thread():
        values, vectors = la.eigh(matrix, subset_by_index=subset, check_finite=False)
    return values[::-1], vectors[:, ::-1]


def mirror_lower(matrix):
    """Copy the lower triangle of a square matrix over the upper one, in place.

    Parameters
    ----------
    matrix : ndarray of shape (p, p)
        Changed in place.

    Returns
    -------
    matrix : ndarray of shape (p, p)
        The same array, now symmetric.
    """
    size = len(matrix)
    for start in range(0, size, _PANEL):
        stop = min(start + _PANEL, size)
        corner = np.tril(matrix[start:stop, start:stop])
        matrix[start:stop, start:stop] = corner + np.tril(corner, -1).T
        matrix[start:stop, stop:] = matrix[stop:, start:stop].T
    return matrix


def small_svd(matrix):
    """Thin singular value decomposition on one thread.

    Parameters
    ----------
    matrix : ndarray of shape (p, q)
        The matrix.

    Returns
    -------
    left, singular, right : ndarray
        As :func:`scipy.linalg.svd` with ``full_matrices=False``.
    """
    with one_blas_thread():
        return la.svd(matrix, full_matrices=False)


def leading_singular_triplets(matrix, rank):
    """Largest singular values, in decreasing order, and their vectors.

    Parameters
    ----------
    matrix : ndarray of shape (p, q)
        The matrix.
    rank : int
        How many, at most min(p, q).

    Returns
    -------
    left : ndarray of shape (p, rank)
        Orthonormal columns.
    singular : ndarray of shape (rank,)
        Singular values.
    right : ndarray of shape (q, rank)
        Orthonormal columns.

    Notes
    -----
    Few triplets of a large matrix come from the eigenvectors of its smaller Gram matrix, and
    the singular values and the other side from a decomposition of the matrix times these,
    which restores the accuracy that squaring loses.
    """
    shorter = min(matrix.shape)
    if shorter < _SMALL or 4 * rank > shorter:
        left, singular, right = small_svd(matrix)
        return left[:, :rank], singular[:rank], right[:rank].T
    if matrix.shape[0] < matrix.shape[1]:
        right, singular, left = leading_singular_triplets(matrix.T, rank)
        return left, singular, right
    _, basis = leading_eigenpairs(matrix.T @ matrix, rank)
    left, singular, rotation = small_svd(matrix @ basis)
    return left, singular, basis @ rotation.T


def one_blas_thread():
    """Limit the linear algebra library to one thread in a ``with`` statement.

    Returns
    -------
    limit : context manager
        Restores the former number of threads.
    """
    return _controller().limit(limits=1, user_api="blas")


@cache
def _controller():
    """Looking for the libraries takes milliseconds, so it is done once."""
    return ThreadpoolController()


def align_signs(vectors):
    """Signs that make the entry of largest magnitude of every column positive.

    Parameters
    ----------
    vectors : ndarray of shape (p, k)
        Columns whose sign is arbitrary.

    Returns
    -------
    signs : ndarray of shape (k,)
        +1 or -1 for every column.
    """
    largest = np.argmax(np.abs(vectors), axis=0)
    signs = np.sign(vectors[largest, np.arange(vectors.shape[1])])
    return np.where(signs == 0, 1.0, signs)
