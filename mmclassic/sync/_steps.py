"""What a warping path may do from one cell to the next."""

from numbers import Integral, Real

import numpy as np
from sklearn.utils._param_validation import StrOptions

# Steps (rows, columns, weight); where several are equally good, the first is taken.
PATTERNS = {
    "symmetric1": ((1, 1, 1), (0, 1, 1), (1, 0, 1)),
    "symmetric2": ((1, 1, 2), (0, 1, 1), (1, 0, 1)),
    "asymmetric": ((1, 1, 1), (1, 0, 1), (1, 2, 1)),
}
STEP_PATTERN = [StrOptions(set(PATTERNS)), list, tuple]


def steps_of(step_pattern):
    """The steps of a named pattern, or those given, checked."""
    if isinstance(step_pattern, str):
        return PATTERNS[step_pattern]
    if not 1 <= len(step_pattern) <= 255:
        raise ValueError(f"step_pattern must hold 1 to 255 steps; got {len(step_pattern)}.")
    return tuple(_checked(step) for step in step_pattern)


def _checked(step):
    step = tuple(step) if isinstance(step, (list, tuple, np.ndarray)) else (step,)
    whole = len(step) == 3 and all(isinstance(size, Integral) and size >= 0 for size in step[:2])
    if (
        not whole
        or sum(step[:2]) == 0
        or not isinstance(step[2], Real)
        or not 0 <= step[2] < np.inf
    ):
        raise ValueError(
            "a step of step_pattern must be (rows, columns, weight): whole numbers of at least 0, "
            f"not both 0, and a finite weight of at least 0, such as (1, 2, 1.0); got {step}."
        )
    return step
