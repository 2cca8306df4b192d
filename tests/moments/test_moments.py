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
        assert other.n_rows("image", "text") == whole.n_rows("image", "text")
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


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("mean", [0.5, 1e4, 1e6])
def test_a_large_mean_costs_no_accuracy(mean, dtype):
    rng = np.random.default_rng(0)
    X = (mean + rng.normal(size=(20000, 3)) @ [[1, 1, 0], [0, 1, 0], [0, 0, 1]]).astype(dtype)
    exact = X.astype(np.float64)
    moments = Moments().update(Views({"a": X[:7000]})).update(Views({"a": X[7000:]}))
    np.testing.assert_allclose(moments.mean("a"), exact.mean(axis=0), rtol=0, atol=1e-6)
    np.testing.assert_allclose(
        moments.covariance("a", "a"),
        np.cov(exact.T, bias=True),
        rtol=1e-5 if dtype == np.float32 else 1e-11,
        atol=1e-5 if dtype == np.float32 else 1e-11,
    )


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_a_view_that_comes_late_is_shifted_by_its_own_rows(missing):
    rng = np.random.default_rng(0)
    X = (1e6 + rng.normal(size=(5000, 2))).astype(np.float32)
    late = np.column_stack([np.ones(5000, bool), np.arange(5000) >= 4500])
    views = Views({"a": rng.normal(size=(5000, 1)), "b": np.where(late[:, 1:], X, 0)}, late)
    moments = Moments().update(views[:4500]).update(views[4500:])
    expected = np.cov(X[4500:].T.astype(np.float64), bias=True)
    np.testing.assert_allclose(moments.covariance("b", "b"), expected, atol=1e-5)


@pytest.mark.parametrize("seed", [0, 1])
def test_mixed_precision_and_sparse_pairs(seed):
    rng = np.random.default_rng(seed)
    blocks = {
        "single": (5 + rng.normal(size=(900, 4))).astype(np.float32),
        "double": rng.normal(size=(900, 3)),
        "sparse": sp.random(900, 30, 0.1, random_state=seed, format="csr", dtype=np.float32),
        "sparse64": sp.random(900, 20, 0.1, random_state=seed + 1, format="csr"),
    }
    moments = Moments().update(Views(blocks))
    for a in blocks:
        for b in blocks:
            A, B = dense(blocks[a]).astype(float), dense(blocks[b]).astype(float)
            expected = (A - A.mean(0)).T @ (B - B.mean(0)) / 900
            np.testing.assert_allclose(moments.covariance(a, b), expected, atol=1e-6)


def test_weights_of_zero_and_whole_numbers_mean_leaving_out_and_repeating():
    views = blanked(make_views(120, missing=0.2))
    weight = np.random.default_rng(0).integers(0, 3, 120)
    weighted = Moments().update(views, weight)
    repeated = Moments().update(views[np.repeat(np.arange(120), weight)])
    for a in views.names:
        np.testing.assert_allclose(weighted.mean(a), repeated.mean(a))
        for b in views.names:
            np.testing.assert_allclose(
                weighted.covariance(a, b), repeated.covariance(a, b), atol=1e-12
            )
    assert weighted.n_rows() == np.count_nonzero(weight[views.present.any(axis=1)])


def test_later_rows_may_lack_views_and_may_not_bring_new_ones():
    views = blanked(make_views(80))
    moments = Moments().update(views[:40]).update(views[40:].select("text", "audio"))
    assert moments.n_rows("image") == 40
    assert moments.n_rows("audio", "text") == 80
    with pytest.raises(ValueError, match=r"these moments are of views .* got {'video': 1}"):
        moments.update(Views({"video": np.ones((2, 1))}))
    with pytest.raises(ValueError, match="no row of positive weight has the views"):
        Moments().update(Views({"a": np.ones((2, 1))}), np.zeros(2)).mean("a")


def test_views_never_seen_together_have_covariance_zero():
    views = Views(
        {"a": np.ones((4, 1)), "b": np.ones((4, 2))}, np.array([[1, 0]] * 2 + [[0, 1]] * 2, bool)
    )
    np.testing.assert_array_equal(Moments().update(views).covariance("a", "b"), np.zeros((1, 2)))
