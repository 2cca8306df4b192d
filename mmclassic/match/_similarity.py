"""Similarity of every row of one matrix to every row of another."""

import numpy as np
import scipy.sparse as sp
from sklearn.metrics.pairwise import euclidean_distances, manhattan_distances
from sklearn.utils import check_array
from sklearn.utils._param_validation import StrOptions, validate_params
from sklearn.utils.extmath import safe_sparse_dot

from mmclassic.match._ranks import rank_rows
from mmclassic.utils import (
    balance_rows,
    canonical_csr,
    exponent_of,
    normalize_rows,
    times_power,
)

SIMILARITIES = ("cosine", "dot", "euclidean", "manhattan", "pearson", "spearman")


@validate_params(
    {
        "A": ["array-like", "sparse matrix"],
        "B": ["array-like", "sparse matrix"],
        "metric": [StrOptions(set(SIMILARITIES))],
        "center": ["array-like", None],
    },
    prefer_skip_nested_validation=True,
)
def similarity(A, B, *, metric="cosine", center=None):
    """Similarity of every row of `A` to every row of `B`; larger is more similar.

    Parameters
    ----------
    A : {array-like, sparse matrix} of shape (n_a, n_features)
        Rows of one view in the shared space.
    B : {array-like, sparse matrix} of shape (n_b, n_features)
        Rows of another view in the same space.
    metric : {"cosine", "dot", "euclidean", "manhattan", "pearson", "spearman"}, default="cosine"
        - "cosine": the cosine of the angle, in [-1, 1];
        - "dot": the scalar product; of class posteriors, such as
          `SemanticMatching` gives, it is the probability that two rows have the
          same class, in [0, 1];
        - "euclidean": minus the Euclidean distance, in (-inf, 0];
        - "manhattan": minus the sum of absolute differences, in (-inf, 0];
        - "pearson": the correlation over the features of the two rows, in
          [-1, 1], that is the cosine after subtracting each row's own mean;
        - "spearman": the same of the ranks of a row's values, ties averaged. What CSR
          rows do not store is 0 and has the rank of zeros.
    center : array-like of shape (n_features,) or (2, n_features), default=None
        What to subtract first: one centre for all rows, or one for `A` and one
        for `B`. With "cosine" this is the centred cosine. None subtracts nothing,
        which is right for a space that is centred already, as that of `CCA` is.

    Returns
    -------
    similarities : ndarray of shape (n_a, n_b)
        float32 if both inputs are, else float64. A row without direction (all
        zero, or constant for "pearson" and "spearman") has similarity 0 to everything.

    Raises
    ------
    ValueError
        If the numbers of features differ, a value is not finite, or a centre
        is given for sparse rows, which it would make dense.

    Notes
    -----
    An aligner names the metric that suits its space in ``similarity_metric``.

    O(n_a n_b n_features). Sparse inputs are never densified. "manhattan" makes no products, and
    takes tens of times as long as the others.

    A centre is something that was learned in fitting, such as
    ``SemanticMatching.centers_``. The means of the rows at hand will not do: with
    them the similarity of two rows depends on which others are compared, and
    a test set's own statistics slip into its scores.

    Examples
    --------
    >>> similarity([[1.0, 0.0]], [[2.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    array([[ 1.,  0., -1.]])
    >>> similarity([[0.8, 0.2]], [[0.6, 0.4], [0.3, 0.7]], metric="dot")
    array([[0.56, 0.38]])
    >>> similarity([[0.8, 0.2]], [[0.6, 0.4], [0.3, 0.7]], center=[0.5, 0.5])
    array([[ 1., -1.]])
    """
    A, B, compare = comparison(A, B, metric=metric, center=center)
    return compare(A, B)


def comparison(A, B, *, metric, center, min_rows=1):
    """Checked rows, prepared once for all blocks, and the function that compares them."""
    A, B = _check_rows(A, "A", min_rows), _check_rows(B, "B", min_rows)
    if A.shape[1] != B.shape[1]:
        raise ValueError(
            f"A and B must share one space; A has {A.shape[1]} features and B has {B.shape[1]}."
        )
    if center is not None:
        A, B = _subtract_centers(A, B, center)
    if metric == "euclidean":
        return *_near_origin(A, B), _minus_distances
    if metric == "dot":
        return A, B, _scalar_products
    if metric == "manhattan":
        return *_of_one_form(A, B), _minus_sums
    if metric in ("pearson", "spearman"):
        prepare = balance_rows if metric == "pearson" else rank_rows
        A, B = prepare(A), prepare(B)
        if sp.issparse(A) or sp.issparse(B):
            return A, B, _sparse_pearson
        A, B = center_each(A), center_each(B)
    return normalize_rows(A), normalize_rows(B), _dot


def are_products(A, B, metric):
    """Whether prepared rows are compared by their products alone, in the type that both have."""
    if sp.issparse(A) != sp.issparse(B) or A.dtype != B.dtype:
        return False
    if metric == "dot":
        return not exponent_of(A) and not exponent_of(B)
    return metric == "cosine" or (metric in ("pearson", "spearman") and not sp.issparse(A))


def _subtract_centers(A, B, center):
    center = check_array(center, ensure_2d=False, dtype=np.float64, input_name="center")
    if center.shape not in ((A.shape[1],), (2, A.shape[1])):
        raise ValueError(
            f"center must be of shape ({A.shape[1]},) or (2, {A.shape[1]}), a value for each "
            f"feature; got shape {center.shape}."
        )
    if sp.issparse(A) or sp.issparse(B):
        raise ValueError("rows minus a center are dense, and these are CSR; pass them dense.")
    center_a, center_b = np.broadcast_to(center, (2, A.shape[1]))
    return A - center_a.astype(A.dtype), B - center_b.astype(B.dtype)


def _check_rows(X, name, min_rows):
    if sp.issparse(X):
        X = canonical_csr(X, name)
    return check_array(
        X,
        accept_sparse="csr",
        dtype=(np.float64, np.float32),
        ensure_min_samples=min_rows,
        input_name=name,
    )


def _near_origin(A, B):
    """Dense rows minus a common one, if they are far from the origin.

    Distances stay, and squares of 1e8 would leave no digit of a distance of 1.
    """
    if sp.issparse(A) or sp.issparse(B) or not len(B):
        return A, B
    origin = B.mean(axis=0, dtype=np.float64)
    with np.errstate(over="ignore"):
        if (np.abs(origin) <= B.std(axis=0, dtype=np.float64)).all():
            return A, B
    return ((X - origin).astype(X.dtype, copy=False) for X in (A, B))


def _minus_distances(A, B):
    exponent = max(exponent_of(A), exponent_of(B))
    distances = euclidean_distances(times_power(A, -exponent), times_power(B, -exponent))
    return times_power(np.negative(distances, out=distances), exponent)


def _of_one_form(A, B):
    """Both dense, or both CSR of short indices if they fit, as absolute differences need them."""
    if sp.issparse(A) or sp.issparse(B):
        return _short_csr(A), _short_csr(B)
    return A, B


def _short_csr(X):
    X = sp.csr_matrix(X)
    short = sp.get_index_dtype(maxval=max(X.nnz, X.shape[1]))
    parts = (X.indices.astype(short, copy=False), X.indptr.astype(short, copy=False))
    return sp.csr_matrix((X.data, *parts), shape=X.shape)


def _minus_sums(A, B):
    exponent = max(exponent_of(A), exponent_of(B))
    sums = manhattan_distances(times_power(A, -exponent), times_power(B, -exponent))
    sums = sums.astype(np.result_type(A, B), copy=False)
    return times_power(np.negative(sums, out=sums), exponent)


def _scalar_products(A, B):
    """Products in the unit of the rows, which may be such that no type holds them."""
    exponents = exponent_of(A), exponent_of(B)
    unitless = _dot(times_power(A, -exponents[0]), times_power(B, -exponents[1]))
    with np.errstate(over="ignore", under="ignore"):
        products = times_power(unitless, sum(exponents))
    # Below the least normal number digits are lost, and with them the order.
    lost = any(exponents) and unitless.any() and abs(products).max() < np.finfo(products.dtype).tiny
    if lost or not np.isfinite(products).all():
        raise ValueError(
            f"products of rows of A and of B are too large or too small for {products.dtype}; "
            "bring the rows to another unit, or compare them by metric='cosine'."
        )
    return products


def _dot(A, B):
    return safe_sparse_dot(A, B.T, dense_output=True)


def _sparse_pearson(A, B):
    """Correlations of rows of which one kind at least is CSR.

    Centred rows would be dense, so the means are taken out of the products:
    sum (a - mean a)(b - mean b) = a b - n mean(a) mean(b). The difference loses the digits that
    its terms have in common, few where most features of a row are 0.
    """
    mean_a, spread_a = _sparse_moments(A)
    mean_b, spread_b = _sparse_moments(B)
    covariance = _dot(A, B) - A.shape[1] * np.outer(mean_a, mean_b)
    scale = np.outer(spread_a, spread_b)
    return np.divide(covariance, scale, out=np.zeros_like(covariance), where=scale > 0)


def center_each(X):
    """Subtract each row's mean; what rounding leaves of a constant row becomes zero."""
    centred = X - X.mean(axis=1, keepdims=True)
    # The mean of equal values may be off by some last digits, and normalising would blow the
    # difference up to a row of length 1.
    tiny = 4 * np.finfo(X.dtype).eps * np.abs(X).max(axis=1, keepdims=True)
    return np.where(np.abs(centred).max(axis=1, keepdims=True) <= tiny, 0, centred)


def _sparse_moments(X):
    """Mean and centred norm of every row; a norm of rounding size counts as zero.

    Zeros count in both, so the sums over what is stored suffice. energy - sum^2 / n cancels for
    a constant row down to a few roundings of the energy; its root would be a spread of 1e-8.
    """
    n_features = X.shape[1]
    eps = np.finfo(X.dtype).eps
    sums = np.asarray(X.sum(axis=1), dtype=np.float64).ravel()
    X = X.astype(np.float64)  # whose squares do not fit into float32
    squares = X.multiply(X) if sp.issparse(X) else X * X
    energy = np.asarray(squares.sum(axis=1), dtype=np.float64).ravel()
    centred = energy - sums**2 / n_features
    return sums / n_features, np.sqrt(np.where(centred <= 8 * eps * energy, 0, centred))


def check_fit(similarities):
    """Refuse similarities that were too large for their type."""
    if not np.isfinite(similarities).all():
        raise ValueError(
            "the similarities do not fit into float32; bring the rows to another unit, or compare "
            "them by metric='cosine'."
        )
