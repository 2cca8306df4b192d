"""Speed from the path of a JPEG file to features, against the decoder alone."""

import importlib.util
import json
import os
import sys
import tempfile
import zlib
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image
from threadpoolctl import threadpool_limits

from benchmarks._child import measure
from benchmarks._photographs import photographs, write_jpegs
from benchmarks._ratios import interleaved_seconds, ratio_row, time_row
from benchmarks._report import Row
from mmclassic.features import ImageVectorizer
from mmclassic.features.image._recipes import DEFAULT_RECIPE

_CASE = "from paths of JPEG files of {} x {} to features"
_TARGETS = {
    "compact": "HOG and colour histogram; target: at most 1.4",
    "gist": "the default: GIST besides; what it takes beside the default of before is in the "
    "benchmark of pictures",
}
_GAIN_TARGET = "the default recipe; target: at least 1.6"
# Proportions of phones and of cameras.
_SIZES = ((640, 480), (640, 427), (1200, 800))
_N_FILES = 512  # sixteen chunks: real folders are larger still
_N_FILES_QUICK = 128
# Whether the package `simplejpeg` can be imported, and the code before all other imports.
_DECODERS = {
    "without simplejpeg": "import sys; sys.modules['simplejpeg'] = None; ",
    "with simplejpeg": "import sys; ",
}
_MEASURE = "from benchmarks._jpeg_speed import main; main(sys.argv[1], int(sys.argv[2]))"
_DRAFT, _TWO = "Pillow's draft decode alone", "two workers"
# Compression takes no interpreter lock: what two threads gain at it the machine has to give.
_BUSY, _TWO_BUSY = "busy thread", "two busy threads"
_N_PARTS = 4


def rows(quick):
    """One worker against the decoder, and two against one."""
    n_files, n_runs = (_N_FILES_QUICK, 5) if quick else (_N_FILES, 15)
    found = []
    for size in _SIZES:
        with tempfile.TemporaryDirectory() as folder:
            write_jpegs(folder, photographs(n_files, size))
            for decoder, prelude in _DECODERS.items():
                found += _decoder_rows(_CASE.format(*size), decoder, prelude, folder, n_runs)
    return found


def _decoder_rows(case, decoder, prelude, folder, n_runs):
    name = f"mmclassic {decoder}"
    if decoder == "with simplejpeg" and importlib.util.find_spec("simplejpeg") is None:
        return [Row(case, name, "time / decode", None, note="simplejpeg is not installed")]
    # In a process of its own, because what a process has imported once it keeps.
    found = measure(prelude + _MEASURE, folder, n_runs)
    n_files = found.pop("files")
    return as_rows(case, name, {t: np.array(seconds) for t, seconds in found.items()}, n_files)


def as_rows(case, name, seconds, n_files):
    """Times of a file, the ratios to the decoder alone and the gain of a second worker."""
    draft, one, two = (seconds[task] for task in (_DRAFT, DEFAULT_RECIPE, _TWO))
    found = [time_row(case, f"{_DRAFT}, beside {name}", draft, n_items=n_files, item="file")]
    for recipe, note in _TARGETS.items():
        method = f'"{recipe}", {name}'
        found += [
            time_row(case, method, seconds[recipe], n_items=n_files, item="file"),
            ratio_row(case, method, "time / decode", seconds[recipe], draft, note=note),
        ]
    gain = "gain of a second worker"
    return [
        *found,
        ratio_row(case, name, gain, one, two, note=_GAIN_TARGET),
        ratio_row(
            case,
            f"the machine, beside {name}",
            gain,
            seconds[_BUSY],
            seconds[_TWO_BUSY],
            note="what two threads gain that only compress: as much as the machine had to give",
        ),
    ]


def main(folder, n_runs):
    """Time the decoder and the vectorizer in turn, and print the seconds as JSON."""
    paths = sorted(map(str, Path(folder).glob("*.jpg")))
    size = ImageVectorizer().size
    parts = [os.urandom(1 << 20)] * _N_PARTS
    threads = ThreadPoolExecutor(2)
    tasks = {
        # One picture at a time: all of them would fill memory, which slows what comes after.
        _DRAFT: lambda: deque((draft_decode(path, size) for path in paths), maxlen=0),
        **{name: partial(_describe, paths, name) for name in _TARGETS},
        _TWO: lambda: ImageVectorizer(n_jobs=2).fit_transform(paths),
        _BUSY: lambda: [zlib.compress(part) for part in parts],
        _TWO_BUSY: lambda: list(threads.map(zlib.compress, parts)),
    }
    with threadpool_limits(1):
        seconds = interleaved_seconds(tasks, n_runs)
    found = {task: values.tolist() for task, values in seconds.items()}
    json.dump({"files": len(paths), **found}, sys.stdout)


def _describe(paths, recipe):
    return ImageVectorizer(recipe).fit_transform(paths)


def draft_decode(path, size):
    """Decode a JPEG file at the smallest scale that is not below (height, width)."""
    with Image.open(path) as image:
        image.draft("RGB", size[::-1])
        image.load()
        return image
