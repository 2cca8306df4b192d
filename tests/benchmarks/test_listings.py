"""Swaps and measures of the benchmark of suspicious listings, by hand."""

import numpy as np
import scipy.sparse as sp

from benchmarks.listings import measures, with_swapped
from mmclassic.views import Views


def test_swapped_rows_and_no_others_have_the_block_of_another():
    words = sp.csr_matrix(np.eye(40))
    views = Views({"picture": np.eye(40), "text": words})
    for name in views.names:
        listed, wrong = with_swapped(views, name, 0.1, seed=0)
        picture, text = listed["picture"], listed["text"].toarray()
        assert wrong.sum() == 4
        np.testing.assert_array_equal((picture == text).all(axis=1), ~wrong)
        np.testing.assert_array_equal(np.ravel(listed[name].sum(axis=0)), np.ones(40))


def test_measures_by_hand():
    wrong = np.array([True, False, True, False, False, False, False, False, False, False])
    found = measures(np.array([9.0, 8, 7, 6, 5, 4, 3, 2, 1, 0]), wrong)
    # Of 16 pairs of a wrong and a right row one is in the wrong order.
    assert found == {
        "AUC": 15 / 16,
        "precision at the number swapped": 0.5,
        "found in the worst 20%": 0.5,
    }
