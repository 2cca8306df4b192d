"""What holds on rows that were not fitted: the choice of the ridge, and correlations."""

import numpy as np
from sklearn.isotonic import isotonic_regression

from mmclassic.align._fold import Fold
from mmclassic.moments import N_FOLDS
from mmclassic.utils import leading_eigenpairs

# A correlation over n held-out rows is known to 1 / sqrt(n). With this many rows it counts as
# much as one parameter, which all components share.
_BLEND = 100
_MOST_AXES = 512  # the axes that follow cost much and tell little about what to choose
_SINGLE = 1e-8  # data of a coarser precision are multiplied in that precision
_STRONGEST = 0.999  # weights of components that agree better than this are rounding


def folds_of(folded, moments, pairs, reductions):
    """The folds of moments, whose total is `moments`; a pair may have too few rows in some."""
    axes = {}
    extents = {name: (r.total_variance, r.mean.size) for name, r in reductions.items()}
    for name, width in moments.widths.items():
        if width > _MOST_AXES and name in reductions:
            axes[name] = _MOST_AXES  # the coordinates are along the axes, in order
        elif width > _MOST_AXES:
            own = moments.covariance(name, name)
            single = moments.precisions[name] > _SINGLE
            vectors = leading_eigenpairs(own, _MOST_AXES)[1]
            axes[name] = vectors.astype(np.float32 if single else np.float64)
            extents[name] = np.trace(own), width
    if axes:
        folded = folded.in_axes(axes)
    return [
        Fold(folded.without(fold), held_out, pairs, extents)
        for fold, held_out in enumerate(folded.folds)
        if held_out.widths
    ]


def choose_common_ridge(candidates, folds, pairs):
    """The ridge with which matched rows stand out most, and the scores by candidate and fold.

    The criterion is the sum over the pairs of ``max(d, 0)^2``, d the average of `separations`
    over the folds: chance makes a pair of unrelated views lose what it wins elsewhere. A fold's
    score is its share of that, so that the mean over the folds is the criterion.
    """
    scores = np.zeros((len(candidates), N_FOLDS))
    for a, b in pairs:
        by_fold = np.full((len(candidates), N_FOLDS), np.nan)
        for i, fold in enumerate(folds):
            if (a, b) in fold.pairs:
                by_fold[:, i] = fold.separations(a, b, candidates)
        if not np.isnan(by_fold).all():
            average = np.nanmean(by_fold, axis=1, keepdims=True)
            by_fold = np.where(np.isnan(by_fold), average, by_fold)
            scores += np.maximum(average, 0) * by_fold
    return float(candidates[int(scores.mean(axis=1).argmax())]), scores


def held_out_correlations(folds, pairs, ridge, most, moments):
    """Correlations of the components of every pair that hold on held-out rows.

    By rank, averaged over the folds and made non-increasing. With few rows they lean on the
    fitted correlations times one factor, the slope of the held-out on the fitted ones.
    """
    correlations = {}
    for a, b in pairs:
        fitted, found = np.zeros(most), np.zeros(most)
        own = [fold.correlations(a, b, ridge, most) for fold in folds if (a, b) in fold.pairs]
        for c, r in own:
            fitted[: c.size] += c / len(own)
            found[: r.size] += r / len(own)
        slope = np.clip(fitted @ found / max(fitted @ fitted, np.finfo(float).tiny), 0, 1)
        share = moments.n_rows(a, b) / (moments.n_rows(a, b) + _BLEND)
        found = np.maximum(isotonic_regression(found, increasing=False), 0)
        correlations[a, b] = share * found + (1 - share) * slope * fitted
    return correlations


def evidence(correlations):
    """Scale of components of variance 1 by which products are log-likelihood ratios.

    Of two normal variables with correlation r, a matched pair (x, y) is more likely than an
    unmatched one by ``x y r / (1 - r^2)`` up to terms that do not depend on the partner's sign.
    """
    strength = np.minimum(correlations, _STRONGEST)
    return np.sqrt(strength / (1 - strength**2))
