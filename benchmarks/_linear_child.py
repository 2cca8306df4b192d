"""One method on one size, in a process of its own, so that its memory is its own.

Run as ``python -m benchmarks._linear_child TASK`` with one thread; TASK is the JSON of what `run`
takes. Prints one line of JSON.
"""

import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np

from benchmarks import _linear_methods, _planted
from mmclassic.utils._resources import measure

N_HELD_OUT = 2000
MAKERS = {
    "views": _planted.planted_views,
    "words": _planted.planted_words,
}


def run(task):
    """Measure a task: "method" (of `_linear_methods`), "maker", "data", "n_components", "repeats".

    Gives "cpu" and "wall" (seconds, the least of all repeats), "memory" (MB above what was resident
    before the first fit) and "correlation" (held out).
    """
    method = getattr(_linear_methods, task["method"])
    views, held_out = _split(MAKERS[task["maker"]](**task["data"]))
    n_components = task["n_components"]
    # What a library loads at its first call is neither time nor memory of the method.
    small = [view[:600, :300] for view in views]
    method(small, min(5, n_components))([view[:9] for view in small])
    resident = _resident_mb()
    cpu, wall, memory = [], [], None
    for _ in range(task["repeats"]):
        start = time.process_time()
        with measure("fit and transform") as stage:
            transform = method(views, n_components)
            transform(views)
        cpu.append(time.process_time() - start)
        wall.append(stage.seconds)
        # Later repeats find freed memory of earlier ones still resident.
        memory = stage.peak_mib * 1.048576 - resident if memory is None else memory
    return {
        "cpu": min(cpu),
        "wall": min(wall),
        "memory": max(memory, 0.0),
        "correlation": _planted.held_out_correlation(transform(held_out)),
    }


def _split(views):
    return [view[:-N_HELD_OUT] for view in views], [view[-N_HELD_OUT:] for view in views]


def _resident_mb():
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError("memory is measured on Linux only")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    with np.errstate(all="ignore"):
        print(json.dumps(run(json.loads(sys.argv[1]))))
