"""SIGKILL at any moment of `save` and of storing features: what is there is whole.

python tests/attacks/kills.py NUMBER [SEED]
"""

import os
import signal
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path

import numpy as np
import tqdm

import mmclassic
from mmclassic.align import CCA
from mmclassic.features import ImageVectorizer


def killed(work, seconds):
    """Do some work again and again in a child until it is killed."""
    child = os.fork()
    if not child:
        try:
            while True:
                work()
        finally:
            os._exit(1)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def save_and_kill(folder, number, rng):
    """Failures to load what is there after each kill."""
    path = Path(folder, "m.skops")
    models = [CCA().fit(rng.normal(size=(20, width))) for width in (3, 300)]
    mmclassic.save(models[0], path)

    def work():
        for model in models:
            mmclassic.save(model, path)

    bad = 0
    for _ in range(number):
        killed(work, rng.uniform(0, 0.1))
        try:
            bad += mmclassic.load(path).n_features_in_ not in (3, 300)
        except ValueError:
            bad += 1
    left = len(os.listdir(folder)) - 1
    for part in Path(folder).glob(".mmclassic-*.part"):
        os.utime(part, (0, 0))
    work()
    return bad + (os.listdir(folder) != ["m.skops"]), left


def store_and_kill(folder, number, rng):
    """Features that are not what they are without a cache."""
    pictures = list(rng.integers(0, 256, (20, 32, 32, 3), dtype=np.uint8))
    plain = ImageVectorizer(size=(32, 32)).fit_transform(pictures)
    bad = 0
    for i in range(number):
        # Every eighth time in a new folder, so that there is something to be stored.
        cached = ImageVectorizer(size=(32, 32), cache=Path(folder, str(i // 8)))
        killed(lambda cached=cached: cached.fit(pictures), rng.uniform(0, 0.1))
        bad += not np.array_equal(cached.fit_transform(pictures), plain)
    return bad


def main(number, seed=0):
    """Kill so many of each; gives the failures of both and the parts that were left."""
    warnings.simplefilter("ignore")
    # All forks share the lock of progress lines: a child killed with it would stop this process.
    tqdm.tqdm.set_lock(threading.RLock())
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as saved, tempfile.TemporaryDirectory() as stored:
        bad, left = save_and_kill(saved, number, rng)
        return bad, store_and_kill(stored, number, rng), left


if __name__ == "__main__":
    number = int(sys.argv[1])
    saves, stores, left = main(*map(int, sys.argv[1:]))
    sys.stdout.write(
        f"{number} kills in save: {saves} bad, {left} parts left and removed; "
        f"{number} in the cache: {stores} bad\n"
    )
    sys.exit(bool(saves + stores))
