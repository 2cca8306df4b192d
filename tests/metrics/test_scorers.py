"""Scorers of shared spaces, by hand and in plain grid searches."""

import pickle
from functools import partial
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mmclassic.align import CCA, SemanticMatching
from mmclassic.features import ModalityExtractor, NumericVectorizer
from mmclassic.fuse import ConcatFusion
from mmclassic.match import SIMILARITIES
from mmclassic.metrics import (
    correlation_scorer,
    label_relevance,
    paired_correlation,
    retrieval_map,
    retrieval_recall_at_k,
    retrieval_scorer,
)
from mmclassic.metrics._scorers import ask
from mmclassic.testing import make_views
from mmclassic.views import PerView, Views


class Aligned(BaseEstimator):
    """A model whose data are aligned already."""

    def transform(self, X):
        return X


def table_of(views):
    return pd.DataFrame({name: list(views[name]) for name in ("image", "audio")})


def pipeline():
    columns = [(name, NumericVectorizer(), name) for name in ("image", "audio")]
    return make_pipeline(ModalityExtractor(columns), CCA())


def test_only_rows_with_the_view_ask_and_answer():
    space = Views(
        {"text": np.array([[1.0], [np.nan], [-1.0]]), "image": np.array([[1.0], [1.0], [-1.0]])},
        present=[[True, True], [False, True], [True, True]],
    )
    found, relevance, rows = ask(space, "text", "image", np.array([7, 8, 9]))
    assert found.tolist() == [[1, 1, -1], [-1, -1, 1]]
    assert relevance.tolist() == [[True, False, False], [False, False, True]]
    assert rows.tolist() == [0, 2]
    # text asks: 1/2 on average of two tied, then 1; image asks: 1, nothing (left out), 1.
    assert retrieval_scorer()(Aligned(), space) == pytest.approx(((0.75 + 1) / 2 + 1) / 2)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("metric", SIMILARITIES)
def test_the_score_is_the_mean_over_directions(seed, metric):
    rng = np.random.default_rng(seed)
    space = Views({name: rng.normal(size=(12, 3)) for name in "abc"})
    y = rng.integers(3, size=12)
    expected = np.mean(
        [
            retrieval_map(ask(space, *pair, y, metric=metric)[0], relevance=label_relevance(y, y))
            for pair in permutations("abc", 2)
        ]
    )
    assert retrieval_scorer(metric=metric)(Aligned(), space, y) == pytest.approx(expected)


def test_another_measure():
    space = Views({"a": np.eye(3), "b": np.eye(3)[[0, 2, 1]]})
    recall = retrieval_scorer(partial(retrieval_recall_at_k, k=1))
    assert recall(Aligned(), space) == pytest.approx(1 / 3)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_correlation_is_that_of_numpy(seed):
    rng = np.random.default_rng(seed)
    A, B = 1e3 + rng.normal(size=(2, 20, 3))
    expected = [np.corrcoef(A[:, k], B[:, k])[0, 1] for k in range(3)]
    np.testing.assert_allclose(paired_correlation(A, B), expected)
    halves = np.arange(40)[:, None] < [40, 20]
    space = Views({"a": np.vstack([A, A]), "b": np.vstack([B, B * np.nan])}, halves)
    assert correlation_scorer()(Aligned(), space) == pytest.approx(np.mean(expected))
    assert correlation_scorer("sum")(Aligned(), space) == pytest.approx(np.sum(expected))


def test_the_mean_correlation_is_the_aligners_own_score():
    views = make_views(120)
    fitted = CCA(3).fit(views[:80])
    assert correlation_scorer()(fitted, views[80:]) == pytest.approx(fitted.score(views[80:]))


def as_it_is(model):
    return model


def in_a_pipeline(model):
    return make_pipeline(PerView({}), model)


def before_nothing(model):
    return make_pipeline(model, "passthrough")


def in_a_search(model):
    return GridSearchCV(in_a_pipeline(model), {"perview__remainder": ["passthrough"]}, cv=2)


@pytest.mark.parametrize("wrap", [as_it_is, in_a_pipeline, before_nothing, in_a_search])
@pytest.mark.parametrize(("aligner", "metric"), [(CCA(), "cosine"), (SemanticMatching(), "dot")])
def test_rows_are_compared_as_the_aligner_says(wrap, aligner, metric):
    views, y = make_views(60), np.arange(60) % 3
    model = wrap(aligner).fit(views, y)
    given = {m: retrieval_scorer(metric=m)(model, views, y) for m in ("cosine", "dot")}
    assert retrieval_scorer()(model, views, y) == given[metric]
    assert given["cosine"] != given["dot"]


@pytest.mark.parametrize("scorer", [retrieval_scorer(), correlation_scorer("sum")], ids=type)
def test_grid_search_over_views_and_over_tables(scorer):
    views = make_views(90)
    grid = {"n_components": [1, 3], "ridge": [0.1, 1e6]}
    search = GridSearchCV(CCA(), grid, scoring=scorer, cv=3, error_score="raise").fit(views)
    assert search.best_params_["n_components"] == 3
    table = table_of(views)
    grid = {f"cca__{name}": values for name, values in grid.items()}
    search = GridSearchCV(pipeline(), grid, scoring=scorer, cv=3, error_score="raise")
    search.fit(table)
    assert search.best_params_["cca__n_components"] == 3


def test_grid_search_with_labels():
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=90)
    signal = 2 * np.eye(3)[y]
    views = Views({name: signal + rng.normal(size=(90, 3)) for name in ("image", "text")})
    model = make_pipeline(PerView({"image": StandardScaler()}), SemanticMatching())
    search = GridSearchCV(
        model,
        {"semanticmatching__classifier": [None, DummyClassifier()]},
        scoring=retrieval_scorer(metric="dot"),
        cv=StratifiedKFold(3, shuffle=True, random_state=0),
        error_score="raise",
    ).fit(views, y)
    assert search.best_params_["semanticmatching__classifier"] is None
    # Without labels a row's answer is its own partner, which is harder to find.
    by_label = retrieval_scorer(metric="dot")
    assert by_label(search, views, y) > by_label(search, views) + 0.1


@pytest.mark.parametrize("scorer", [retrieval_scorer(), correlation_scorer()], ids=type)
def test_models_without_views_are_refused(scorer):
    views = make_views()
    with pytest.raises(ValueError, match=r"must end in an aligner.* got ndarray"):
        scorer(make_pipeline(CCA(), ConcatFusion()).fit(views), views)
    with pytest.raises(ValueError, match="two or more views"):
        scorer(CCA().fit(views), views.select("text"))


@pytest.mark.parametrize("scorer", [retrieval_scorer(), correlation_scorer()], ids=type)
def test_workers_of_a_parallel_search_can_receive_a_scorer(scorer):
    views = make_views()
    fitted = CCA().fit(views)
    assert pickle.loads(pickle.dumps(scorer))(fitted, views) == scorer(fitted, views)


def test_wrong_settings_and_shapes():
    with pytest.raises(ValueError, match="'metric' parameter"):
        retrieval_scorer(metric="hamming")
    with pytest.raises(ValueError, match="'measure' parameter"):
        retrieval_scorer("cosine")
    with pytest.raises(ValueError, match="'aggregate' parameter"):
        correlation_scorer("median")
    with pytest.raises(ValueError, match=r"one shape; got \(3, 3\) and \(3, 2\)"):
        paired_correlation(np.eye(3), np.eye(3, 2))
    assert paired_correlation([[1.0], [1.0]], [[0.0], [1.0]]).tolist() == [0.0]
