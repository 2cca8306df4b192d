"""One parameter means one thing in all aligners; what may be merged; how deep classes stand."""

import inspect

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone

import mmclassic.align
from mmclassic.align import (
    CCA,
    GCCA,
    PLS,
    BaseAligner,
    DiscriminantCCA,
    KernelCCA,
    Procrustes,
    RidgeMapping,
)
from mmclassic.align._linear import LinearAligner
from mmclassic.align._subspace import SubspaceAligner
from mmclassic.align._target import TargetAligner
from mmclassic.testing import make_views
from mmclassic.views import Views

VIEWS = make_views(150)
LABELS = np.random.default_rng(0).integers(3, size=150)
ALIGNERS = [
    cls
    for cls in (getattr(mmclassic.align, name) for name in mmclassic.align.__all__)
    if inspect.isclass(cls) and issubclass(cls, BaseAligner) and cls is not BaseAligner
]
WITH_RIDGE = [CCA(2), GCCA(2), RidgeMapping(), DiscriminantCCA(2), KernelCCA(2)]


def same(a, b):
    Z, W = a.transform(VIEWS), b.transform(VIEWS)
    return all(np.allclose(Z[name], W[name], atol=1e-8) for name in Z.names)


@pytest.mark.parametrize("aligner", WITH_RIDGE, ids=repr)
def test_ridge_has_the_same_forms_everywhere(aligner):
    names = [n for n in VIEWS.names if not (isinstance(aligner, RidgeMapping) and n == "audio")]

    def fit(ridge):
        return clone(aligner).set_params(ridge=ridge).fit(VIEWS, LABELS)

    by_number, by_dict = fit(0.1), fit(dict.fromkeys(names, 0.1))
    assert by_number.ridge_ == by_dict.ridge_ == dict.fromkeys(names, 0.1)
    assert same(by_number, by_dict)
    assert fit([0.1]).ridge_ == by_number.ridge_
    most = 3 if isinstance(aligner, (CCA, GCCA, KernelCCA)) else 1
    chosen, cv = fit(tuple(10.0**e for e in range(-3, most + 1))), fit("cv")
    assert same(chosen, cv)
    assert chosen.ridge_ == cv.ridge_
    if isinstance(aligner, DiscriminantCCA):  # the others choose by view, or weigh components too
        assert same(by_number, fit([0.1]))
        assert same(cv, fit(cv.ridge_["image"]))
    for wrong in (dict.fromkeys(names, -1.0), {"image": 0.1}, dict.fromkeys(names, np.inf)):
        with pytest.raises(ValueError, match="ridge must give a number >= 0 for each of the views"):
            fit(wrong)
    for wrong in ([], [0.1, -1], [0.1, "cv"]):
        with pytest.raises(ValueError, match="ridge must be a number, a dict, 'cv' or candidates"):
            fit(wrong)


@pytest.mark.parametrize("objective", ["gmlda", "cluster"])
def test_the_ridge_of_discriminant_cca_is_that_of_held_out_agreement(objective):
    """Against its definition: correlations of the class means of rows that were left out."""
    rng = np.random.default_rng(0)
    y = rng.integers(4, size=150)
    views = Views(
        {n: rng.normal(size=(4, 20))[y] + 3 * rng.normal(size=(150, 20)) for n in ("a", "b")}
    )
    candidates = (0.001, 0.1, 10.0)
    fitted = DiscriminantCCA(2, objective=objective, ridge=candidates).fit(views, y)
    for fold in range(5):
        new = np.arange(150) % 5 == fold
        shares = np.bincount(y[new]) / new.sum()
        for i, ridge in enumerate(candidates):
            model = DiscriminantCCA(2, objective=objective, ridge=ridge, correlation_power=0)
            Z = model.fit(views[~new], y[~new]).transform(views[new])
            A, B = (Z[n] - Z[n].mean(axis=0) for n in ("a", "b"))
            means = [np.array([X[y[new] == c].mean(axis=0) for c in range(4)]) for X in (A, B)]
            expected = (shares @ (means[0] * means[1]) / (A.std(axis=0) * B.std(axis=0))).sum()
            assert fitted.ridge_scores_[i, fold] == pytest.approx(expected, abs=1e-8)
    best = candidates[fitted.ridge_scores_.mean(axis=1).argmax()]
    assert fitted.ridge_ == {"a": best, "b": best}
    # Twenty columns of noise for 120 rows: a choice that overfits is not the one.
    assert best > 0.001


def test_signatures_agree():
    for cls in ALIGNERS:
        if hasattr(cls, "predict_view"):
            assert str(inspect.signature(cls.predict_view)) == "(self, X, target=None)"
        parameters = inspect.signature(cls).parameters
        for name, default in {
            "random_state": 0,
            "n_components": None,
            "correlation_power": None if cls is CCA else 1.0,
            "ridge": "cv" if cls in (CCA, GCCA) else 1.0,
        }.items():
            assert name not in parameters or parameters[name].default == default, (cls, name)


@pytest.mark.parametrize("cls", [RidgeMapping, Procrustes])
def test_a_mapping_predicts_its_target_only(cls):
    fitted = cls("text").fit(VIEWS)
    np.testing.assert_array_equal(fitted.predict_view(VIEWS, "text"), fitted.predict_view(VIEWS))
    with pytest.raises(ValueError, match=r"predicts its target view 'text' only; .*'image'"):
        fitted.predict_view(VIEWS, target="image")


# Merging.


@pytest.mark.parametrize(
    ("mine", "theirs", "message"),
    [
        (CCA(ridge=0.1), CCA(ridge=10), "ridge=0.1 here and 10 there"),
        (CCA(), PLS(), "aligners of one class; got PLS for CCA"),
        (CCA(), GCCA(), "aligners of one class; got GCCA for CCA"),
        (CCA(), CCA(2, correlation_power=0), "correlation_power=None here and 0 there, n_comp"),
        (CCA(), CCA(ridge=1.0), "ridge='cv' here and 1.0 there"),
        (CCA(ridge={"image": 1.0, "text": 1.0, "audio": 0.1}), CCA(), "ridge={'image'"),
        (CCA(), CCA(max_width=50), "max_width=4096 here and 50 there"),
        (RidgeMapping("text"), RidgeMapping("image"), "target='text' here and 'image'"),
        (DiscriminantCCA(), DiscriminantCCA(objective="cluster"), "objective='gmlda' here"),
    ],
)
def test_other_settings_are_refused(mine, theirs, message):
    mine, theirs = (clone(a).partial_fit(VIEWS, LABELS) for a in (mine, theirs))
    before = clone(mine).partial_fit(VIEWS, LABELS)
    with pytest.raises(ValueError, match=message):
        mine.merge(theirs)
    assert same(mine, before)


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (CCA(random_state=0), CCA(random_state=1)),
        (CCA(ridge=[0.1, 1.0]), CCA(ridge=(0.1, 1.0))),
        (CCA(ridge=1), CCA(ridge=1.0)),
    ],
)
def test_what_changes_nothing_may_differ(mine, theirs):
    first, second = VIEWS[:75], VIEWS[75:]
    merged = clone(mine).partial_fit(first).merge(clone(theirs).partial_fit(second))
    assert same(merged, clone(mine).partial_fit(first).partial_fit(second))


# The classes.


@pytest.mark.parametrize("cls", ALIGNERS)
def test_at_most_four_own_classes_stand_above_an_aligner(cls):
    own = [c for c in cls.__mro__[1:] if c.__module__.startswith("mmclassic.")]
    assert len(own) <= 4, own
    assert issubclass(cls, BaseEstimator)


@pytest.mark.parametrize(
    ("cls", "hooks"),
    [
        (BaseAligner, {"_fit_views", "_project"}),
        (LinearAligner, {"_solve"}),
        (SubspaceAligner, {"_directions", "_keep"}),
        (TargetAligner, {"_map"}),
    ],
)
def test_hooks_are_abstract_and_documented(cls, hooks):
    assert cls.__abstractmethods__ == hooks
    assert all(getattr(cls, hook).__doc__ for hook in hooks)
    with pytest.raises(TypeError, match="abstract"):
        cls()
