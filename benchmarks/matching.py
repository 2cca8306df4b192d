"""Which row belongs to which: every method against SciPy, POT and plain NumPy, and few labels."""

import importlib.util
import json
import sys
import time
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment
from threadpoolctl import threadpool_limits

from benchmarks import _anchors, _few_labels
from benchmarks._child import measure
from benchmarks._feature_memory import peak_bytes
from benchmarks._ratios import interleaved_seconds, ratio_row
from benchmarks._report import Row
from mmclassic.match import MatchCalibrator, match, match_unpaired, nearest, similarity
from mmclassic.utils import normalize_rows

DESCRIPTION = "planted pairs by every method of match, SciPy, POT and NumPy; anchors; few labels"

METHODS = ("nearest", "mutual", "csls", "optimal", "transport")
_WIDTH, _NOISE = 32, 0.91  # nearest finds .895 of 10,000
_K = 10
_POT_ROWS = 1000  # POT's Sinkhorn takes minutes for more
_MEASURE = "import sys; from benchmarks.matching import main; main(*sys.argv[1:])"
_SECONDS = "seconds of a processor"


def run(quick):
    """Measure; a quick run has 1,000 planted pairs and one fold of the real ones."""
    rows = []
    for n in (1000,) if quick else (1000, 5000, 10_000):
        rows += _planted(n)
    rows += _speed(2000 if quick else 10_000, 3 if quick else 5)
    rows += _calibration(2 if quick else 5)
    rows += _memory(10_000 if quick else 50_000)
    rows += _unpaired(2 if quick else 5)
    return rows + _anchors.rows(quick) + _few_labels.rows(quick)


def noisy_pairs(n, seed=0, noise=_NOISE, width=_WIDTH):
    """Normal rows and the same with noise, float32."""
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((n, width))
    return A.astype(np.float32), (A + noise * rng.standard_normal(A.shape)).astype(np.float32)


def _planted(n):
    case = f"{n:,} x {n:,} planted pairs in 32-d, cosine"
    A, B = noisy_pairs(n)
    tasks = {f"mmclassic {m}": lambda m=m: match(A, B, method=m).partners() for m in METHODS}
    tasks["SciPy linear_sum_assignment"] = lambda: _scipy(A, B)
    tasks["NumPy loop over rows, nearest"] = lambda: _nearest_loop(A, B)
    tasks["NumPy, all similarities, csls"] = lambda: _plain_csls(A, B)
    found, rows = {}, []
    for method, task in tasks.items():
        with threadpool_limits(1):
            start = time.process_time()
            found[method] = task()
            seconds = time.process_time() - start
        rows.append(_right_row(case, method, found[method]))
        rows.append(Row(case, method, _SECONDS, seconds, unit="s", note="one run"))
    sums = [_sum_of(A, B, found[m]) for m in ("mmclassic optimal", "SciPy linear_sum_assignment")]
    note = "sum of similarities of mmclassic optimal by that of SciPy; target: 1"
    rows.append(
        Row(case, "mmclassic optimal", "share of SciPy's optimum", sums[0] / sums[1], note=note)
    )
    return rows + (_pot(case, A, B) if n <= _POT_ROWS else [])


def _right_row(case, method, partners):
    right = float(np.mean(partners == np.arange(len(partners))))
    return Row(case, method, "share of rows with the right partner", right)


def _sum_of(A, B, partners):
    A, B = (normalize_rows(X.astype(np.float64)) for X in (A, B))
    return float(np.einsum("ij,ij->", A, B[partners]))


def _scipy(A, B):
    return linear_sum_assignment(similarity(A, B), maximize=True)[1]


def _nearest_loop(A, B):
    A, B = normalize_rows(A), normalize_rows(B)
    return np.array([np.argmax(B @ row) for row in A])


def _plain_csls(A, B):
    S = normalize_rows(A) @ normalize_rows(B).T
    r_a = np.partition(S, -_K, axis=1)[:, -_K:].mean(axis=1)
    r_b = np.partition(S, -_K, axis=0)[-_K:].mean(axis=0)
    return np.argmax(2 * S - r_a[:, None] - r_b, axis=1)


def _pot(case, A, B):
    methods = {"POT emd": _emd, "POT sinkhorn_log": _sinkhorn}
    if importlib.util.find_spec("ot") is None:
        return [
            Row(case, m, _SECONDS, None, unit="s", note="POT is not installed") for m in methods
        ]
    ot, rows = importlib.import_module("ot"), []
    for method, solve in methods.items():
        with threadpool_limits(1):
            start = time.process_time()
            partners = solve(ot, A, B)
            seconds = time.process_time() - start
        rows.append(_right_row(case, method, partners))
        rows.append(Row(case, method, _SECONDS, seconds, unit="s", note="one run"))
    return rows


def _emd(ot, A, B):
    mass = np.full(len(A), 1 / len(A))
    return ot.emd(mass, mass, 1 - similarity(A, B).astype(np.float64)).argmax(axis=1)


def _sinkhorn(ot, A, B):
    """The problem of method="transport", for as many iterations as that takes about."""
    S = similarity(A, B).astype(np.float64)
    mass = np.full(len(A), 1 / len(A))
    plan = ot.sinkhorn(
        mass, mass, -S / S.std(), 0.1, method="sinkhorn_log", numItermax=200, warn=False
    )
    return plan.argmax(axis=1)


def _speed(n, n_runs):
    """CSLS beside one product and the choice of the ten most similar."""
    case = f"CSLS of {n:,} x {n:,} in 32-d, float32, time"
    A, B = (normalize_rows(X) for X in noisy_pairs(n))
    tasks = {
        "match": lambda: match(A, B, method="csls"),
        "nearest": lambda: nearest(A, B, _K),
        "textbook": lambda: np.argpartition(-(A @ B.T), _K, axis=1)[:, :_K],
    }
    with threadpool_limits(1):
        seconds = interleaved_seconds(tasks, n_runs, cpu=True)
    of_own, of_textbook = "times nearest(k=10)", "times product plus argpartition"
    target = "target: at most 1.5"
    return [
        ratio_row(
            case, "mmclassic csls", of_own, seconds["match"], seconds["nearest"], note=target
        ),
        ratio_row(
            case, "mmclassic csls", of_textbook, seconds["match"], seconds["textbook"], note=target
        ),
    ]


def _calibration(n_seeds):
    """How far probabilities are off on pairs that the calibrator has not seen."""
    case = "probabilities by MatchCalibrator: 300 of 1,500 planted pairs in 16-d known, 30 % of "
    case += "rows without partner"
    rows = []
    for method in METHODS:
        errors = {"MatchCalibrator": [], "confidence as it is": []}
        for seed in range(n_seeds):
            A, B = noisy_pairs(1500, seed, 0.9, 16)
            truth = np.arange(1500)
            gone = np.random.default_rng(seed).random(1500) < 0.3
            B[gone] = noisy_pairs(1500, seed + 1000, 0.9, 16)[0][gone]
            truth[gone] = -1
            found = match(A, B, method=method)
            known = np.arange(300)
            sure = MatchCalibrator().fit(found, truth[:300], rows=known).calibrate(found)
            new = found.rows >= 300
            right = (found.columns == truth[found.rows])[new]
            for name, matches in (("MatchCalibrator", sure), ("confidence as it is", found)):
                errors[name].append(_calibration_error(matches.confidence[new], right))
        for name, values in errors.items():
            note = f"ten bins, held-out pairs; brackets: extremes of {n_seeds} draws"
            figures = np.mean(values), np.min(values), np.max(values)
            metric = f"expected calibration error, {name}"
            rows.append(Row(case, method, metric, *map(float, figures), note=note))
    return rows


def _calibration_error(probabilities, right):
    bins = np.minimum((10 * probabilities).astype(int), 9)
    return sum(
        np.mean(bins == i) * abs(probabilities[bins == i].mean() - right[bins == i].mean())
        for i in np.unique(bins)
    )


def _memory(n):
    case = f"{n:,} x {n:,} in 32-d, float32, memory"
    methods = ("nearest", "csls")
    if not Path("/proc/self/status").exists():
        why = "peak memory is read from /proc, which this system does not have"
        return [Row(case, m, "peak memory", None, unit="MB", note=why) for m in methods]
    note = "of a process, all libraries included; target: under 500 MB"
    return [
        Row(case, m, "peak memory", measure(_MEASURE, m, n) / 1e6, unit="MB", note=note)
        for m in methods
    ]


def main(method, n):
    """Match so many rows and print the peak memory in bytes."""
    A, B = noisy_pairs(int(n))
    match(A, B, method=method)
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    json.dump(peak_bytes(status), sys.stdout)


def _unpaired(n_seeds):
    """No pair is known: a space of 8 columns against itself turned into 12, with noise."""
    metric = "share of rows with the right partner"
    rows = []
    for noise in (0.1, 0.3, 1.0):
        case = f"200 rows and their turned space, noise of {noise:g} deviations, no pair known"
        if importlib.util.find_spec("ot") is None:
            note = "POT is not installed"
            rows.append(Row(case, "match_unpaired", metric, None, note=note))
            continue
        values = [_found_unpaired(seed, noise) for seed in range(n_seeds)]
        note = f"chance is .005; brackets: extremes of {n_seeds} draws"
        figures = map(float, (np.mean(values), np.min(values), np.max(values)))
        rows.append(Row(case, "match_unpaired", metric, *figures, note=note))
    return rows


def _found_unpaired(seed, noise):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(200, 8)) * np.linspace(2, 0.3, 8)
    Y = X @ np.linalg.qr(rng.normal(size=(12, 8)))[0].T
    order = rng.permutation(200)
    Y = (Y + noise * Y.std() * rng.normal(size=Y.shape))[order]
    return np.mean(match_unpaired(X, Y).partners() == np.argsort(order))
