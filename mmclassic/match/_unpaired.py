"""Matching of rows of two spaces of which no pair is known."""

import numpy as np
from scipy.spatial.distance import cdist
from sklearn.utils._param_validation import StrOptions, validate_params

from mmclassic.match._matches import Matches
from mmclassic.match._similarity import similarity
from mmclassic.utils import import_optional, top_k

_QUANTILES = 100  # of a row's distances, by which rows of the two sides are compared at first
_MOST_ITERATIONS = 500


@validate_params(
    {
        "A": ["array-like", "sparse matrix"],
        "B": ["array-like", "sparse matrix"],
        "metric": [StrOptions({"euclidean", "cosine"})],
    },
    prefer_skip_nested_validation=True,
)
def match_unpaired(A, B, *, metric="euclidean"):
    """Match rows of two spaces by their distances within each; no pair need be known.

    A row of `A` goes with the row of `B` that lies to the others of `B` as it does to the others of
    `A`: the Gromov-Wasserstein transport of equal masses [1]_.

    Parameters
    ----------
    A : {array-like, sparse matrix} of shape (n_a, n_features_a)
        Rows of one view in its own space, at least two.
    B : {array-like, sparse matrix} of shape (n_b, n_features_b)
        Rows of another view in its own space, of any width, at least two.
    metric : {"euclidean", "cosine"}, default="euclidean"
        Distances within a space, divided by their mean: Euclidean, or 1 minus the cosine.

    Returns
    -------
    matches : Matches
        For every row of `A` the row of `B` that gets most of its mass. Scores are the shares of
        the mass; the confidence is 1 minus the next share by the largest.

    Raises
    ------
    MissingDependencyError
        If POT is not installed, the extra "ot".
    ValueError
        If a side has fewer than two rows, or all its rows are the same.

    Notes
    -----
    This is a guess to start from, and often a wrong one. It is right where one space is the other
    turned and mirrored, with little noise, and no symmetry: of 200 planted pairs in 8 dimensions
    all are found at a noise of a tenth of the deviation, 98 % at three tenths and 2 % at one. It
    fails, without a sign in scores or confidences, where the views see different things: pictures
    of flags and texts about them are matched no better than by chance, and so is what has clusters
    of one size or is the same when mirrored. Check some pairs by eye, and use known pairs where
    there are any, by `AnchorAligner` for example.

    The problem is not convex. Rows are first matched by the distribution of their distances [1]_,
    without which 3 to 12 % of planted pairs were found at a noise of three tenths; POT [2]_ then
    goes downhill from there. O(n^3) for each of up to some hundred steps, and some n x n
    matrices: for up to about 2,000 rows.

    References
    ----------
    .. [1] F. Memoli, "Gromov-Wasserstein distances and the metric approach to object matching",
       Foundations of Computational Mathematics 11, 2011 (section 6 for the start).
    .. [2] R. Flamary et al., "POT: Python optimal transport", Journal of Machine Learning Research
       22(78), 2021.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.match import match_unpaired
    >>> X = np.random.default_rng(0).normal(size=(60, 3)) * [3, 2, 1]
    >>> match_unpaired(X, X[::-1, ::-1])
    Matches(60 pairs for 60 rows)
    """
    ot = import_optional("ot", extra="ot", purpose="match_unpaired")
    inner = [_distances(X, name, metric) for X, name in ((A, "A"), (B, "B"))]
    masses = [np.full(len(D), 1 / len(D)) for D in inner]
    profiles = [np.quantile(D, np.linspace(0, 1, _QUANTILES), axis=1).T for D in inner]
    start = ot.emd(*masses, cdist(*profiles, "sqeuclidean"))
    plan = ot.gromov.gromov_wasserstein(
        *inner, *masses, "square_loss", G0=start, max_iter=_MOST_ITERATIONS
    )
    shares = np.asarray(plan) / masses[0][:, None]
    best = top_k(shares, 2)
    first, second = np.take_along_axis(shares, best, axis=1).T
    confidence = np.clip(1 - second / first, 0, 1)
    return Matches(np.arange(len(shares)), best[:, 0], first, confidence, len(shares))


def _distances(X, name, metric):
    """Within a space, their mean 1."""
    found = similarity(X, X, metric=metric).astype(np.float64, copy=False)
    if len(found) < 2:
        raise ValueError(f"match_unpaired needs at least two rows; {name} has {len(found)}.")
    distances = -found if metric == "euclidean" else 1 - found
    np.fill_diagonal(distances, 0)
    mean = distances.mean()
    if not mean > 0:
        raise ValueError(f"all rows of {name} are the same, so that nothing tells them apart.")
    return np.maximum(distances, 0) / mean
