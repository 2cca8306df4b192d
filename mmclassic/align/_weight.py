"""Weights of rows."""

import numpy as np
from sklearn.utils.validation import _check_sample_weight

_LEAST_WEIGHT = 1e-30


def check_weight(sample_weight, views):
    """Weights as float64 and None where all are 1."""
    if sample_weight is None:
        return None
    block = views[views.names[0]]
    weight = _check_sample_weight(sample_weight, block, dtype=np.float64)
    if (weight < 0).any():
        raise ValueError(f"sample_weight must not be negative; got {weight.min()}.")
    extreme = (weight > 0) & ((weight < _LEAST_WEIGHT) | (weight > 1 / _LEAST_WEIGHT))
    if extreme.any():
        row = int(np.flatnonzero(extreme)[0])
        raise ValueError(
            f"sample_weight, row {row}: {weight[row]} is so far from 1 that sums would lose the "
            f"other rows; give weights from {_LEAST_WEIGHT} to {1 / _LEAST_WEIGHT}, or 0."
        )
    return weight
