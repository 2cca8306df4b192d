"""Agreement by hand; p-values against the definition, under the null and on planted mismatches."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mmclassic.align import (
    CCA,
    PLS,
    DiscriminantCCA,
    KernelCCA,
    KMeansAligner,
    MLPAligner,
    SemanticMatching,
    consistency,
    similarity,
)
from mmclassic.views import PerView, Views


def random_views(n_rows=40, names="ab", seed=0, missing=0.0, width=5):
    rng = np.random.default_rng(seed)
    present = rng.random((n_rows, len(names))) >= missing
    blocks = {name: rng.normal(size=(n_rows, width)) for name in names}
    for column, name in enumerate(names):
        blocks[name][~present[:, column]] = np.nan
    return Views(blocks, present)


def definition(views, metric="cosine"):
    """Agreement and p-value of every row, one replacement at a time."""
    # Absent cells are anything: they are not looked up.
    blocks = {n: np.where(np.isnan(b), np.arange(b.shape[1]), b) for n, b in views.items()}
    found = {
        (a, b): similarity(blocks[a], blocks[b], metric=metric)
        for a, b in combinations(views.names, 2)
    }

    def agreement(cells):
        return np.mean([found[a, b][cells[a], cells[b]] for a, b in combinations(cells, 2)])

    n_rows = len(views)
    result = np.full((n_rows, 2), np.nan)
    for i in range(n_rows):
        cells = {name: i for name in views.names if views.mask(name)[i]}
        if len(cells) < 2:
            continue
        own = agreement(cells)
        replaced = [
            agreement({**cells, name: j})
            for name in cells
            for j in np.flatnonzero(views.mask(name))
            if j != i
        ]
        result[i] = own, (1 + np.sum(np.array(replaced) >= own - 1e-12)) / (1 + len(replaced))
    return result


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("names", ["ab", "abc"])
@pytest.mark.parametrize("missing", [0.0, 0.3])
@pytest.mark.parametrize("metric", ["cosine", "dot", "pearson"])
def test_against_the_definition(seed, names, missing, metric, monkeypatch):
    monkeypatch.setattr("mmclassic.match._consistency._BLOCK_ENTRIES", 100)
    views = random_views(25, names, seed, missing)
    found = consistency(views, metric=metric)
    np.testing.assert_allclose(found, definition(views, metric))


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
def test_equal_rows_are_as_good_whatever_their_length(scale):
    views = random_views(30)
    doubled = {name: np.vstack([block, block]) for name, block in views.items()}
    scaled = Views({name: scale * block for name, block in doubled.items()})
    found = consistency(scaled, metric="dot")["p_value"]
    np.testing.assert_allclose(found, definition(Views(doubled), "dot")[:, 1])
    assert (found >= 3 / 119).all()  # a row's twin is as good in both views


def test_posteriors_are_judged_by_the_probability_of_one_class():
    posteriors = Views({"a": np.array([[0.8, 0.2], [0.5, 0.5]]), "b": np.array([[0.6, 0.4]] * 2)})
    judged = consistency(posteriors, metric="dot")
    np.testing.assert_allclose(judged["agreement"], [0.56, 0.5])


def test_literals():
    views = Views(
        {"a": np.array([[1.0, 0.0], [1.0, 0.0], [2.0, 0.0]]),
         "b": np.array([[2.0, 0.0], [0.0, 1.0], [np.nan, np.nan]]),
         "c": np.array([[1.0, 0.0], [-1.0, 0.0], [np.nan, np.nan]])},
        present=[[True, True, True], [True, True, True], [True, False, False]],
    )  # fmt: skip
    judged = consistency(views)
    np.testing.assert_allclose(judged["agreement"], [1, -1 / 3, np.nan])
    # Row 0: of a's 2 replacements both are as good, of b's and of c's none.
    np.testing.assert_allclose(judged["p_value"], [3 / 5, 5 / 5, np.nan])


@pytest.mark.parametrize("seed", range(4))
def test_p_values_are_uniform_for_rows_put_together_at_random(seed):
    p_values = consistency(random_views(800, seed=seed))["p_value"]
    assert kstest(p_values, "uniform").pvalue > 1e-3
    # Every row is compared with the same rows, so more views are less independent; the level holds.
    p_values = consistency(random_views(800, "abc", seed))["p_value"]
    for level in (0.05, 0.2, 0.5):
        assert np.mean(p_values <= level) < 1.3 * level


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_planted_mismatches_have_large_p_values_on_new_rows(seed):
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(600, 6))
    blocks = {
        name: hidden @ rng.normal(size=(6, 12)) + 0.5 * rng.normal(size=(600, 12))
        for name in ("image", "text")
    }
    views = Views(blocks)
    cca = CCA(6, ridge=0.01).fit(views[:300])
    new = views[300:]
    wrong = np.arange(20)
    new.blocks["text"] = new["text"].copy()
    new.blocks["text"][wrong] = new["text"][np.roll(wrong, 1)]
    judged = consistency(cca.transform(new))
    p_values = judged["p_value"].to_numpy()
    assert np.mean(p_values[20:] <= 0.05) > 0.95
    assert np.mean(p_values[:20] <= 0.05) <= 0.25
    assert np.mean(p_values[:20, None] > p_values[None, 20:]) > 0.95


@given(st.integers(0, 10_000))
def test_order_of_views_and_of_rows_does_not_matter(seed):
    views = random_views(15, "abc", seed, missing=0.2)
    judged = consistency(views).to_numpy()
    np.testing.assert_allclose(consistency(views.select("c", "a", "b")), judged)
    order = np.random.default_rng(seed).permutation(15)
    np.testing.assert_allclose(consistency(views[order]), judged[order])


def test_a_sample_of_partners_estimates_the_share():
    views = random_views(2000)
    exact = consistency(views, n_partners=None)
    sampled = consistency(views, n_partners=400)
    np.testing.assert_array_equal(sampled["agreement"], exact["agreement"])
    assert np.abs(sampled["p_value"] - exact["p_value"]).mean() < 0.02
    assert not sampled.equals(consistency(views, n_partners=400, random_state=1))


def test_a_row_alone_has_no_p_value():
    judged = consistency(random_views(1))
    assert np.isfinite(judged["agreement"]).all()
    assert np.isnan(judged["p_value"]).all()


def shared_and_swapped(seed, n_rows=200):
    """Wide views of a weak common signal; a tenth of the images belong to other rows."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(n_rows, 10))
    views = Views(
        {
            name: hidden @ rng.normal(size=(10, width)) + 4 * rng.normal(size=(n_rows, width))
            for name, width in {"image": 150, "text": 60}.items()
        }
    )
    wrong = rng.permutation(n_rows) < n_rows // 10
    rows = np.flatnonzero(wrong)
    views["image"][rows] = views["image"][np.roll(rows, 1)]
    return views, wrong


ALIGNERS = {
    "CCA": (CCA(ridge=1.0), 0.85, 0.1),
    "KernelCCA": (KernelCCA(ridge=0.1), 0.85, 0.1),
    "PLS": (PLS(), 0.85, -0.1),
    "pipeline": (make_pipeline(PerView({"text": StandardScaler()}), CCA(ridge=1.0)), 0.85, 0.1),
}


@pytest.mark.parametrize("name", ALIGNERS)
def test_fitted_rows_are_judged_by_fits_without_them(name):
    aligner, least, gain = ALIGNERS[name]
    views, wrong = shared_and_swapped(0)
    fitted = clone(aligner).fit(views)
    auc = {
        cv: roc_auc_score(wrong, consistency(fitted, views, cv=cv)["p_value"])
        for cv in (None, 5, 10)
    }
    assert min(auc[5], auc[10]) > max(least, auc[None] + gain)
    pd.testing.assert_frame_equal(consistency(fitted, views), consistency(fitted, views, cv=5))


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("name", ALIGNERS)
def test_p_values_of_fitted_rows_are_uniform_for_rows_put_together_at_random(name, seed):
    rng = np.random.default_rng(seed)
    views = Views({"image": rng.normal(size=(300, 40)), "text": rng.normal(size=(300, 30))})
    fitted = clone(ALIGNERS[name][0]).fit(views)
    assert kstest(consistency(fitted, views)["p_value"], "uniform").pvalue > 1e-3
    assert consistency(fitted, views, cv=None)["p_value"].mean() < 0.2


@pytest.mark.parametrize(
    "aligner",
    [
        KMeansAligner(4, random_state=0),
        MLPAligner(3, max_iter=20),
        DiscriminantCCA(),
        SemanticMatching(LogisticRegression(max_iter=1000)),
        make_pipeline(PerView({"text": StandardScaler()}), DiscriminantCCA()),
    ],
    ids=lambda aligner: type(aligner).__name__,
)
@pytest.mark.filterwarnings("ignore:.*Maximum iterations:Warning")
def test_every_aligner_judges_its_rows(aligner):
    views, _ = shared_and_swapped(0)
    y = np.arange(200) % 3
    for name in views.names:
        views[name][...] += 3 * np.eye(3, views[name].shape[1])[y]
    judged = consistency(clone(aligner).fit(views, y), views, y)
    assert judged.index.tolist() == list(range(200))
    assert judged["p_value"].between(0, 1, inclusive="right").all()


def test_the_metric_is_the_one_that_the_aligner_names():
    views, _ = shared_and_swapped(0)
    y = np.arange(200) % 3
    fitted = SemanticMatching(LogisticRegression(max_iter=1000)).fit(views, y)
    expected = consistency(fitted, views, y, metric="dot")
    pd.testing.assert_frame_equal(consistency(fitted, views, y), expected)
    assert not consistency(fitted, views, y, metric="cosine").equals(expected)


def test_errors_with_an_aligner():
    views, _ = shared_and_swapped(0)
    cca = CCA(2, ridge=1.0)
    with pytest.raises(NotFittedError):
        consistency(cca, views)
    fitted = cca.fit(views)
    with pytest.raises(TypeError, match=r"aligned Views, or a fitted aligner.*CCA and NoneType"):
        consistency(fitted)
    with pytest.raises(TypeError, match="aligned Views alone, or an aligner and its Views"):
        consistency(fitted.transform(views), views)
    with pytest.raises(ValueError, match="'cv' parameter"):
        consistency(fitted, views, cv=1)
    with pytest.raises(ValueError, match="at least 10 rows; got 9"):
        consistency(fitted, views[:9])


def test_errors():
    views = random_views()
    with pytest.raises(ValueError, match="two or more views of one width"):
        consistency(views.select("a"))
    with pytest.raises(ValueError, match="two or more views of one width"):
        consistency(Views({"a": views["a"], "b": views["b"][:, :2]}))
    with pytest.raises(TypeError, match="takes aligned Views, or a fitted aligner and the Views"):
        consistency(np.eye(2))
    with pytest.raises(ValueError, match="'metric' parameter"):
        consistency(views, metric="euclidean")
    with pytest.raises(ValueError, match="'n_partners' parameter"):
        consistency(views, n_partners=0)


@pytest.mark.parametrize("seed", range(6))
def test_fits_of_fewer_rows_may_find_more_components(seed):
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(60, 5))
    blocks = {
        name: common @ rng.normal(size=(5, width)) + 0.3 * rng.normal(size=(60, width))
        for name, width in (("image", 8), ("text", 6), ("audio", 7))
    }
    views = Views(blocks, rng.random((60, 3)) > 0.2)
    aligner = CCA().fit(views)
    judged = consistency(aligner, views)
    for fold in range(5):
        rows = np.arange(60) % 5 == fold
        alone = consistency(CCA().fit(views[~rows]), views[rows], cv=None)
        # A part chooses what it shrinks by with other folds than a plain fit.
        difference = judged.loc[rows, "agreement"].to_numpy() - alone["agreement"].to_numpy()
        assert np.nanmax(np.abs(difference)) < 0.1
    assert aligner.cross_transform(views).widths == dict.fromkeys(blocks, aligner.n_components_)
