"""The parameter ``ridge``: a number, one by view, or candidates to choose from."""

from numbers import Real

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

from mmclassic.align._unsolvable import UnsolvableError
from mmclassic.moments import N_FOLDS
from mmclassic.utils import is_weight, per_view

RIDGE = [Interval(Real, 0, None, closed="left"), dict, tuple, list, StrOptions({"cv"})]
_CANDIDATES = (0.001, 0.01, 0.1, 1.0, 10.0)


def candidates_of(ridge):
    """The ridges to choose from, or None where the ridge is given."""
    if isinstance(ridge, str):
        return _CANDIDATES
    if isinstance(ridge, (Real, dict)):
        return None
    if not len(ridge) or not all(map(is_weight, ridge)):
        raise ValueError(f"ridge must be a number, a dict, 'cv' or candidates >= 0; got {ridge!r}.")
    return tuple(ridge)


def given_ridges(ridge, names):
    """The ridge of every view where it is given."""
    ridges = per_view(ridge, names, parameter="ridge", accepts=is_weight, expected="a number >= 0")
    return {name: float(value) for name, value in ridges.items()}


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
