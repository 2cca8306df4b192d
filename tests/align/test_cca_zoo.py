"""Agreement with cca-zoo (the extra "bench"), up to sign and the scale of each component."""

import numpy as np
import pytest

from mmclassic.align import CCA, GCCA, PLS
from mmclassic.views import Views

zoo = pytest.importorskip("cca_zoo.linear", reason="cca-zoo is not installed (extra 'bench')")

SHRINKAGE = 0.2  # cca-zoo whitens with (1 - c) C + c I


def planted(widths, seed):
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(150, 3))
    return [hidden @ rng.normal(size=(3, p)) + rng.normal(size=(150, p)) + 2 for p in widths]


def ridges(blocks):
    """The same ridge relative to each view's average variance."""
    plain = SHRINKAGE / (1 - SHRINKAGE) * 149 / 150  # cca-zoo divides by n - 1
    return {f"x{i}": plain / X.var(axis=0).mean() for i, X in enumerate(blocks)}


def directions(variates):
    """Variates of unit variance with a positive largest entry."""
    result = []
    for Z in variates:
        Z = (Z - Z.mean(axis=0)) / Z.std(axis=0)
        result.append(Z * np.sign(Z[np.abs(Z).argmax(axis=0), np.arange(Z.shape[1])]))
    return result


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(
    ("ours", "peer", "widths"),
    [
        (lambda b: CCA(3, ridge=0), lambda: zoo.CCA(3), (6, 5)),
        (lambda b: CCA(3, ridge=ridges(b)), lambda: zoo.RidgeCCA(3, shrinkage=SHRINKAGE), (6, 5)),
        (lambda b: CCA(3, ridge=0), lambda: zoo.MCCA(3), (6, 5, 4)),
        (lambda b: CCA(3, ridge=ridges(b)), lambda: zoo.MCCA(3, shrinkage=SHRINKAGE), (6, 5, 4)),
        (lambda b: GCCA(3, ridge=0), lambda: zoo.GCCA(3), (6, 5, 4)),
        (lambda b: GCCA(3, ridge=ridges(b)), lambda: zoo.GCCA(3, shrinkage=SHRINKAGE), (6, 5, 4)),
        (lambda b: PLS(3), lambda: zoo.PLS(3), (6, 5)),
    ],
    ids=["CCA", "ridge CCA", "MCCA", "ridge MCCA", "GCCA", "ridge GCCA", "PLS"],
)
def test_variates_agree(ours, peer, widths, seed):
    blocks = planted(widths, seed)
    Z = ours(blocks).fit_transform(Views.from_arrays(*blocks))
    theirs = peer().fit(blocks).transform(blocks)
    for a, b in zip(directions(Z.blocks.values()), directions(theirs)):
        np.testing.assert_allclose(a, b, atol=1e-6)
