"""Similarities against literals, scikit-learn and brute force."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import spearmanr
from sklearn.metrics.pairwise import cosine_similarity, euclidean_distances, manhattan_distances

from mmclassic.match import SIMILARITIES, match, similarity


def random_pair(seed=0, n_a=7, n_b=5, p=4):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n_a, p)), rng.normal(size=(n_b, p))


def test_literals():
    A, B = [[3.0, 4.0]], [[4.0, 3.0], [0.0, 0.0], [1.0, 2.0]]
    np.testing.assert_allclose(similarity(A, B), [[24 / 25, 0, 11 / (5 * np.sqrt(5))]])
    np.testing.assert_allclose(
        similarity(A, B, metric="euclidean"), [[-np.sqrt(2), -5, -np.sqrt(8)]]
    )
    np.testing.assert_allclose(similarity(A, B, metric="pearson"), [[-1, 0, 1]])
    np.testing.assert_allclose(similarity(A, B, metric="manhattan"), [[-2, -7, -4]])
    # Ranks 1, 2.5, 2.5, 4 and 1, 2, 3, 4: deviations -1.5, 0, 0, 1.5 and -1.5, -.5, .5, 1.5.
    ties, straight = [[-9.0, 0.0, 0.0, 2.0]], [[1.0, 2.0, 3.0, 400.0], [0.0, 0.0, 0.0, 0.0]]
    np.testing.assert_allclose(
        similarity(ties, straight, metric="spearman"), [[4.5 / np.sqrt(4.5 * 5), 0]]
    )
    np.testing.assert_allclose(similarity(A, B, metric="dot"), [[24, 0, 11]])
    np.testing.assert_allclose(
        similarity(A, B, center=[1, 2]), [[2 / np.sqrt(5), -3 / np.sqrt(10), 0]]
    )


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("convert", [np.asarray, sp.csr_matrix])
def test_against_references(seed, convert):
    A, B = random_pair(seed)
    A[0] = 0
    A, B = np.where(np.abs(A) < 0.5, 0, A), np.where(np.abs(B) < 0.5, 0, B)
    a, b = convert(A), convert(B)
    np.testing.assert_allclose(similarity(a, b), cosine_similarity(A, B), atol=1e-12)
    np.testing.assert_allclose(similarity(a, b, metric="euclidean"), -euclidean_distances(A, B))
    np.testing.assert_allclose(similarity(a, b, metric="manhattan"), -manhattan_distances(A, B))
    ranked = [[spearmanr(x, y).statistic for y in B] for x in A[1:]]
    np.testing.assert_allclose(similarity(a, b, metric="spearman")[1:], ranked, atol=1e-12)
    both = np.corrcoef(np.vstack([A[1:], B]))[: len(A) - 1, len(A) - 1 :]
    np.testing.assert_allclose(similarity(a, b, metric="pearson")[1:], both, atol=1e-12)


def test_mixed_sparse_and_dense_and_dtypes():
    A, B = random_pair()
    for metric in SIMILARITIES:
        mixed = similarity(sp.csr_matrix(A), B, metric=metric)
        np.testing.assert_allclose(mixed, similarity(A, B, metric=metric), atol=1e-12)
        single = similarity(A.astype(np.float32), B.astype(np.float32), metric=metric)
        assert single.dtype == np.float32


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("metric", SIMILARITIES)
def test_a_centre_is_subtracted_first(seed, metric):
    A, B = random_pair(seed, p=12)  # of few features ranks tie
    centers = np.random.default_rng(seed + 10).normal(size=(2, 12))
    one = similarity(A, B, metric=metric, center=centers[0])
    np.testing.assert_allclose(one, similarity(A - centers[0], B - centers[0], metric=metric))
    two = similarity(A, B, metric=metric, center=centers)
    np.testing.assert_allclose(two, similarity(A - centers[0], B - centers[1], metric=metric))
    np.testing.assert_array_equal(
        match(A, B, metric=metric, center=centers).columns, two.argmax(axis=1)
    )


def test_dot_of_posteriors_is_the_chance_of_one_class():
    rng = np.random.default_rng(0)
    p, q = rng.dirichlet(np.ones(3), size=2)
    drawn = [rng.choice(3, size=200_000, p=posterior) for posterior in (p, q)]
    found = similarity(p[None], q[None], metric="dot").item()
    assert found == pytest.approx(np.mean(drawn[0] == drawn[1]), abs=0.01)


def test_constant_rows_correlate_with_nothing():
    A = np.full((1, 3), 0.1)
    B = np.array([[1.0, 2.0, 3.0]])
    for convert in (np.asarray, sp.csr_matrix):
        for metric in ("pearson", "spearman"):
            assert similarity(convert(A), convert(B), metric=metric) == 0


@given(arrays(float, (4, 3), elements=st.sampled_from([-2.0, -1.0, 0.0, 0.5, 3.0])))
def test_what_csr_rows_do_not_store_has_the_rank_of_zeros(X):
    for left, right in [(sp.csr_matrix(X), sp.csr_matrix(X)), (sp.csr_matrix(X), X)]:
        found = similarity(left, right, metric="spearman")
        np.testing.assert_allclose(found, similarity(X, X, metric="spearman"), atol=1e-12)


@given(arrays(float, (4, 3), elements=st.floats(-1e6, 1e6)))
def test_bounds(X):
    for metric in ("cosine", "pearson", "spearman"):
        S = similarity(X, X, metric=metric)
        assert np.isfinite(S).all()
        assert (np.abs(S) <= 1 + 1e-9).all()


@pytest.mark.parametrize(
    ("kwargs", "error", "message"),
    [
        ({"B": [[1.0]]}, ValueError, "A has 2 features and B has 1"),
        ({"B": [[np.nan, 1.0]]}, ValueError, "B contains NaN"),
        ({"B": [[1.0, 1.0]], "metric": "hamming"}, ValueError, "'metric' parameter"),
        ({"B": [[1.0, 1.0]], "center": [1.0]}, ValueError, r"shape \(2,\) or \(2, 2\).*got shape"),
        ({"B": [[1.0, 1.0]], "center": [np.nan, 1.0]}, ValueError, "center contains NaN"),
        ({"B": sp.eye(1, 2).tocsr(), "center": [0, 1]}, ValueError, "pass them dense"),
    ],
)
def test_errors(kwargs, error, message):
    with pytest.raises(error, match=message):
        similarity([[1.0, 2.0]], **kwargs)


@pytest.mark.parametrize("metric", ["euclidean", "manhattan", "cosine", "spearman"])
def test_sparse_arrays_with_long_indices(metric):
    dense = np.random.default_rng(0).integers(0, 3, (6, 4)).astype(float)
    X = sp.csr_array(dense)
    X.indices, X.indptr = X.indices.astype(np.int64), X.indptr.astype(np.int64)
    expected = similarity(dense, dense, metric=metric)
    np.testing.assert_allclose(similarity(X, X, metric=metric), expected, atol=1e-7)
