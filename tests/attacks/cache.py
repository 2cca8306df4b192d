"""Entries of the cache flipped, cut off, swapped and replaced: features never change.

python tests/attacks/cache.py NUMBER [SEED]
"""

import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np

from mmclassic.features import AudioVectorizer, ImageVectorizer


def damage(path, others, rng):
    """Do one of several things to an entry."""
    data = bytearray(path.read_bytes())
    kind = rng.integers(6)
    if kind < 3:
        for _ in range(rng.integers(1, 9)):
            data[rng.integers(len(data))] ^= 1 << rng.integers(8)
    elif kind == 3:
        data = data[: rng.integers(len(data))]
    elif kind == 4:
        data = rng.bytes(rng.integers(1, 200))
    else:
        data = others[rng.integers(len(others))].read_bytes()
    path.write_bytes(data)


def main(number, seed=0):
    """Damage so many entries; gives how often a feature changed."""
    rng = np.random.default_rng(seed)
    pictures = list(rng.integers(0, 256, (6, 32, 32, 3), dtype=np.uint8))
    clips = [(rng.uniform(-1, 1, 4000).astype(np.float32), 8000) for _ in range(6)]
    bad = 0
    cases = (pictures, ImageVectorizer(size=(32, 32))), (clips, AudioVectorizer())
    for cells, vectorizer in cases:
        plain = vectorizer.fit_transform(cells)
        with tempfile.TemporaryDirectory() as folder:
            vectorizer.set_params(cache=folder).fit(cells)
            entries = sorted(Path(folder).rglob("*.row"))
            for _ in range(number // 2):
                damage(entries[rng.integers(len(entries))], entries, rng)
                # Rounding of products hangs on how many rows are computed at a time.
                found = vectorizer.transform(cells)
                bad += not np.allclose(found, plain, rtol=0, atol=1e-4)
    return bad


if __name__ == "__main__":
    warnings.simplefilter("error")
    bad = main(*map(int, sys.argv[1:]))
    sys.stdout.write(f"{sys.argv[1]} damaged entries, {bad} changed a feature\n")
    sys.exit(bool(bad))
