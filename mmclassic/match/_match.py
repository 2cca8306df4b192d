"""Which row of one view belongs to which row of another."""

from numbers import Integral, Real

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.utils import gen_batches
from sklearn.utils._param_validation import Interval, StrOptions, validate_params

from mmclassic.match._csls import csls
from mmclassic.match._matches import Matches
from mmclassic.match._rounding import Rounding
from mmclassic.match._similarity import SIMILARITIES, are_products, comparison
from mmclassic.match._transport import transport
from mmclassic.utils import top_k

METHODS = {"nearest", "mutual", "csls", "optimal", "transport"}

_BLOCK_ENTRIES = 2**22  # 32 MiB of float64 similarities at a time


@validate_params(
    {
        "A": ["array-like", "sparse matrix"],
        "B": ["array-like", "sparse matrix"],
        "method": [StrOptions(METHODS)],
        "metric": [StrOptions(set(SIMILARITIES))],
        "center": ["array-like", None],
        "k": [Interval(Integral, 1, None, closed="left")],
        "threshold": [Interval(Real, None, None, closed="neither"), None],
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "epsilon": [Interval(Real, 0, None, closed="neither")],
        "marginals": ["array-like", None],
    },
    prefer_skip_nested_validation=True,
)
def match(
    A,
    B,
    *,
    method="nearest",
    metric="cosine",
    center=None,
    k=1,
    threshold=None,
    n_neighbors=10,
    epsilon=0.1,
    marginals=None,
):
    """Match rows of `A` with rows of `B` by similarity.

    Parameters
    ----------
    A : {array-like, sparse matrix} of shape (n_a, n_features)
        Rows of one view in the shared space.
    B : {array-like, sparse matrix} of shape (n_b, n_features)
        Rows of another view in the same space.
    method : {"nearest", "mutual", "csls", "optimal", "transport"}, default="nearest"
        - "nearest": every row of `A` takes its most similar row of `B`; rows of
          `B` may be taken several times;
        - "mutual": only pairs in which each is the other's nearest;
        - "csls": the nearest after taking off how similar a row is to its own neighbours on
          the other side, so that rows of `B` that are near everything are not taken by
          everything: ``2 s - r_a - r_b`` [3]_, where r is the mean similarity to the nearest
          `n_neighbors`;
        - "optimal": the one-to-one assignment with the largest sum of
          similarities;
        - "transport": the row of `B` that gets most of a row's mass in the optimal transport of
          the masses of `A` to those of `B` with an entropic penalty [4]_; a soft "optimal".
    metric : {"cosine", "dot", "euclidean", "manhattan", "pearson", "spearman"}, default="cosine"
        See :func:`similarity`; an aligner names the right one in its ``similarity_metric``.
    center : array-like of shape (n_features,) or (2, n_features), default=None
        What to subtract from the rows first, see :func:`similarity`.
    k : int, default=1
        How many candidates each row of `A` takes, the best first: all, if `B` has fewer rows.
        "mutual" and "optimal" give one.
    threshold : float, default=None
        Pairs with a lower score are left out, as "no match". None leaves out none.
    n_neighbors : int, default=10
        Of "csls": how many neighbours tell how similar a row is to all.
    epsilon : float > 0, default=0.1
        Of "transport": weight of the entropy, in standard deviations of all similarities. A smaller
        one comes nearer to "optimal", and takes longer.
    marginals : pair of array-like of shapes (n_a,) and (n_b,), default=None
        Of "transport": masses of the rows, at least 0; their sums are brought to 1. None is the
        same for all rows of a side.

    Returns
    -------
    matches : Matches
        The pairs in increasing order of the rows of `A`, with their score and the
        `confidence` in them. The score is what the method compares: the similarity, of "csls" what
        is given above, of "transport" the share of the row's mass. A row of `A` is missing where
        it has no partner ("mutual", "optimal" with fewer rows in `B` than in `A`, "transport"
        without mass, or below the threshold). The lower of equally similar rows is taken,
        where differences of rounding size are none; of equally good assignments "optimal" gives
        one. Without rows in `A` or `B` there are no pairs.

    Raises
    ------
    ValueError
        If the numbers of features differ, a value is not finite, masses are no masses, or the
        method gives no more than one candidate and `k` is larger.

    Warns
    -----
    ConvergenceWarning
        If "transport" leaves more than a hundredth of the mass in wrong rows.

    Notes
    -----
    The confidence in a pair compares the chosen partner with the best other candidate of the
    same row of `A`: with their distances d from the row, it is ``max(0, 1 - d_chosen / d_next)``,
    the nearest neighbour distance ratio of [1]_ turned round. d is the distance for "euclidean"
    and "manhattan", and ``sqrt(2 - 2 s)`` for a cosine or correlation s, the distance of rows of
    length 1. No distance orders rows as "dot", "csls" and "transport" do; there it is
    ``max(0, 1 - max(s_next, 0) / s_chosen)`` of the scores s, and 0 where ``s_chosen <= 0``. It is
    0 where another candidate is as good or, with "optimal" or `k` above 1, better, and NaN where
    `B` has one row. It is not a probability of being right, and comparable within one space,
    method and metric only: in many dimensions all distances are alike, and confidences low.
    `MatchCalibrator` makes it a probability.

    "nearest", "mutual" and "csls" cost O(n_a n_b n_features) and hold one block of similarities of
    some 32 MiB at a time; "csls" compares them in float32. "optimal" and "transport" hold all of
    them. "optimal" costs up to O(n^3), by [2]_; "transport" two products of the matrix with a
    vector for each of some hundred iterations, in float32.

    References
    ----------
    .. [1] D. G. Lowe, "Distinctive image features from scale-invariant keypoints", International
       Journal of Computer Vision 60(2), 2004, section 7.1.
    .. [2] D. F. Crouse, "On implementing 2D rectangular assignment algorithms", IEEE
       Transactions on Aerospace and Electronic Systems 52(4), 2016 (the method behind
       :func:`scipy.optimize.linear_sum_assignment`).
    .. [3] A. Conneau et al., "Word translation without parallel data", ICLR 2018, section 2.3.
    .. [4] M. Cuturi, "Sinkhorn distances: lightspeed computation of optimal transport", NIPS 2013.
       B. Schmitzer, "Stabilized sparse scaling algorithms for entropy regularized transport
       problems", SIAM Journal on Scientific Computing 41(3), 2019 (falling penalties, and scalings
       that are taken into the potentials).

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
    >>> match(A, B, method="optimal").columns, match(A, B, method="transport").columns
    (array([0, 1]), array([0, 1]))
    >>> match(A, B, k=2, threshold=0.1).to_frame()[["row", "column"]].to_numpy().tolist()
    [[0, 0], [1, 0], [1, 1]]
    """
    A, B, compare = comparison(A, B, metric=metric, center=center, min_rows=0)
    n_a, n_b = A.shape[0], B.shape[0]
    if k > 1 and method in ("mutual", "optimal"):
        raise ValueError(f"method={method!r} gives a row one partner; got k={k}.")
    if not n_a or not n_b:
        nothing = np.empty(0, dtype=np.int64)
        return Matches(nothing, nothing, np.empty(0), np.empty(0), n_a)
    rounding = Rounding(A, B, metric if method in ("nearest", "mutual", "optimal") else method)
    k = min(k, n_b)
    if method == "csls":
        rows = np.arange(n_a)
        products = are_products(A, B, metric)
        candidates = csls(A, B, compare, min(k + 1, n_b), n_neighbors, are_products=products)
    elif method == "transport":
        rows, columns, shares = transport(compare(A, B), epsilon, marginals, min(k + 1, n_b))
        candidates = columns, shares
    elif k > 1:
        rows = np.arange(n_a)
        candidates = _several(A, B, compare, min(k + 1, n_b))
    else:
        rows, candidates = _one(A, B, compare, rounding, method)
    columns, scores = candidates
    confidence = np.full((rows.size, k), np.nan)
    if n_b > 1:
        least = rounding.least_tied(scores[:, 0], rows, columns[:, 0])
        confidence[:] = 0.0  # what comes later has a better one before it
        confidence[:, 0] = _confidence(scores[:, 0], scores[:, 1], least, rounding.metric)
    return _matches(rows, columns[:, :k], scores[:, :k], confidence, n_a, threshold)


def _matches(rows, columns, scores, confidence, n_a, threshold):
    """All pairs of rows and their candidates whose scores reach the threshold."""
    rows = np.repeat(rows, columns.shape[1])
    columns, scores, confidence = columns.ravel(), scores.ravel(), confidence.ravel()
    if threshold is not None:
        kept = scores >= threshold
        rows, columns, scores = rows[kept], columns[kept], scores[kept]
        confidence = confidence[kept]
    return Matches(rows, columns, scores, confidence, n_a)


def _one(A, B, compare, rounding, method):
    """Rows, and by row its partner, its score and the best other score, beside any column."""
    if method == "optimal":
        rows, columns, scores, others = _assign(compare(A, B))
    else:
        columns, scores, others, back = _nearest(A, B, compare, rounding, method == "mutual")
        rows = np.arange(A.shape[0])
        if method == "mutual":
            rows = np.flatnonzero(back[columns] == rows)
            columns, scores, others = columns[rows], scores[rows], others[rows]
    return rows, (columns[:, None], np.column_stack([scores, others]))


def _several(A, B, compare, k):
    """The k nearest and their similarities."""
    found = []
    for rows in gen_batches(A.shape[0], max(1, _BLOCK_ENTRIES // B.shape[0])):
        block = compare(A[rows], B)
        columns = top_k(block, k)
        found.append((columns, np.take_along_axis(block, columns, axis=1)))
    return tuple(map(np.concatenate, zip(*found)))


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
    if metric in ("dot", "csls", "transport"):
        near, far = np.maximum(others, 0), scores
    elif metric in ("euclidean", "manhattan"):
        near, far = -scores, -others
    else:
        near, far = (np.sqrt(np.maximum(2 - 2 * s, 0)) for s in (scores, others))
    ratio = np.divide(near, far, out=np.ones_like(near), where=far > 0)
    return np.where(others >= least, 0, np.clip(1 - ratio, 0, 1))
