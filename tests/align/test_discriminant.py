"""Generalised multiview LDA and cluster-CCA against LDA, CCA and their own definitions."""

import numpy as np
import pytest
import scipy.linalg as la
import scipy.sparse as sp
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from mmclassic.align import CCA, DiscriminantCCA, similarity
from mmclassic.metrics import label_relevance, retrieval_map
from mmclassic.testing import VIEW_CHECKS
from mmclassic.views import Views

OBJECTIVES = ["gmlda", "cluster"]


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
@pytest.mark.parametrize("check", VIEW_CHECKS, ids=lambda c: c.__name__)
def test_view_contract(objective, check):
    check(DiscriminantCCA(objective=objective))


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
