"""Embeddings of fitted rows by fits that have not seen them."""

import numpy as np
import pytest
from scipy.linalg import orthogonal_procrustes
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.naive_bayes import GaussianNB

from mmclassic.align import (
    CCA,
    GCCA,
    PLS,
    BaseAligner,
    DiscriminantCCA,
    KernelCCA,
    KMeansAligner,
    MLPAligner,
    Procrustes,
    RidgeMapping,
    SemanticMatching,
    consistency,
)
from mmclassic.align._linear import LinearAligner
from mmclassic.testing import check_transform_changes_nothing, make_views
from mmclassic.testing._data import fitted_on, labels_for
from mmclassic.views import Views

UNSUPERVISED = [
    CCA(),
    CCA(n_components=2, ridge=(0.1, 1.0)),
    GCCA(),
    PLS(n_components=3),
    RidgeMapping("image", ridge="cv"),
    Procrustes("image"),
    KMeansAligner(n_clusters=3, random_state=0),
    MLPAligner(n_components=3, max_iter=20),
    KernelCCA(3, ridge=0.1),
]
SUPERVISED = [SemanticMatching(LogisticRegression()), DiscriminantCCA(objective="cluster")]
EVERY = [*UNSUPERVISED, *SUPERVISED]

pytestmark = pytest.mark.filterwarnings("ignore:.*Maximum iterations:Warning")


def crossed(aligner, views):
    fitted = fitted_on(aligner, views)
    return fitted.cross_transform(views, labels_for(aligner, views))


def pairs(n_rows=200, seed=0, n_hidden=4, noise=1.0):
    """Two wide views of one hidden signal."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(n_rows, n_hidden))
    return Views(
        {
            name: hidden @ rng.normal(size=(n_hidden, width))
            + noise * rng.normal(size=(n_rows, width))
            for name, width in {"image": 150, "text": 60}.items()
        }
    )


@pytest.mark.parametrize("aligner", EVERY, ids=repr)
def test_it_is_like_transform(aligner):
    views = make_views(70, missing=0.1)
    fitted = fitted_on(aligner, views)
    found = fitted.cross_transform(views, labels_for(aligner, views))
    expected = fitted.transform(views)
    assert found.widths == expected.widths
    np.testing.assert_array_equal(found.present, views.present)
    for name in views.names:
        assert found[name].dtype == expected[name].dtype
        np.testing.assert_array_equal(np.isnan(found[name]), np.isnan(expected[name]))


@pytest.mark.parametrize("aligner", UNSUPERVISED, ids=repr)
def test_rows_come_out_near_their_places_in_the_whole_fit(aligner):
    views = make_views(300)
    fitted = fitted_on(aligner, views)
    found, expected = fitted.cross_transform(views), fitted.transform(views)
    for name in views.names:
        product = np.vdot(found[name], expected[name])
        assert product > 0.85 * np.linalg.norm(found[name]) * np.linalg.norm(expected[name])


@pytest.mark.parametrize("aligner", EVERY, ids=repr)
def test_a_row_moves_no_other_row_of_its_fold(aligner):
    views, other = make_views(60, sparse=False), make_views(60, sparse=False)
    for block in other.blocks.values():
        block[7] = 3 * block[12]
    y = labels_for(aligner, views)
    fitted = fitted_on(aligner, views)
    before, after = fitted.cross_transform(views, y), fitted.cross_transform(other, y)
    same_fold = np.arange(60) % 5 == 2
    same_fold[7] = False
    for name in views.names:
        np.testing.assert_allclose(after[name][same_fold], before[name][same_fold])
        assert not np.allclose(after[name][7], before[name][7])


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("cv", [2, 5, 10])
def test_against_procrustes_of_variates(seed, cv):
    views = pairs(100, seed)
    cca = CCA(5, ridge=1.0).fit(views)
    held_out = np.arange(100) % cv == 1
    part = clone(cca).fit(views[~held_out])
    known = views[~held_out]
    variates = {
        one: np.vstack(list(one.transform(known).blocks.values())) / one._component_scale()
        for one in (part, cca)
    }
    turn, _ = orthogonal_procrustes(variates[part], variates[cca])
    found = cca.cross_transform(views, cv=cv)
    for name, block in part.transform(views[held_out]).items():
        expected = block / part._component_scale() @ turn * cca._component_scale()
        np.testing.assert_allclose(found[name][held_out], expected, atol=1e-10)


LINEAR = [
    CCA(4, ridge=0.5),
    GCCA(4, ridge=0.5),
    PLS(4),
    RidgeMapping("text", ridge="cv"),
    Procrustes("text"),
    DiscriminantCCA(ridge=0.5),
]


@pytest.mark.parametrize("width", [20, 150], ids=["narrow", "reduced"])
@pytest.mark.parametrize("missing", [0.0, 0.1])
@pytest.mark.parametrize("aligner", LINEAR, ids=repr)
def test_one_pass_gives_what_fits_without_the_folds_give(aligner, missing, width, monkeypatch):
    views = pairs(100)
    image = views["image"][:, :width]
    present = np.random.default_rng(0).random((100, 2)) >= missing
    views = Views({"image": image, "text": views["text"]}, present | ~present.any(axis=1)[:, None])
    fitted = fitted_on(aligner, views)
    y = labels_for(aligner, views)
    found = fitted.cross_transform(views, y)
    monkeypatch.setattr(LinearAligner, "_fitter_of_parts", BaseAligner._fitter_of_parts)
    # What completes missing views begins with a variance along every axis, and there are more of
    # them where the reduction has seen all rows.
    tolerance = 1e-3 if missing and width > 100 else 1e-6
    for name, expected in fitted.cross_transform(views, y).items():
        distance = np.nan_to_num(found[name] - expected)
        assert np.linalg.norm(distance) < tolerance * np.linalg.norm(np.nan_to_num(expected))


def with_swapped_pictures(views, seed):
    rng = np.random.default_rng(seed)
    rows = rng.choice(len(views), len(views) // 10, replace=False)
    image = views["image"].copy()
    image[rows] = image[np.roll(rows, 1)]
    swapped = np.zeros(len(views), dtype=bool)
    swapped[rows] = True
    return Views({**views.blocks, "image": image}), swapped


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(
    "aligner", [CCA(ridge=1.0), GCCA(ridge=1.0), KernelCCA(ridge=0.1)], ids=repr
)
def test_it_finds_swapped_pictures_among_the_fitted_rows(aligner, seed):
    views, swapped = with_swapped_pictures(pairs(200, seed, n_hidden=10, noise=4.0), seed)
    fitted = clone(aligner).fit(views)
    auc = [
        roc_auc_score(swapped, consistency(space)["p_value"])
        for space in (fitted.transform(views), fitted.cross_transform(views))
    ]
    assert auc[1] > max(auc[0] + 0.1, 0.85)


def test_score_of_fitted_rows_is_not_too_good():
    rng = np.random.default_rng(0)
    unrelated = Views({"a": rng.normal(size=(100, 40)), "b": rng.normal(size=(100, 40))})
    cca = CCA(3, ridge=0.01).fit(unrelated)
    assert cca.score(unrelated) > 0.8
    assert abs(cca.cross_score(unrelated)) < 0.2
    related = pairs(300, noise=0.3)
    cca = CCA(3).fit(related)
    assert cca.cross_score(related) > 0.9
    assert np.isnan(CCA(1).fit(related["text"]).cross_score(related["text"]))


def test_clusters_of_all_folds_have_the_same_columns():
    rng = np.random.default_rng(0)
    y = rng.integers(6, size=120)
    views = Views({n: 20 * np.eye(6)[y] + rng.normal(size=(120, 6)) for n in ("a", "b")})
    aligner = KMeansAligner(6, random_state=3).fit(views)
    found = aligner.cross_transform(views)
    for name in views.names:
        np.testing.assert_array_equal(found[name].argmax(axis=1), aligner.labels_)
        np.testing.assert_allclose(found[name].sum(axis=1), 1)


def test_posteriors_keep_their_columns_where_a_fold_lacks_a_class():
    rng = np.random.default_rng(0)
    y = np.where(np.arange(60) == 10, "b", np.where(rng.random(60) < 0.5, "a", "c"))
    views = Views({n: 5 * (y == "c")[:, None] + rng.normal(size=(60, 2)) for n in ("a", "b")})
    matching = SemanticMatching(GaussianNB(var_smoothing=0.1)).fit(views, y)
    found = matching.cross_transform(views, y)["a"]
    assert matching.classes_.tolist() == ["a", "b", "c"]
    assert (found[::5, 1] == 0).all()
    usual = y != "b"
    assert (matching.classes_[found[usual].argmax(axis=1)] == y[usual]).mean() > 0.9


@pytest.mark.parametrize("aligner", [CCA(14, ridge=0.1), KernelCCA(14, ridge=0.1)], ids=repr)
def test_components_that_a_fold_lacks(aligner):
    views = pairs(16)
    fitted = aligner.fit(views)
    found = fitted.cross_transform(views)
    assert found["image"].shape == (16, 14)
    assert np.isfinite(found["image"]).all()
    for fold in range(5):
        assert np.linalg.matrix_rank(found["image"][fold::5]) <= 12


def test_what_was_chosen_is_not_chosen_again(monkeypatch):
    views = make_views(100)
    mapping = RidgeMapping(ridge="cv").fit(views)
    given = RidgeMapping(ridge=mapping.ridge_).fit(views).cross_transform(views)
    np.testing.assert_array_equal(mapping.cross_transform(views)["image"], given["image"])
    y = np.arange(100) % 3
    matching = SemanticMatching().fit(views, y)
    monkeypatch.setattr("mmclassic.align._semantic.fit_logistic", None)
    matching.cross_transform(views, y)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_matrix_gives_a_matrix(dtype):
    X = pairs(50)["text"].astype(dtype)
    found = PLS(3).fit(X).cross_transform(X)
    assert found.shape == (50, 3)
    assert found.dtype == dtype


@pytest.mark.parametrize("aligner", [CCA(), *SUPERVISED], ids=repr)
def test_reading_changes_nothing(aligner):
    views = make_views(missing=0.2)
    arguments = (views, labels_for(aligner, views))
    calls = [("cross_transform", arguments, {}), ("cross_score", arguments, {})]
    check_transform_changes_nothing(fitted_on(aligner, views), calls)


def test_errors():
    views = make_views(60)
    y = np.arange(60) % 3
    cca = CCA().fit(views)
    with pytest.raises(NotFittedError):
        CCA().cross_transform(views)
    with pytest.raises(ValueError, match="needs at least 10 rows; got 9"):
        cca.cross_transform(views[:9])
    with pytest.raises(ValueError, match=r"7 times, each time.* needs at least 14 rows; got 13"):
        cca.cross_transform(views[:13], cv=7)
    with pytest.raises(ValueError, match="cv == 1, must be >= 2"):
        cca.cross_transform(views, cv=1)
    with pytest.raises(ValueError, match=r"all of its views; \['text', 'audio'\] are lacking"):
        cca.cross_transform(views.select("image"))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        DiscriminantCCA().fit(views, y).cross_transform(views, y[:-1])
    with pytest.raises(ValueError, match="DiscriminantCCA requires y to be passed"):
        DiscriminantCCA().fit(views, y).cross_transform(views)
    present = views.present.copy()
    present[:, 0] = np.arange(60) % 5 == 3
    rare = Views(views.blocks, present)
    with pytest.raises(ValueError, match=r"without rows 3, 8, 13 and so on: .*'image'"):
        cca.cross_transform(rare)
