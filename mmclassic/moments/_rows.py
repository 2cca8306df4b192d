"""Rows of views as they are gathered: which have the same views, and what to subtract first."""

import numpy as np
import scipy.sparse as sp

# Rows that decide the shift: it must be near the mean, not be it. Of 512 rows the mean is off by
# 1 / sqrt(512) = 0.04 deviations, so that centring then takes 0.2 % off the products.
_SAMPLE_ROWS = 512


def rows_by_views(views, sample_weight, order):
    """Group rows by the views they have.

    Parameters
    ----------
    views : Views
        Rows.
    sample_weight : ndarray of shape (n_rows,) or None
        Rows of weight 0 are left out.
    order : sequence of str
        Order of the names.

    Returns
    -------
    groups : list of tuple of (tuple of str, slice or ndarray of int)
        Names of views, and the rows that have just these; rows without any are in none.
    """
    names = [name for name in order if name in views]
    present = np.column_stack([views.mask(name) for name in names])
    used = True if sample_weight is None else np.asarray(sample_weight) > 0
    if present.all() and np.all(used):
        return [(tuple(names), slice(0, len(views)))]
    patterns, which = np.unique(present, axis=0, return_inverse=True)
    groups = [
        (tuple(np.array(names)[pattern].tolist()), np.flatnonzero((which.ravel() == i) & used))
        for i, pattern in enumerate(patterns)
    ]
    return [(some, rows) for some, rows in groups if some and rows.size]


def useful_shift(block, rows):
    """Mean of a sample of the rows, at the precision of the data.

    Zero for sparse views, and where no mean exceeds the spread: subtracting it would cost
    a copy and gain nothing.
    """
    if sp.issparse(block):
        return np.zeros(block.shape[1])
    rows = np.arange(rows.stop) if isinstance(rows, slice) else rows
    sample = block[rows[:: 1 + rows.size // _SAMPLE_ROWS]]
    mean = sample.mean(axis=0, dtype=np.float64)
    if (np.abs(mean) <= sample.std(axis=0, dtype=np.float64)).all():
        return np.zeros_like(mean)
    # Rounded to the data's own precision: then subtracting it in float32 loses nothing.
    return mean.astype(block.dtype).astype(np.float64)
