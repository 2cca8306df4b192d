"""The container: rows, names, subsets, absence, and scikit-learn's machinery around it."""

import pickle

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.ensemble import StackingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    StratifiedGroupKFold,
    cross_val_score,
    train_test_split,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.tree import DecisionTreeClassifier
from skops.io import dumps, get_untrusted_types, loads

from mmclassic.align import CCA
from mmclassic.fuse import ConcatFusion, WeightedFusion
from mmclassic.testing import make_views
from mmclassic.views import Views


@pytest.fixture
def views():
    return Views(
        {"image": np.arange(8, dtype=np.float32).reshape(4, 2), "text": sp.csr_matrix(np.eye(4))},
        present=[[True, True], [False, True], [True, False], [True, True]],
    )


@pytest.fixture
def labelled():
    views = make_views(n_rows=90, missing=0.1)
    y = (np.arange(90) % 3 == 0).astype(int)
    return views, y


def test_shape_names_and_blocks(views):
    assert (len(views), views.shape, views.ndim, views.names) == (4, (4, 6), 2, ("image", "text"))
    assert views.widths == {"image": 2, "text": 4}
    assert views["image"].dtype == np.float32
    assert sp.issparse(views["text"])
    assert views["text"].format == "csr"
    assert "image" in views
    assert "audio" not in views
    np.testing.assert_array_equal(views.mask("text"), [True, True, False, True])
    assert repr(views) == (
        "Views(image: dense float32 (4, 2), 1 absent; text: CSR float64 (4, 4), 1 absent)"
    )


@pytest.mark.parametrize(
    "key",
    [
        2,
        np.int64(-1),
        slice(1, 3),
        [3, 0],
        np.array([True, False, True, False]),
        (np.array([0, 2]), Ellipsis),
        (slice(0, 2), slice(None)),
        slice(0, 0),
        np.array([], dtype=int),
        np.array([]),
    ],
)
def test_rows_are_selected_alike_in_every_block(views, key):
    rows = key[0] if isinstance(key, tuple) else key
    rows = np.atleast_1d(np.arange(4)[rows if np.size(rows) else slice(0, 0)])
    part = views[key]
    np.testing.assert_array_equal(part["image"], views["image"][rows])
    np.testing.assert_array_equal(part["text"].toarray(), views["text"].toarray()[rows])
    np.testing.assert_array_equal(part.present, views.present[rows])
    assert len(part) == len(rows)


@given(st.lists(st.integers(-30, 29), min_size=1, max_size=60))
def test_any_list_of_rows_gives_those_rows(rows):
    views = make_views(30)
    part = views[rows]
    index = np.array(rows, dtype=int)
    np.testing.assert_array_equal(part["audio"], views["audio"][index])
    np.testing.assert_array_equal(part["text"].toarray(), views["text"].toarray()[index])


@pytest.mark.parametrize("key", [None, 1.5, ([0], 1), (0, 1, 2), np.zeros((2, 2), int)])
def test_other_keys_are_refused(views, key):
    with pytest.raises(TypeError, match="indexed by rows or by a view's name"):
        views[key]


def test_rows_out_of_range_raise(views):
    with pytest.raises(IndexError):
        views[[4]]


def test_unknown_names_say_what_there_is(views):
    with pytest.raises(KeyError, match=r"no view named \['audio'\].*image.*text"):
        views["audio"]
    with pytest.raises(KeyError, match="audio"):
        views.select("audio")
    with pytest.raises(KeyError, match="audio"):
        views.mask("audio")


def test_select_keeps_blocks_and_mask(views):
    part = views.select("text", "image")
    assert part.names == ("text", "image")
    assert part["image"] is views["image"]
    np.testing.assert_array_equal(part.present, views.present[:, ::-1])


def test_becoming_an_array_or_iterating_points_to_a_fuser(views):
    with pytest.raises(TypeError, match="ConcatFusion"):
        np.asarray(views)
    with pytest.raises(TypeError, match="ConcatFusion"):
        list(views)
    with pytest.raises(TypeError, match="ConcatFusion"):
        LogisticRegression().fit(views, [0, 1, 0, 1])


def test_from_arrays():
    X, Y = np.ones((3, 2)), np.ones((3, 1))
    assert Views.from_arrays(X, Y).names == ("x0", "x1")
    assert Views.from_arrays(X, Y, names=("image", "text")).widths == {"image": 2, "text": 1}
    with pytest.raises(ValueError, match="2 different names"):
        Views.from_arrays(X, Y, names=("a", "a"))


@pytest.mark.parametrize(
    ("blocks", "error", "message"),
    [
        ([np.ones((2, 2))], TypeError, "from_arrays"),
        ({}, ValueError, "at least one view"),
        ({"": np.ones((2, 2))}, ValueError, "non-empty str"),
        ({"a__b": np.ones((2, 2))}, ValueError, "without '__'"),
        ({3: np.ones((2, 2))}, ValueError, "non-empty str"),
        ({"a": np.ones(2)}, ValueError, "must be 2-D"),
        ({"a": np.array([["x"]])}, TypeError, "must be numeric"),
        ({"a": np.array([[1j]])}, TypeError, "must be numeric"),
        ({"a": np.ones((2, 1)), "b": np.ones((3, 1))}, ValueError, "same number of rows"),
    ],
)
def test_unusable_blocks_are_refused(blocks, error, message):
    with pytest.raises(error, match=message):
        Views(blocks)


@pytest.mark.parametrize("present", [np.ones((2, 1), int), np.ones((1, 1), bool), np.ones(2, bool)])
def test_a_wrong_mask_is_refused(present):
    with pytest.raises(ValueError, match=r"bool of shape \(2, 1\)"):
        Views({"a": np.ones((2, 1))}, present)


def test_dtypes():
    blocks = {
        "single": np.ones((1, 1), np.float32),
        "double": np.ones((1, 1)),
        "half": np.ones((1, 1), np.float16),
        "counts": sp.csc_matrix(np.ones((1, 1), np.int32)),
        "frame": pd.DataFrame({"a": [1]}),
    }
    kinds = {name: block.dtype for name, block in Views(blocks).blocks.items()}
    assert kinds == {
        "single": np.float32,
        "double": np.float64,
        "half": np.float32,
        "counts": np.float64,
        "frame": np.float64,
    }


# --- scikit-learn around the container ---------------------------------------------------------


def make_classifier(memory=None):
    return Pipeline(
        [
            ("align", CCA(n_components=2)),
            ("fuse", WeightedFusion()),
            ("classify", LogisticRegression()),
        ],
        memory=memory,
    )


@pytest.mark.parametrize("with_y", [True, False])
def test_grid_search_with_nested_parameters_and_two_jobs(labelled, with_y):
    views, y = labelled
    if with_y:
        model, grid = make_classifier(), {"align__n_components": [1, 2], "align__ridge": [0.1, 1.0]}
        search = GridSearchCV(model, grid, cv=3, n_jobs=2).fit(views, y)
    else:
        search = GridSearchCV(CCA(), {"ridge": [0.01, 0.1, 1.0]}, cv=3, n_jobs=2).fit(views)
    scores = search.cv_results_["mean_test_score"]
    assert np.isfinite(scores).all()
    assert search.best_score_ == scores.max()


def test_cross_val_score_equals_folds_made_by_hand(labelled):
    views, y = labelled
    groups = np.arange(90) // 3
    cv = StratifiedGroupKFold(n_splits=3)
    scores = cross_val_score(make_classifier(), views, y, groups=groups, cv=cv)
    by_hand = [
        make_classifier().fit(views[train], y[train]).score(views[test], y[test])
        for train, test in cv.split(np.zeros(90), y, groups)
    ]
    np.testing.assert_allclose(scores, by_hand)


def test_train_test_split_keeps_rows_together(labelled):
    views, _ = labelled
    ids = np.arange(90)
    train, test, train_ids, test_ids = train_test_split(views, ids, random_state=0)
    assert isinstance(train, Views)
    np.testing.assert_array_equal(test["audio"], views["audio"][test_ids])
    np.testing.assert_array_equal(train["text"].toarray(), views["text"].toarray()[train_ids])
    np.testing.assert_array_equal(train.present, views.present[train_ids])


def test_stacking(labelled):
    views, y = labelled
    stack = StackingClassifier(
        [
            ("aligned", make_classifier()),
            ("joined", make_pipeline(ConcatFusion(), DecisionTreeClassifier(random_state=0))),
        ],
        final_estimator=LogisticRegression(),
        cv=3,
    )
    assert stack.fit(views, y).predict(views).shape == (90,)


def test_set_output_from_the_fuser_on(labelled):
    views, _ = labelled
    model = make_pipeline(CCA(n_components=3), WeightedFusion(), PCA(2))
    frame = model.set_output(transform="pandas").fit_transform(views)
    assert list(frame.columns) == ["pca0", "pca1"]
    middle = model[:2].transform(views)
    assert list(middle.columns) == ["weightedfusion0", "weightedfusion1", "weightedfusion2"]
    names = make_pipeline(CCA(n_components=3), ConcatFusion()).fit(views).get_feature_names_out()
    assert list(names[:4]) == ["image0", "image1", "image2", "text0"]


def test_global_output_setting_leaves_views_alone(labelled):
    from sklearn import config_context

    views, _ = labelled
    with config_context(transform_output="pandas"):
        assert isinstance(CCA().fit_transform(views), Views)


def test_clone_and_pickle_and_skops(labelled):
    views, y = labelled
    fitted = clone(make_classifier()).fit(views, y)
    expected = fitted.predict_proba(views)
    np.testing.assert_array_equal(
        pickle.loads(pickle.dumps(fitted)).predict_proba(pickle.loads(pickle.dumps(views))),
        expected,
    )
    data = dumps(fitted)
    trusted = get_untrusted_types(data=data)
    assert all(name.startswith("mmclassic.") for name in trusted)
    np.testing.assert_array_equal(loads(data, trusted=trusted).predict_proba(views), expected)


def test_views_survive_skops(labelled):
    views, _ = labelled
    data = dumps(views)
    restored = loads(data, trusted=get_untrusted_types(data=data))
    assert restored.names == views.names
    np.testing.assert_array_equal(restored.present, views.present)
    np.testing.assert_array_equal(restored["text"].toarray(), views["text"].toarray())


def test_pipeline_memory_caches_the_aligner(labelled, tmp_path):
    views, y = labelled
    first = make_classifier(memory=str(tmp_path)).fit(views, y).predict_proba(views)
    second = make_classifier(memory=str(tmp_path)).fit(views, y).predict_proba(views)
    assert list(tmp_path.rglob("output.pkl"))
    np.testing.assert_array_equal(first, second)


def test_a_bare_list_of_arrays_is_refused():
    with pytest.raises(TypeError, match="splitters would cut as a list"):
        CCA().fit([np.ones((4, 2)), np.ones((4, 3))])
