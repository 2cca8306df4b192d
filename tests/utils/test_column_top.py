"""The best rows of columns, block by block: what a sort of the whole gives."""

import numpy as np
import pytest

from mmclassic.utils import ColumnTop, top_products_both_ways


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(
    ("n_rows", "k", "height"),
    [(500, 10, 100), (500, 10, 400), (900, 2, 300), (37, 5, 3), (12, 12, 12)],
)
def test_blocks_give_what_a_sort_gives(seed, n_rows, k, height):
    scores = np.random.default_rng(seed).integers(-20, 20, (n_rows, 31)).astype(np.float32)
    columns = ColumnTop(31, k)
    for start in range(0, n_rows, height):
        columns.add(scores[start : start + height])
    order = np.argsort(-scores, axis=0, kind="stable")[:k]
    found, rows = columns.result()
    np.testing.assert_array_equal(rows, order.T)
    np.testing.assert_array_equal(found, np.take_along_axis(scores, order, axis=0).T)


def test_fewer_rows_than_asked_for_are_refused():
    columns = ColumnTop(3, 5)
    columns.add(np.zeros((2, 3), dtype=np.float32))
    with pytest.raises(ValueError, match="2 rows came, and 5 of every column"):
        columns.result()


@pytest.mark.parametrize("n_levels", [2, 1000])
@pytest.mark.parametrize(("n_a", "n_b"), [(1500, 3000), (40, 20), (1025, 2625)])
def test_products_both_ways_are_those_of_a_sort(n_levels, n_a, n_b):
    rng = np.random.default_rng(n_a)
    A, B = (rng.integers(0, n_levels, (n, 2)).astype(np.float32) for n in (n_a, n_b))
    of_rows, of_columns = top_products_both_ways(A, B, 12, 7)
    for (order, values), scores, k in ((of_rows, A @ B.T, 12), (of_columns[::-1], B @ A.T, 7)):
        expected = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        np.testing.assert_array_equal(order, expected)
        np.testing.assert_array_equal(values, np.take_along_axis(scores, expected, axis=1))
