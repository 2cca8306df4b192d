"""The best rows of columns, block by block: what a sort of the whole gives."""

import numpy as np
import pytest

from mmclassic.utils import ColumnTop


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(("n_rows", "k", "height"), [(500, 10, 100), (37, 5, 3), (12, 12, 12)])
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
