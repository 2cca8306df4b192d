"""Errors of predicted ratings and satisfaction on the user's own scale."""

import numpy as np
import pytest
import scipy.sparse as sp

from mmclassic.metrics import mae, own_scale, rmse, satisfaction_at_k, satisfied_at_k


def test_errors_by_hand_and_as_scikit_learn_has_them():
    from sklearn.metrics import mean_absolute_error, root_mean_squared_error

    ratings, predicted = [1, 5, 3, 4], [2, 5, 1, 4.5]
    assert rmse(ratings, predicted) == pytest.approx(np.sqrt((1 + 0 + 4 + 0.25) / 4), rel=1e-15)
    assert mae(ratings, predicted) == (1 + 0 + 2 + 0.5) / 4
    users = [0, 2, 2, 0]
    by_user = rmse(ratings, predicted, users, per_user=True)
    np.testing.assert_allclose(by_user, [np.sqrt(1.25 / 2), np.nan, np.sqrt(2)])
    assert rmse(ratings, predicted, users) == pytest.approx(np.nanmean(by_user))
    np.testing.assert_allclose(mae(ratings, predicted, users, per_user=True), [0.75, np.nan, 1])
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 500))
    assert rmse(a, b) == pytest.approx(root_mean_squared_error(a, b), rel=1e-12)
    assert mae(a, b) == pytest.approx(mean_absolute_error(a, b), rel=1e-12)


@pytest.mark.parametrize("measure", [rmse, mae])
def test_a_missing_prediction_is_no_prediction(measure):
    with pytest.raises(ValueError, match="predicted must be finite; got nan at position 1"):
        measure([1, 2], [1, np.nan])
    with pytest.raises(ValueError, match="ratings must be finite; got inf at position 0"):
        measure([np.inf, 2], [1, 1])
    with pytest.raises(ValueError, match="one length of at least 1; got 2 and 1"):
        measure([1, 2], [1])
    with pytest.raises(ValueError, match="got 0 and 0"):
        measure([], [])
    with pytest.raises(ValueError, match="per_user=True needs users"):
        measure([1], [1], per_user=True)
    with pytest.raises(ValueError, match="a position from 0"):
        measure([1, 2], [1, 2], [-1, 0])
    with pytest.raises(ValueError, match="must be 1-D"):
        measure([[1]], [[1]])


def scale_by_loop(ratings, history):
    """The place of every rating among the user's own."""
    found = {}
    for user in range(ratings.shape[0]):
        own = history[[user]].data
        row = ratings[[user]]
        for item, value in zip(row.indices, row.data):
            found[user, int(item)] = (np.mean(own < value) + np.mean(own <= value)) / 2
    return found


@pytest.mark.parametrize("seed", range(4))
def test_own_scale_agrees_with_a_plain_loop(seed):
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 6, (2, 9, 12)) / 2
    known = rng.random((2, 9, 12)) < 0.4
    known[1, :, 0] = True
    ratings, history = (
        sp.csr_array((values[i][known[i]], np.nonzero(known[i])), shape=(9, 12)) for i in (0, 1)
    )
    for other in (None, history):
        expected = scale_by_loop(ratings, ratings if other is None else other)
        found = own_scale(ratings, other)
        assert found.nnz == len(expected)
        for user, item in zip(*found.tocoo().coords):
            assert found[user, item] == pytest.approx(expected[user, item], abs=1e-15)


def test_satisfaction_by_hand():
    # The first user gives 5, 4, 1: places 5/6, 1/2, 1/6. The second only ever gives 3.
    ratings = sp.csr_array([[5.0, 4.0, 1.0, 0.0], [0.0, 3.0, 3.0, 0.0], [0, 0, 0, 2.0]])
    lists = [[0, 3, 2], [1, -1, -1], [0, 1, 2]]
    found = satisfaction_at_k(ratings, lists, 3, per_user=True)
    np.testing.assert_allclose(found, [(5 / 6 + 1 / 6) / 2, 1 / 2, np.nan], rtol=1e-15)
    assert satisfaction_at_k(ratings, lists, 1) == pytest.approx((5 / 6 + 1 / 2) / 2)
    share = satisfied_at_k(ratings, lists, 1, threshold=0.6, per_user=True)
    np.testing.assert_array_equal(share, [1, 0, np.nan])
    assert satisfied_at_k(ratings, lists, 1) == 1.0
    # Against a history of mostly bad ratings the same 3 is good.
    history = sp.csr_array([[5.0, 4.0, 1.0], [1.0, 1.0, 3.0], [2.0, 1, 1]])
    found = satisfaction_at_k(ratings, lists, 3, history=history, per_user=True)
    assert found[1] == pytest.approx((2 + 0.5) / 3)


def test_a_rating_of_zero_is_a_rating():
    ratings = sp.csr_array(([0.0, 5.0], ([0, 0], [0, 1])), shape=(1, 3))
    assert satisfaction_at_k(ratings, [[0, 2]], 2) == 1 / 4


def test_satisfaction_refuses_what_has_no_meaning():
    ratings = sp.csr_array([[5.0, 4.0]])
    with pytest.raises(ValueError, match="user 0 has ratings, but none in history"):
        satisfaction_at_k(ratings, [[0]], 1, history=sp.csr_array((1, 4)))
    with pytest.raises(ValueError, match=r"history must be of shape \(1, 2\)"):
        satisfaction_at_k(ratings, [[0]], 1, history=sp.csr_array((3, 2)))
    with pytest.raises(TypeError, match="ratings must be a sparse matrix"):
        own_scale(np.ones((2, 2)))
    with pytest.raises(ValueError, match="no recommended item was rated"):
        satisfaction_at_k(sp.csr_array([[5.0, 0.0]]), [[1]], 1)
    with pytest.raises(ValueError, match="'threshold' parameter of satisfied_at_k"):
        satisfied_at_k(ratings, [[0]], 1, threshold=2)
