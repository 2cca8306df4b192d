"""Intervals of medians."""

import numpy as np
from sklearn.utils import check_random_state

MEDIANS = ("median_rank",)
_BLOCK_ELEMENTS = 1 << 21


def median_interval(columns, *, confidence, n_resamples, random_state):
    """Percentile bootstrap intervals of the medians of columns; NaN are left out."""
    ends = np.empty((2, columns.shape[1]))
    quantiles = [(1 - confidence) / 2, (1 + confidence) / 2]
    for place, column in enumerate(columns.T):
        values, rng = column[~np.isnan(column)], check_random_state(random_state)
        step = max(1, _BLOCK_ELEMENTS // values.size)
        medians = np.empty(n_resamples)
        for start in range(0, n_resamples, step):
            block = medians[start : start + step]
            drawn = rng.randint(values.size, size=(block.size, values.size))
            block[:] = np.median(values[drawn], axis=1)
        ends[:, place] = np.quantile(medians, quantiles)
    return ends
