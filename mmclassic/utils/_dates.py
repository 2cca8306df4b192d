"""Missing dates that a conversion has turned into numbers."""

import numpy as np

_LEAST = np.iinfo(np.int64).min  # what NaT is as a number, of nanoseconds or of another unit
_DIVISORS = (1, 10**3, 10**6, 10**9)
_LIMIT = -(10**9)
_VALUES = sorted({float(f) for d in _DIVISORS for f in (_LEAST / d, _LEAST // d, -(-_LEAST // d))})


def are_missing_dates(values):
    """Mark the numbers that NaT becomes: the least int64, also as a float or in coarser units."""
    marks = np.zeros(values.shape, dtype=bool)
    if values.dtype.kind in "if":
        # Nearly nothing is so far below 0, and NaN compares as False.
        some = (
            values < max(_LIMIT, np.iinfo(values.dtype).min)
            if values.dtype.kind == "i"
            else (values < _LIMIT)
        )
        marks[some] = np.isin(values[some].astype(np.float64), _VALUES)
    return marks
