"""The most similar rows: what a sort of all similarities gives."""

import numpy as np
import pytest
import scipy.sparse as sp

from mmclassic.match import SIMILARITIES, nearest, similarity


def sorted_all(A, B, k, **options):
    found = similarity(A, B, **options).astype(np.float32)
    columns = np.argsort(-found, axis=1, kind="stable")[:, :k]
    return columns, np.take_along_axis(found, columns, axis=1)


def whole_numbers(seed, shape, dtype):
    """Rows of which products are exact, and many tie."""
    return np.random.default_rng(seed).integers(-3, 4, shape).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("n_a", "n_b", "width", "k"),
    [(1, 1, 1, 1), (10, 20000, 8, 50), (1500, 3000, 6, 5), (3, 5, 4, 5), (7, 3000, 3, 400)],
)
def test_products_equal_a_stable_sort(dtype, n_a, n_b, width, k):
    A, B = whole_numbers(0, (n_a, width), dtype), whole_numbers(1, (n_b, width), dtype)
    # In any order, the best last, and all the same.
    for rows in (B, B[np.argsort(B.sum(axis=1))], np.ones_like(B)):
        for left, right in ((A, rows), (sp.csr_matrix(A), sp.csr_matrix(rows))):
            columns, values = nearest(left, right, k, metric="dot")
            expected = sorted_all(A, rows, k, metric="dot")
            np.testing.assert_array_equal(columns, expected[0])
            np.testing.assert_array_equal(values, expected[1])


@pytest.mark.parametrize("metric", SIMILARITIES)
@pytest.mark.parametrize(
    "forms", [(np.asarray,) * 2, (sp.csr_matrix,) * 2, (sp.csr_matrix, np.asarray)]
)
def test_every_metric_and_form(metric, forms):
    rng = np.random.default_rng(2)
    A, B = rng.random((40, 12)), rng.random((5000, 12))
    A[A < 0.5], B[B < 0.5] = 0, 0
    columns, values = nearest(forms[0](A), forms[1](B), 30, metric=metric)
    expected = sorted_all(A, B, 30, metric=metric)
    np.testing.assert_array_equal(columns, expected[0])
    np.testing.assert_allclose(values, expected[1], rtol=1e-6)


def test_centred():
    rng = np.random.default_rng(3)
    A, B, center = rng.random((5, 3)), rng.random((50, 3)), [0.5, 0.5, 0.5]
    columns, _ = nearest(A, B, 4, center=center)
    np.testing.assert_array_equal(columns, sorted_all(A, B, 4, center=center)[0])


def test_float32_values_are_those_of_float64_to_its_precision():
    rng = np.random.default_rng(4)
    A, B = rng.standard_normal((1100, 32)), rng.standard_normal((9000, 32))
    columns, values = nearest(A.astype(np.float32), B.astype(np.float32), 20)
    np.testing.assert_allclose(values, nearest(A, B, 20)[1], atol=3e-7)
    assert (np.diff(values) <= 0).all()
    exact = np.take_along_axis(similarity(A, B), columns, axis=1)
    np.testing.assert_allclose(values, exact, atol=3e-7)


def test_equal_rows_tie_in_float64():
    rng = np.random.default_rng(5)
    B = np.tile(rng.standard_normal((1, 33)), (7001, 1))
    columns, _ = nearest(rng.standard_normal((3, 33)), B, 40)
    np.testing.assert_array_equal(columns, np.tile(np.arange(40), (3, 1)))


def test_what_is_refused():
    with pytest.raises(ValueError, match="B has 2 rows, so k must be at most that; got 3"):
        nearest(np.eye(2), np.eye(2), 3)
    with pytest.raises(ValueError, match="A has 2 features and B has 3"):
        nearest(np.eye(2), np.eye(3), 1)
    with pytest.raises(ValueError, match="contains NaN"):
        nearest([[np.nan, 1]], np.eye(2), 1)
    with pytest.raises(ValueError, match="do not fit into float32; bring the rows"):
        nearest([[1e30, 1]], [[1e30, 0.0]], 1, metric="dot")
