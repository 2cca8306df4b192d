"""Which row of one view belongs to which row of another."""

from functools import partial

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.utils import gen_batches
from sklearn.utils._param_validation import StrOptions, validate_params

from mmclassic.match._similarity import SIMILARITIES, similarity

_BLOCK_ENTRIES = 2**24  # 128 MiB of float64 similarities at a time


@validate_params(
    {
        "A": ["array-like", "sparse matrix"],
        "B": ["array-like", "sparse matrix"],
        "method": [StrOptions({"nearest", "mutual", "optimal"})],
        "metric": [StrOptions(set(SIMILARITIES))],
        "center": ["array-like", None],
    },
    prefer_skip_nested_validation=True,
)
def match(A, B, *, method="nearest", metric="cosine", center=None):
    """Match rows of `A` with rows of `B` by similarity.

    Parameters
    ----------
    A : {array-like, sparse matrix} of shape (n_a, n_features)
        Rows of one view in the shared space.
    B : {array-like, sparse matrix} of shape (n_b, n_features)
        Rows of another view in the same space.
    method : {"nearest", "mutual", "optimal"}, default="nearest"
        - "nearest": every row of `A` takes its most similar row of `B`; rows of
          `B` may be taken several times;
        - "mutual": only pairs in which each is the other's nearest;
        - "optimal": the one-to-one assignment with the largest sum of
          similarities.
    metric : {"cosine", "dot", "euclidean", "pearson"}, default="cosine"
        See :func:`similarity`.
    center : array-like of shape (n_features,) or (2, n_features), default=None
        What to subtract from the rows first, see :func:`similarity`.

    Returns
    -------
    matched : ndarray of shape (n_a,), dtype int64
        Row of `B` for every row of `A`; -1 where there is none ("mutual", or
        "optimal" with fewer rows in `B` than in `A`). Ties go to the lower row.

    Notes
    -----
    "nearest" and "mutual" cost O(n_a n_b n_features) and hold one block of
    similarities at a time. "optimal" holds the whole matrix and costs up to
    O(n^3).

    References
    ----------
    D. F. Crouse, "On implementing 2D rectangular assignment algorithms", IEEE
    Transactions on Aerospace and Electronic Systems 52(4), 2016 (the method
    behind :func:`scipy.optimize.linear_sum_assignment`).

    Examples
    --------
    >>> A, B = [[1.0, 0.0], [0.9, 0.1]], [[1.0, 0.05], [0.0, 1.0]]
    >>> match(A, B)
    array([0, 0])
    >>> match(A, B, method="mutual")
    array([ 0, -1])
    >>> match(A, B, method="optimal")
    array([0, 1])
    """
    compare = partial(similarity, metric=metric, center=center)
    if method == "optimal":
        return _assign(compare(A, B))
    forward, backward = _nearest_both_ways(A, B, compare)
    if method == "nearest":
        return forward
    return np.where(backward[forward] == np.arange(forward.size), forward, -1)


def _assign(similarities):
    rows, columns = linear_sum_assignment(similarities, maximize=True)
    matched = np.full(similarities.shape[0], -1, dtype=np.int64)
    matched[rows] = columns
    return matched


def _nearest_both_ways(A, B, compare):
    """Best column of every row and best row of every column, in blocks of rows."""
    n_a = A.shape[0] if hasattr(A, "shape") else len(A)
    n_b = B.shape[0] if hasattr(B, "shape") else len(B)
    A = A.tocsr() if hasattr(A, "tocsr") else np.asarray(A)
    forward = np.empty(n_a, dtype=np.int64)
    backward = np.zeros(n_b, dtype=np.int64)
    best = np.full(n_b, -np.inf)
    for rows in gen_batches(n_a, max(1, _BLOCK_ENTRIES // max(n_b, 1))):
        block = compare(A[rows], B)
        forward[rows] = block.argmax(axis=1)
        top = block.max(axis=0)
        better = top > best
        backward[better] = rows.start + block[:, better].argmax(axis=0)
        best[better] = top[better]
    return forward, backward
