"""One form of sparse matrices, whoever made them."""

import numpy as np
import scipy.sparse as sp


def canonical_csr(X, name):
    """CSR of a real dtype, sorted, each entry once, no stored zeros; copied only where needed.

    `name` is what errors call the matrix. Nothing of `X` changes, its cached flags included. What
    repeats is summed, in bool as True, as ``toarray`` does. O(nnz).
    """
    if X.dtype.kind in "iu" or X.dtype == np.float16:
        # Sums of small integers may overflow.
        X = X.astype(np.float32 if X.dtype == np.float16 else np.float64)
    X = _fresh(X, name).tocsr()
    if not X.has_canonical_format:
        X = X.copy()
        X.sum_duplicates()
    if not X.data.all():
        X = X.copy()
        X.eliminate_zeros()
    return X


def _fresh(X, name):
    """The same arrays without what SciPy remembers of them, which may no longer hold."""
    try:
        if isinstance(X, (sp.coo_array, sp.coo_matrix)):
            return type(X)((X.data, (X.row, X.col)), shape=X.shape)
        if X.format not in ("csr", "csc"):  # their indices are not SciPy's to follow unchecked
            return X
        fresh = type(X)((X.data, X.indices, X.indptr), shape=X.shape)
        # Compiled code follows the indices wherever they lead: outside, to a crash.
        fresh.check_format(full_check=True)
    except ValueError as error:
        raise ValueError(f"{name} is no valid {X.format.upper()} matrix: {error}.") from error
    return fresh
