"""How sure a mean over users or queries is."""

from numbers import Integral, Real

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, validate_params

_BLOCK_ELEMENTS = 1 << 20


@validate_params(
    {
        "values": ["array-like"],
        "confidence": [Interval(Real, 0, 1, closed="neither")],
        "n_resamples": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def bootstrap_interval(values, *, confidence=0.95, n_resamples=1000, random_state=None):
    """Percentile bootstrap interval of a mean.

    Parameters
    ----------
    values : array-like of shape (n_values,)
        One value per user or query; NaN are left out.
    confidence : float in (0, 1), default=0.95
        Share of the resampled means that the interval covers.
    n_resamples : int > 0, default=1000
        Number of resamples.
    random_state : int, RandomState instance or None, default=None
        Seed of the resampling.

    Returns
    -------
    low, high : float
        Ends of the interval.

    Raises
    ------
    ValueError
        If `values` is not 1-D, holds infinity, or nothing but NaN.

    Notes
    -----
    O(n_values n_resamples) time, in blocks of bounded memory.

    References
    ----------
    .. [1] Efron, B. (1979). Bootstrap methods: another look at the jackknife. The Annals of
       Statistics 7(1).

    Examples
    --------
    >>> bootstrap_interval([0.5, 0.5, 0.5], random_state=0)
    (0.5, 0.5)
    """
    values = _check_values(values)
    rng = check_random_state(random_state)
    step = max(1, _BLOCK_ELEMENTS // values.size)
    means = np.empty(n_resamples)
    for start in range(0, n_resamples, step):
        block = means[start : start + step]
        drawn = rng.randint(values.size, size=(block.size, values.size))
        block[:] = values[drawn].mean(axis=1)
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def _check_values(values):
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 1:
        raise ValueError(f"values must be 1-D; got shape {values.shape}.")
    values = values[~np.isnan(values)]
    if values.size == 0:
        raise ValueError("there is no value that is not NaN, so the mean has no interval.")
    if not np.isfinite(values).all():
        raise ValueError("values must be finite; got infinity.")
    return values
