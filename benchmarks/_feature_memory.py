"""Peak memory by the number of files."""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks._child import measure
from benchmarks._photographs import photographs, write_jpegs
from benchmarks._report import Row
from mmclassic.features import ColorHistogram, ImageVectorizer, LocalBinaryPattern

_SIZE = (160, 120)
_N_DISTINCT = 200
_MEASURE = (
    "import sys; from benchmarks._feature_memory import main; "
    "main(sys.argv[1], int(sys.argv[2]), sys.argv[3])"
)
_VECTORIZERS = {
    "colour histogram of 4 x 4 x 4 bins and local binary patterns": lambda: ImageVectorizer(
        [("color", ColorHistogram(bins=4)), ("texture", LocalBinaryPattern())]
    ),
    "the defaults": ImageVectorizer,
}
_NOTE = "target: at most 50 MB more, beyond the matrix itself; a MB is a million bytes"


def rows(quick):
    """Few files and ten times as many, each in a process of its own.

    A quick run takes a twentieth of the files.
    """
    few, many = (100, 1_000) if quick else (2_000, 20_000)
    case = f"memory for {few:,} and for {many:,} JPEG files, two workers"
    if not Path("/proc/self/status").exists():
        why = "peak memory is read from /proc, which this system does not have"
        return [Row(case, name, "more peak memory", None, note=why) for name in _VECTORIZERS]
    found = []
    with tempfile.TemporaryDirectory() as folder:
        _write_files(folder, many)
        for name in _VECTORIZERS:
            smaller, larger = (measure(_MEASURE, folder, n, name) for n in (few, many))
            found += growth_rows(case, name, smaller, larger)
    return found


def growth_rows(case, name, smaller, larger):
    """The peak of few and of many files, how much higher it is, and what of that is not the matrix.

    `smaller` and `larger` are what `main` printed; the rows are in MB.
    """
    peak = larger["peak"] - smaller["peak"]
    matrix = larger["matrix"] - smaller["matrix"]
    figures = {
        "peak, few files": smaller["peak"],
        "peak, many files": larger["peak"],
        "more peak memory": peak,
        "of it the matrix": matrix,
        "of it the rest": peak - matrix,
    }
    return [
        Row(case, name, metric, value / 1e6, unit="MB", note=_NOTE)
        for metric, value in figures.items()
    ]


def _write_files(folder, n_files):
    """Distinct pictures under many names."""
    paths = write_jpegs(folder, photographs(_N_DISTINCT, _SIZE))
    for i in range(len(paths), n_files):
        shutil.copyfile(paths[i % len(paths)], Path(folder) / f"{i:05d}.jpg")


def main(folder, n_files, name):
    """Describe the first files of a folder and print what that took as JSON, in bytes."""
    paths = [os.path.join(folder, f"{i:05d}.jpg") for i in range(n_files)]
    matrix = _VECTORIZERS[name]().set_params(n_jobs=2).fit_transform(paths)
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    json.dump({"peak": peak_bytes(status), "matrix": matrix.nbytes}, sys.stdout)


def peak_bytes(status):
    """The largest resident memory that a process had, from its /proc/PID/status.

    The ``ru_maxrss`` of a process would start from that of the one that started it.
    """
    fields = dict(line.split(":", 1) for line in status.splitlines())
    amount, unit = fields["VmHWM"].split()
    if unit != "kB":
        raise ValueError(f"expected the peak memory VmHWM in kB; got {fields['VmHWM'].strip()!r}.")
    return 1024 * int(amount)
