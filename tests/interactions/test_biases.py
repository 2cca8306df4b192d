"""Biases of users and items, and what is left of a rating without them."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import mmclassic
from mmclassic.interactions import Biases, Interactions


def drawn(seed, n=400, n_users=30, n_items=20):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "user_id": rng.integers(0, n_users, n),
            "item_id": rng.integers(0, n_items, n),
            "rating": rng.integers(1, 6, n) / 1.0,
            "timestamp": rng.integers(0, 50, n),
        }
    )
    return Interactions.from_frame(frame, users=range(n_users + 1), items=range(n_items + 1))


def slow_biases(interactions, damping):
    """The formulas of Koren (2010), one user and item after the other."""
    ratings = dict(interactions.to_csr().todok().items())
    mean = sum(ratings.values()) / len(ratings)
    n_users, n_items = interactions.users.size, interactions.items.size
    items, users = np.zeros(n_items), np.zeros(n_users)
    for i in range(n_items):
        left = [r - mean for (_, j), r in ratings.items() if j == i]
        items[i] = sum(left) / (len(left) + damping) if left else 0
    for u in range(n_users):
        left = [r - mean - items[i] for (v, i), r in ratings.items() if v == u]
        users[u] = sum(left) / (len(left) + damping) if left else 0
    return mean, users, items


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("damping", [0, 5.0])
def test_biases_are_those_of_the_formulas(seed, damping):
    interactions = drawn(seed)
    found = interactions.biases(damping)
    mean, users, items = slow_biases(interactions, damping)
    assert found.mean == pytest.approx(mean, abs=1e-12)
    np.testing.assert_allclose(found.users, users, atol=1e-12)
    np.testing.assert_allclose(found.items, items, atol=1e-12)
    assert found.users[-1] == found.items[-1] == 0, "they have no rating"


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_preferences_are_centered_ratings(seed):
    interactions = drawn(seed)
    biases = interactions.biases()
    ratings = interactions.to_csr()
    found = interactions.preferences()
    np.testing.assert_array_equal(found.toarray(), biases.center(ratings).toarray())
    rows, columns = ratings.nonzero()
    np.testing.assert_array_equal(found.indices, columns)
    expected = ratings.data - biases.mean - biases.items[columns] - biases.users[rows]
    np.testing.assert_array_equal(found.data, expected)
    np.testing.assert_allclose(found.data, ratings.data - biases.predict(rows, columns), atol=1e-12)
    # A row alone, as that of a new user, is centred as it is among all.
    alone = biases.center(ratings[[7]])
    np.testing.assert_array_equal(alone.toarray(), found[[7]].toarray())


def test_a_generous_user_says_no_more_than_a_strict_one():
    rows = [(u, i, r + 2 * u) for u in range(2) for i, r in enumerate([1.0, 2.0, 3.0])]
    frame = pd.DataFrame(rows, columns=["user_id", "item_id", "rating"])
    found = Interactions.from_frame(frame).preferences(damping=0).toarray()
    np.testing.assert_allclose(found, 0, atol=1e-12)
    frame.loc[0, "rating"] = 3.0
    found = Interactions.from_frame(frame).preferences(damping=0).toarray()
    assert found[0, 0] > 0 > found[1, 0]


def test_zeros_stay_stored():
    frame = pd.DataFrame({"user_id": [0, 0], "item_id": [0, 1], "rating": [4.0, 4.0]})
    assert Interactions.from_frame(frame).preferences().nnz == 2


def test_preferences_of_weights_are_the_weights():
    frame = pd.DataFrame({"user_id": [0, 0], "item_id": [0, 1], "weight": [4.0, -4.0]})
    interactions = Interactions.from_frame(frame)
    np.testing.assert_array_equal(interactions.preferences().toarray(), [[4, -4]])
    with pytest.raises(ValueError, match="biases are those of ratings"):
        interactions.biases()


def test_no_ratings():
    empty = drawn(0).select(np.zeros(400, dtype=bool))
    assert empty.preferences().nnz == 0
    with pytest.raises(ValueError, match="no ratings to take"):
        empty.biases()


@pytest.mark.parametrize("damping", [-1, np.nan, np.inf, "5", None])
def test_damping_that_is_none(damping):
    for method in ("biases", "preferences"):
        with pytest.raises(ValueError, match="damping must be a finite number"):
            getattr(drawn(0), method)(damping)


def test_what_is_not_known_has_no_bias():
    biases = Biases(3.0, np.array([0.5]), np.array([-1.0, 1.0]), 5.0)
    assert biases.predict([0, -1, 0, -1], [1, 1, -1, -1]).tolist() == [4.5, 4.0, 3.5, 3.0]
    assert biases.predict(0, [0, 1]).tolist() == [2.5, 4.5]
    with pytest.raises(IndexError, match=r"1 users, and -1 .* position 1"):
        biases.predict([0, 1], [0, 0])
    with pytest.raises(IndexError, match=r"2 items, .* position -2"):
        biases.predict(0, -2)
    with pytest.raises(ValueError, match="of 2 items; got ratings of 3"):
        biases.center(sp.csr_array(np.ones((1, 3))))


def test_centering_changes_nothing_that_was_given():
    interactions = drawn(1)
    ratings = interactions.to_csr()
    before = ratings.copy()
    interactions.biases().center(ratings)
    np.testing.assert_array_equal(ratings.toarray(), before.toarray())


def test_ratings_too_large_to_add():
    frame = pd.DataFrame({"user_id": [0, 1], "item_id": [0, 0], "rating": [1.5e308, 1.5e308]})
    with pytest.raises(ValueError, match="sum to more than float64"):
        Interactions.from_frame(frame).biases()


def test_biases_survive_storing(tmp_path):
    biases = drawn(0).biases()
    again = mmclassic.load(mmclassic.save(biases, tmp_path / "b.skops"))
    assert (again.mean, again.damping) == (biases.mean, biases.damping)
    np.testing.assert_array_equal(again.users, biases.users)
