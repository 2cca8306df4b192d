"""Model files cut off, flipped, and crafted with right checksums: refused in words, or they work.

python tests/attacks/models.py NUMBER [SEED]
"""

import collections
import runpy
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

import mmclassic

CRAFTED = Path(__file__).parents[1] / "persistence" / "crafted.py"


def main(number, seed=0):
    """Attack so many files; gives the outcomes by mutation, and what is bad among them."""
    warnings.simplefilter("ignore")
    crafted = runpy.run_path(str(CRAFTED))
    words = {crafted["WORKS"]: "works", crafted["REFUSED"]: "ModelFileError"}
    words |= {crafted["UNTRUSTED"]: "UntrustedTypeError", crafted["WRONG"]: "ANOTHER ERROR"}
    counts, bad = collections.Counter(), []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "m.skops")
        files = {
            name: mmclassic.save(model, path).read_bytes()
            for name, model in crafted["models"]().items()
        }
        for i in range(number):
            rng = np.random.default_rng([seed, i])
            name = list(files)[i % len(files)]
            mutation = crafted["MUTATIONS"][rng.integers(len(crafted["MUTATIONS"]))]
            path.write_bytes(mutation(files[name], rng))
            code = crafted["outcome"](path)
            what = words.get(code, f"SIGNAL {-code}")
            counts[mutation.__name__, what] += 1
            if what.isupper():
                bad.append((i, name, mutation.__name__, what))
    return counts, bad


if __name__ == "__main__":
    start = time.perf_counter()
    counts, bad = main(*map(int, sys.argv[1:]))
    for (mutation, what), count in sorted(counts.items()):
        sys.stdout.write(f"{mutation:12} {what:18} {count}\n")
    for one in bad:
        sys.stdout.write(f"bad: {one}\n")
    total = sum(counts.values())
    sys.stdout.write(f"{total} files, {len(bad)} bad, {time.perf_counter() - start:.0f} s\n")
    sys.exit(bool(bad))
