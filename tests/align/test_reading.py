"""Reading never changes a fitted aligner, and eight threads read what one reads."""

import warnings
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from skops.io import dumps, get_untrusted_types, loads

from mmclassic.align import (
    CCA,
    GCCA,
    PLS,
    AgglomerativeAligner,
    DiscriminantCCA,
    KernelCCA,
    KMeansAligner,
    MLPAligner,
    Procrustes,
    RidgeMapping,
    SemanticMatching,
)
from mmclassic.testing import make_views
from mmclassic.views import Views

LINEAR = [
    CCA(),
    CCA(ridge="cv"),
    GCCA(2),
    PLS(),
    RidgeMapping("text"),
    RidgeMapping(ridge=(0.1, 1.0)),
    Procrustes(),
    DiscriminantCCA(),
    DiscriminantCCA(ridge="cv"),
]
OTHERS = [
    KernelCCA(3),
    KMeansAligner(3),
    AgglomerativeAligner(3),
    MLPAligner(2, max_iter=5),
    SemanticMatching(),
]
VIEWS = make_views(120, missing=0.2)
LABELS = np.random.default_rng(0).integers(3, size=120)
quick_networks = pytest.mark.filterwarnings("ignore:.*Maximum iterations:Warning")


def fitted(aligner, how):
    model = clone(aligner)
    if how == "fit":
        return model.fit(VIEWS, LABELS)
    for rows in np.split(np.arange(120), [50]):
        model.partial_fit(VIEWS[rows], LABELS[rows])
    return model


def readings(model):
    """What every reading method of a model gives."""
    Z = model.transform(VIEWS)
    found = {f"transform {name}": Z[name] for name in Z.names}
    found["score"] = model.score(VIEWS)
    found["names"] = model.get_feature_names_out()
    if hasattr(model, "predict_view"):
        found["predict_view"] = model.predict_view(VIEWS)
    if hasattr(model, "inverse_transform"):
        back = model.inverse_transform(Z)
        found |= {f"back {name}": back[name] for name in back.names}
    if hasattr(model, "predict"):
        found["predict"] = model.predict(VIEWS)
    return found


def assert_equal(a, b):
    assert a.keys() == b.keys()
    for key in a:
        np.testing.assert_array_equal(a[key], b[key])


CASES = [(a, how) for a in LINEAR for how in ("fit", "partial_fit")] + [(a, "fit") for a in OTHERS]


@quick_networks
@pytest.mark.parametrize(("aligner", "how"), CASES, ids=repr)
def test_reading_leaves_the_state_bit_for_bit(aligner, how):
    model = fitted(aligner, how)
    before = joblib.hash(vars(model))
    first = readings(model)
    assert not hasattr(model, "foo_")
    assert_equal(readings(model), first)
    assert joblib.hash(vars(model)) == before


@quick_networks
@pytest.mark.parametrize(("aligner", "how"), CASES, ids=repr)
def test_eight_threads_read_what_one_reads(aligner, how):
    serial = readings(fitted(aligner, how))
    model = fitted(aligner, how)
    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(lambda _: readings(model), range(8)):
            assert_equal(found, serial)


# Rows that allow no solution yet.


def one_view_absent(n_rows=60):
    views = make_views(n_rows)
    present = views.present.copy()
    present[:, 1] = False
    return Views(views.blocks, present)


def apart(n_rows=60):
    """No row has the last view together with another."""
    views = make_views(n_rows)
    half = np.arange(n_rows) < n_rows // 2
    return Views(views.blocks, np.column_stack([half, half, ~half]))


UNSOLVABLE = [
    (DiscriminantCCA(), VIEWS, np.zeros(120), "at least 2 classes in y; got 1 class, 0"),
    (DiscriminantCCA(ridge="cv"), VIEWS[:6], np.arange(6), "5 folds with at least 2 rows"),
    (DiscriminantCCA(3), VIEWS, LABELS > 0, "2 classes of these views have at most"),
    (CCA(ridge=(0.1, 1)), VIEWS[:7], None, "5 folds with at least 2 rows that have both 'image'"),
    (GCCA(ridge=(0.1, 1)), VIEWS[:7], None, "the smallest has"),
    (CCA(5), VIEWS[:3], None, "n_components=5, but these views have at most"),
    (PLS(5), VIEWS[:3], None, "n_components=5, but these views have at most"),
    (CCA(), one_view_absent(), None, "no row of positive weight has the view 'text'"),
    (PLS(), one_view_absent(), None, "no row of positive weight has the view 'text'"),
    (DiscriminantCCA(), one_view_absent(), LABELS[:60], "has the view 'text'"),
    (RidgeMapping(), apart(), None, "no row has both 'image' and the target 'audio'"),
    (RidgeMapping(ridge="cv"), apart(), None, "5 folds with at least 2 rows that have both"),
    (Procrustes(), apart(), None, "no row has both 'image' and the target 'audio'"),
]


@pytest.mark.parametrize(("aligner", "views", "y", "reason"), UNSOLVABLE)
def test_rows_that_allow_no_solution_are_kept(aligner, views, y, reason):
    model = clone(aligner).partial_fit(views, y)
    for read in (model.transform, model.score, getattr(model, "predict_view", model.transform)):
        with pytest.raises(NotFittedError, match=f"no solution yet: .*{reason}.* Add rows with"):
            read(VIEWS)
    assert not hasattr(model, "weights_")
    data = dumps(model)
    restored = loads(data, trusted=get_untrusted_types(data=data))
    with pytest.raises(NotFittedError, match="no solution yet"):
        restored.get_feature_names_out()
    # The rows are there when others come, whichever way: in pieces or from a worker.
    y = np.arange(len(views)) % 3 if y is None else y.astype(int)
    worker = clone(aligner).partial_fit(VIEWS, LABELS)
    order = np.r_[np.arange(len(views)), np.arange(120)]
    rows = Views(
        {n: np.vstack([_dense(views[n]), _dense(VIEWS[n])]) for n in views.names},
        np.vstack([views.present, VIEWS.present]),
    )
    labels = np.r_[y, LABELS]
    whole = clone(aligner).fit(rows[np.arange(order.size)], labels)
    restored.partial_fit(VIEWS, LABELS)
    model.merge(worker)
    for other in (model, restored):
        for name, weights in whole.weights_.items():
            np.testing.assert_allclose(other.weights_[name], weights, atol=1e-7, rtol=1e-6)


def _dense(block):
    return np.asarray(block.todense()) if hasattr(block, "todense") else block


def test_no_stale_solution_is_read():
    model = CCA(3).partial_fit(VIEWS[:60])
    model.set_params(n_components=4)
    model.partial_fit(VIEWS[60:])
    assert model.n_components_ == 4
    solved = DiscriminantCCA().partial_fit(VIEWS, LABELS)
    solved.set_params(n_components=15)
    solved.partial_fit(VIEWS, LABELS)  # three classes have fewer components
    with pytest.raises(NotFittedError, match="3 classes of these views have at most"):
        solved.transform(VIEWS)
    assert not hasattr(solved, "classes_")


@pytest.mark.parametrize(
    ("aligner", "parameters", "message"),
    [
        (CCA(), {"ridge": {"image": 1.0}}, "ridge must give a number >= 0"),
        (CCA(ridge=1.0), {"ridge": "cv"}, "needs moments by fold, FoldedMoments"),
        (CCA(), {"n_components": 20}, "n_components=20, but these views have at most 19"),
        (RidgeMapping(), {"target": "video"}, "target must be one of the views"),
        (RidgeMapping(), {"ridge": {"audio": 1.0}}, "ridge must give a number >= 0"),
        (DiscriminantCCA(), {"ridge": [1.0, -1.0]}, "ridge must be a number, a dict"),
    ],
)
def test_parameters_that_no_row_can_help_are_refused_before_rows_are_added(
    aligner, parameters, message
):
    model = clone(aligner).partial_fit(VIEWS[:60], LABELS[:60])
    solved = readings(model)
    model.set_params(**parameters)
    with pytest.raises(ValueError, match=message):
        model.partial_fit(VIEWS[60:], LABELS[60:])
    model.set_params(**aligner.get_params())
    assert_equal(readings(model), solved)
    model.partial_fit(VIEWS[60:], LABELS[60:])
    assert_equal(readings(model), readings(_in_two(aligner)))


def _in_two(aligner):
    model = clone(aligner).partial_fit(VIEWS[:60], LABELS[:60])
    return model.partial_fit(VIEWS[60:], LABELS[60:])


def test_warnings_as_errors_lose_no_rows():
    rng = np.random.default_rng(0)
    views = Views({"x": rng.normal(size=(30, 12)), "y": rng.normal(size=(30, 3))})
    model = CCA(ridge=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning, match="view 'x' has 12 columns and 8 rows"):
            model.partial_fit(views[:8])
        model.partial_fit(views[8:])
    whole = CCA(ridge=0).fit(views)
    np.testing.assert_allclose(model.canonical_correlations_, whole.canonical_correlations_)


def test_warnings_name_the_line_of_the_user():
    rng = np.random.default_rng(0)
    views = Views({"x": rng.normal(size=(8, 12)), "y": rng.normal(size=(8, 3))})
    for call in (CCA(ridge=0).fit, CCA(ridge=0).partial_fit):
        with pytest.warns(UserWarning, match="without a ridge") as caught:
            call(views)
        assert caught[0].filename == __file__


@pytest.mark.parametrize("aligner", LINEAR, ids=repr)
def test_rows_of_weight_zero_are_no_rows(aligner):
    first = VIEWS[:60]
    weight = (~first.mask("image")).astype(float)
    assert 0 < weight.sum() < 60
    model = clone(aligner).partial_fit(first, LABELS[:60], sample_weight=weight)
    with pytest.raises(NotFittedError, match="no row of positive weight has the view 'image'"):
        model.transform(VIEWS)
    model.partial_fit(VIEWS[60:], LABELS[60:])
    whole = clone(aligner).fit(VIEWS, LABELS, sample_weight=np.r_[weight, np.ones(60)])
    for name, weights in whole.weights_.items():
        np.testing.assert_allclose(model.weights_[name], weights, atol=1e-8)
