"""CCA against the textbook, scikit-learn and the limits of its input."""

import numpy as np
import pytest
import scipy.linalg as la
import scipy.sparse as sp
from sklearn.cross_decomposition import CCA as NipalsCCA

from mmclassic.align import CCA
from mmclassic.testing import make_views
from mmclassic.views import Views

SEEDS = [0, 1, 2]


def planted(n, widths, *, seed, noise=1.0, rank=3):
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(n, rank))
    return {
        name: hidden @ rng.normal(size=(rank, p))
        + noise * rng.normal(size=(n, p))
        + rng.normal(size=p)
        for name, p in widths.items()
    }


def covariance(X, Y):
    return (X - X.mean(0)).T @ (Y - Y.mean(0)) / len(X)


def with_ridge(C, ridge, n_rows):
    return C + ridge * np.trace(C) / min(len(C), n_rows - 1) * np.eye(len(C))


def textbook_correlations(X, Y, ridge=0.0):
    """Square roots of the eigenvalues of Cxx^-1 Cxy Cyy^-1 Cyx."""
    Cxx, Cyy, Cxy = covariance(X, X), covariance(Y, Y), covariance(X, Y)
    Cxx, Cyy = with_ridge(Cxx, ridge, len(X)), with_ridge(Cyy, ridge, len(X))
    values = la.eigvals(la.solve(Cxx, Cxy) @ la.solve(Cyy, Cxy.T))
    return np.sqrt(np.maximum(np.sort(np.real(values))[::-1], 0))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("ridge", [0.0, 0.1, 3.0])
def test_correlations_equal_the_textbook(seed, ridge):
    data = planted(200, {"x": 5, "y": 4}, seed=seed)
    fitted = CCA(ridge=ridge).fit(Views(data))
    expected = textbook_correlations(data["x"], data["y"], ridge)[:4]
    np.testing.assert_allclose(fitted.canonical_correlations_, expected, rtol=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_variates_equal_scikit_learns_up_to_sign(seed):
    data = planted(300, {"x": 5, "y": 4}, seed=seed)
    Z = CCA(n_components=3, ridge=0, correlation_power=0).fit_transform(Views(data))
    peer = NipalsCCA(n_components=3, tol=1e-14, max_iter=20000).fit(data["x"], data["y"])
    for ours, theirs in zip((Z["x"], Z["y"]), peer.transform(data["x"], data["y"])):
        theirs = theirs / theirs.std(axis=0)
        signs = np.sign((ours * theirs).sum(axis=0))
        np.testing.assert_allclose(ours, theirs * signs, atol=1e-5)


@pytest.mark.parametrize("seed", SEEDS)
def test_unweighted_variates_are_white_and_correlate_as_said(seed):
    data = planted(200, {"x": 5, "y": 4}, seed=seed)
    fitted = CCA(ridge=0, correlation_power=0).fit(Views(data))
    Z = fitted.transform(Views(data))
    np.testing.assert_allclose(covariance(Z["x"], Z["x"]), np.eye(4), atol=1e-10)
    np.testing.assert_allclose(
        covariance(Z["x"], Z["y"]), np.diag(fitted.canonical_correlations_), atol=1e-10
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_three_views_solve_the_generalised_eigenproblem(seed):
    data = planted(200, {"x": 4, "y": 3, "z": 5}, seed=seed)
    fitted = CCA(n_components=3, ridge=0, correlation_power=0).fit(Views(data))
    C = np.block([[covariance(a, b) for b in data.values()] for a in data.values()])
    D = la.block_diag(*[covariance(a, a) for a in data.values()])
    values, vectors = la.eigh(C - D, D)
    np.testing.assert_allclose(fitted.canonical_correlations_, values[::-1][:3] / 2, rtol=1e-9)
    stacked = np.vstack([fitted.weights_[name] for name in data])
    for ours, theirs in zip(stacked.T, vectors[:, ::-1].T):
        cosine = ours @ theirs / la.norm(ours) / la.norm(theirs)
        assert abs(cosine) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_correlation_weighting_scales_components(seed):
    views = Views(planted(100, {"x": 4, "y": 4}, seed=seed))
    plain = CCA(correlation_power=0).fit_transform(views)
    fitted = CCA(correlation_power=2).fit(views)
    np.testing.assert_allclose(
        fitted.transform(views)["y"], plain["y"] * fitted.canonical_correlations_**2
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_wide_views_give_what_the_full_problem_gives(seed):
    """More columns than rows: the dual route solves the same ridge problem."""
    data = planted(40, {"x": 120, "y": 6}, seed=seed)
    fitted = CCA(ridge=0.5).fit(Views(data))
    expected = textbook_correlations(data["x"], data["y"], 0.5)
    expected = expected[: fitted.n_components_]
    np.testing.assert_allclose(fitted.canonical_correlations_, expected, rtol=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_sparse_equals_dense(seed):
    rng = np.random.default_rng(seed)
    counts = rng.poisson(0.3, size=(150, 20)).astype(float)
    other = counts[:, :5] + rng.normal(size=(150, 5))
    wide = np.hstack([counts, rng.poisson(0.05, size=(150, 400))]).astype(float)
    for text in (counts, wide):
        dense = CCA().fit(Views({"text": text, "image": other}))
        sparse = CCA().fit(Views({"text": sp.csr_matrix(text), "image": other}))
        np.testing.assert_allclose(
            sparse.canonical_correlations_, dense.canonical_correlations_, rtol=1e-8
        )
        np.testing.assert_allclose(
            np.abs(sparse.transform(Views({"text": sp.csr_matrix(text)}))["text"]),
            np.abs(dense.transform(Views({"text": text}))["text"]),
            atol=1e-7,
        )


def test_large_wide_sparse_view_uses_the_randomised_route_and_keeps_the_signal():
    rng = np.random.default_rng(0)
    n = 3200
    hidden = rng.normal(size=(n, 2))
    topics = np.repeat((hidden > 0.5).astype(float), 30, axis=1)
    noise = sp.random(n, 4000, 0.002, random_state=0, format="csr")
    text = sp.hstack([sp.csr_matrix(topics * (rng.random((n, 60)) < 0.3)), noise], format="csr")
    image = hidden + 0.3 * rng.normal(size=(n, 2))
    fitted = CCA(n_components=2, ridge=1.0, max_width=60).fit(Views({"text": text, "image": image}))
    exact = CCA(n_components=2, ridge=1.0).fit(Views({"text": text[:, :60], "image": image}))
    assert fitted.canonical_correlations_[0] > 0.95 * exact.canonical_correlations_[0]


@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_float32_with_a_large_mean(offset):
    data = planted(500, {"x": 4, "y": 3}, seed=0)
    expected = CCA().fit(Views(data)).canonical_correlations_
    single = {name: (X + offset).astype(np.float32) for name, X in data.items()}
    got = CCA().fit(Views(single)).canonical_correlations_
    np.testing.assert_allclose(got, expected, atol=2e-3 if offset else 1e-5)


@pytest.mark.parametrize("max_width", [3, 1000])
def test_signs_are_fixed_and_order_is_decreasing(max_width):
    views = make_views()
    fitted = CCA(max_width=max_width).fit(views)
    first = fitted.weights_["image"]
    assert (first[np.abs(first).argmax(0), np.arange(first.shape[1])] > 0).all()
    assert (np.diff(fitted.canonical_correlations_) <= 1e-12).all()


def test_one_view_is_whitened_principal_axes():
    X = np.random.default_rng(0).normal(size=(100, 3)) * [3.0, 1.0, 2.0]
    Z = CCA(ridge=0, correlation_power=0).fit_transform(X)
    np.testing.assert_allclose(covariance(Z, Z), np.eye(3), atol=1e-10)
    strongest = np.argmax(np.abs(np.corrcoef(Z.T, X.T)[:3, 3:]), axis=1)
    np.testing.assert_array_equal(strongest, [0, 2, 1])


@pytest.mark.parametrize(
    "damage",
    [
        lambda X: np.column_stack([X, np.ones(len(X))]),  # constant column
        lambda X: np.column_stack([X, X[:, 0]]),  # duplicate
        lambda X: np.column_stack([X, np.zeros(len(X))]),
        lambda X: np.column_stack([X, X @ np.ones(X.shape[1])]),  # collinear
    ],
)
@pytest.mark.parametrize("ridge", [0, 0.1])
def test_degenerate_columns_give_finite_answers(damage, ridge):
    data = planted(100, {"x": 3, "y": 3}, seed=0)
    clean = CCA(ridge=ridge).fit(Views(data))
    fitted = CCA(ridge=ridge).fit(Views({"x": damage(data["x"]), "y": data["y"]}))
    assert np.isfinite(fitted.weights_["x"]).all()
    if ridge == 0:
        np.testing.assert_allclose(
            fitted.canonical_correlations_, clean.canonical_correlations_, atol=1e-7
        )


def test_constant_view_identical_views_and_one_row():
    X = np.random.default_rng(0).normal(size=(30, 3))
    constant = CCA(ridge=1.0).fit(Views({"x": X, "y": np.ones((30, 2))}))
    np.testing.assert_allclose(constant.canonical_correlations_, 0, atol=1e-12)
    assert np.isfinite(constant.transform(Views({"y": np.ones((2, 2))}))["y"]).all()
    np.testing.assert_allclose(CCA(ridge=0).fit(Views({"x": X, "y": X})).canonical_correlations_, 1)
    single = CCA().fit(Views({"x": X[:1], "y": X[:1, :2]}))
    assert np.isfinite(single.transform(Views({"x": X}))["x"]).all()


def test_no_ridge_with_more_columns_than_rows_warns():
    rng = np.random.default_rng(0)
    views = Views({"x": rng.normal(size=(10, 20)), "y": rng.normal(size=(10, 2))})
    with pytest.warns(UserWarning, match="view 'x' has 20 columns and 10 rows: without a ridge"):
        CCA(ridge=0).fit(views)


def test_parameter_errors_say_what_to_do():
    views = make_views()
    with pytest.raises(ValueError, match="n_components=50, but these views have at most"):
        CCA(n_components=50).fit(views)
    with pytest.raises(ValueError, match=r"ridge must give a number >= 0 for each of the views"):
        CCA(ridge={"image": 0.1}).fit(views)
    with pytest.raises(ValueError, match="'ridge' parameter"):
        CCA(ridge=-1).fit(views)


def test_ridge_by_view_and_scale_invariance():
    data = planted(100, {"x": 4, "y": 3}, seed=0)
    ridge = {"x": 0.5, "y": 0.01}
    first = CCA(ridge=ridge).fit(Views(data)).canonical_correlations_
    scaled = Views({"x": 1000 * data["x"], "y": data["y"]})
    np.testing.assert_allclose(CCA(ridge=ridge).fit(scaled).canonical_correlations_, first)
    assert not np.allclose(CCA(ridge=0.5).fit(Views(data)).canonical_correlations_, first)


@pytest.mark.parametrize("seed", SEEDS)
def test_held_out_correlation_recovers_what_was_planted(seed):
    data = planted(2500, {"x": 20, "y": 15}, seed=seed, noise=0.5, rank=2)
    views = Views(data)
    fitted = CCA(n_components=2).fit(views[:2000])
    assert fitted.score(views[2000:]) > 0.95
