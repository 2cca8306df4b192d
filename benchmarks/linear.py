"""The linear family and its peers: time, memory and held-out correlation on one machine."""

import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field

from benchmarks._report import Row

DESCRIPTION = "CCA and its relatives against scikit-learn, cca-zoo, mvlearn and the bare products"

# An interpreter that has mvlearn, which needs older versions than mmclassic; see README.md.
MVLEARN = "MMCLASSIC_MVLEARN_PYTHON"
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
HELD_OUT = 2000
FLOOR = "products alone"


class PeerError(RuntimeError):
    """A peer did not get through a case."""


@dataclass(frozen=True)
class Method:
    """One competitor: a function of `_linear_methods` and the package it needs, if any.

    A slow one runs once, and not in a quick run.
    """

    name: str
    function: str
    package: str | None = None
    slow: bool = False


@dataclass(frozen=True)
class Case:
    """Data that several methods are run on.

    `maker` is "views" or "words" of `_planted`, `data` its arguments without the number of rows.
    """

    name: str
    maker: str
    data: dict
    n_rows: int
    n_components: int
    methods: tuple
    quick: bool = field(default=False)


OURS = Method("mmclassic CCA", "ours_cca")
OURS_RIDGE = Method("mmclassic CCA, ridge .01", "ours_cca_ridge")
OURS_GCCA = Method("mmclassic GCCA", "ours_gcca")
OURS_PLS = Method("mmclassic PLS", "ours_pls")
BARE = Method(FLOOR, "gemm_floor")
NIPALS = Method("scikit-learn CCA", "sklearn_cca", slow=True)
PLS_SVD = Method("scikit-learn PLSSVD", "sklearn_pls_svd")
ZOO = Method("cca-zoo CCA", "cca_zoo_cca", "cca_zoo")
ZOO_MCCA = Method("cca-zoo MCCA", "cca_zoo_mcca", "cca_zoo")
ZOO_GCCA = Method("cca-zoo GCCA", "cca_zoo_gcca", "cca_zoo")
SVD_THEN_ZOO = Method("TruncatedSVD, cca-zoo CCA", "svd_then_cca_zoo", "cca_zoo")
MVLEARN_CCA = Method("mvlearn CCA", "mvlearn_cca", "mvlearn")
MVLEARN_MCCA = Method("mvlearn MCCA", "mvlearn_mcca", "mvlearn")

TWO_VIEWS = (BARE, OURS, OURS_RIDGE, OURS_PLS, PLS_SVD, ZOO, MVLEARN_CCA)
IN_FLOAT32 = (BARE, OURS, OURS_RIDGE)


def run(quick):
    """Measure every case; a quick run has the small ones, without the slow peers."""
    rows = []
    for case in _cases():
        if case.quick or not quick:
            rows += _case_rows(case, quick)
    return rows


def _cases():
    sizes = {
        "S": (2000, (100, 80), 10),
        "M": (20000, (500, 300), 32),
        "T": (100000, (300, 300), 32),
        "L": (20000, (2000, 1000), 64),
    }
    for name, (n_rows, widths, k) in sizes.items():
        for dtype in ("float64", "float32"):
            methods = TWO_VIEWS if dtype == "float64" else IN_FLOAT32
            if dtype == "float64" and name in "SM":
                methods = (*methods, NIPALS)
            yield Case(
                f"{name}: {n_rows} x {widths}, {k} components, {dtype}",
                "views",
                {"widths": widths, "n_components": k, "dtype": dtype},
                n_rows,
                k,
                methods,
                quick=name in "SM",
            )
    yield Case(
        "three views: 20000 x (500, 500, 500), 32 components",
        "views",
        {"widths": (500, 500, 500), "n_components": 32},
        20000,
        32,
        (BARE, OURS, OURS_GCCA, ZOO_MCCA, ZOO_GCCA, MVLEARN_MCCA),
    )
    yield Case(
        "sparse: 20000 x (20000 words, 500), 20 components",
        "words",
        {"n_words": 20000, "width": 500, "n_topics": 20},
        20000,
        20,
        (OURS_RIDGE, SVD_THEN_ZOO),
    )


def _case_rows(case, quick):
    absent = _peers_absent(case)
    lacking = {row.method for row in absent}
    methods = [m for m in case.methods if m.name not in lacking and not (quick and m.slow)]
    found = {}
    # Two rounds: what another program takes away for a while then does not fall on one method.
    for method in [*methods, *(m for m in methods if not m.slow)]:
        try:
            figures = _measured(case, method)
        except PeerError as error:
            reason = f"failed: {str(error).splitlines()[-1]}"
            absent.append(Row(case.name, method.name, "CPU time", None, unit="s", note=reason))
            continue
        before = found.setdefault(method.name, figures)
        found[method.name] = {**before, **{k: min(before[k], figures[k]) for k in ("cpu", "wall")}}
    rows = [
        row for name, figures in found.items() for row in _figure_rows(case.name, name, figures)
    ]
    return rows + absent + _ratio_rows(case.name, found)


def _peers_absent(case):
    """A row for every peer that cannot be run, with the reason."""
    reasons = {method.name: _lacking(method) for method in case.methods}
    return [
        Row(case.name, name, "CPU time", None, unit="s", note=reason)
        for name, reason in reasons.items()
        if reason
    ]


def _measured(case, method):
    task = {
        "method": method.function,
        "maker": case.maker,
        "data": {**case.data, "n_rows": case.n_rows + HELD_OUT},
        "n_components": case.n_components,
        "repeats": 1 if method.slow else 2,
    }
    python = os.environ[MVLEARN] if method.package == "mvlearn" else sys.executable
    finished = subprocess.run(
        [python, "-m", "benchmarks._linear_child", json.dumps(task)],
        capture_output=True,
        text=True,
        env={**os.environ, **ONE_THREAD},
    )
    if finished.returncode:
        kind = RuntimeError if method.name.startswith("mmclassic") else PeerError
        raise kind(f"{method.name} on {case.name!r} failed:\n{finished.stderr}")
    return json.loads(finished.stdout.splitlines()[-1])


def _lacking(method):
    """Why a peer cannot be run; None if it can."""
    if method.package == "mvlearn":
        return None if os.environ.get(MVLEARN) else f"{MVLEARN} names no interpreter with mvlearn"
    if method.package and importlib.util.find_spec(method.package) is None:
        return f"{method.package} is not installed"
    return None


def _figure_rows(case, method, figures):
    rows = [
        Row(case, method, "CPU time", figures["cpu"], unit="s"),
        Row(case, method, "wall time", figures["wall"], unit="s"),
        Row(case, method, "extra memory", figures["memory"], unit="MB"),
    ]
    if method != FLOOR:
        rows.append(Row(case, method, "held-out correlation", figures["correlation"]))
    return rows


def _ratio_rows(case, found):
    """Our CPU time against the floor's, and every peer's against ours."""
    rows = []
    ours = {name: figures for name, figures in found.items() if name.startswith("mmclassic")}
    if FLOOR in found:
        floor = found[FLOOR]["cpu"]
        rows += [
            Row(case, name, "CPU time over products alone", figures["cpu"] / floor)
            for name, figures in found.items()
            if name != FLOOR
        ]
    rival = next(iter(ours))
    for name, figures in found.items():
        if name not in ours and name != FLOOR:
            speedup = figures["cpu"] / ours[rival]["cpu"]
            rows.append(Row(case, rival, f"speedup over {name}", speedup))
    return rows
