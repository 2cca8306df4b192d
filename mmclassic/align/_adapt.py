"""What was learned from many rows of one catalogue, for few of another."""

from copy import deepcopy
from itertools import combinations

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import check_array

from mmclassic.match import similarity
from mmclassic.moments import N_FOLDS
from mmclassic.views import Views

# Of a row that comes beside one that was fitted before; 0 is the aligner as it was, infinity what
# the rows that come say alone.
_WEIGHTS = (0.0, 1.0, 10.0, 100.0, 1000.0, np.inf)
_FEWEST = 2 * N_FOLDS  # pairs, for a fold of one has no wrong partner


def adapted(aligner, X, y):
    """A new aligner of the rows of `aligner` and of `X`, see `LinearAligner.adapt`."""
    aligner._check_fitted()
    if "moments_" not in vars(aligner):
        raise ValueError(
            f"adapt adds to the moments that partial_fit keeps, and this {type(aligner).__name__} "
            "was fitted without; fit the large catalogue with partial_fit."
        )
    rows = _check_pairs(aligner, X)
    y = None if y is None else check_array(y, ensure_2d=False, dtype=None, input_name="y")
    folds = [(np.setdiff1d(rows, rows[f::N_FOLDS]), rows[f::N_FOLDS]) for f in range(N_FOLDS)]
    scores = [
        _held_out([_above(_weighted(aligner, X, y, known, w), X[held]) for known, held in folds])
        for w in _WEIGHTS
    ]
    weight = _least_as_good(np.array(scores))
    new = _weighted(aligner, X, y, np.arange(len(X)), weight)
    new.adapted_weight_ = weight
    return new


def _check_pairs(aligner, X):
    """Rows that have at least two views."""
    if not isinstance(X, Views) or len(X.names) < 2:
        raise ValueError("adapt needs Views of at least two of the fitted views.")
    rows = np.flatnonzero(X.present.sum(axis=1) >= 2)
    if rows.size < _FEWEST:
        raise ValueError(
            f"adapt judges by held-out rows and needs {_FEWEST} that have two views; got "
            f"{rows.size}. With fewer, use {type(aligner).__name__} as it is."
        )
    return rows


def _weighted(aligner, X, y, rows, weight):
    """A new aligner of the fitted rows and some others; unfitted where these allow no solution."""
    if weight == 0:
        return deepcopy(aligner)
    labels = {} if y is None else {"y": y[rows]}
    if np.isinf(weight):
        return clone(aligner).partial_fit(X[rows], **labels)
    weights = np.full(rows.size, weight)
    return deepcopy(aligner).partial_fit(X[rows], sample_weight=weights, **labels)


def _above(aligner, views):
    """How far matched rows are above others, and the variance of these, by pair of views."""
    try:
        space = aligner.transform(views)
    except NotFittedError:
        return []
    found = []
    for a, b in combinations(space.names, 2):
        both = space.mask(a) & space.mask(b)
        if both.sum() > 1:
            S = similarity(space[a][both], space[b][both], metric=aligner.similarity_metric)
            others = S[~np.eye(len(S), dtype=bool)]
            found.append((S.diagonal().mean() - others.mean(), others.var()))
    return found


def _held_out(folds):
    """By fold, how many deviations matched rows are above others; the deviation is of all folds."""
    if not all(folds):
        return np.full(len(folds), -np.inf)
    above = np.array([np.mean([difference for difference, _ in fold]) for fold in folds])
    variance = np.mean([variance for fold in folds for _, variance in fold])
    return above / np.sqrt(variance) if variance > 0 else above


def _least_as_good(scores):
    """The smallest weight that is within a standard error of the best: few rows know no better."""
    means = scores.mean(axis=1)
    best = scores[means.argmax()]
    with np.errstate(invalid="ignore"):  # what could not be solved is infinitely worse
        errors = (best - scores).std(axis=1, ddof=1) / np.sqrt(scores.shape[1])
    as_good = np.isfinite(means) & (best.mean() - means <= np.nan_to_num(errors))
    return _WEIGHTS[int(as_good.argmax())]
