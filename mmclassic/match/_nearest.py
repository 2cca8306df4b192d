"""The most similar rows of one matrix for every row of another."""

from numbers import Integral

import numpy as np
from sklearn.utils import gen_batches
from sklearn.utils._param_validation import Interval, StrOptions, validate_params

from mmclassic.match._similarity import SIMILARITIES, are_products, check_fit, comparison
from mmclassic.utils import top_k, top_products

_BLOCK_ENTRIES = 2**22


@validate_params(
    {
        "A": ["array-like", "sparse matrix"],
        "B": ["array-like", "sparse matrix"],
        "k": [Interval(Integral, 1, None, closed="left")],
        "metric": [StrOptions(set(SIMILARITIES))],
        "center": ["array-like", None],
    },
    prefer_skip_nested_validation=True,
)
def nearest(A, B, k=10, *, metric="cosine", center=None):
    """Find the `k` most similar rows of `B` for every row of `A`, exactly.

    Parameters
    ----------
    A : {array-like, sparse matrix} of shape (n_a, n_features)
        Rows of one view in the shared space.
    B : {array-like, sparse matrix} of shape (n_b, n_features)
        Rows of another view in the same space.
    k : int, 1 <= k <= n_b, default=10
        How many rows of `B` to find.
    metric : {"cosine", "dot", "euclidean", "manhattan", "pearson", "spearman"}, default="cosine"
        See :func:`similarity`; an aligner names the right one in its ``similarity_metric``.
    center : array-like of shape (n_features,) or (2, n_features), default=None
        What to subtract from the rows first, see :func:`similarity`.

    Returns
    -------
    columns : ndarray of int64 of shape (n_a, k)
        Rows of `B`, the most similar first; equally similar ones in their order.
    similarities : ndarray of float32 of shape (n_a, k)
        How similar they are, rounded to float32, as they are compared.

    Raises
    ------
    ValueError
        If `B` has fewer than `k` rows, the numbers of features differ, a value is not finite, or
        similarities do not fit into float32.

    Notes
    -----
    O(n_a n_b n_features) without a matrix of all similarities: what is held is 32 MiB or less.
    Dense rows are quickest as float32, by which equal rows of `B` may differ in the last bit of
    their similarities, and so in their order; as float64 they tie.

    Examples
    --------
    >>> from mmclassic.match import nearest
    >>> columns, similarities = nearest([[1.0, 0.1]], [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], k=2)
    >>> columns
    array([[1, 2]])
    >>> similarities.round(2)
    array([[1.  , 0.77]], dtype=float32)
    """
    A, B, compare = comparison(A, B, metric=metric, center=center)
    if k > B.shape[0]:
        raise ValueError(f"B has {B.shape[0]} rows, so k must be at most that; got {k}.")
    if are_products(A, B, metric):
        columns, similarities = top_products(A, B, k)
    else:
        columns, similarities = _by_blocks(A, B, k, compare)
    check_fit(similarities)
    return columns, similarities


def _by_blocks(A, B, k, compare):
    columns = np.empty((A.shape[0], k), dtype=np.int64)
    similarities = np.empty((A.shape[0], k), dtype=np.float32)
    for rows in gen_batches(A.shape[0], max(1, _BLOCK_ENTRIES // B.shape[0])):
        with np.errstate(over="ignore"):
            block = compare(A[rows], B).astype(np.float32, copy=False)
        columns[rows] = top_k(block, k)
        similarities[rows] = np.take_along_axis(block, columns[rows], axis=1)
    return columns, similarities
