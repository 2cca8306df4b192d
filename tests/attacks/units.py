"""Every estimator on views of every unit, dense and CSR, narrow and wide, whole and in pieces.

python tests/attacks/units.py

The result is that of a unit of 1, or a ValueError that names the view; anything else ends the run.
"""

import runpy
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from sklearn.base import clone

from mmclassic.align import CCA, GCCA, PLS, DiscriminantCCA, Procrustes, RidgeMapping
from mmclassic.views import Views

# As a part of its package, for it imports from that.
sys.path.insert(0, str(Path(__file__).parents[2]))
SUITE = runpy.run_module("tests.test_numbers")
A, B, Y = SUITE["A"], SUITE["B"], SUITE["Y"]
SCALES = {
    "f8": [10.0**e for e in (-300, -200, -160, -100, -75, -60, -45, -30, -19)]
    + [10.0**e for e in (19, 30, 45, 60, 75, 100, 160, 200, 300)],
    "f4": [10.0**e for e in (-37, -30, -25, -19, -10, 10, 19, 25, 30, 36)],
}
TOLERANCE = {"f8": 1e-6, "f4": 1e-2}
STREAMING = [CCA(2), CCA(2, ridge=0.1), GCCA(), PLS(2), RidgeMapping(), Procrustes()]


def views_of(kind, scales, *, sparse, wide):
    """Two views, each times its scale."""
    left, right = (X * scale for X, scale in zip((np.maximum(A, 0) if sparse else A, B), scales))
    if wide:
        left = left @ np.abs(np.random.default_rng(1).normal(size=(4, 70)))
    left = left.astype(kind)
    return Views({"a": sp.csr_matrix(left) if sparse else left, "b": right.astype(kind)})


def in_pieces(estimator, views):
    """The same rows added in three pieces, the last by a merge."""
    first, last = clone(estimator), clone(estimator)
    pieces = [views[:25], views[25:40], views[40:]]
    labels = ({}, {}, {})
    if isinstance(estimator, DiscriminantCCA):
        labels = ({"y": Y[:25]}, {"y": Y[25:40]}, {"y": Y[40:]})
    for piece, extra in zip(pieces[:2], labels):
        first.partial_fit(piece, **extra)
    first.merge(last.partial_fit(pieces[2], **labels[2]))
    return [np.asarray(b, float) for b in first.transform(views).blocks.values()]


def tried(run, views, expected, tolerance):
    """What became of it."""
    try:
        SUITE["assert_alike"](run(views), expected, tolerance)
    except ValueError as error:
        if "view '" not in str(error):
            raise
        return "refused by name"
    return "right"


def main():
    """Count the outcomes."""
    aligners = [*SUITE["ALIGNERS"][:-1], SUITE["OF_SPARSE"]]  # whose scaler takes CSR
    runs = [lambda v, e=e: SUITE["outcome"](e, v) for e in aligners]
    runs += [lambda v, e=e: in_pieces(e, v) for e in [*STREAMING, DiscriminantCCA()]]
    counts = Counter()
    for kind, scales in SCALES.items():
        for sparse, wide in ((False, False), (True, False), (False, True)):
            for run in runs:
                expected = run(views_of(kind, (1, 1), sparse=sparse, wide=wide))
                for scale in scales:
                    for both in ((scale, 1), (scale, scale), (scale, 1 / scale)):
                        views = views_of(kind, both, sparse=sparse, wide=wide)
                        counts[tried(run, views, expected, TOLERANCE[kind])] += 1
    return counts


if __name__ == "__main__":
    start = time.perf_counter()
    outcomes = ", ".join(f"{n} {what}" for what, n in main().items())
    sys.stdout.write(f"{outcomes}, nothing else, in {time.perf_counter() - start:.0f} s\n")
