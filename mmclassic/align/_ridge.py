"""The parameter ``ridge``: a number, one by view, or candidates to choose from."""

from numbers import Real

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

from mmclassic.align._unsolvable import UnsolvableError
from mmclassic.moments import N_FOLDS, ridge_unit
from mmclassic.utils import is_weight, per_view

RIDGE = [Interval(Real, 0, None, closed="left"), dict, tuple, list, StrOptions({"cv"})]
_CANDIDATES = (0.001, 0.01, 0.1, 1.0, 10.0)
# Of methods that share one ridge between views; noise beside few columns asks for large ones.
WIDE_RANGE = (0.001, 0.01, 0.1, 1.0, 10.0, 100.0, 1000.0)


def candidates_of(ridge, default=_CANDIDATES):
    """The ridges to choose from, `default` for "cv", or None where the ridge is given."""
    if isinstance(ridge, str):
        return default
    if isinstance(ridge, (Real, dict)):
        return None
    if not len(ridge) or not all(map(is_weight, ridge)):
        raise ValueError(f"ridge must be a number, a dict, 'cv' or candidates >= 0; got {ridge!r}.")
    return tuple(ridge)


def middle_of(candidates):
    """The candidate nearest to 1, for where nothing tells which is best."""
    tiny = np.finfo(np.float64).tiny
    return float(min(candidates, key=lambda ridge: abs(np.log(max(ridge, tiny)))))


def given_ridges(ridge, names):
    """The ridge of every view where it is given."""
    ridges = per_view(ridge, names, parameter="ridge", accepts=is_weight, expected="a number >= 0")
    return {name: float(value) for name, value in ridges.items()}


def units_of_reduced(reductions, moments):
    """`ridge_unit` of the views whose moments are of coordinates only, by name."""
    return {
        name: ridge_unit(reduction.total_variance, reduction.mean.size, moments.sample_size(name))
        for name, reduction in reductions.items()
    }


def check_folds(moments, groups):
    """Raise unless every fold has two rows with all views of each group of names."""
    for names in groups:
        fewest = min(m.n_rows(*names) if m.widths else 0 for m in moments.folds)
        if fewest < 2:
            together = " and ".join(map(repr, names))
            raise UnsolvableError(
                f"choosing the ridge takes {N_FOLDS} folds with at least 2 rows that have "
                f"{'both ' if len(names) > 1 else ''}{together}; the smallest has {fewest}. "
                "Give one ridge instead."
            )


def choose_ridge(candidates, moments, score):
    """The candidate of the best average over folds, and all scores.

    ``score(known, held_out)`` gives one number for every candidate.
    """
    scores = np.column_stack(
        [score(moments.without(fold), held_out) for fold, held_out in enumerate(moments.folds)]
    )
    return float(candidates[int(scores.mean(axis=1).argmax())]), scores
