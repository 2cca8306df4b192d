"""CCA and GCCA that choose their ridge, and weigh components, by what holds on held-out rows."""

from itertools import combinations

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.isotonic import isotonic_regression
from sklearn.model_selection import GridSearchCV

from mmclassic.align import CCA, GCCA
from mmclassic.align._held_out import evidence
from mmclassic.views import Views

SEEDS = [0, 1, 2]
CANDIDATES = (0.001, 0.1, 1.0, 10.0)
BOTH = pytest.mark.parametrize("cls", [CCA, GCCA])


def planted(n, widths, *, seed, noise=2.0, rank=3):
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(n, rank))
    return {
        name: hidden @ rng.normal(size=(rank, p)) + noise * rng.normal(size=(n, p)) + 3
        for name, p in widths.items()
    }


def folds(n):
    return [np.arange(n) % 5 == fold for fold in range(5)]


def ridged(X, ridge):
    """Centred covariance with the ridge in the unit trace / min(p, n - 1)."""
    n, p = X.shape
    C = np.cov(X.T, bias=True)
    return C + ridge * np.trace(C) / min(p, n - 1) * np.eye(p)


def separation(X, Y, held_out, ridge):
    """How far the matched held-out rows stand out, from the similarity matrix itself."""
    known = ~held_out
    cross = (X[known] - X[known].mean(0)).T @ (Y[known] - Y[known].mean(0)) / known.sum()
    left, right = (Z[held_out] - Z[held_out].mean(0) for Z in (X, Y))
    S = left @ np.linalg.solve(ridged(X[known], ridge), cross)
    S = S @ np.linalg.solve(ridged(Y[known], ridge), right.T)
    return np.diag(S).mean() / np.sqrt((S**2).mean())


def correlations(X, Y, held_out, ridge, k):
    """Fitted and held-out correlations of explicit variates."""
    known = ~held_out
    fitted = CCA(k, ridge=ridge, correlation_power=0).fit(Views({"x": X[known], "y": Y[known]}))
    Z = fitted.transform(Views({"x": X[held_out], "y": Y[held_out]}))
    r = [np.corrcoef(a, b)[0, 1] for a, b in zip(Z["x"].T, Z["y"].T)]
    return fitted.canonical_correlations_, np.array(r)


@BOTH
@pytest.mark.parametrize("widths", [{"x": 12, "y": 9}, {"x": 12, "y": 9, "z": 7}])
def test_the_chosen_ridge_is_that_of_explicit_similarities(cls, widths):
    data = planted(150, widths, seed=0, noise=3.0)
    fitted = cls(3, ridge=CANDIDATES).fit(Views(data))
    criterion = np.zeros(4)
    for a, b in combinations(widths, 2):
        found = [
            np.mean([separation(data[a], data[b], fold, ridge) for fold in folds(150)])
            for ridge in CANDIDATES
        ]
        criterion += np.maximum(found, 0) ** 2
    assert fitted.ridge_scores_.shape == (4, 5)
    np.testing.assert_allclose(fitted.ridge_scores_.mean(axis=1), criterion, rtol=1e-8)
    assert fitted.ridge_ == dict.fromkeys(widths, CANDIDATES[criterion.argmax()])


@pytest.mark.parametrize("seed", SEEDS)
def test_weights_are_made_of_correlations_of_explicit_refits(seed):
    data = planted(150, {"x": 12, "y": 9}, seed=seed, noise=3.0)
    fitted = CCA(5).fit(Views(data))
    own = [correlations(data["x"], data["y"], fold, fitted.ridge_["x"], 5) for fold in folds(150)]
    c, r = (np.mean(values, axis=0) for values in zip(*own))
    slope = np.clip(c @ r / (c @ c), 0, 1)
    r = np.maximum(isotonic_regression(r, increasing=False), 0)
    expected = 150 / 250 * r + 100 / 250 * slope * c
    np.testing.assert_allclose(fitted.held_out_correlations_, expected, atol=1e-8)
    textbook = CCA(5, ridge=fitted.ridge_, correlation_power=0).fit(Views(data))
    scale = np.sqrt(expected / (1 - expected**2))
    Z, W = fitted.transform(Views(data)), textbook.transform(Views(data))
    np.testing.assert_allclose(Z["x"], W["x"] * scale, atol=1e-8)
    np.testing.assert_allclose(
        fitted.canonical_correlations_, textbook.canonical_correlations_, atol=1e-10
    )


def test_evidence_is_a_log_likelihood_ratio():
    """The part of log p(x, y) - log p(x) p(y) that depends on both is x y r / (1 - r^2)."""
    r = np.array([0.0, 0.3, 0.9])
    x, y = 0.7, -1.1

    def log_ratio(x, y):
        return -0.5 * (x * x - 2 * r * x * y + y * y) / (1 - r**2) + 0.5 * (x * x + y * y)

    mixed = log_ratio(x, y) - log_ratio(x, 0) - log_ratio(0, y)
    np.testing.assert_allclose(evidence(r) ** 2 * x * y, mixed)
    assert np.isfinite(evidence(np.ones(1))).all()


@BOTH
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("n", [60, 400])
def test_weights_do_not_increase(cls, seed, n):
    for widths in ({"x": 8, "y": 9}, {"x": 8, "y": 9, "z": 10}):
        r = cls().fit(Views(planted(n, widths, seed=seed))).held_out_correlations_
        assert (np.diff(r) <= 1e-12).all()
        assert ((r >= 0) & (r < 1)).all()


@BOTH
@pytest.mark.parametrize("seed", SEEDS)
def test_a_noise_view_takes_no_part(cls, seed):
    data = planted(600, {"x": 20, "y": 15}, seed=seed)
    noise = np.random.default_rng(seed + 50).normal(size=(600, 40))
    without = cls(3).fit(Views(data))
    fitted = cls(3).fit(Views(data | {"noise": noise}))
    # Of unit variance the related views' variates are 1; what chance gives the noise is little.
    Z = fitted.transform(Views(data | {"noise": noise}))
    assert np.abs(Z["noise"]).mean() < 0.2 * np.abs(Z["x"]).mean()
    shared = np.corrcoef(Z["x"][:, 0], without.transform(Views(data))["x"][:, 0])[0, 1]
    assert shared > 0.99


@BOTH
def test_strong_private_factors_ask_for_little_ridge(cls):
    rng = np.random.default_rng(0)
    shared, data = rng.normal(size=(1000, 4)), {}
    for name, p in {"x": 30, "y": 25}.items():
        private = 10 * rng.normal(size=(1000, 6)) @ rng.normal(size=(6, p))
        data[name] = 0.5 * shared @ rng.normal(size=(4, p)) + private + rng.normal(size=(1000, p))
    fitted = cls(4).fit(Views(data)[:500])
    assert fitted.ridge_["x"] <= 0.01
    assert fitted.score(Views(data)[500:]) > cls(4, ridge=1.0).fit(Views(data)[:500]).score(
        Views(data)[500:]
    )


def unrelated(n, widths, seed):
    rng = np.random.default_rng(seed)
    return Views({name: rng.normal(size=(n, p)) for name, p in widths.items()})


@BOTH
@pytest.mark.parametrize("constant", [{"z": 3}, {"z": 3, "w": 2}])
def test_nothing_shared_warns_and_gives_zeros(cls, constant):
    views = unrelated(60, {"x": 4}, 0)
    views = Views(views.blocks | {name: np.ones((60, p)) for name, p in constant.items()})
    with pytest.warns(UserWarning, match="share nothing that holds on held-out rows") as caught:
        fitted = cls().fit(views)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert fitted.n_components_ == 1
    for block in fitted.transform(views).blocks.values():
        np.testing.assert_array_equal(block, 0)
    np.testing.assert_array_equal(fitted.held_out_correlations_, [0])


@BOTH
def test_few_rows_take_the_ridge_in_the_middle(cls):
    for n in (4, 20, 60):
        fitted = cls().fit(Views(planted(n, {"x": 5, "y": 4, "z": 3}, seed=0)))
        assert set(fitted.ridge_.values()) == {1.0}
        assert not hasattr(fitted, "ridge_scores_")
    textbook = cls().fit(Views(planted(20, {"x": 5, "y": 4, "z": 3}, seed=0)))
    assert not hasattr(textbook, "held_out_correlations_")


def test_power_and_ridge_choose_the_scale():
    views = Views(planted(300, {"x": 8, "y": 7}, seed=0))
    held_out, power, given = CCA(3).fit(views), CCA(3, correlation_power=2.0).fit(views), None
    given = CCA(3, ridge=power.ridge_).fit(views)
    Z = {
        name: m.transform(views)["x"]
        for name, m in {"held out": held_out, "power": power, "given": given}.items()
    }
    c = given.canonical_correlations_
    np.testing.assert_allclose(Z["power"], Z["given"] * c, atol=1e-8)
    scale = evidence(held_out.held_out_correlations_) / c
    np.testing.assert_allclose(Z["held out"], Z["given"] * scale, atol=1e-8)


@BOTH
@pytest.mark.parametrize("wide", [30, 700])
def test_sparse_equals_dense(cls, wide):
    rng = np.random.default_rng(0)
    counts = rng.poisson(0.2, size=(300, wide)).astype(float)
    other = counts[:, :5] + rng.normal(size=(300, 5))
    dense = cls(3).fit(Views({"text": counts, "image": other}))
    sparse = cls(3).fit(Views({"text": sp.csr_matrix(counts), "image": other}))
    assert sparse.ridge_ == dense.ridge_
    np.testing.assert_allclose(sparse.ridge_scores_, dense.ridge_scores_, rtol=1e-6)
    np.testing.assert_allclose(
        sparse.held_out_correlations_, dense.held_out_correlations_, atol=1e-7
    )


@BOTH
def test_views_wider_than_rows_are_as_if_they_were_not_reduced(cls):
    data = planted(120, {"x": 150, "y": 10}, seed=0, noise=4.0)
    fitted, gathered = cls(3).fit(Views(data)), cls(3).partial_fit(Views(data))
    assert fitted.ridge_ == gathered.ridge_
    np.testing.assert_allclose(fitted.ridge_scores_, gathered.ridge_scores_, rtol=0.05)
    np.testing.assert_allclose(
        fitted.transform(Views(data))["x"], gathered.transform(Views(data))["x"], atol=0.05
    )


@BOTH
@pytest.mark.parametrize("missing", [0.0, 0.4])
def test_pieces_workers_and_moments_give_what_fit_gives(cls, missing):
    data = planted(400, {"x": 12, "y": 9, "z": 7}, seed=0)
    present = np.random.default_rng(1).random((400, 3)) >= missing
    views = Views(data, present)
    whole = cls(3).fit(views)
    pieces = cls(3).partial_fit(views[:123]).partial_fit(views[123:])
    merged = cls(3).partial_fit(views[:123]).merge(cls(3).partial_fit(views[123:]))
    for other in (pieces, merged, cls(3).fit_moments(merged.moments_)):
        assert other.ridge_ == whole.ridge_
        np.testing.assert_allclose(other.ridge_scores_, whole.ridge_scores_, rtol=1e-8)
        Z, W = other.transform(views), whole.transform(views)
        np.testing.assert_allclose(Z["z"], W["z"], atol=1e-8)


@BOTH
def test_pairs_without_common_rows_are_left_out(cls):
    data = planted(400, {"x": 12, "y": 9, "z": 7}, seed=0)
    present = np.ones((400, 3), bool)
    present[:200, 2], present[200:, :2] = False, False
    fitted = cls(3).fit(Views(data, present))
    Z = fitted.transform(Views(data))
    np.testing.assert_array_equal(Z["z"], 0)
    assert fitted.score(Views(data).select("x", "y")) > 0.5
    assert (fitted.held_out_correlations_ > 0).any()


def test_a_search_and_a_choice_work_together():
    views = Views(planted(200, {"x": 8, "y": 7}, seed=0))
    search = GridSearchCV(CCA(), {"n_components": [1, 3], "ridge": ["cv", 1.0]}, cv=3).fit(views)
    assert np.isfinite(search.best_score_)


@BOTH
def test_the_scale_of_the_weights_changes_nothing(cls):
    views = Views(planted(200, {"x": 8, "y": 7, "z": 5}, seed=0))
    weight = np.random.default_rng(0).random(200) + 0.1
    first, second = (cls(3).fit(views, sample_weight=w) for w in (weight, 1000 * weight))
    assert first.ridge_ == second.ridge_
    np.testing.assert_allclose(first.transform(views)["x"], second.transform(views)["x"], atol=1e-8)


def test_the_state_of_the_generator_changes_nothing():
    views = Views(planted(200, {"x": 8, "y": 7}, seed=0))
    first, second = (CCA(random_state=seed).fit(views).transform(views)["x"] for seed in (0, 1))
    np.testing.assert_array_equal(first, second)


def test_the_width_grows_as_far_as_correlations_hold():
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(600, 60))
    X, Y = (shared + 0.4 * rng.normal(size=shared.shape) for _ in range(2))
    grown = CCA().fit(Views({"x": X, "y": Y}))
    assert grown.n_components_ == 60
    assert grown.held_out_correlations_[-1] > 0.3
    few = np.hstack([X[:, :10], rng.normal(size=(600, 50))])
    assert CCA().fit(Views({"x": few, "y": Y})).n_components_ <= 32
    assert CCA(20).fit(Views({"x": X, "y": Y})).n_components_ == 20
