"""Similarities of sparse rows: literals, a slow plain reference, wild inputs."""

import numpy as np
import pytest
import scipy.sparse as sp

from mmclassic.recommend import AsymmetricCosine, Tversky
from mmclassic.recommend._nearest import NearestRows, best_of_blocks
from mmclassic.recommend._similarity import SIMILARITIES
from mmclassic.utils import _products as products_module
from mmclassic.utils import sparse_product

ALL = [*sorted(SIMILARITIES), AsymmetricCosine(0.2), Tversky(0.0, 2.0), Tversky(0.7, 0.1)]
SETS = ("jaccard", "dice", "tversky")


def all_pairs(similarity, X, *, shrink=0.0):
    """Dense similarities of all rows, by the kernel."""
    return NearestRows(similarity, shrink=shrink).fit(X).nearest(X.shape[0]).toarray()


def plain(similarity, X, shrink):
    """The same, pair by pair and feature by feature."""
    rows = [dict(zip(X[i].indices.tolist(), X[i].data.tolist())) for i in range(X.shape[0])]
    if similarity == "pearson":
        rows = [{c: v - sum(r.values()) / len(r) for c, v in r.items()} for r in rows]
    if similarity == "adjusted_cosine":
        columns = {c: [r[c] for r in rows if c in r] for r in rows for c in r}
        rows = [{c: v - sum(columns[c]) / len(columns[c]) for c, v in r.items()} for r in rows]
    found = [[pair(similarity, x, y, shrink) if x is not y else 0.0 for y in rows] for x in rows]
    return np.maximum(found, 0)


def pair(similarity, x, y, shrink):
    name = similarity if isinstance(similarity, str) else type(similarity).__name__
    if name in SETS or name == "Tversky":
        a, b = ({c for c, v in row.items() if v > 0} for row in (x, y))
        both, only_a, only_b = len(a & b), len(a - b), len(b - a)
        if name == "dice":
            return ratio(2 * both, len(a) + len(b) + shrink)
        alpha, beta = (similarity.alpha, similarity.beta) if name == "Tversky" else (1, 1)
        return ratio(both, both + alpha * only_a + beta * only_b + shrink)
    dot = sum(v * y[c] for c, v in x.items() if c in y)
    a, b = (sum(v * v for v in row.values()) ** 0.5 for row in (x, y))
    if name == "dot":
        return dot / (1 + shrink)
    if name == "euclidean":
        return (dot != 0) / (1 + max(a * a + b * b - 2 * dot, 0) ** 0.5 + shrink)
    alpha = similarity.alpha if name == "AsymmetricCosine" else 0.5
    return ratio(dot, a ** (2 * alpha) * b ** (2 - 2 * alpha) + shrink)


def ratio(numerator, denominator):
    return numerator / denominator if numerator else 0.0


def random_rows(seed, *, n=40, width=25, density=0.2):
    rng = np.random.default_rng(seed)
    X = sp.random(n, width, density=density, rng=rng, format="csr")
    X.data = rng.choice([-2.0, -1, 1, 2, 3, 4.5], size=X.nnz)
    return sp.csr_matrix(X)


@pytest.mark.parametrize("similarity", ALL, ids=str)
@pytest.mark.parametrize("shrink", [0.0, 3.0])
@pytest.mark.parametrize("seed", range(3))
def test_equals_a_plain_reference(similarity, shrink, seed):
    X = random_rows(seed)
    expected = plain(similarity, X, shrink)
    np.testing.assert_allclose(
        all_pairs(similarity, X, shrink=shrink), expected, rtol=2e-6, atol=1e-6
    )


def test_literals():
    # Sets {0, 1, 2}, {1, 2, 3, 4} and {5}: two of five in common.
    X = sp.csr_matrix(np.array([[1, 1, 1, 0, 0, 0], [0, 1, 1, 1, 1, 0], [0, 0, 0, 0, 0, 1.0]]))
    expected = {
        "jaccard": 2 / 5,
        "dice": 4 / 7,
        "cosine": 2 / np.sqrt(12),
        "dot": 2,
        "euclidean": 1 / (1 + np.sqrt(3)),
    }
    for name, value in expected.items():
        found = all_pairs(name, X)
        assert found[0, 1] == found[1, 0] == pytest.approx(value, rel=1e-6)
        assert np.count_nonzero(found) == 2  # the third has nothing in common with anyone
    assert all_pairs("jaccard", X, shrink=5.0)[0, 1] == pytest.approx(2 / 10)
    lopsided = all_pairs(AsymmetricCosine(1.0), X)
    assert lopsided[0, 1] == pytest.approx(2 / 3)  # share of the first that the second has
    assert lopsided[1, 0] == pytest.approx(2 / 4)
    lopsided = all_pairs(Tversky(0.0, 2.0), X)
    assert lopsided[0, 1] == pytest.approx(2 / (2 + 2 * 2))
    assert lopsided[1, 0] == pytest.approx(2 / (2 + 2 * 1))


def test_tversky_is_jaccard_and_dice():
    X = random_rows(0)
    for alike, name in ((Tversky(1, 1), "jaccard"), (Tversky(0.5, 0.5), "dice")):
        np.testing.assert_allclose(all_pairs(alike, X), all_pairs(name, X), rtol=1e-6)


def test_without_difference_and_penalty_whatever_is_common_is_one():
    X = sp.csr_matrix(np.array([[1.0, 1], [0, 1], [0, 0]]))
    np.testing.assert_array_equal(all_pairs(Tversky(0, 0), X), [[0, 1, 0], [1, 0, 0], [0, 0, 0]])


@pytest.mark.parametrize("k", [1, 3, 10, 40])
def test_truncation_keeps_the_first_of_equals(k):
    X = random_rows(1, density=0.5)
    X.data[:] = 1.0  # many ties
    found = NearestRows("dot").fit(X).nearest(k)
    scores = (X @ X.T).toarray()
    np.fill_diagonal(scores, 0)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    expected = np.zeros_like(scores)
    np.put_along_axis(expected, order, np.take_along_axis(scores, order, axis=1), axis=1)
    np.testing.assert_array_equal(found.toarray(), expected)
    assert found.has_sorted_indices
    assert found.data.all()


def test_rows_of_others_are_compared_with_the_fitted_ones():
    X, new = random_rows(0), random_rows(5, n=7)
    for name in ("cosine", "pearson", "adjusted_cosine", "jaccard"):
        model = NearestRows(name, shrink=1.0).fit(X)
        own = np.array([3, -1])
        found = model.nearest(X.shape[0], X[[3, 4]], own=own).toarray()
        every = model.nearest(X.shape[0]).toarray()
        np.testing.assert_allclose(found[0], every[3], rtol=1e-6)
        np.testing.assert_allclose(np.delete(found[1], 4), np.delete(every[4], 4), rtol=1e-6)
        assert model.nearest(3, new).shape == (7, 40)


def test_equal_items_stay_equal_and_a_block_changes_nothing(monkeypatch):
    X = random_rows(2, n=60, density=0.6)
    X = sp.vstack([X, X], format="csr")
    whole = sparse_product(X, X.T.tocsr())
    np.testing.assert_array_equal(whole[:, :60], whole[:, 60:])
    monkeypatch.setattr(products_module, "_BATCH", 50)
    np.testing.assert_array_equal(sparse_product(X, X.T.tocsr()), whole)
    np.testing.assert_allclose(whole, (X @ X.T).toarray(), rtol=1e-12)


def test_numbers_of_any_size():
    X = random_rows(3)
    for power in (1e150, 1e-100):
        np.testing.assert_allclose(
            all_pairs("cosine", X * power), all_pairs("cosine", X), rtol=1e-5, atol=1e-6
        )
    with pytest.raises(ValueError, match="row 0: the sum of squares"):
        all_pairs("cosine", sp.csr_matrix(np.array([[1e200, 0], [0, 1.0]])))


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (4, 2)])
@pytest.mark.parametrize("similarity", ALL, ids=str)
def test_nothing_is_near_nothing(similarity, shape):
    empty = sp.csr_matrix(shape)
    model = NearestRows(similarity).fit(empty)
    assert model.nearest(2).shape == (shape[0], shape[0])
    assert model.nearest(2).nnz == 0


@pytest.mark.parametrize("name", ["pearson", "adjusted_cosine"])
def test_weights_that_are_all_alike_have_no_deviations(name):
    X = sp.csr_matrix(np.array([[0.1, 0.1, 0.1], [0.1, 0, 0.1]]))
    with pytest.raises(ValueError, match=r"all weights are alike\. Use 'cosine'"):
        NearestRows(name).fit(X)


def test_best_of_blocks_leaves_its_own_column_out():
    scores = np.array([[3.0, 2, 1], [0, -1, 5]])
    found = best_of_blocks(lambda b: scores[b].copy(), shape=(2, 3), k=2, own=np.array([0, -1]))
    np.testing.assert_array_equal(found.toarray(), [[0, 2, 1], [0, 0, 5]])


@pytest.mark.parametrize("wrong", [AsymmetricCosine(1.5), Tversky(-1.0), Tversky(1, "a")])
def test_parameters_are_checked(wrong):
    with pytest.raises(ValueError, match="parameter of"):
        NearestRows(wrong).fit(random_rows(0))
