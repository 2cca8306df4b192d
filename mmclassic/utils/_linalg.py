"""Small pieces of linear algebra that several rooms share."""

import numpy as np
import scipy.sparse as sp


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


def normalize_rows(X):
    """Scale every row to Euclidean length 1; rows of zeros stay zero.

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
    return scale_rows(X, np.divide(1.0, norms, out=np.zeros_like(norms), where=norms > 0))


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
