"""Few rows helped by many of another catalogue: weights, sums of moments, what is refused."""

import numpy as np
import pytest

from mmclassic.align import CCA, DiscriminantCCA, RidgeMapping
from mmclassic.match import similarity
from mmclassic.metrics import retrieval_recall_at_k
from mmclassic.testing import check_transform_changes_nothing
from mmclassic.views import Views


def catalogue(seed, loads, n, noise=2.0):
    rng = np.random.default_rng(seed)
    latent = rng.normal(size=(n, 8))
    blocks = {
        name: latent @ load + noise * rng.normal(size=(n, load.shape[1]))
        for name, load in loads.items()
    }
    return Views(blocks)


def two_kinds(seed, change):
    """How two catalogues show what their rows share, the second changed by so much."""
    rng = np.random.default_rng(seed)
    first = {name: rng.normal(size=(8, width)) for name, width in (("x", 40), ("y", 30))}
    second = {
        name: np.sqrt(1 - change**2) * load + change * rng.normal(size=load.shape)
        for name, load in first.items()
    }
    return first, second


def recall(aligner, views):
    space = aligner.transform(views)
    return retrieval_recall_at_k(similarity(space["x"], space["y"]), 10)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_few_rows_of_much_the_same_are_best_helped(seed):
    first, second = two_kinds(seed, 0.4)
    large = CCA().partial_fit(catalogue(seed, first, 2000))
    few, new = catalogue(seed + 10, second, 15), catalogue(seed + 20, second, 300)
    before = large.transform(new)["x"]
    adapted = large.adapt(few)
    assert recall(adapted, new) > recall(CCA().fit(few), new) + 0.05
    assert recall(adapted, new) > recall(large, new) - 0.03
    assert adapted.adapted_weight_ < np.inf
    np.testing.assert_array_equal(large.transform(new)["x"], before)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_rows_of_another_kind_speak_for_themselves(seed):
    first, second = two_kinds(seed, 1.0)
    large = CCA().partial_fit(catalogue(seed, first, 2000))
    few, new = catalogue(seed + 10, second, 200), catalogue(seed + 20, second, 300)
    adapted = large.adapt(few)
    assert adapted.adapted_weight_ >= 100
    assert recall(adapted, new) > recall(CCA().fit(few), new) - 0.03


def test_the_result_is_that_of_the_weighted_rows():
    first, second = two_kinds(0, 0.7)
    many, few = catalogue(0, first, 500), catalogue(1, second, 100)
    large = RidgeMapping(ridge=0.1).partial_fit(many)
    adapted = large.adapt(few)
    assert 0 < adapted.adapted_weight_ < np.inf
    weights = np.r_[np.ones(500), np.full(100, adapted.adapted_weight_)]
    both = Views({n: np.vstack([many[n], few[n]]) for n in many.names})
    expected = RidgeMapping(ridge=0.1).fit(both, sample_weight=weights)
    for name in expected.weights_:
        np.testing.assert_allclose(adapted.weights_[name], expected.weights_[name], atol=1e-8)


def test_labels_go_with_their_rows():
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=330)
    centers = {"x": rng.normal(size=(3, 6)) * 2, "y": rng.normal(size=(3, 5)) * 2}
    views = Views({n: c[y] + rng.normal(size=(330, c.shape[1])) for n, c in centers.items()})
    large = DiscriminantCCA(ridge=0.1).partial_fit(views[:300], y[:300])
    adapted = large.adapt(views[300:], y[300:])
    assert np.isfinite(adapted.transform(views)["x"]).all()


def test_adapting_changes_nothing():
    first, second = two_kinds(0, 0.4)
    large = CCA(ridge=0.1).partial_fit(catalogue(0, first, 300))
    check_transform_changes_nothing(large, [("adapt", (catalogue(1, second, 20),), {})])


def test_what_is_refused():
    first, _ = two_kinds(0, 0.4)
    many = catalogue(0, first, 100)
    with pytest.raises(ValueError, match="this CCA was fitted without; fit the large"):
        CCA().fit(many).adapt(many)
    large = CCA().partial_fit(many)
    with pytest.raises(ValueError, match="needs 10 that have two views; got 9"):
        large.adapt(many[:9])
    with pytest.raises(ValueError, match="at least two of the fitted views"):
        large.adapt(many.select("x"))
