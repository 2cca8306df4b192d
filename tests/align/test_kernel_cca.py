"""Kernel CCA against plain CCA, the dual eigenproblem, and curves that CCA cannot follow."""

import numpy as np
import pytest
import scipy.linalg as la
import scipy.sparse as sp
from sklearn.metrics.pairwise import (
    additive_chi2_kernel,
    euclidean_distances,
    manhattan_distances,
    pairwise_kernels,
)
from skops.io import dumps, get_untrusted_types, loads

from mmclassic.align import CCA, KernelCCA
from mmclassic.align._kernel_cca import KERNELS
from mmclassic.testing import (
    VIEW_CHECKS,
    check_threads,
    check_transform_changes_nothing,
    make_views,
)
from mmclassic.views import Views

KERNEL_CCAS = [
    KernelCCA(3),
    KernelCCA(2, kernel="poly", n_landmarks=20, ridge=0.1),
    KernelCCA(3, kernel="laplacian"),
]
# What reading leaves alone is asked in tests/test_reading_changes_nothing.py.
CHECKS = [c for c in VIEW_CHECKS if c not in (check_threads, check_transform_changes_nothing)]


def histograms(n_rows=60, seed=0):
    """Two views of proportions that depend on one hidden number."""
    rng = np.random.default_rng(seed)
    hidden = rng.uniform(size=(n_rows, 1))
    blocks = {}
    for name, width in {"image": 7, "text": 4}.items():
        block = rng.gamma(1 + 3 * np.abs(np.sin(4 * hidden + np.arange(width))))
        blocks[name] = block / block.sum(axis=1, keepdims=True)
    return Views(blocks)


@pytest.mark.parametrize("aligner", KERNEL_CCAS, ids=repr)
@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.__name__)
def test_view_contract(aligner, check):
    check(aligner)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("ridge", [0.1, 1.0])
def test_the_linear_kernel_is_plain_cca(seed, ridge):
    views = make_views(100, sparse=bool(seed), random_state=seed)
    kernel = KernelCCA(3, kernel="linear", ridge=ridge).fit(views)
    plain = CCA(3, ridge=ridge).fit(views)
    np.testing.assert_allclose(
        kernel.canonical_correlations_, plain.canonical_correlations_, atol=1e-8
    )
    for name in views.names:
        mine, theirs = kernel.transform(views)[name], plain.transform(views)[name]
        np.testing.assert_allclose(np.abs(mine), np.abs(theirs), atol=1e-6)


def dual_correlations(views, kernel, gammas, ridge):
    """All correlations from the n x n eigenproblem of the centred kernels."""
    n = len(views)
    centring = np.eye(n) - 1 / n
    smooth = []
    for name in views.names:
        K = centring @ pairwise_kernels(views[name], metric=kernel, gamma=gammas[name]) @ centring
        # K / (K + penalty), relative to the average of the n - 1 eigenvalues that are not 0.
        values, vectors = la.eigh(K)
        penalty = ridge * values.sum() / (n - 1)
        smooth.append((vectors * np.sqrt(np.maximum(values, 0) / (values + penalty))) @ vectors.T)
    return la.svdvals(smooth[0] @ smooth[1])


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("kernel", ["rbf", "laplacian", "chi2"])
def test_all_rows_as_landmarks_solve_the_dual_problem(seed, kernel):
    views = histograms(50, seed)
    fitted = KernelCCA(4, kernel=kernel, ridge=0.5, n_landmarks=50).fit(views)
    expected = dual_correlations(views, kernel, fitted.gammas_, 0.5)
    np.testing.assert_allclose(fitted.canonical_correlations_, expected[:4], atol=1e-6)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_few_landmarks_do_nearly_as_well(seed):
    rng = np.random.default_rng(seed)
    angle = rng.uniform(0, 2 * np.pi, size=(700, 1))
    x = np.hstack([np.cos(angle), np.sin(angle)]) + 0.1 * rng.normal(size=(700, 2))
    y = np.cos(3 * angle) + 0.1 * rng.normal(size=(700, 1))
    views = Views({"x": x, "y": y})
    train, test = views[:500], views[500:]
    exact = KernelCCA(1, ridge=0.1).fit(train).score(test)
    few = KernelCCA(1, ridge=0.1, n_landmarks=60, random_state=seed).fit(train).score(test)
    assert exact > 0.9
    assert few > exact - 0.05
    assert abs(CCA(1, ridge=0).fit(train).score(test)) < 0.4


def test_bandwidths_are_medians():
    views = histograms(31)
    upper = np.triu_indices(31, k=1)
    distances = {
        "rbf": lambda X: euclidean_distances(X, squared=True)[upper],
        "laplacian": lambda X: manhattan_distances(X)[upper],
        "chi2": lambda X: -additive_chi2_kernel(X)[upper],
        "poly": lambda X: (X**2).sum(axis=1),
    }
    for kernel, distance in distances.items():
        gammas = KernelCCA(1, kernel=kernel).fit(views).gammas_
        for name in views.names:
            assert gammas[name] == pytest.approx(1 / np.median(distance(views[name])))
    given = KernelCCA(1, gamma={"image": 2.0, "text": None}).fit(views).gammas_
    assert given["image"] == 2.0
    assert given["text"] == KernelCCA(1).fit(views).gammas_["text"]


def test_every_view_may_have_its_own_kernel():
    views = histograms()
    by_view = KernelCCA(2, kernel={"text": "rbf", "image": "chi2"}).fit(views)
    for kernel, name in (("rbf", "text"), ("chi2", "image")):
        alone = KernelCCA(2, kernel=kernel).fit(views)
        assert by_view.gammas_[name] == alone.gammas_[name]


@pytest.mark.parametrize("kernel", KERNELS)
def test_constant_and_duplicated_rows_give_finite_numbers(kernel):
    rng = np.random.default_rng(0)
    blocks = {
        "constant": np.full((30, 2), 0.5),
        "twice": np.repeat(rng.uniform(size=(15, 3)), 2, 0),
    }
    space = KernelCCA(1, kernel=kernel).fit_transform(Views(blocks))
    for name in blocks:
        assert np.isfinite(space[name]).all()
    np.testing.assert_allclose(space["constant"], 0, atol=1e-6)


def test_landmarks_are_present_rows_and_the_draw_is_repeatable():
    views = make_views(missing=0.3)
    fitted = KernelCCA(2, n_landmarks=10, random_state=3).fit(views)
    rows = views["image"][views.mask("image")].tolist()
    assert len(fitted.landmarks_["image"]) == 10
    assert all(row in rows for row in fitted.landmarks_["image"].tolist())
    again = KernelCCA(2, n_landmarks=10, random_state=3).fit(views)
    np.testing.assert_array_equal(again.landmarks_["image"], fitted.landmarks_["image"])


def test_batches_do_not_matter(monkeypatch):
    views = histograms()
    whole = KernelCCA(2).fit(views).transform(views)
    monkeypatch.setattr("mmclassic.align._kernel_cca._BATCH_ROWS", 7)
    parts = KernelCCA(2).fit(views).transform(views)
    for name in views.names:
        np.testing.assert_allclose(parts[name], whole[name], atol=1e-9)


def test_skops_round_trip():
    views = make_views()
    fitted = KernelCCA(2).fit(views)
    data = dumps(fitted)
    restored = loads(data, trusted=get_untrusted_types(data=data))
    np.testing.assert_array_equal(
        restored.transform(views)["text"], fitted.transform(views)["text"]
    )


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"kernel": "chi2"}, "view 'image', row 0: the chi-squared kernel .* values >= 0; got -"),
        ({"kernel": {"image": "rbf"}}, "kernel must give one of .* for each of the views"),
        ({"kernel": {"image": "rbf", "text": "rbf", "audio": "sinc"}}, "got .*'audio': 'sinc'}"),
        (
            {"gamma": {"image": 1.0, "text": 0, "audio": None}},
            "gamma must give a number .*'text': 0",
        ),
        ({"kernel": "sinc"}, "'kernel' parameter"),
        ({"n_components": 100}, "at most"),
    ],
)
def test_errors(parameters, message):
    views = make_views(sparse=False)
    views = Views({**views.blocks, "image": -np.abs(views["image"])})
    with pytest.raises(ValueError, match=message):
        KernelCCA(**parameters).fit(views)


def test_chi_squared_refuses_sparse_views_and_negative_queries():
    views = histograms()
    with pytest.raises(ValueError, match="view 'image' is CSR"):
        KernelCCA(kernel="chi2").fit(Views({"image": sp.csr_matrix(views["image"])}))
    fitted = KernelCCA(kernel="chi2").fit(views)
    query = views.select("text")[[0, 1]]
    query["text"][1, 2] = -1
    with pytest.raises(ValueError, match=r"view 'text', row 1: .* got -1"):
        fitted.transform(query)
