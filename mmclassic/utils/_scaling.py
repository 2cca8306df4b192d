"""Powers of two that bring numbers to where their squares can be summed.

Multiplying by a power of two is exact, so what follows differs from that of other units by
nothing but these powers.
"""

import numpy as np
import scipy.sparse as sp

# Binary exponents of the largest magnitude of ordinary data. Four factors of float64 multiply
# without overflow or underflow there; of float32, whose squares are summed in float64, two.
_ORDINARY = {np.dtype(np.float32): (-30, 60), np.dtype(np.float64): (-200, 200)}
# Where others are brought to: far above 1, since columns may be much smaller than the largest.
_TARGET = {np.dtype(np.float32): 55, np.dtype(np.float64): 100}

_SMALLEST = -1100  # below the exponent of any number


def exponent_of(X):
    """The binary exponent to take out of a dense or CSR matrix; 0 for ordinary numbers.

    ``times_power(X, -exponent)`` then is ordinary. All zeros are ordinary. O(n p), at the speed
    of memory; the values are finite.
    """
    largest = extreme_exponent(X, *_ORDINARY[X.dtype])
    return 0 if largest is None else largest - _TARGET[X.dtype]


def fits_exponent(X, exponent):
    """Whether a matrix is not too large once the exponent of another is taken out of it."""
    return extreme_exponent(X, _SMALLEST, exponent + _ORDINARY[X.dtype][1]) is None


def extreme_exponent(X, low, high):
    """Binary exponent of the largest magnitude, or None where it lies in [low, high]."""
    values = X.data if sp.issparse(X) else X
    if not values.size:
        return None
    with np.errstate(all="ignore"):
        # The sum of squares tells at once of nearly all data; it reads them once.
        least, most = np.ldexp(float(values.size), 2 * low), np.ldexp(1.0, 2 * high)
        if least <= _energy(values) < most:
            return None
    largest = max(float(values.max()), -float(values.min()))
    exponent = int(np.frexp(largest)[1])
    return None if largest == 0 or low <= exponent <= high else exponent


def _energy(values):
    if values.flags.forc:
        flat = values.ravel(order="K")
        return float(flat @ flat)
    return float(np.einsum("ij,ij->", values, values))


def times_power(X, power):
    """``X * 2**power``, dense or CSR, in the dtype of X; X itself where the power is 0."""
    if not np.any(power):
        return X
    if not sp.issparse(X):
        return np.ldexp(X, power)
    return type(X)((np.ldexp(X.data, power), X.indices, X.indptr), shape=X.shape)
