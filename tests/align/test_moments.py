"""One pass, merges and missing views against plain NumPy."""

import numpy as np
import pytest
import scipy.sparse as sp

from mmclassic.align import Moments
from mmclassic.testing import make_views
from mmclassic.views import Views
from mmclassic.views._validation import _blank_absent


def blanked(views):
    return Views({n: _blank_absent(n, views[n], views.mask(n)) for n in views.names}, views.present)


def dense(block):
    return block.toarray() if sp.issparse(block) else block


def pairwise_covariance(views, a, b, weight=None):
    both = views.mask(a) & views.mask(b)
    w = np.ones(both.sum()) if weight is None else weight[both]
    A, B = dense(views[a])[both], dense(views[b])[both]
    A = A - np.average(A, axis=0, weights=w)
    B = B - np.average(B, axis=0, weights=w)
    return (A * w[:, None]).T @ B / w.sum()


@pytest.mark.parametrize("missing", [0.0, 0.4])
@pytest.mark.parametrize("weighted", [False, True])
def test_moments_equal_numpy_over_available_pairs(missing, weighted):
    views = blanked(make_views(200, missing=missing))
    weight = np.random.default_rng(0).random(200) if weighted else None
    moments = Moments().update(views, weight)
    for a in views.names:
        mask = views.mask(a)
        mean = np.average(
            dense(views[a])[mask], axis=0, weights=None if weight is None else weight[mask]
        )
        np.testing.assert_allclose(moments.mean(a), mean, atol=1e-12)
        for b in views.names:
            np.testing.assert_allclose(
                moments.covariance(a, b), pairwise_covariance(views, a, b, weight), atol=1e-12
            )


@pytest.mark.parametrize("cuts", [(60,), (1, 2, 150), (10, 199)])
def test_updates_and_merges_equal_one_pass(cuts):
    views = blanked(make_views(200, missing=0.3))
    whole = Moments().update(views)
    parts = [views[rows] for rows in np.split(np.arange(200), cuts)]
    updated, merged = Moments(), Moments()
    for part in parts:
        updated.update(part)
        merged.merge(Moments().update(part))
    for other in (updated, merged):
        np.testing.assert_allclose(other.counts, whole.counts)
        for a in views.names:
            np.testing.assert_allclose(other.mean(a), whole.mean(a), atol=1e-10)
            for b in views.names:
                np.testing.assert_allclose(
                    other.covariance(a, b), whole.covariance(a, b), atol=1e-10
                )


def test_merging_other_views_is_refused():
    first = Moments().update(Views({"a": np.ones((2, 1))}))
    with pytest.raises(ValueError, match="cannot merge"):
        first.merge(Moments().update(Views({"b": np.ones((2, 1))})))


def test_merging_nothing_changes_nothing():
    moments = Moments().update(Views({"a": np.array([[1.0], [3.0]])})).merge(Moments())
    assert moments.covariance("a", "a") == 1.0


def test_float32_survives_a_large_mean():
    rng = np.random.default_rng(0)
    X = (1e4 + rng.normal(size=(20000, 3))).astype(np.float32)
    got = Moments().update(Views({"a": X})).covariance("a", "a")
    np.testing.assert_allclose(got, np.cov(X.T.astype(np.float64), bias=True), rtol=1e-3, atol=1e-3)


def test_views_never_seen_together_have_covariance_zero():
    views = Views(
        {"a": np.ones((4, 1)), "b": np.ones((4, 2))}, np.array([[1, 0]] * 2 + [[0, 1]] * 2, bool)
    )
    np.testing.assert_array_equal(Moments().update(views).covariance("a", "b"), np.zeros((1, 2)))
