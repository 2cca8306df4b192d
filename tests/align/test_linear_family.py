"""The linear family against closed forms, scikit-learn and SciPy, and its streaming."""

import numpy as np
import pytest
import scipy.linalg as la
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.cross_decomposition import PLSSVD
from sklearn.linear_model import Ridge
from sklearn.preprocessing import OneHotEncoder
from skops.io import dumps, get_untrusted_types, loads

from mmclassic.align import CCA, GCCA, PLS, Procrustes, RidgeMapping
from mmclassic.testing import make_views
from mmclassic.views import Views

SEEDS = [0, 1, 2]
FAMILY = [
    CCA(),
    CCA(ridge=1.0),
    CCA(ridge=0.01, n_components=2),
    CCA(ridge=(0.01, 1.0)),
    GCCA(ridge=0.1),
    GCCA(),
    PLS(),
    RidgeMapping("image", ridge=0.1),
    RidgeMapping(ridge="cv"),
    Procrustes("audio"),
]

# Repeated rows fall into other folds, so weights repeat rows only without a choice of ridge.
WITHOUT_FOLDS = [a for a in FAMILY if not isinstance(getattr(a, "ridge", 0), (str, tuple))]


def planted(n, widths, *, seed, noise=0.5, rank=3):
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(n, rank))
    return {
        name: hidden @ rng.normal(size=(rank, p)) + noise * rng.normal(size=(n, p)) + 3
        for name, p in widths.items()
    }


def centred(X):
    return X - X.mean(axis=0)


def assert_same_up_to_sign(A, B, tolerance=1e-6):
    signs = np.sign((A * B).sum(axis=0))
    np.testing.assert_allclose(A, B * signs, atol=tolerance * np.abs(B).max())


def assert_same_solution(a, b, views, tolerance=1e-8):
    Z, W = a.transform(views), b.transform(views)
    for name in Z.names:
        scale = np.nanmax(np.abs(W[name]))
        np.testing.assert_allclose(Z[name], W[name], atol=tolerance * scale, rtol=tolerance)


# Streaming: the same code path for pieces, workers and weights.


@pytest.mark.parametrize("aligner", FAMILY, ids=repr)
@pytest.mark.parametrize("missing", [0.0, 0.25])
def test_partial_fit_and_merge_equal_fit_on_all_rows(aligner, missing):
    views = make_views(300, missing=missing)
    whole = clone(aligner).fit(views)
    pieces = clone(aligner)
    for rows in np.array_split(np.arange(300), [40, 45, 200]):
        pieces.partial_fit(views[rows])
    assert_same_solution(pieces, whole, views)
    # Workers whose rows start at a multiple of the number of folds keep the same folds.
    workers = [clone(aligner).partial_fit(views[rows]) for rows in np.split(np.arange(300), [100])]
    assert_same_solution(workers[0].merge(workers[1]), whole, views)


@pytest.mark.parametrize("aligner", WITHOUT_FOLDS, ids=repr)
def test_whole_weights_repeat_rows(aligner):
    views = make_views(150, missing=0.2)
    weight = np.random.default_rng(0).integers(0, 3, 150)
    repeated = views[np.repeat(np.arange(150), weight)]
    weighted = clone(aligner).fit(views, sample_weight=weight)
    # The completion of missing views stops by a prior that counts rows, repeated or not.
    tolerance = 1e-8 if isinstance(aligner, (RidgeMapping, Procrustes)) else 0.05
    assert_same_solution(weighted, clone(aligner).fit(repeated), views, tolerance)
    pieces = clone(aligner)
    for rows in np.array_split(np.arange(150), 3):
        pieces.partial_fit(views[rows], sample_weight=weight[rows])
    assert_same_solution(pieces, weighted, views)


@pytest.mark.parametrize("aligner", [CCA(ridge=1.0), GCCA(ridge=1.0), PLS()], ids=repr)
def test_whole_weights_repeat_complete_rows_exactly(aligner):
    views = make_views(150)
    weight = np.random.default_rng(0).integers(0, 3, 150)
    weighted = clone(aligner).fit(views, sample_weight=weight)
    repeated = clone(aligner).fit(views[np.repeat(np.arange(150), weight)])
    assert_same_solution(weighted, repeated, views)


def test_the_solution_follows_rows_that_come_after_it_was_used():
    views = make_views(200)
    pieces = CCA().partial_fit(views[:100])
    first = pieces.canonical_correlations_
    pieces.partial_fit(views[100:])
    assert not np.allclose(pieces.canonical_correlations_, first)
    assert_same_solution(pieces, CCA().fit(views), views)
    with pytest.raises(AttributeError, match="'CCA' object has no attribute 'nothing_'"):
        pieces.nothing_  # noqa: B018
    with pytest.raises(AttributeError, match="has no attribute 'weights_'"):
        CCA().weights_  # noqa: B018


def test_later_pieces_may_lack_views():
    views = make_views(200)
    pieces = CCA().partial_fit(views[:120]).partial_fit(views[120:].select("text", "audio"))
    present = views.present.copy()
    present[120:, 0] = False
    assert_same_solution(pieces, CCA().fit(Views(views.blocks, present)), views)


@pytest.mark.parametrize("ridge", [1.0, "cv"])
def test_a_stream_goes_on_after_a_file(ridge):
    views = make_views(120)
    data = dumps(CCA(ridge=ridge).partial_fit(views[:60]))
    restored = loads(data, trusted=get_untrusted_types(data=data))
    assert_same_solution(restored.partial_fit(views[60:]), CCA(ridge=ridge).fit(views), views)


def test_streaming_errors_say_what_to_do():
    views = make_views(50)
    with pytest.warns(UserWarning, match="fitted with fit, which keeps no moments .* starts anew"):
        CCA().fit(views).partial_fit(views)
    with pytest.raises(ValueError, match=r"views {'text': 9} .* wider than max_width=8; reduce"):
        CCA(max_width=8).partial_fit(views)
    with pytest.raises(ValueError, match="merge needs two aligners that were fitted with partial"):
        CCA().partial_fit(views).merge(CCA().fit(views))
    with pytest.raises(ValueError, match="sample_weight must not be negative"):
        CCA().fit(views, sample_weight=np.linspace(-1, 1, 50))
    late = CCA(ridge=1.0).partial_fit(views).set_params(ridge="cv")
    with pytest.raises(ValueError, match="keeps them only if ridge holds candidates from its"):
        late.partial_fit(views)


# The ridge, chosen on held-out folds.


def test_the_chosen_ridge_of_a_mapping_is_that_of_explicit_cross_validation():
    data = planted(60, {"x": 12, "z": 30, "y": 4}, seed=1, noise=2.0)
    views, candidates = Views(data), (0.001, 0.1, 1.0, 10.0)
    fitted = RidgeMapping(ridge=candidates).fit(views)
    for name in ("x", "z"):
        for fold in range(5):
            new = np.arange(60) % 5 == fold
            truth = data["y"][new]
            for i, ridge in enumerate(candidates):
                model = RidgeMapping(ridge=ridge).fit(views[~new].select(name, "y"))
                error = truth - model.predict_view(views[new].select(name))
                spread = truth - data["y"][~new].mean(axis=0)
                expected = 1 - (error**2).sum() / (spread**2).sum()
                assert fitted.ridge_scores_[name][i, fold] == pytest.approx(expected, abs=1e-8)
        best = candidates[fitted.ridge_scores_[name].mean(axis=1).argmax()]
        assert fitted.ridge_[name] == best


def test_ridge_errors_say_what_to_do():
    views = make_views(60)
    with pytest.raises(ValueError, match="ridge must be a number, a dict, 'cv' or candidates"):
        CCA(ridge=[]).fit(views)
    with pytest.raises(ValueError, match="ridge must be a number, a dict, 'cv' or candidates"):
        CCA(ridge=(0.1, -1)).fit(views)
    with pytest.raises(ValueError, match="5 folds with at least 2 rows that have both"):
        CCA(ridge=(0.1, 1.0)).fit(views[:7])
    with pytest.raises(ValueError, match=r"for each of the views \['image', 'text'\]; got"):
        RidgeMapping(ridge={"image": 0.1}).fit(views)


# Agreement with closed forms and other libraries.


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("ridge", [0.0, 0.1])
def test_gcca_solves_maxvar(seed, ridge):
    """The shared variables are eigenvectors of the sum of the (ridge) projections."""
    data = planted(80, {"x": 4, "y": 3, "z": 5}, seed=seed)
    fitted = GCCA(3, ridge=ridge).fit(Views(data))
    hats = {}
    for name, X in data.items():
        C = centred(X).T @ centred(X) / 80
        C += ridge * np.trace(C) / len(C) * np.eye(len(C))
        hats[name] = centred(X) @ la.solve(C, centred(X).T) / 80
    values, G = la.eigh(sum(hats.values()))
    G = G[:, ::-1][:, :3] * np.sqrt(80)
    np.testing.assert_allclose(fitted.agreements_, values[::-1][:3] / 3, rtol=1e-9)
    Z = fitted.transform(Views(data))
    for name in data:
        assert_same_up_to_sign(Z[name], hats[name] @ G)


@pytest.mark.parametrize("seed", SEEDS)
def test_gcca_of_two_views_without_ridge_has_the_directions_of_cca(seed):
    views = Views(planted(100, {"x": 4, "y": 3}, seed=seed))
    cca = CCA(ridge=0, correlation_power=0).fit(views)
    gcca = GCCA(3, ridge=0).fit(views)
    np.testing.assert_allclose(gcca.agreements_, (1 + cca.canonical_correlations_) / 2)
    a, b = cca.transform(views), gcca.transform(views)
    for name in ("x", "y"):
        assert_same_up_to_sign(b[name] / b[name].std(axis=0), a[name] / a[name].std(axis=0))


@pytest.mark.parametrize("seed", SEEDS)
def test_pls_equals_scikit_learns_plssvd(seed):
    data = planted(100, {"x": 6, "y": 4}, seed=seed)
    fitted = PLS(3).fit(Views(data))
    peer = PLSSVD(n_components=3, scale=False).fit(data["x"], data["y"])
    Z = fitted.transform(Views(data))
    for ours, theirs in zip((Z["x"], Z["y"]), peer.transform(data["x"], data["y"])):
        assert_same_up_to_sign(ours, theirs)
    across = np.einsum("ij,ij->j", Z["x"], Z["y"]) / 100
    np.testing.assert_allclose(fitted.covariances_, across, rtol=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_pls_of_three_views_maximises_the_sum_of_covariances(seed):
    data = planted(100, {"x": 4, "y": 3, "z": 2}, seed=seed)
    scaled = {n: centred(X) / np.sqrt(centred(X).var(axis=0).sum()) for n, X in data.items()}
    matrix = np.block([[a.T @ b / 100 for b in scaled.values()] for a in scaled.values()])
    matrix -= la.block_diag(*[a.T @ a / 100 for a in scaled.values()])
    values, vectors = la.eigh(matrix)
    fitted = PLS(2).fit(Views(data))
    np.testing.assert_allclose(fitted.covariances_, values[::-1][:2] / 2, rtol=1e-9)
    Z = fitted.transform(Views(data))
    expected = np.split(vectors[:, ::-1][:, :2] * np.sqrt(3), [4, 7])
    for ours, X, w in zip(Z.blocks.values(), scaled.values(), expected):
        assert_same_up_to_sign(ours, X @ w)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("width", [6, 150])
def test_ridge_mapping_equals_scikit_learns_ridge(seed, width):
    data = planted(100, {"x": width, "y": 4}, seed=seed)
    new = Views({"x": planted(20, {"x": width, "y": 4}, seed=seed + 9)["x"]})
    fitted = RidgeMapping(ridge=0.3).fit(Views(data))
    alpha = 0.3 * data["x"].var(axis=0).sum() / min(width, 99) * 100
    peer = Ridge(alpha=alpha).fit(data["x"], data["y"])
    np.testing.assert_allclose(fitted.predict_view(new), peer.predict(new["x"]), rtol=1e-7)


def test_ridge_mapping_learns_from_the_rows_that_have_both():
    views = Views(planted(120, {"x": 5, "y": 3}, seed=0))
    present = np.ones((120, 2), bool)
    present[:30, 0] = present[30:50, 1] = False
    fitted = RidgeMapping().fit(Views(views.blocks, present))
    complete = RidgeMapping().fit(views[50:])
    np.testing.assert_allclose(fitted.predict_view(views), complete.predict_view(views))
    target = fitted.transform(Views(views.blocks, present))["y"]
    assert abs(target[present[:, 1]].mean()) < 1e-12


def test_labels_as_a_target_view_make_a_classifier():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 300)
    X = np.eye(3)[y] @ rng.normal(size=(3, 8)) * 2 + rng.normal(size=(300, 8))
    labels = OneHotEncoder(sparse_output=False).fit_transform(y[:, None])
    fitted = RidgeMapping("labels").fit(Views({"labels": labels[:200], "image": X[:200]}))
    found = fitted.predict_view(Views({"image": X[200:]})).argmax(axis=1)
    assert (found == y[200:]).mean() > 0.9


@pytest.mark.parametrize("seed", SEEDS)
def test_procrustes_equals_scipys(seed):
    data = planted(60, {"x": 4, "y": 4}, seed=seed)
    fitted = Procrustes().fit(Views(data))
    expected, _ = la.orthogonal_procrustes(centred(data["x"]), centred(data["y"]))
    np.testing.assert_allclose(fitted.weights_["x"], expected, atol=1e-10)


@pytest.mark.parametrize("widths", [(3, 7), (7, 3), (90, 3)])
def test_procrustes_of_different_widths_keeps_what_covaries(widths):
    data = planted(60, dict(zip("xy", widths)), seed=0)
    R = Procrustes().fit(Views(data)).weights_["x"]
    assert R.shape == widths
    values = la.svdvals(R)
    np.testing.assert_allclose(values, 1, atol=1e-9)
    # No other partial rotation covaries more with the target.
    C = centred(data["x"]).T @ centred(data["y"]) / 60
    assert np.vdot(R, C) == pytest.approx(la.svdvals(C).sum())


def test_target_errors_say_what_to_do():
    views = make_views(60)
    with pytest.raises(ValueError, match=r"target must be one of the views \['image'.*'video'"):
        Procrustes("video").fit(views)
    with pytest.raises(ValueError, match=r"the target view 'text' has 9 columns.*max_width=5"):
        RidgeMapping("text", max_width=5).fit(views)
    apart = Views(
        {"a": np.ones((4, 1)), "b": np.ones((4, 1))}, np.array([[1, 0], [0, 1]] * 2, bool)
    )
    with pytest.raises(ValueError, match="no row has both 'a' and the target 'b'"):
        RidgeMapping().fit(apart)


# What can be read from a fitted subspace.


NARROW, WIDE = {"x": 5, "y": 4}, {"x": 80, "y": 4, "z": 3}


@pytest.mark.parametrize(
    ("aligner", "widths"),
    [
        (CCA(ridge=0), NARROW),
        *[(aligner, widths) for aligner in (CCA(), GCCA(), PLS()) for widths in (NARROW, WIDE)],
    ],
    ids=repr,
)
def test_loadings_are_correlations_of_columns_with_variates(aligner, widths):
    data = planted(60, widths, seed=0)
    fitted = clone(aligner).fit(Views(data))
    Z = fitted.transform(Views(data))
    for name in data:
        both = np.corrcoef(data[name].T, Z[name].T)
        expected = both[: widths[name], widths[name] :]
        np.testing.assert_allclose(fitted.loadings_[name], expected, atol=1e-6)


@pytest.mark.parametrize("aligner", [CCA(ridge=0.01), GCCA(ridge=0.01), PLS()], ids=repr)
def test_prediction_is_least_squares_on_the_variates(aligner):
    data = planted(200, {"x": 5, "y": 4, "z": 3}, seed=0)
    views = Views(data)
    fitted = clone(aligner).fit(views)
    Z = fitted.transform(views)
    for sources in (["x"], ["x", "z"]):
        design = np.hstack([np.ones((200, 1)), *[Z[name] for name in sources]])
        expected = design @ la.lstsq(design, data["y"])[0]
        got = fitted.predict_view(views.select(*sources), target="y")
        np.testing.assert_allclose(got, expected, atol=1e-6)
    # What is known of the target itself is left out, unless it is all there is.
    np.testing.assert_allclose(fitted.predict_view(views, "y"), got, atol=1e-9)
    with pytest.raises(ValueError, match=r"target must be one of the fitted views .* 'video'"):
        fitted.predict_view(views, target="video")


@pytest.mark.parametrize("aligner", [CCA(), RidgeMapping("text")], ids=repr)
def test_prediction_uses_what_a_row_has(aligner):
    views = make_views(100)
    fitted = aligner.fit(views)
    present = np.ones((100, 3), bool)
    present[0, 0] = present[1] = False
    target = {} if isinstance(aligner, RidgeMapping) else {"target": "text"}
    got = fitted.predict_view(Views(views.blocks, present), **target)
    assert np.isnan(got[1]).all()
    alone = fitted.predict_view(views.select("audio"), **target)
    np.testing.assert_allclose(got[0], alone[0])


@pytest.mark.parametrize("aligner", [CCA(ridge=0), CCA(correlation_power=0), PLS()], ids=repr)
def test_inverse_transform_restores_a_view_that_the_components_hold(aligner):
    data = planted(100, {"x": 3, "y": 6}, seed=0)
    views = Views(data)
    fitted = clone(aligner).fit(views)
    back = fitted.inverse_transform(fitted.transform(views))
    np.testing.assert_allclose(back["x"], data["x"], atol=1e-8)
    lost = np.mean((back["y"] - data["y"]) ** 2) / data["y"].var()
    assert 0 < lost < 0.5
    with pytest.raises(ValueError, match="was fitted on views"):
        fitted.inverse_transform(views)


# Numbers at their limits.


@pytest.mark.parametrize("cls", [CCA, GCCA, PLS, RidgeMapping, Procrustes])
@pytest.mark.parametrize("n_rows", [1, 2, 3])
def test_few_rows_give_finite_answers(cls, n_rows):
    rng = np.random.default_rng(0)
    views = Views({n: rng.normal(size=(n_rows, w)) for n, w in {"x": 1, "y": 4, "z": 9}.items()})
    Z = cls().fit(views).transform(views)
    assert all(np.isfinite(Z[name]).all() for name in Z.names)


@pytest.mark.parametrize("cls", [CCA, GCCA, PLS, RidgeMapping, Procrustes])
@pytest.mark.parametrize("sparse", [False, True])
def test_useless_columns_give_finite_answers(cls, sparse):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 3))
    bad = np.column_stack([X, X[:, 0], X @ [1, 2, 3], np.ones(40), np.zeros(40)])
    constant = np.full((40, 2), 7.0)
    other = sp.csr_matrix(bad) if sparse else bad
    for ridge in (0, 0.1):
        aligner = cls(ridge=ridge) if "ridge" in cls().get_params() else cls()
        for blocks in ({"x": other, "y": X}, {"x": other, "y": other}, {"x": X, "y": constant}):
            Z = clone(aligner).fit(Views(blocks)).transform(Views(blocks))
            assert all(np.isfinite(Z[name]).all() for name in Z.names)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("exponent", [3, 6, 12])
def test_columns_of_very_different_scales_change_nothing_without_a_ridge(seed, exponent):
    """Condition numbers of the covariance up to 1e24 that come from scales alone."""
    data = planted(200, {"x": 5, "y": 4}, seed=seed)
    data = {name: centred(X) for name, X in data.items()}
    scales = np.logspace(-exponent / 2, exponent / 2, 5)
    plain = CCA(ridge=0).fit(Views(data)).canonical_correlations_
    scaled = CCA(ridge=0).fit(Views({"x": data["x"] * scales, "y": data["y"]}))
    np.testing.assert_allclose(scaled.canonical_correlations_, plain, rtol=1e-8)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("exponent", [4, 8, 12])
def test_nearly_collinear_columns_keep_the_correlations(seed, exponent):
    """A covariance of condition number 10 ** exponent, in rotated coordinates."""
    data = planted(200, {"x": 5, "y": 4}, seed=seed)
    X = la.qr(centred(data["x"]), mode="economic")[0]
    rotation = la.qr(np.random.default_rng(seed).normal(size=(5, 5)))[0]
    bad = X * np.logspace(-exponent / 2, 0, 5) @ rotation
    assert np.linalg.cond(bad) ** 2 == pytest.approx(10.0**exponent, rel=1e-3)
    plain = CCA(ridge=0).fit(Views(data)).canonical_correlations_
    got = CCA(ridge=0).fit(Views({"x": bad, "y": data["y"]})).canonical_correlations_
    np.testing.assert_allclose(got, plain, atol=10.0 ** (exponent - 15))


@pytest.mark.parametrize("cls", [CCA, GCCA, PLS, RidgeMapping, Procrustes])
def test_float32_with_a_mean_of_a_million(cls):
    data = {n: X - 3 for n, X in planted(3000, {"x": 5, "y": 4}, seed=0, noise=1.0).items()}
    # At 1e6 float32 has steps of 1/16, so the exact result is that of the rounded data.
    single = {name: (X + 1e6).astype(np.float32) for name, X in data.items()}
    double = {name: X.astype(np.float64) - 1e6 for name, X in single.items()}
    Z, expected = cls().fit_transform(Views(single)), cls().fit_transform(Views(double))
    for name in data:
        assert Z[name].dtype == np.float32
        np.testing.assert_allclose(Z[name], expected[name], atol=2e-4 * expected[name].std())


def test_wide_sparse_views_are_never_densified(monkeypatch):
    rng = np.random.default_rng(0)
    densify = sp.csr_matrix.toarray

    def guarded(matrix, *args, **kwargs):
        assert matrix.shape[1] < 1000, matrix.shape
        return densify(matrix, *args, **kwargs)

    monkeypatch.setattr(sp.csr_matrix, "toarray", guarded)
    text = sp.random(150, 30_000, 0.001, random_state=0, format="csr")
    views = Views({"text": text, "image": rng.normal(size=(150, 5))})
    for aligner in (CCA(3), GCCA(3), PLS(3), RidgeMapping(), Procrustes()):
        assert np.isfinite(aligner.fit(views).transform(views)["text"]).all()
