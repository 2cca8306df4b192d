"""A product of which no row depends on the others, whatever the processor's kernels."""

import numpy as np
import pytest

from mmclassic.utils import product_by_rows


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("p", "m"), [(1, 1), (8, 16), (40, 13), (40, 20), (300, 8), (1025, 12)])
def test_a_row_is_the_same_wherever_it_stands(dtype, p, m):
    rng = np.random.default_rng(p)
    rows = rng.normal(size=(700, p)).astype(dtype)
    weights = rng.normal(size=(p, m)).astype(dtype)
    product = product_by_rows(rows, weights)
    np.testing.assert_allclose(product, rows @ weights, rtol=1e-3, atol=1e-3)
    for start, stop in [(0, 1), (5, 101), (95, 96), (97, 388), (300, 700), (13, 13)]:
        part = product_by_rows(rows[start:stop], weights)
        np.testing.assert_array_equal(part, product[start:stop])


def test_rows_and_results_may_lie_apart():
    rng = np.random.default_rng(0)
    wide, weights = rng.normal(size=(150, 50)), rng.normal(size=(20, 6))
    out = np.zeros((150, 30))
    product_by_rows(wide[:, 10:30], weights, out=out[:, 8:14])
    np.testing.assert_allclose(out[:, 8:14], wide[:, 10:30] @ weights)
    assert not out[:, :8].any()
    assert not out[:, 14:].any()
