"""Ranks of the values of each row."""

import numpy as np
import scipy.sparse as sp
from scipy.stats import rankdata


def rank_rows(X):
    """The rank of every value in its row, ties averaged, minus a constant of the row.

    Correlations of rows do not hang on the constant. Of CSR rows it is the rank of 0, which all
    that is not stored shares, so that zeros stay zeros; they have the dtype of `X`.
    """
    if not sp.issparse(X):
        return rankdata(X, axis=1).astype(X.dtype, copy=False)
    rows = np.repeat(np.arange(X.shape[0]), np.diff(X.indptr))
    order = np.lexsort((X.data, rows))
    ranks = np.empty(X.nnz)
    ranks[order] = _ranks_of_sorted(rows, X.data[order]) - X.indptr[rows]
    below = np.bincount(rows, weights=X.data < 0, minlength=X.shape[0])[rows]
    zeros = (X.shape[1] - np.diff(X.indptr))[rows]
    # Zeros have the rank below + (zeros + 1) / 2, and what is above 0 comes after all of them.
    ranks += np.where(X.data > 0, zeros, 0) - below - (zeros + 1) / 2
    return sp.csr_matrix((ranks.astype(X.dtype), X.indices, X.indptr), shape=X.shape)


def _ranks_of_sorted(rows, values):
    """Places from 1 of values sorted by row and value, those that tie at their mean place."""
    new = np.ones(values.size, dtype=bool)
    new[1:] = (np.diff(rows) != 0) | (values[1:] != values[:-1])
    starts = np.flatnonzero(new)
    lengths = np.diff(starts, append=values.size)
    return np.repeat(starts + (lengths + 1) / 2, lengths)
