"""A parameter that has one value for all views, or one for each."""

from numbers import Real

import numpy as np


def per_view(value, names, *, parameter, accepts, expected):
    """The value of every view: the same for all, or those of a dict that names each view.

    `accepts` judges a single value and `expected` says in the error what would be right.
    """
    values = value if isinstance(value, dict) else dict.fromkeys(names, value)
    if set(values) != set(names) or not all(map(accepts, values.values())):
        raise ValueError(
            f"{parameter} must give {expected} for each of the views {list(names)}; got {value!r}."
        )
    return {name: values[name] for name in names}


def is_weight(value):
    """Whether a value is a finite number of at least 0."""
    return isinstance(value, Real) and 0 <= value < np.inf


def view_weights(weights, names):
    """Weights by view that sum to 1; None weighs all alike."""
    weights = per_view(
        1.0 if weights is None else weights,
        names,
        parameter="weights",
        accepts=is_weight,
        expected="a finite number of at least 0 (which leaves a view out)",
    )
    total = float(sum(weights.values()))
    if total == 0:
        raise ValueError(f"weights must not all be 0; got {weights}.")
    return {name: float(weight) / total for name, weight in weights.items()}
