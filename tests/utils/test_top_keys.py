"""Scores and columns as one integer."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mmclassic.utils._topk import pack_keys, top_k, unpack_columns, unpack_scores

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
