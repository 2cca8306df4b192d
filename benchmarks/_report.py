"""What all benchmarks share: rows, their table, their file, and what they ran on."""

import json
import math
import os
import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from scipy import stats

from mmclassic.metrics import bootstrap_interval

PACKAGES = (
    "mmclassic",
    "numpy",
    "scipy",
    "scikit-learn",
    "scikit-image",
    "librosa",
    "pandas",
    "pillow",
    "simplejpeg",
)


@dataclass(frozen=True)
class Row:
    """One figure: what was asked of which data (`case`), who answered (`method`), what is measured.

    `low` and `high` are an interval where there is one; `unit` is "" for a share or a score; `note`
    says how settings were chosen, or why `value` is None.
    """

    case: str
    method: str
    metric: str
    value: float | None
    low: float | None = None
    high: float | None = None
    unit: str = ""
    note: str = ""

    def __post_init__(self):
        figures = (self.value, self.low, self.high)
        if any(x is not None and not math.isfinite(x) for x in figures):
            raise ValueError(f"figures must be finite, or None with a reason; got {self}.")
        if self.value is None and not self.note:
            raise ValueError(f"a row without a value must say why in its note; got {self}.")


def mean_row(case, method, metric, values, *, note=""):
    """The row of a mean with its 95 % bootstrap interval; NaN among the values are left out."""
    low, high = bootstrap_interval(values, random_state=0)
    value = float(np.nanmean(values))
    return Row(case, method, metric, value, low, high, note=note)


def split_row(case, method, metric, values, test_share, note):
    """The mean over splits with a 95 % t interval whose variance allows for overlapping splits.

    Nadeau and Bengio (2003), Inference for the generalization error: training parts share most of
    their rows, so the variance of the mean is (1/J + n_test / n_train) times that over J splits.
    """
    mean, n = float(np.mean(values)), len(values)
    if n < 3:  # two splits tell nothing of a deviation
        return Row(case, method, metric, mean, note=note)
    deviation = np.sqrt((1 / n + test_share) * np.var(values, ddof=1))
    half = float(stats.t.ppf(0.975, n - 1) * deviation)
    return Row(case, method, metric, mean, mean - half, mean + half, note=note)


def as_report(name, rows, *, quick, seconds):
    """Everything worth keeping of a run, ready for JSON; `seconds` is its wall time."""
    return {
        "name": name,
        "date": datetime.now(UTC).date().isoformat(),
        "quick": quick,
        "seconds": round(seconds, 1),
        "machine": machine(),
        "versions": versions(),
        "rows": [asdict(row) for row in rows],
    }


def write_json(report, path):
    """Write a report; the folder of `path` is made."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def machine():
    """Facts that explain figures, none that tell whose machine it is; CPUs that we may use."""
    try:
        cpus = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS, Windows
        cpus = os.cpu_count()
    return {"system": platform.system(), "architecture": platform.machine(), "cpus": cpus}


def versions():
    """Versions of what the figures depend on; None for a package that is not installed."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    return found


def as_markdown(report):
    """A whole report for people: its heading, then `as_tables`."""
    title = f"## {report['name']}{' (quick)' if report['quick'] else ''}"
    return f"{title}\n\n{as_tables(report, level=3)}"


def as_tables(report, *, level):
    """What was run on, then one table a case (one line a method, one column a metric) and notes.

    `level` is that of the headings of the cases.
    """
    rows = report["rows"]
    parts = [_facts(report)]
    for case in dict.fromkeys(row["case"] for row in rows):
        table = _table([row for row in rows if row["case"] == case])
        parts.append(f"{'#' * level} {case}\n\n{table}")
    notes = _notes([row for row in rows if row["value"] is not None and row["note"]])
    return "\n\n".join([*parts, *notes])


def _facts(report):
    machine = report["machine"]
    packages = ", ".join(
        f"no {name}" if number is None else f"{name} {number}"
        for name, number in report["versions"].items()
    )
    return (
        f"{report['date']}, {machine['system']} {machine['architecture']}, {machine['cpus']} CPUs, "
        f"{report['seconds']:.0f} s; {packages}. Brackets: 95 % interval unless a note says else."
    )


def _notes(rows):
    """One list: whom a note is about, and the case where a method has several notes."""
    texts = {}
    for row in rows:
        texts.setdefault(row["method"], set()).add(row["note"])
    about = {}
    for row in rows:
        name = row["method"]
        about.setdefault(row["note"], {})[
            name if len(texts[name]) == 1 else f"{name} ({row['case']})"
        ] = None
    lines = [f"- {'; '.join(names)}: {_one_line(note)}" for note, names in about.items()]
    return ["\n".join(lines)] if lines else []


def _table(rows):
    metrics = list(dict.fromkeys(row["metric"] for row in rows))
    units = {row["metric"]: row["unit"] for row in rows}
    titles = [f"{metric} ({units[metric]})" if units[metric] else metric for metric in metrics]
    lines = [["method", *titles], ["---", *["---:"] * len(metrics)]]
    for method in dict.fromkeys(row["method"] for row in rows):
        cells = {row["metric"]: _cell(row) for row in rows if row["method"] == method}
        lines.append([method, *(cells.get(metric, "") for metric in metrics)])
    return "\n".join(f"| {' | '.join(map(_one_cell, line))} |" for line in lines)


def _one_cell(text):
    """A bar would end the cell, a line break the table."""
    return _one_line(text).replace("|", r"\|")


def _one_line(text):
    return text.replace("\n", " ")


def _cell(row):
    if row["value"] is None:
        return f"none: {row['note']}"
    value = f"{row['value']:.3f}"
    if row["low"] is None:
        return value
    return f"{value} [{row['low']:.3f}, {row['high']:.3f}]"
