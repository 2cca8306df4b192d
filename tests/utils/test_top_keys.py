"""Scores and columns as one integer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mmclassic.utils import top_products
from mmclassic.utils._topk import (
    compare_rows,
    flat_places,
    pack_keys,
    top_k,
    unpack_columns,
    unpack_scores,
)

SCORES = arrays(np.float32, st.integers(1, 40), elements=st.floats(allow_nan=False, width=32))


@given(SCORES)
def test_keys_sort_by_score_then_by_column_and_hold_both(scores):
    keys = np.sort(pack_keys(scores, np.arange(scores.size)))
    order = np.argsort(-scores, kind="stable")
    np.testing.assert_array_equal(unpack_columns(keys), order)
    np.testing.assert_array_equal(unpack_scores(keys), scores[order])


def test_columns_beyond_two_to_the_31():
    columns = np.array([2**32 - 1, 2**31])
    keys = pack_keys(np.zeros(2, np.float32), columns)
    np.testing.assert_array_equal(unpack_columns(keys), columns)
    assert keys[1] < keys[0]


def test_one_crowded_row_among_others_in_both_precisions():
    scores = np.random.default_rng(0).standard_normal((60, 5000)).astype(np.float32)
    scores[7] = 0
    scores[9, 100:] = 1
    for dtype in (np.float32, np.float64):
        expected = np.argsort(-scores, axis=1, kind="stable")[:, :20]
        np.testing.assert_array_equal(top_k(scores.astype(dtype), 20), expected)


@given(arrays(bool, st.tuples(st.integers(0, 5), st.integers(0, 30))))
def test_places_of_what_is_true_whatever_the_number_of_bytes(hits):
    for bools in (hits, hits[:, ::2], hits.T):
        np.testing.assert_array_equal(flat_places(bools), np.flatnonzero(bools))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("width", [0, 1, 100, 4096, 4097, 9000])
def test_rows_are_compared_with_their_own_bounds(dtype, width):
    scores = np.random.default_rng(0).integers(-2, 3, (7, width)).astype(dtype)
    bounds = np.array([-np.inf, -2, -1, 0, 1, 2, np.inf], dtype=dtype)
    for compare in (np.greater, np.greater_equal):
        expected = compare(scores, np.repeat(bounds[:, None], width, axis=1))
        np.testing.assert_array_equal(compare_rows(compare, scores, bounds), expected)
    assert np.getbufsize() == 8192


@pytest.mark.parametrize("n", [1, 7, 2623, 2624, 2625, 6001])
@pytest.mark.parametrize("n_levels", [1, 2, 1000])
def test_products_of_few_levels_tie_by_position(n, n_levels):
    rng = np.random.default_rng(n)
    gallery = rng.integers(0, n_levels, (n, 1)).astype(np.float32)
    queries = np.array([[1], [0], [-1], [3]], dtype=np.float32)
    for k in {1, min(n, 50), n}:
        order, values = top_products(queries, gallery, k)
        expected = np.argsort(-(queries @ gallery.T), axis=1, kind="stable")[:, :k]
        np.testing.assert_array_equal(order, expected)
        np.testing.assert_array_equal(values, np.take_along_axis(queries @ gallery.T, expected, 1))
    with pytest.raises(ValueError, match=f"number of candidates; got {n + 1}"):
        top_products(queries, gallery, n + 1)
