"""Optimal transport with an entropic penalty, by Sinkhorn's iterations on logarithms."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_array

from mmclassic.match._similarity import check_fit
from mmclassic.utils import top_k

_SHRINK = 4.0  # the penalty falls by this, from the range of the similarities to what is wanted
_MOST_ITERATIONS = 1000  # at the last penalty
_FEW_ITERATIONS = 20  # at every one before, which only prepares
_TOLERANCE = 1e-3  # share of the mass that may lie in wrong rows
_BAD = 1e-2  # that is warned of
_CHECK_EVERY = 10
_LARGEST = 1e10  # of scalings, before they are taken into the potentials


def transport(similarities, epsilon, marginals, k):
    """Rows of positive mass, the `k` columns that get most of it, and the shares they get."""
    a, b = _masses(marginals, similarities.shape)
    rows, columns = np.flatnonzero(a), np.flatnonzero(b)
    if rows.size < a.size or columns.size < b.size:
        similarities = similarities[np.ix_(rows, columns)]
    plan = transport_plan(similarities, epsilon, a[rows], b[columns])
    plan /= a[rows].astype(np.float32)[:, None]
    found = top_k(plan, min(k, columns.size))
    shares = np.take_along_axis(plan, found, axis=1).astype(np.float64)
    lacking = k - found.shape[1]
    if lacking:  # columns without mass get none
        empty = np.flatnonzero(b == 0)[:lacking]
        found = np.hstack([columns[found], np.tile(empty, (rows.size, 1))])
        return rows, found, np.pad(shares, ((0, 0), (0, lacking)))
    return rows, columns[found], shares


def _masses(marginals, shape):
    if marginals is None:
        return tuple(np.full(n, 1 / n) for n in shape)
    if len(marginals) != 2:
        raise ValueError(f"marginals must be a pair, masses of A and of B; got {len(marginals)}.")
    masses = []
    for given, n, side in zip(marginals, shape, "AB"):
        mass = check_array(given, ensure_2d=False, dtype=np.float64, input_name="marginals")
        if mass.shape != (n,) or (mass < 0).any() or not mass.any():
            raise ValueError(
                f"the masses of {side} must be {n} numbers of at least 0, not all 0; got shape "
                f"{mass.shape}, the least {mass.min()}."
            )
        masses.append(mass / mass.sum())
    return masses


def transport_plan(similarities, epsilon, a, b):
    """The shares of the masses `a` of rows and `b` of columns that go from row to column.

    Of all plans with these masses it is the one with most similarity, in standard deviations of
    all similarities, minus `epsilon` times its divergence from ``outer(a, b)``. All masses are
    above 0; the sums of columns are exact. float32 of shape (n_a, n_b); the similarities are
    overwritten where their type allows.

    What is kept are the logarithms f and g of the density ``exp((s + f + g) / epsilon)`` of the
    plan beside ``outer(a, b)``. An iteration is two products with it, and its scalings are taken
    into f and g before they overflow. A density that is right for one penalty is so far from 0 and
    from infinity at a quarter of it that float32 holds it.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        deviation = similarities.std(dtype=np.float64) or 1.0
    check_fit(deviation)
    scaled = similarities - similarities.mean(dtype=np.float64)
    scaled = (scaled / deviation).astype(np.float32, copy=False)
    f, g = np.zeros(len(a)), np.zeros(len(b))
    for penalty in _penalties(float(np.ptp(scaled)), epsilon):
        n_iterations = _MOST_ITERATIONS if penalty == epsilon else _FEW_ITERATIONS
        f, g, off = _sinkhorn(scaled, penalty, (a, b), (f, g), n_iterations)
    if off > _BAD:
        warnings.warn(
            f"optimal transport left {off:.2g} of the mass in wrong rows after {_MOST_ITERATIONS} "
            "iterations; a larger epsilon converges sooner.",
            ConvergenceWarning,
            stacklevel=5,
        )
    plan = _density(scaled, epsilon, f, g)
    plan *= a.astype(np.float32)[:, None]
    plan *= b.astype(np.float32)
    return plan


def _penalties(largest, smallest):
    penalties = [smallest]
    while penalties[-1] < largest:
        penalties.append(penalties[-1] * _SHRINK)
    return penalties[::-1]


def _sinkhorn(scaled, penalty, masses, potentials, n_iterations):
    """Potentials after some iterations at one penalty, and the mass in wrong rows."""
    a, b = masses
    f, g = potentials
    density, v = _density(scaled, penalty, f, g), np.ones(len(b))
    for i in range(1, n_iterations + 1):
        u = 1 / _product(density, b * v)
        v = 1 / _product(density.T, a * u)
        large = max(u.max(), v.max(), 1 / u.min(), 1 / v.min()) > _LARGEST
        if large or i % _CHECK_EVERY == 0 or i == n_iterations:
            off = float(a @ np.abs(u * _product(density, b * v) - 1))
            if off < _TOLERANCE or i == n_iterations:
                break
        if large:
            f, g = f + penalty * np.log(u), g + penalty * np.log(v)
            density, v = _density(scaled, penalty, f, g), np.ones(len(b))
    return f + penalty * np.log(u), g + penalty * np.log(v), off


def _product(density, masses):
    """In float64 where float32 could not hold the masses."""
    unit = masses.max()
    return (density @ (masses / unit).astype(np.float32)).astype(np.float64) * unit


def _density(scaled, penalty, f, g):
    density = scaled + f[:, None].astype(np.float32)
    density += g.astype(np.float32)
    density /= np.float32(penalty)
    return np.exp(density, out=density)
