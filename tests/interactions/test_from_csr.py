"""Interactions from sparse matrices."""

import numpy as np
import pytest
import scipy.sparse as sp

from mmclassic.interactions import Interactions

DENSE = np.array([[0, 2.0, 0], [1.0, 0, -3.0]])


@pytest.mark.parametrize("make", [sp.csr_array, sp.csc_matrix, sp.coo_array, sp.lil_array])
def test_there_and_back(make):
    interactions = Interactions.from_csr(make(DENSE))
    np.testing.assert_array_equal(interactions.to_csr().toarray(), DENSE)
    assert interactions.users.tolist() == [0, 1]
    assert interactions.items.tolist() == [0, 1, 2]
    assert interactions.timestamp is None
    assert not interactions.explicit
    assert interactions.items_given


def test_ids_and_ratings():
    matrix = sp.csr_array(([5, 0], [2, 0], [0, 1, 2]), shape=(2, 3))
    interactions = Interactions.from_csr(matrix, users=["u", "v"], items=[7, 8, 9], explicit=True)
    assert interactions.to_frame().to_dict("list") == {
        "user_id": ["u", "v"],
        "item_id": [9, 7],
        "rating": [5.0, 0.0],
    }
    assert interactions.scale == (0.0, 5.0)


def test_what_is_stored_twice_is_summed_and_what_was_given_stays():
    matrix = sp.csr_array(([1, 2, 4], [1, 1, 0], [0, 3]), shape=(1, 2))
    assert Interactions.from_csr(matrix).to_frame()["weight"].tolist() == [4.0, 3.0]
    assert matrix.nnz == 3
    small = sp.coo_array((np.array([100, 100], dtype=np.int8), ([0, 0], [0, 0])), shape=(1, 1))
    assert Interactions.from_csr(small).weight.tolist() == [200.0]


@pytest.mark.parametrize(
    ("matrix", "options", "error", "message"),
    [
        (DENSE, {}, TypeError, "must be sparse; got ndarray"),
        (sp.csr_array(DENSE * 1j), {}, TypeError, "real numbers; got dtype complex128"),
        (sp.csr_array(DENSE), {"users": ["u"]}, ValueError, "2 rows, and 1 user ids were given"),
        (sp.csr_array(DENSE), {"items": [1, 2]}, ValueError, "3 columns, and 2 item ids"),
        (sp.csr_array(DENSE), {"items": [1, 2, 1]}, ValueError, "item ids must be distinct"),
        (sp.csr_array([[np.nan]]), {}, ValueError, r"user 0 and item 0: the weight .*got nan"),
        (
            sp.csr_array([[np.inf]]),
            {"users": ["u"], "explicit": True},
            ValueError,
            "user 'u' and item 0: the rating must be a finite number",
        ),
    ],
)
def test_matrices_that_are_none(matrix, options, error, message):
    with pytest.raises(error, match=message):
        Interactions.from_csr(matrix, **options)


def test_a_damaged_matrix():
    matrix = sp.csr_array(DENSE)
    matrix.indices[0] = 7
    with pytest.raises(ValueError, match="matrix is no valid CSR matrix"):
        Interactions.from_csr(matrix)
