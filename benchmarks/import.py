"""How long a fresh process takes to import the package."""

import importlib.util
import subprocess
import sys

import numpy as np

from benchmarks._report import Row

DESCRIPTION = "seconds to `import mmclassic` in a fresh process; the claim is below 0.2 s"

LIMIT = 0.2  # seconds
CASE = "import in a fresh process, files already in the system's cache"
PEERS = {"scikit-learn": "sklearn", "librosa": "librosa", "cca-zoo": "cca_zoo"}
NOTE = "median of {n} processes; brackets: the fastest and the slowest."


def run(quick):
    """Time the import in 15 processes, in a quick run in two."""
    n_runs = 2 if quick else 15
    seconds = import_seconds("mmclassic", n_runs)
    rows = [
        _row("mmclassic", seconds),
        _row(
            "mmclassic and its facade",
            import_seconds("mmclassic; mmclassic.MultimodalRecommender", n_runs),
        ),
        Row(
            CASE,
            "mmclassic",
            f"share below {LIMIT} s",
            float(np.mean(seconds < LIMIT)),
            note=NOTE.format(n=n_runs),
        ),
    ]
    for peer, module in PEERS.items():
        if importlib.util.find_spec(module) is None:
            rows.append(Row(CASE, peer, "time", None, unit="s", note=f"{peer} is not installed"))
        else:
            rows.append(_row(peer, import_seconds(module, n_runs)))
    return rows


def import_seconds(module, n_runs):
    """Wall times of an import alone, each in a process of its own, after one that is not counted.

    Statements may follow the name of the module.
    """
    code = (
        f"import time; start = time.perf_counter(); import {module}; "
        "print(time.perf_counter() - start)"
    )
    return np.array([_seconds(code) for _ in range(n_runs + 1)][1:])


def _seconds(code):
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(run.stdout)


def _row(method, seconds):
    low, middle, high = np.quantile(seconds, [0, 0.5, 1])
    note = NOTE.format(n=len(seconds))
    return Row(CASE, method, "time", float(middle), float(low), float(high), "s", note)
