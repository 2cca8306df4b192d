"""Powers of two that views are divided by, so that their squares fit."""

import numpy as np
import scipy.sparse as sp

from mmclassic.utils import exponent_of, times_power
from mmclassic.views import Views

# The least that the largest number of every column, and the middle of all, may be when the power
# of two of the largest is out: squares keep their digits.
_LEAST_USUAL = {np.dtype(np.float32): 2.0**-60, np.dtype(np.float64): 2.0**-200}


def units_of(views):
    """Binary exponents to take out of views, 0 for ordinary ones."""
    units = {name: exponent_of(block) for name, block in views.items()}
    for name, unit in units.items():
        if unit > 0:
            _check_spread(name, views[name], unit)
    return units


def _check_spread(name, block, unit):
    """Refuse numbers beside which those of other columns or most rows would be lost."""
    values = np.abs(block.data if sp.issparse(block) else block.ravel())
    columns = abs(block).max(axis=0)
    columns = columns.toarray().ravel() if sp.issparse(block) else columns
    usual = min(columns[columns > 0].min(), np.median(values[values > 0]))
    if np.ldexp(float(usual), -unit) < _LEAST_USUAL[block.dtype]:
        largest = int(values.argmax())
        row = largest // block.shape[1]
        if sp.issparse(block):
            row = int(np.searchsorted(block.indptr, largest, side="right") - 1)
        raise ValueError(
            f"view {name!r}, row {row}: {values[largest]:.3g} is so large beside others of this "
            f"view, {usual:.3g} for one, that nothing of these would be left. Look for a wrong "
            "value, or divide that column by a number."
        )


def divided(views, exponents):
    """Views divided by 2 to the exponents; the same container where all are 0."""
    if not any(exponents.values()):
        return views
    blocks = {name: times_power(block, -exponents[name]) for name, block in views.items()}
    return Views(blocks, views.present)


def moments_in_units(moments, own, wanted):
    """Moments in other units, which are powers of two; the same ones if none changes."""
    factors = {n: 2.0 ** (unit - wanted[n]) for n, unit in own.items() if unit != wanted[n]}
    return moments.in_axes(factors) if factors else moments


def in_unit(array, power, what, name):
    """An array times a power of two; where float64 does not hold it the view is named."""
    with np.errstate(over="ignore", under="ignore"):
        scaled = times_power(array, power)
    lost = (array != 0) & (np.abs(scaled) < np.finfo(np.float64).tiny)
    if power and (not np.isfinite(scaled).all() or lost.all()):
        raise ValueError(
            f"view {name!r}: its numbers are so large or so small that the {what} do not fit into "
            "float64; change its unit."
        )
    return scaled
