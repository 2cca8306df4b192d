"""Time and memory of dynamic time warping, beside librosa and tslearn."""

import importlib
import importlib.util

import numpy as np

from benchmarks import _child
from benchmarks._ratios import race
from benchmarks._report import Row
from mmclassic.sync import dtw
from mmclassic.utils import measure

WIDTH = 12
BAND = 0.1
LIBROSA, OURS, BANDED = "librosa", "mmclassic dtw", "mmclassic dtw, band 10 %"
TARGET = (
    "target: no slower than librosa without a band; with a band of 10 %, 5 times as fast and at "
    "most 30 MB. Frames are random walks of 12 features; paths too, not costs alone"
)


def _librosa(X, Y, **options):
    sequence = importlib.import_module("librosa").sequence
    return sequence.dtw(X.T, Y.T, **options)[0][-1, -1]


def _tslearn(X, Y):
    return importlib.import_module("tslearn.metrics").dtw_path(X, Y)[1]


METHODS = {
    LIBROSA: _librosa,
    OURS: lambda X, Y: dtw(X, Y).cost,
    BANDED: lambda X, Y: dtw(X, Y, band=BAND).cost,
    "librosa, band 10 %": lambda X, Y: _librosa(X, Y, global_constraints=True, band_rad=BAND),
    "tslearn (squared distances)": _tslearn,
}
PACKAGE = {"tslearn (squared distances)": "tslearn"}


def streams(n, m):
    """Two random walks, the second an uneven selection of the first with noise."""
    rng = np.random.default_rng(0)
    X = np.cumsum(rng.normal(size=(n, WIDTH)), axis=0)
    at = np.sort(rng.choice(n, size=m, replace=m > n))
    return X, X[at] + rng.normal(size=(m, WIDTH))


def rows(quick):
    """Times in turn, memory in processes of their own, and how far costs are from librosa's."""
    found = []
    for n, m in [(600, 400)] if quick else [(1332, 868), (6000, 5000)]:
        found += _of_size(n, m, n_runs=3 if quick else 7)
    return found


def _of_size(n, m, n_runs):
    case = f"{n} x {m} frames of {WIDTH} features"
    X, Y = streams(n, m)
    there = [name for name in METHODS if importlib.util.find_spec(PACKAGE.get(name, "librosa"))]
    tasks = {name: lambda method=METHODS[name]: method(X, Y) for name in there}
    found = race(case, tasks, n_items=1, item="pair", n_runs=n_runs, target=TARGET)
    for name in METHODS:
        if name not in there:
            note = f"{PACKAGE[name]} is not installed"
            found.append(Row(case, name, "time of a pair", None, unit="ms", note=note))
            continue
        code = "import sys, json; from benchmarks._warping_speed import peak; "
        code += "print(json.dumps(peak(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))"
        megabytes = _child.measure(code, name, n, m)
        found.append(Row(case, name, "memory", megabytes, unit="MB"))
    apart = abs(METHODS[OURS](X, Y) / METHODS[LIBROSA](X, Y) - 1)
    found.append(Row(case, OURS, "cost beside librosa's, parts in 1e9", 1e9 * apart))
    return found


def peak(name, n, m):
    """Memory that a method takes above what was resident before, MB; for a fresh process."""
    X, Y = streams(n, m)
    METHODS[name](X[:50], Y[:40])  # what a library loads at its first call is not counted
    with measure("nothing") as before:
        pass
    with measure("warping") as stage:
        METHODS[name](X, Y)
    return max(0.0, stage.peak_mib - before.peak_mib) * 1.048576
