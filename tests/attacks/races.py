"""Processes that save to one path while others load it: nobody ever meets half a file.

python tests/attacks/races.py SECONDS
"""

import os
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

import mmclassic
from mmclassic.align import CCA

WRITERS, READERS = 4, 2


def counted(work, end):
    """A child that works until a time, and the pipe that tells how often, and how often in vain."""
    read, write = os.pipe()
    child = os.fork()
    if child:
        os.close(write)
        return child, read
    done = bad = 0
    while time.time() < end:
        done += 1
        try:
            work()
        except Exception as error:
            bad += 1
            sys.stderr.write(f"{error!r}\n")
    os.write(write, f"{done} {bad}".encode())
    os._exit(0)


def main(seconds):
    """Race for some seconds; gives saves, failed saves, loads and failed loads."""
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "m.skops")
        models = [CCA().fit(rng.normal(size=(30, 5 * (i + 1)))) for i in range(WRITERS)]
        mmclassic.save(models[0], path)
        end = time.time() + seconds
        children = [counted(lambda m=m: mmclassic.save(m, path), end) for m in models]
        children += [counted(lambda: mmclassic.load(path), end) for _ in range(READERS)]
        counts = []
        for child, pipe in children:
            counts.append([int(n) for n in os.read(pipe, 100).split()])
            os.waitpid(child, 0)
        counts = np.array(counts)
        left = os.listdir(folder)
    return (*counts[:WRITERS].sum(axis=0), *counts[WRITERS:].sum(axis=0), len(left) - 1)


if __name__ == "__main__":
    saves, bad_saves, loads, bad_loads, left = main(float(sys.argv[1]))
    sys.stdout.write(
        f"{saves} saves, {bad_saves} failed; {loads} loads meanwhile, {bad_loads} failed; "
        f"{left} parts left\n"
    )
    sys.exit(bool(bad_saves + bad_loads + left))
