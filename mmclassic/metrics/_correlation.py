"""How well paired rows agree, component by component."""

import numpy as np
from sklearn.utils import check_array

from mmclassic.utils import exponent_of, times_power


def paired_correlation(A, B):
    """Pearson correlation of each column of `A` with the same column of `B`.

    Parameters
    ----------
    A : array-like of shape (n_rows, n_components)
        Rows of one view in the shared space.
    B : array-like of shape (n_rows, n_components)
        The same rows of another view.

    Returns
    -------
    correlations : ndarray of shape (n_components,)
        float64, in [-1, 1]; 0 where a column is constant.

    Raises
    ------
    ValueError
        If the shapes differ, there are fewer than 2 rows, or a value is not finite.

    Examples
    --------
    >>> paired_correlation([[0, 1], [1, 1], [2, 1]], [[0, 0], [-2, 1], [-4, 5]])
    array([-1.,  0.])
    """
    A = check_array(A, dtype=np.float64, ensure_min_samples=2, input_name="A")
    B = check_array(B, dtype=np.float64, ensure_min_samples=2, input_name="B")
    if A.shape != B.shape:
        raise ValueError(f"A and B must be of one shape; got {A.shape} and {B.shape}.")
    A, B = _centred(A), _centred(B)
    covariance = np.einsum("ij,ij->j", A, B)
    spread = np.sqrt(np.einsum("ij,ij->j", A, A) * np.einsum("ij,ij->j", B, B))
    return np.divide(covariance, spread, out=np.zeros_like(spread), where=spread > 0)


def _centred(A):
    """Columns minus their means, in a unit in which squares neither overflow nor vanish."""
    A = times_power(A, -exponent_of(A))
    A = A - A.mean(axis=0)
    return times_power(A, -np.frexp(np.abs(A).max(axis=0))[1])
