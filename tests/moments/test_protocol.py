"""What all kinds of moments do alike: merge, total, arrays, and fit_moments of every aligner."""

import io

import joblib
import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone

from mmclassic.align import CCA, GCCA, PLS, DiscriminantCCA, Procrustes, RidgeMapping
from mmclassic.moments import ClassMoments, FoldedMoments, Moments, PairMoments
from mmclassic.views import Views

N_ROWS = 203
KINDS = {
    "plain": Moments,
    "pairs": PairMoments,
    "folds of pairs": lambda: FoldedMoments(PairMoments),
    "classes": ClassMoments,
    "folds": FoldedMoments,
    "folds of classes": lambda: FoldedMoments(ClassMoments),
}
ALIGNERS = {
    "pairs": [],
    "folds of pairs": [CCA(), GCCA()],
    "plain": [CCA(ridge=1.0), GCCA(ridge=0.1), PLS(), RidgeMapping(), Procrustes()],
    "classes": [DiscriminantCCA(), DiscriminantCCA(objective="cluster", ridge=0)],
    "folds": [CCA(), GCCA(), RidgeMapping(ridge=(0.1, 1.0)), CCA(ridge=1.0)],
    "folds of classes": [DiscriminantCCA(ridge="cv"), DiscriminantCCA()],
}
CASES = [(kind, aligner) for kind in KINDS for aligner in ALIGNERS[kind]]
DATA = ["complete", "missing", "large means", "single", "sparse"]


def make_data(data, *, seed=0, labels="ints"):
    """Views, labels and weights, of which some are 0."""
    rng = np.random.default_rng(seed)
    y = rng.integers(4, size=N_ROWS)
    hidden = rng.normal(size=(N_ROWS, 2)) + np.eye(4, 2)[y]
    blocks = {
        name: hidden @ rng.normal(size=(2, width)) + rng.normal(size=(N_ROWS, width))
        for name, width in {"a": 4, "b": 3, "c": 2}.items()
    }
    present = None
    if data == "missing":
        present = rng.random((N_ROWS, 3)) > 0.3
        blocks = {n: b * present[:, [i]] for i, (n, b) in enumerate(blocks.items())}
    elif data == "large means":
        blocks = {n: b + 1e5 for n, b in blocks.items()}
    elif data == "single":
        blocks = {n: (b + 10).astype(np.float32) for n, b in blocks.items()}
    elif data == "sparse":
        blocks["b"] = sp.csr_matrix(np.maximum(blocks["b"], 0))
    names = {"ints": y, "strings": np.array(["z", "bb", "é", "ccc"])[y]}
    names["objects"] = names["strings"].astype(object)
    weight = rng.integers(0, 3, N_ROWS).astype(float)
    return Views(blocks, present), names[labels], weight


def add(moments, views, y, weight):
    classes = isinstance(moments, ClassMoments) or getattr(moments, "kind", None) is ClassMoments
    labels = {"y": y} if classes else {}
    return moments.update(views, sample_weight=weight, **labels)


def whole(kind, data, **options):
    return add(KINDS[kind](), *make_data(data, **options))


def assert_close(a, b, tolerance=1e-9):
    """Of the sums about a shift the moments themselves are compared."""
    for m, n in zip(_plain(a), _plain(b), strict=True):
        assert m.widths == n.widths
        for x in m.widths:
            assert m.n_rows(x) == n.n_rows(x)
            np.testing.assert_allclose(m.mean(x), n.mean(x), rtol=tolerance)
            for z in m.widths:
                assert m.n_rows(x, z) == n.n_rows(x, z)
                got, expected = m.covariance(x, z), n.covariance(x, z)
                scale = np.abs(n.covariance(x, x)).max()
                np.testing.assert_allclose(got, expected, atol=tolerance * scale)
    for m, n in zip(_classes(a), _classes(b), strict=True):
        np.testing.assert_array_equal(m.classes, n.classes)
        np.testing.assert_allclose(m.class_weights, n.class_weights)
        for x in m.widths:
            np.testing.assert_allclose(m.deviations(x), n.deviations(x), atol=tolerance * 10)


def _classes(moments):
    if isinstance(moments, FoldedMoments):
        return [m for m in moments.folds if isinstance(m, ClassMoments)]
    return [moments] if isinstance(moments, ClassMoments) else []


def _plain(moments):
    if isinstance(moments, FoldedMoments):
        return [m for fold in moments.folds for m in _plain(fold)]
    return list(moments.moments.values()) if isinstance(moments, ClassMoments) else [moments]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("cuts", [(70,), (3, 4, 150), (1, 202)])
def test_merges_equal_one_pass_and_leave_the_other_as_it_was(kind, data, cuts):
    views, y, weight = make_data(data)
    merged = KINDS[kind]()
    for rows in np.split(np.arange(N_ROWS), cuts):
        other = add(KINDS[kind](), views[rows], y[rows], weight[rows])
        before = joblib.hash(other.to_arrays())
        merged.merge(other)
        assert joblib.hash(other.to_arrays()) == before
    tolerance = 2e-5 if data == "single" else 1e-9
    assert_close(merged, whole(kind, data), tolerance)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("data", DATA)
def test_merging_nothing_is_the_identity_on_either_side(kind, data):
    full = whole(kind, data)
    before = full.to_arrays()
    into_empty = KINDS[kind]().merge(full)
    full.merge(KINDS[kind]())
    for found in (full.to_arrays(), into_empty.to_arrays()):
        assert found.keys() == before.keys()
        for key, array in before.items():
            np.testing.assert_array_equal(found[key], array)
    assert KINDS[kind]().merge(KINDS[kind]()).widths == {}
    # What was merged in is not shared: adding to one leaves the other.
    views, y, weight = make_data(data, seed=1)
    add(into_empty, views, y, weight)
    np.testing.assert_equal(full.to_arrays(), before)


@pytest.mark.parametrize("kind", KINDS)
def test_merging_with_itself_doubles(kind):
    views, y, weight = make_data("missing")
    once = add(KINDS[kind](), views, y, weight)
    twice = add(add(KINDS[kind](), views, y, weight), views, y, weight)
    assert_close(once.merge(once), twice)


def test_views_may_come_in_another_order():
    views, y, weight = make_data("missing")
    turned = views.select("c", "a", "b")
    for kind in KINDS:
        merged = add(KINDS[kind](), views[:100], y[:100], weight[:100])
        merged.merge(add(KINDS[kind](), turned[100:], y[100:], weight[100:]))
        assert_close(merged, whole(kind, "missing"))


@pytest.mark.parametrize("kind", KINDS)
def test_other_kinds_and_views_are_refused(kind):
    full = whole(kind, "complete")
    for other in set(KINDS) - {kind}:
        if kind.startswith("folds") and other.startswith("folds"):
            continue
        with pytest.raises(ValueError, match="both must be of one kind"):
            full.merge(whole(other, "complete"))
    if kind.startswith("folds"):
        other = "folds of classes" if kind == "folds" else "folds"
        before = joblib.hash(full.to_arrays())
        with pytest.raises(ValueError, match="both must be of one kind"):
            full.merge(whole(other, "complete"))
        assert joblib.hash(full.to_arrays()) == before
    views, y, weight = make_data("complete")
    with pytest.raises(ValueError, match=r"cannot merge moments of views {'a': 4} into"):
        full.merge(add(KINDS[kind](), views.select("a"), y, weight))


@pytest.mark.parametrize("labels", ["ints", "strings", "objects"])
@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize(("kind", "aligner"), CASES)
def test_a_file_without_pickle_gives_the_same_solution(kind, aligner, data, labels):
    moments = whole(kind, data, labels=labels)
    arrays = moments.to_arrays()
    assert all(isinstance(k, str) and a.dtype.kind in "biufU" for k, a in arrays.items())
    file = io.BytesIO()
    np.savez(file, **arrays)
    file.seek(0)
    with np.load(file, allow_pickle=False) as read:
        restored = type(moments).from_arrays(read)
    assert type(restored) is type(moments)
    assert restored.widths == moments.widths
    first, again = (clone(aligner).fit_moments(m) for m in (moments, restored))
    for name in first.weights_:
        np.testing.assert_array_equal(again.weights_[name], first.weights_[name])
        np.testing.assert_array_equal(again.means_[name], first.means_[name])
    # And it goes on as before.
    views, y, weight = make_data(data, seed=1, labels=labels)
    a, b = (add(m, views, y, weight).to_arrays() for m in (moments, restored))
    np.testing.assert_equal(a, b)


@pytest.mark.parametrize("kind", KINDS)
def test_arrays_are_copies_and_empty_moments_have_them(kind):
    moments = whole(kind, "missing")
    before = joblib.hash(moments.to_arrays())
    for array in moments.to_arrays().values():
        if array.dtype.kind == "f" and array.ndim:
            array[...] = 7
    assert joblib.hash(moments.to_arrays()) == before
    empty = KINDS[kind]()
    restored = type(empty).from_arrays(empty.to_arrays())
    assert restored.widths == {}
    assert_close(add(restored, *make_data("missing")), moments)
    with pytest.raises(ValueError, match=r"from_arrays takes what .* got arrays of kind"):
        (Moments if kind != "plain" else ClassMoments).from_arrays(empty.to_arrays())
    with pytest.raises(ValueError, match="none that says so"):
        Moments.from_arrays({"x": np.zeros(2)})


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize(("kind", "aligner"), CASES)
def test_fit_moments_equals_fit_and_leaves_the_moments(kind, aligner, data):
    views, y, weight = make_data(data)
    moments = add(KINDS[kind](), views, y, weight)
    before = joblib.hash(moments.to_arrays())
    found = clone(aligner)
    assert found.fit_moments(moments) is found
    assert joblib.hash(moments.to_arrays()) == before
    direct = clone(aligner).fit(views, y, sample_weight=weight)
    assert found.view_widths_in_ == direct.view_widths_in_ == {"a": 4, "b": 3, "c": 2}
    assert found.n_features_in_ == direct.n_features_in_ == 9
    assert not hasattr(found, "moments_")
    Z, W = found.transform(views), direct.transform(views)
    tolerance = 1e-4 if data == "single" else 1e-8
    for name in Z.names:
        np.testing.assert_allclose(Z[name], W[name], atol=tolerance * np.nanmax(np.abs(W[name])))


def test_fit_moments_refuses_the_wrong_kind():
    kinds = ("plain", "classes", "folds", "folds of classes")
    plain, classes, folds, both = (whole(kind, "complete") for kind in kinds)
    for aligner, wrong, message in [
        (CCA(ridge=1.0), classes, "CCA learns from Moments; got ClassMoments"),
        (CCA(ridge=1.0), both, "CCA learns from Moments; got FoldedMoments of ClassMoments"),
        (CCA(), plain, r"needs moments by fold, FoldedMoments\(Moments\)"),
        (CCA(), both, r"CCA learns from FoldedMoments\(Moments\); got FoldedMoments of"),
        (RidgeMapping(ridge="cv"), plain, "needs moments by fold, FoldedMoments"),
        (DiscriminantCCA(), plain, "DiscriminantCCA learns from ClassMoments; got Moments"),
        (DiscriminantCCA(), folds, "DiscriminantCCA learns from ClassMoments; got FoldedMoments"),
        (DiscriminantCCA(ridge="cv"), classes, r"moments by fold, FoldedMoments\(ClassMoments\)"),
        (PLS(), Views({"a": np.ones((2, 2))}), "PLS learns from Moments; got Views"),
        (CCA(ridge=1.0), Moments(), "moments without rows"),
        (RidgeMapping("z"), plain, "target must be one of the views"),
        (CCA(40, ridge=1.0), plain, "n_components=40, but these views have at most"),
    ]:
        with pytest.raises(ValueError, match=message):
            aligner.fit_moments(wrong)


def test_total_holds_all_rows():
    for kind, of in [("folds", "plain"), ("folds of classes", "classes")]:
        assert_close(whole(kind, "missing").total(), whole(of, "missing"))
    for kind in ("plain", "classes"):
        moments = whole(kind, "missing")
        assert moments.total() is moments


def test_unusual_names_of_views_survive():
    names = ["../x", "a b", "ß", "part0.sum0", "x" * 300]
    rng = np.random.default_rng(0)
    views = Views({name: rng.normal(size=(20, 2)) for name in names})
    restored = Moments.from_arrays(Moments().update(views).to_arrays())
    assert list(restored.widths) == names
    bad = Moments().update(Views({"a\0": np.ones((2, 1))}))
    with pytest.raises(ValueError, match="must not end in NUL"):
        bad.to_arrays()
