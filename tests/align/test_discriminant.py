"""Generalised multiview LDA and cluster-CCA against LDA, CCA and their own definitions."""

import pickle

import numpy as np
import pytest
import scipy.linalg as la
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import check_estimator

from mmclassic.align import CCA, DiscriminantCCA, similarity
from mmclassic.metrics import label_relevance, retrieval_map
from mmclassic.testing import VIEW_CHECKS, check_threads, check_transform_changes_nothing
from mmclassic.views import Views

OBJECTIVES = ["gmlda", "cluster"]
# What reading leaves alone is asked in tests/test_reading_changes_nothing.py.
CHECKS = [c for c in VIEW_CHECKS if c not in (check_threads, check_transform_changes_nothing)]


def labelled_views(n_rows=300, n_classes=4, seed=0):
    """Two views: classes in some columns, a strong signal without classes in others."""
    rng = np.random.default_rng(seed)
    y = rng.integers(n_classes, size=n_rows)
    nuisance = rng.normal(size=(n_rows, 2))
    blocks = {}
    for name, width in {"image": 8, "text": 6}.items():
        block = 1.5 * rng.normal(size=(n_classes, width))[y] + rng.normal(size=(n_rows, width))
        blocks[name] = np.hstack([block, 5 * nuisance + 0.1 * rng.normal(size=(n_rows, 2))])
    return Views(blocks), y


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.__name__)
def test_view_contract(objective, check):
    check(DiscriminantCCA(objective=objective))


def test_scikit_learn_checks_where_views_are_reduced():
    """All of them but for the two that call partial_fit, which refuses wide views."""
    refused = {"check_fit_score_takes_y", "check_n_features_in_after_fitting"}
    model = DiscriminantCCA(objective="cluster", max_width=1)
    results = check_estimator(model, on_skip=None, on_fail=None)
    failed = {r["check_name"]: str(r["exception"]) for r in results if r["status"] == "failed"}
    assert set(failed) == refused
    assert all("wider than max_width=1; reduce" in message for message in failed.values())


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_single_view_gives_linear_discriminant_analysis(seed):
    views, y = labelled_views(seed=seed)
    X = views["image"]
    mine = DiscriminantCCA(ridge=0, correlation_power=0).fit(X, y).transform(X)
    theirs = LinearDiscriminantAnalysis(solver="eigen").fit(X, y).transform(X)
    assert mine.shape == theirs.shape == (300, 3)
    for k in range(3):
        assert abs(np.corrcoef(mine[:, k], theirs[:, k])[0, 1]) == pytest.approx(1, abs=1e-8)


def definition(views, y, ridge, objective):
    """Eigenvalues of the generalised problem, written out."""
    classes, counts = np.unique(y, return_counts=True)
    shares = counts / y.size
    means, spreads = [], []
    for name in views.names:
        X = views[name] - views[name].mean(axis=0)
        M = np.array([X[y == c].mean(axis=0) for c in classes])
        spread = np.cov((X - M[y]).T, bias=True) if objective == "gmlda" else np.cov(X.T, bias=True)
        spreads.append(spread + ridge * np.trace(spread) / len(spread) * np.eye(len(spread)))
        means.append(M)
    A = np.block([[a.T @ (shares[:, None] * b) for b in means] for a in means])
    if objective == "cluster":
        A -= la.block_diag(*[a.T @ (shares[:, None] * a) for a in means])
    return la.eigh(A, la.block_diag(*spreads), eigvals_only=True)[::-1]


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("ridge", [0, 0.5])
def test_correlations_solve_the_generalised_problem(seed, objective, ridge):
    views, y = labelled_views(seed=seed)
    fitted = DiscriminantCCA(objective=objective, ridge=ridge).fit(views, y)
    values = definition(views, y, ridge, objective)[:3]
    ratio = values / 2
    expected = values if objective == "cluster" else np.sqrt(ratio / (1 + ratio))
    np.testing.assert_allclose(fitted.canonical_correlations_[:3], expected, atol=1e-8)
    assert fitted.n_components_ == 3


@pytest.mark.filterwarnings("ignore:The number of unique classes:UserWarning")
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_one_row_a_class_makes_cluster_cca_plain_cca(seed):
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=(60, 3))
    views = Views({n: shared @ rng.normal(size=(3, 5)) + rng.normal(size=(60, 5)) for n in "ab"})
    clusters = DiscriminantCCA(3, objective="cluster", ridge=0.1).fit(views, np.arange(60))
    plain = CCA(3, ridge=0.1).fit(views)
    np.testing.assert_allclose(
        clusters.canonical_correlations_, plain.canonical_correlations_, atol=1e-8
    )
    for name in views.names:
        mine, theirs = clusters.transform(views)[name], plain.transform(views)[name]
        np.testing.assert_allclose(np.abs(mine), np.abs(theirs), atol=1e-6)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_classes_are_found_where_cca_follows_what_is_shared_but_no_class(seed, objective):
    views, y = labelled_views(seed=seed)
    train, test = views[:200], views[200:]
    relevance = label_relevance(y[200:], y[200:])

    def precision(fitted):
        space = fitted.transform(test)
        return retrieval_map(similarity(space["image"], space["text"]), relevance)

    supervised = precision(DiscriminantCCA(objective=objective, ridge=0.01).fit(train, y[:200]))
    assert supervised > precision(CCA(3, ridge=0.01).fit(train)) + 0.1


def test_rows_need_labels_but_no_partners():
    views, y = labelled_views()
    whole = DiscriminantCCA(2, ridge=0.1).fit(views, y)
    order = np.argsort(y, kind="stable")
    mixed = Views({"image": views["image"][order], "text": views["text"][order[::-1]][::-1]})
    mixed = DiscriminantCCA(2, ridge=0.1).fit(mixed, y[order])
    for name in views.names:
        np.testing.assert_allclose(mixed.weights_[name], whole.weights_[name], atol=1e-8)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_sparse_wide_and_incomplete_views(objective):
    views, y = labelled_views(120)
    rng = np.random.default_rng(0)
    wide = sp.csr_matrix(np.maximum(rng.normal(size=(120, 400)) + rng.normal(size=(4, 400))[y], 1))
    sparse = Views({"image": views["image"], "text": wide})
    dense = Views({"image": views["image"], "text": wide.toarray()})
    spaces = [
        DiscriminantCCA(2, objective=objective).fit(v, y).transform(v) for v in (sparse, dense)
    ]
    np.testing.assert_allclose(spaces[0]["text"], spaces[1]["text"], atol=1e-6)
    narrow = [Views({"a": v["image"], "b": v["text"][:, :20]}) for v in (sparse, dense)]
    spaces = [DiscriminantCCA(2, objective=objective).fit(v, y).transform(v) for v in narrow]
    np.testing.assert_allclose(spaces[0]["b"], spaces[1]["b"], atol=1e-6)
    no_class_3 = Views(views.blocks, np.column_stack([y != 3, y >= 0]))
    space = DiscriminantCCA(objective=objective).fit(no_class_3, y).transform(views)
    assert np.isfinite(space["image"]).all()


def test_constant_columns_and_large_means():
    views, y = labelled_views()
    moved = Views({n: np.hstack([views[n] + 1e6, np.ones((300, 1))]) for n in views.names})
    # The constant column changes what the ridge is relative to; without one it changes nothing.
    plain = DiscriminantCCA(2, ridge=0).fit(views, y).transform(views)
    found = DiscriminantCCA(2, ridge=0).fit(moved, y).transform(moved)
    for name in views.names:
        np.testing.assert_allclose(found[name], plain[name], atol=1e-5)
    constant = Views({"a": np.ones((300, 2)), "b": views["text"]})
    space = DiscriminantCCA(ridge=0).fit(constant, y).transform(constant)
    np.testing.assert_array_equal(space["a"], 0)


@pytest.mark.parametrize(
    ("parameters", "labels", "message"),
    [
        ({}, None, "DiscriminantCCA requires y to be passed"),
        ({}, np.zeros(300), "at least 2 classes in y"),
        ({"n_components": 4}, "own", "4 classes of these views have at most 3 components"),
        ({"objective": "lda"}, "own", "'objective' parameter"),
    ],
)
def test_errors(parameters, labels, message):
    views, y = labelled_views()
    with pytest.raises(ValueError, match=message):
        DiscriminantCCA(**parameters).fit(views, y if isinstance(labels, str) else labels)


# Streaming and weights.


def streamed_views(kind, seed, n_rows=300):
    """Four classes, of which the first rows hold two only; dense, CSR or incomplete views."""
    views, y = labelled_views(n_rows, seed=seed)
    rng = np.random.default_rng(seed + 100)
    first = np.flatnonzero(y < 2)[:40]
    order = np.concatenate([first, np.setdiff1d(np.arange(n_rows), first)])
    views, y = views[order], y[order]
    if kind == "csr":
        sparse = {n: sp.csr_matrix(np.where(np.abs(b) > 1, b, 0)) for n, b in views.blocks.items()}
        return Views(sparse), y
    if kind == "missing":
        present = rng.random((n_rows, 2)) > 0.3
        present[~present.any(axis=1)] = True
        present[y == 3, 0] = False
        return Views(views.blocks, present), y
    if kind == "large means":
        return Views({n: b + 1e3 for n, b in views.blocks.items()}), y
    return views, y


def assert_same_fit(a, b, views, tolerance=1e-8):
    np.testing.assert_array_equal(a.classes_, b.classes_)
    assert a.n_components_ == b.n_components_
    np.testing.assert_allclose(
        a.canonical_correlations_, b.canonical_correlations_, atol=tolerance, rtol=0
    )
    for name in views.names:
        np.testing.assert_allclose(a.means_[name], b.means_[name], rtol=tolerance, atol=tolerance)
        scale = np.abs(b.weights_[name]).max()
        np.testing.assert_allclose(a.weights_[name], b.weights_[name], atol=tolerance * scale)


KINDS = ["dense", "csr", "missing", "large means"]


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("ridge", [0.0, 1.0])
def test_partial_fit_and_merge_equal_fit_on_all_rows(objective, ridge, kind, seed):
    views, y = streamed_views(kind, seed)
    model = DiscriminantCCA(objective=objective, ridge=ridge)
    whole = clone(model).fit(views, y)
    parts = np.split(np.arange(300), [40, 41, 200])
    assert set(y[parts[0]]) == {0, 1}
    pieces = clone(model)
    for rows in parts:
        pieces.partial_fit(views[rows], y[rows])
    assert_same_fit(pieces, whole, views)
    parts = np.split(np.arange(300), [40, 200])
    workers = [clone(model).partial_fit(views[rows], y[rows]) for rows in parts]
    merged = workers[1].merge(workers[0]).merge(workers[2])
    assert_same_fit(merged, whole, views)
    # A worker that was merged into another is as it was.
    assert_same_fit(workers[0], clone(model).fit(views[parts[0]], y[parts[0]]), views, 1e-7)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_whole_weights_repeat_rows(objective, kind, seed):
    views, y = streamed_views(kind, seed)
    weight = np.random.default_rng(seed).integers(0, 3, 300)
    weight[y == 2] = 0
    copies = np.repeat(np.arange(300), weight)
    model = DiscriminantCCA(objective=objective, ridge=0.1)
    repeated = clone(model).fit(views[copies], y[copies])
    np.testing.assert_array_equal(repeated.classes_, [0, 1, 3])
    assert_same_fit(clone(model).fit(views, y, sample_weight=weight), repeated, views)
    pieces = clone(model)
    for rows in np.array_split(np.arange(300), 3):
        pieces.partial_fit(views[rows], y[rows], sample_weight=weight[rows])
    assert_same_fit(pieces, repeated, views)


@pytest.mark.parametrize("names", [[0, 1, 2, 3], [3.0, 2.0, 1.0, 0.0], ["z", "bb", "a", "ccc"]])
def test_names_and_order_of_classes_do_not_matter(names):
    views, y = labelled_views()
    whole = DiscriminantCCA().fit(views, y)
    for backwards in (False, True):
        order = np.argsort(-y if backwards else y, kind="stable")
        pieces = DiscriminantCCA()
        for rows in np.array_split(order, 7):  # some hold a single class
            pieces.partial_fit(views[rows], np.array(names)[y[rows]])
        np.testing.assert_array_equal(pieces.classes_, np.unique(names))
        for name in views.names:
            np.testing.assert_allclose(pieces.weights_[name], whole.weights_[name], atol=1e-8)


def test_a_file_of_fewer_rows_than_columns_is_the_same_in_pieces():
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=60)
    views = Views({n: rng.normal(size=(60, 90)) + rng.normal(size=(3, 90))[y] for n in "ab"})
    pieces = DiscriminantCCA().partial_fit(views[:25], y[:25]).partial_fit(views[25:], y[25:])
    assert_same_fit(pieces, DiscriminantCCA().fit(views, y), views)


def test_later_pieces_may_lack_views_and_a_stream_goes_on_after_a_file():
    views, y = labelled_views()
    present = views.present.copy()
    present[120:, 0] = False
    whole = DiscriminantCCA().fit(Views(views.blocks, present), y)
    pieces = pickle.loads(pickle.dumps(DiscriminantCCA().partial_fit(views[:120], y[:120])))
    pieces.partial_fit(views[120:].select("text"), y[120:])
    assert_same_fit(pieces, whole, views)


def test_single_precision_is_as_good_as_its_data():
    views, y = labelled_views()
    single = Views({n: b.astype(np.float32) + np.float32(100) for n, b in views.blocks.items()})
    exact = Views({n: b.astype(np.float64) for n, b in single.blocks.items()})
    fitted, reference = (DiscriminantCCA(ridge=0).fit(v, y) for v in (single, exact))
    assert_same_fit(fitted, reference, views, 1e-4)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_column_that_is_its_class_is_no_variation_within(dtype):
    """What rounding leaves of it is no direction that tells classes apart without end."""
    views, y = labelled_views()
    label = 1e3 * np.sin(1.0 + y)[:, None]
    marked = Views({n: np.hstack([b, label]).astype(dtype) for n, b in views.blocks.items()})
    plain = DiscriminantCCA(ridge=0).fit(views, y)
    found = DiscriminantCCA(ridge=0).fit(marked, y)
    np.testing.assert_allclose(
        found.canonical_correlations_, plain.canonical_correlations_, atol=1e-2
    )


def test_streaming_errors_keep_what_was_learned():
    views, y = labelled_views()
    pieces = DiscriminantCCA()
    with pytest.raises(ValueError, match="requires y to be passed"):
        pieces.partial_fit(views[:100], None)
    pieces.partial_fit(views[:100], y[:100], classes=[0, 1, 2, 3])
    strange = y[100:].copy()
    strange[:2] = [7, 9]
    with pytest.raises(ValueError, match=r"labels \[7, 9\] that are none of classes=\[0, 1, 2, 3"):
        pieces.partial_fit(views[100:], strange, classes=np.arange(4))
    with pytest.raises(ValueError, match="requires y to be passed"):
        pieces.partial_fit(views[100:], None)
    with pytest.raises(ValueError, match=r"all be numbers or all be strings; got .* after"):
        pieces.partial_fit(views[100:], y[100:].astype(str))
    with pytest.raises(ValueError, match="sample_weight must not be negative"):
        pieces.partial_fit(views[100:], y[100:], sample_weight=-np.ones(200))
    pieces.partial_fit(views[100:], y[100:])
    assert_same_fit(pieces, DiscriminantCCA().fit(views, y), views)


def test_streaming_errors_say_what_to_do():
    views, y = labelled_views()
    with pytest.warns(UserWarning, match="fitted with fit, which keeps no moments .* starts anew"):
        DiscriminantCCA().fit(views, y).partial_fit(views, y)
    with pytest.raises(ValueError, match=r"views {'image': 10} .* wider than max_width=9; reduce"):
        DiscriminantCCA(max_width=9).partial_fit(views, y)
    one_class = DiscriminantCCA().partial_fit(views[y == 1], y[y == 1])
    with pytest.raises(NotFittedError, match=r"solution yet: .* in y; got 1 class, 1\."):
        one_class.transform(views)
    with pytest.raises(ValueError, match="at least 2 classes in y; got 1 class, 1"):
        DiscriminantCCA().fit(views, y, sample_weight=y == 1)
    with pytest.raises(ValueError, match="merge needs two aligners that were fitted with partial"):
        one_class.merge(DiscriminantCCA().fit(views, y))
    with pytest.raises(ValueError, match="aligners of one class; got CCA for DiscriminantCCA"):
        one_class.merge(CCA().partial_fit(views))
    with pytest.raises(ValueError, match=r"cannot merge moments of views {'text': 8} into"):
        one_class.merge(DiscriminantCCA().partial_fit(views.select("text"), y))
