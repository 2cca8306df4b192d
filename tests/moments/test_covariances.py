"""Covariances of views with missing rows: one positive semidefinite matrix, near the truth."""

import numpy as np
import pytest

from mmclassic.align import CCA, Moments
from mmclassic.moments._covariances import Covariances
from mmclassic.views import Views

SEEDS = [0, 1, 2]


def joined(covariances):
    names = covariances.names
    return np.block([[covariances[a, b] for b in names] for a in names])


def planted(n, widths, *, missing, seed, noise=1.0, rank=3, n_new=2000):
    """Views of one hidden signal with missing cells, and complete ones of the same model."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(n + n_new, rank))
    blocks = {
        name: 2 + hidden @ rng.normal(size=(rank, w)) + noise * rng.normal(size=(n + n_new, w))
        for name, w in widths.items()
    }
    present = rng.random((n, len(widths))) >= missing
    known = Views(
        {k: np.where(present[:, [i]], b[:n], 0) for i, (k, b) in enumerate(blocks.items())}, present
    )
    return known, Views({k: b[n:] for k, b in blocks.items()})


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("missing", [0.2, 0.6])
def test_the_joint_matrix_is_positive_semidefinite(seed, missing):
    known, _ = planted(60, {"a": 6, "b": 5, "c": 4}, missing=missing, seed=seed)
    moments = Moments().update(known)
    values = np.linalg.eigvalsh(joined(Covariances(moments)))
    assert values[0] >= -1e-12 * values[-1]
    # What repair is for: the covariances over available pairs are not one matrix of anything.
    pairwise = np.block([[moments.covariance(a, b) for b in known.names] for a in known.names])
    assert np.linalg.eigvalsh(pairwise)[0] < -1e-3 or missing < 0.5


def test_complete_rows_give_the_sample_covariance():
    known, _ = planted(50, {"a": 3, "b": 2}, missing=0, seed=0)
    got = Covariances(Moments().update(known))
    both = np.hstack([known["a"], known["b"]])
    np.testing.assert_allclose(joined(got), np.cov(both.T, bias=True), atol=1e-12)
    released = Covariances(Moments().update(known), release=True)
    np.testing.assert_array_equal(joined(released), joined(got))


@pytest.mark.parametrize("seed", SEEDS)
def test_many_rows_give_the_truth_whatever_is_missing(seed):
    known, new = planted(20000, {"a": 3, "b": 3, "c": 2}, missing=0.4, seed=seed, n_new=20000)
    got = joined(Covariances(Moments().update(known)))
    expected = np.cov(np.hstack([new[n] for n in new.names]).T)
    np.testing.assert_allclose(got, expected, atol=0.04 * np.abs(expected).max())


def test_views_never_seen_together_are_joined_by_a_third():
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=(6000, 1))
    blocks = {n: hidden + 0.1 * rng.normal(size=(6000, 1)) for n in "abc"}
    present = np.ones((6000, 3), bool)
    present[:3000, 0] = present[3000:, 2] = False
    got = Covariances(Moments().update(Views(blocks, present)))
    assert got["a", "c"].item() > 0.7
    alone = Covariances(Moments().update(Views(blocks, present).select("a", "c")))
    assert alone["a", "c"].item() == 0


def imputed(known):
    means = {n: known[n][known.mask(n)].mean(axis=0) for n in known.names}
    return Views({n: np.where(known.mask(n)[:, None], known[n], means[n]) for n in known.names})


@pytest.mark.parametrize("missing", [0.0, 0.2, 0.4, 0.6])
@pytest.mark.parametrize("noise", [1.0, 3.0])
@pytest.mark.parametrize("widths", [{"a": 30, "b": 20}, {"a": 12, "b": 12, "c": 12}], ids=len)
def test_held_out_correlation_is_not_below_simpler_treatments(widths, noise, missing):
    scores = []
    for seed in range(6):
        known, new = planted(500, widths, missing=missing, seed=seed, noise=noise)
        complete = known[known.present.all(axis=1)]
        cca = CCA(3, ridge=0.1)
        scores.append([cca.fit(v).score(new) for v in (known, complete, imputed(known))])
    ours, complete_case, mean_imputation = np.mean(scores, axis=0)
    assert ours >= complete_case - 1e-3
    assert ours >= mean_imputation - 1e-3
    if missing == 0.6 and noise == 3.0:
        assert ours > complete_case + 0.02


@pytest.mark.parametrize("missing", [0.0, 0.3])
@pytest.mark.parametrize("ridge", [0.0, 0.1])
def test_a_solution_leaves_the_covariances_as_they_were(missing, ridge):
    known, _ = planted(80, {"a": 6, "b": 5}, missing=missing, seed=0)
    got = Covariances(Moments().update(known))
    before = joined(got)
    fitted = CCA(2, ridge=ridge).fit(known)
    fitted._directions(got, {"a": ridge, "b": ridge}, 2)
    np.testing.assert_allclose(joined(got), before, rtol=1e-15)
    W, C = fitted.weights_["a"], got["a", "a"]
    expected = C @ W / np.sqrt(np.outer(np.diag(C), np.diag(W.T @ C @ W)))
    np.testing.assert_allclose(fitted.loadings_["a"], expected, rtol=1e-9)
