"""Which row of one view belongs to which row of another."""

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.utils import gen_batches
from sklearn.utils._param_validation import StrOptions, validate_params

from mmclassic.match._matches import Matches
from mmclassic.match._similarity import SIMILARITIES, comparison
from mmclassic.utils import row_norms

_BLOCK_ENTRIES = 2**22  # 32 MiB of float64 similarities at a time
# Times the precision: what another order of the summands changes. It is twice of what was seen with
# OpenBLAS, of 200 summands by its kernels for AVX2.
_DIGITS = 16


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
    metric : {"cosine", "dot", "euclidean", "manhattan", "pearson", "spearman"}, default="cosine"
        See :func:`similarity`; an aligner names the right one in its ``similarity_metric``.
    center : array-like of shape (n_features,) or (2, n_features), default=None
        What to subtract from the rows first, see :func:`similarity`.

    Returns
    -------
    matches : Matches
        The pairs in increasing order of the rows of `A`, with their similarity and the
        `confidence` in them. A row of `A` is missing where it has no partner ("mutual", or
        "optimal" with fewer rows in `B` than in `A`). The lower of equally similar rows is
        taken, where differences of rounding size are none; of equally good assignments
        "optimal" gives one. Without rows in `A` or `B` there are no pairs.

    Raises
    ------
    ValueError
        If the numbers of features differ or a value is not finite.

    Notes
    -----
    The confidence in a pair compares the chosen partner with the best other candidate of the
    same row of `A`: with their distances d from the row, it is ``max(0, 1 - d_chosen / d_next)``,
    the nearest neighbour distance ratio of [1]_ turned round. d is the distance for "euclidean"
    and "manhattan", and ``sqrt(2 - 2 s)`` for a cosine or correlation s, the distance of rows of length 1. No
    distance orders rows as "dot" does; there it is ``max(0, 1 - max(s_next, 0) / s_chosen)`` of
    the products s, and 0 where ``s_chosen <= 0``. It is 0 where another candidate is as good or,
    with "optimal", better, and NaN where `B` has one row. It is not a probability of being right,
    and comparable within one space and metric only: in many dimensions all distances are alike,
    and confidences low.

    "nearest" and "mutual" cost O(n_a n_b n_features) and hold one block of similarities of some
    32 MiB at a time. "optimal" holds the whole matrix and costs up to O(n^3), by [2]_.

    References
    ----------
    .. [1] D. G. Lowe, "Distinctive image features from scale-invariant keypoints", International
       Journal of Computer Vision 60(2), 2004, section 7.1.
    .. [2] D. F. Crouse, "On implementing 2D rectangular assignment algorithms", IEEE
       Transactions on Aerospace and Electronic Systems 52(4), 2016 (the method behind
       :func:`scipy.optimize.linear_sum_assignment`).

    Examples
    --------
    >>> A, B = [[1.0, 0.0], [0.9, 0.1]], [[1.0, 0.05], [0.0, 1.0]]
    >>> found = match(A, B)
    >>> found.columns
    array([0, 0])
    >>> found.confidence.round(2)
    array([0.96, 0.95])
    >>> match(A, B, method="mutual").partners()
    array([ 0, -1])
    >>> match(A, B, method="optimal").columns
    array([0, 1])
    """
    A, B, compare = comparison(A, B, metric=metric, center=center, min_rows=0)
    n_a, n_b = A.shape[0], B.shape[0]
    if not n_a or not n_b:
        nothing = np.empty(0, dtype=np.int64)
        return Matches(nothing, nothing, np.empty(0), np.empty(0), n_a)
    rounding = _Rounding(A, B, metric)
    if method == "optimal":
        rows, columns, scores, others = _assign(compare(A, B))
    else:
        columns, scores, others, back = _nearest(A, B, compare, rounding, method == "mutual")
        rows = np.arange(n_a)
        if method == "mutual":
            rows = np.flatnonzero(back[columns] == rows)
            columns, scores, others = columns[rows], scores[rows], others[rows]
    confidence = np.full(rows.size, np.nan)
    if n_b > 1:
        least = rounding.least_tied(scores, rows, columns)
        confidence = _confidence(scores, others, least, metric)
    return Matches(rows, columns, scores, confidence, n_a)


class _Rounding:
    """How far apart similarities of equal rows may come out.

    A matrix product adds up in another order at the edges of its blocks, so equal rows get
    similarities that differ in their last digits. Without a bound on that, ties would go to
    whichever row the processor favours.
    """

    def __init__(self, A, B, metric):
        self.metric = metric
        self.eps = np.finfo(np.result_type(A.dtype, B.dtype)).eps
        self.norms = [np.ones(X.shape[0]) for X in (A, B)]
        if metric in ("dot", "euclidean"):
            self.norms = [row_norms(A), row_norms(B)]

    def least_tied(self, scores, rows, columns):
        """The smallest similarity that may be equal to that of each pair."""
        scores = scores.astype(np.float64)
        a, b = self.norms[0][rows], self.norms[1][columns]
        if self.metric == "euclidean":
            # |a|^2 - 2 ab + |b|^2, in float64 whatever the input, loses what |a|^2 has in common
            # with the distance, and the root of a distance of 0 comes out as 1e-8 |a|.
            lost = np.sqrt(8 * _DIGITS * np.finfo(np.float64).eps) * np.maximum(a, b)
            return -np.hypot(scores * np.sqrt(1 + _DIGITS * self.eps), lost)
        if self.metric == "manhattan":
            return scores * (1 + _DIGITS * self.eps)
        return scores - _DIGITS * self.eps * a * b


def _nearest(A, B, compare, rounding, both_ways):
    """Best column of every row, its similarity and the next best; best row of every column."""
    found = []
    back, back_scores = np.zeros(B.shape[0], dtype=np.int64), np.full(B.shape[0], -np.inf)
    for rows in gen_batches(A.shape[0], max(1, _BLOCK_ENTRIES // B.shape[0])):
        block = compare(A[rows], B)
        some = np.arange(rows.start, rows.start + len(block))
        if both_ways:
            _keep_better(block, some, back, back_scores, rounding)
        best = block.argmax(axis=1)
        least = rounding.least_tied(_entries(block, best), some, best)
        columns = (block >= least[:, None].astype(block.dtype)).argmax(axis=1)
        found.append((columns, _entries(block, columns), _best_others(block, columns)))
    columns, scores, others = map(np.concatenate, zip(*found))
    return columns, scores, others, back


def _keep_better(block, some, back, back_scores, rounding):
    """Let columns take a row of this block where it is better than those of earlier blocks."""
    columns = np.flatnonzero(block.max(axis=0) > back_scores)  # soon these are few
    part = block[:, columns]
    best = part.argmax(axis=0)
    top = part[best, np.arange(columns.size)]
    least = rounding.least_tied(top, some[best], columns)
    first = (part >= least.astype(block.dtype)).argmax(axis=0)
    better = least > back_scores[columns]
    back[columns[better]] = some[first[better]]
    back_scores[columns[better]] = top[better]


def _entries(block, columns):
    return np.take_along_axis(block, columns[:, None], axis=1)[:, 0]


def _best_others(block, columns):
    """The best of each row but for one column; overwrites the block."""
    np.put_along_axis(block, columns[:, None], -np.inf, axis=1)
    return block.max(axis=1)


def _assign(similarities):
    rows, columns = linear_sum_assignment(similarities, maximize=True)
    similarities = similarities[rows]
    scores = _entries(similarities, columns)
    return rows, columns, scores, _best_others(similarities, columns)


def _confidence(scores, others, least, metric):
    """One minus the ratio of the distances; 0 where the next best may be as good."""
    scores, others = scores.astype(np.float64), others.astype(np.float64)
    if metric == "dot":
        near, far = np.maximum(others, 0), scores
    elif metric in ("euclidean", "manhattan"):
        near, far = -scores, -others
    else:
        near, far = (np.sqrt(np.maximum(2 - 2 * s, 0)) for s in (scores, others))
    ratio = np.divide(near, far, out=np.ones_like(near), where=far > 0)
    return np.where(others >= least, 0, np.clip(1 - ratio, 0, 1))
