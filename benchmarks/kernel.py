"""Kernel CCA: time and held-out correlation against the exact dual problem of cca-zoo."""

import time

import numpy as np
from sklearn.metrics.pairwise import euclidean_distances

from benchmarks._report import Row
from mmclassic.align import CCA, KernelCCA
from mmclassic.exceptions import MissingDependencyError
from mmclassic.metrics import paired_correlation
from mmclassic.utils._optional import import_optional
from mmclassic.views import Views

DESCRIPTION = "kernel CCA, 2,000 and 20,000 rows: CPU time and held-out correlation"

N_COMPONENTS = 4
N_HELD_OUT = 1000
SECONDS = "CPU time of fit"
CORRELATION = "held-out correlation"
# Each method takes the best of these on held-out rows of its own, so that no default decides.
RIDGES = (0.01, 0.1, 1.0, 10.0)
SHRINKAGES = (1e-4, 1e-3, 1e-2)


def run(quick):
    """Fit on rows whose views are sines of shared coordinates, with noise.

    A quick run has 400 and 2,000 rows.
    """
    small, large = (400, 2000) if quick else (2000, 20_000)
    return _small_rows(small) + _large_rows(large)


def _small_rows(n_rows):
    case = f"{n_rows:,} rows of 20 and 15 columns"
    views = make_curves(n_rows + 2 * N_HELD_OUT)
    train, choice, test = (
        views[:n_rows],
        views[n_rows : n_rows + N_HELD_OUT],
        views[n_rows + N_HELD_OUT :],
    )
    linear = CCA(N_COMPONENTS, ridge=0.01).fit(train)
    rows = [Row(case, "CCA", CORRELATION, linear.score(test), note="linear, for comparison.")]
    seconds = {}
    for method, make, settings in _methods():
        if make is None:
            rows.append(Row(case, method, SECONDS, None, unit="s", note="cca-zoo is not installed"))
            continue
        best = max(settings, key=lambda s: _correlation(make(s, train).fit(train), choice))
        model = make(best, train)
        start = time.process_time()
        model.fit(train)
        seconds[method] = time.process_time() - start
        note = f"regularisation {best:g} of {settings}, chosen on {N_HELD_OUT} other rows."
        rows.append(Row(case, method, SECONDS, seconds[method], unit="s", note=note))
        rows.append(Row(case, method, CORRELATION, _correlation(model, test), note=note))
    peer = seconds.pop("cca-zoo KCCA", None)
    if peer is not None:
        rows += [
            Row(case, method, "speedup over cca-zoo", peer / own, unit="x")
            for method, own in seconds.items()
        ]
    return rows


def _large_rows(n_rows):
    case = f"{n_rows:,} rows of 20 and 15 columns"
    views = make_curves(n_rows + N_HELD_OUT)
    rows = []
    for n_landmarks in (500, 1000):
        model = KernelCCA(N_COMPONENTS, ridge=0.1, n_landmarks=n_landmarks)
        cpu, wall = time.process_time(), time.perf_counter()
        model.fit(views[:n_rows])
        method = f"KernelCCA, {n_landmarks} landmarks"
        rows += [
            Row(case, method, SECONDS, time.process_time() - cpu, unit="s", note="ridge 0.1."),
            Row(case, method, "wall time of fit", time.perf_counter() - wall, unit="s"),
            Row(case, method, CORRELATION, model.score(views[n_rows:]), note="ridge 0.1."),
        ]
    return rows


def make_curves(n_rows, random_state=0):
    """Two views ("x" of width 20, "y" of 15) of four hidden coordinates, through sines."""
    rng = np.random.default_rng(random_state)
    directions = {"x": rng.normal(size=(4, 20)), "y": rng.normal(size=(4, 15))}
    hidden = rng.normal(size=(n_rows, 4))
    return Views(
        {
            name: np.sin(hidden @ W) + 0.3 * rng.normal(size=(n_rows, W.shape[1]))
            for name, W in directions.items()
        }
    )


class _Peer:
    """cca-zoo's KCCA with a bandwidth by the median heuristic, on Views."""

    def __init__(self, KCCA, shrinkage, train):
        gamma = [_median_gamma(train[name]) for name in train.names]
        self.model = KCCA(N_COMPONENTS, kernel="rbf", gamma=gamma, shrinkage=shrinkage)

    def fit(self, views):
        self.model.fit([views[name] for name in views.names])
        return self

    def transform(self, views):
        return Views.from_arrays(
            *self.model.transform([views[name] for name in views.names]), names=views.names
        )


def _median_gamma(rows):
    return 1 / np.median(euclidean_distances(rows[:1000], squared=True))


def _methods():
    """Name, what makes a model of a regularisation and the training rows, regularisations."""
    for n_landmarks in (500, 1000):
        yield (
            f"KernelCCA, {n_landmarks} landmarks",
            lambda ridge, _, m=n_landmarks: KernelCCA(N_COMPONENTS, ridge=ridge, n_landmarks=m),
            RIDGES,
        )
    try:
        KCCA = import_optional("cca_zoo.nonparametric", extra="bench", purpose="the peer").KCCA
    except MissingDependencyError:
        yield "cca-zoo KCCA", None, SHRINKAGES
    else:
        yield "cca-zoo KCCA", lambda shrinkage, train: _Peer(KCCA, shrinkage, train), SHRINKAGES


def _correlation(model, views):
    space = model.transform(views)
    return float(paired_correlation(space["x"], space["y"]).mean())
