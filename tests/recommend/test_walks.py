"""RandomWalkRecommender: walks by hand, a dense reference, signs."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import mmclassic
from mmclassic.recommend import Interactions, RandomWalkRecommender


def fit(matrix, **parameters):
    interactions = Interactions.from_csr(sp.csr_matrix(matrix))
    return RandomWalkRecommender(**parameters).fit(None, interactions)


def random_matrix(seed, values=(1.0, 1.0, 2.0)):
    rng = np.random.default_rng(seed)
    matrix = rng.choice(values, size=(30, 15)) * (rng.random((30, 15)) < 0.3)
    matrix[np.arange(30), np.arange(30) % 15] = 1.0  # everybody likes something
    return matrix


def test_a_walk_by_hand():
    # u likes a and b, v likes b and c. From b: half to each of u and v, from there half to each.
    model = fit([[1, 1, 0], [0, 1, 1]])
    np.testing.assert_allclose(
        model.weights_.toarray(), [[0, 1 / 2, 0], [1 / 4, 0, 1 / 4], [0, 1 / 2, 0]]
    )
    lists = model.rank([0], k=1)
    assert lists.order.tolist() == [[2]]
    assert lists.scores.tolist() == [[0.125]]  # half of the walks begin at b


@pytest.mark.parametrize(("alpha", "beta"), [(1.0, 0.0), (0.7, 0.0), (1.4, 0.6)])
@pytest.mark.parametrize("seed", range(3))
def test_equals_dense_matrices(alpha, beta, seed):
    R = random_matrix(seed)
    down = (R / R.sum(axis=1, keepdims=True)) ** alpha
    up = (R / R.sum(axis=0)).T ** alpha
    expected = up @ down / (R.sum(axis=0) / R.max()) ** beta
    np.fill_diagonal(expected, 0)
    model = fit(R, alpha=alpha, beta=beta, n_neighbors=15)
    np.testing.assert_allclose(model.weights_.toarray(), expected, rtol=1e-5)
    scores = model._score_block(model.interactions_, model._candidates(None, None))
    np.testing.assert_allclose(scores, down @ expected, rtol=1e-5)


def test_walks_that_return_are_all_that_is_missing_of_one():
    R = random_matrix(0)
    down, up = R / R.sum(axis=1, keepdims=True), (R / R.sum(axis=0)).T
    left = fit(R, n_neighbors=15).weights_.sum(axis=1)
    np.testing.assert_allclose(np.ravel(left) + np.diag(up @ down), 1, rtol=1e-5)


def test_beta_holds_popular_items_back():
    R = random_matrix(1)
    R[:, 0] = 1.0
    plain, held = (fit(R, beta=beta).rank(k=15, include_seen=True) for beta in (0.0, 1.0))
    places = [np.nonzero(lists.order == 0)[1].mean() for lists in (plain, held)]
    assert places[0] < places[1]


def test_truncation_keeps_the_most_probable():
    R = random_matrix(2)
    every, few = fit(R, n_neighbors=15).weights_, fit(R, n_neighbors=3).weights_
    assert (np.diff(few.indptr) <= 3).all()
    best = -np.sort(-every.toarray(), axis=1)[:, :3]
    np.testing.assert_array_equal(-np.sort(-few.toarray(), axis=1)[:, :3], best)


def test_what_disliked_items_lead_to_is_taken_off():
    R = np.array([[1.0, 1, 0, 0], [0, 0, 1, 1], [1, 0, -1, 0]])
    explained = fit(R).explain(2, 3)
    assert explained["item_id"].tolist() == [2]
    assert explained["contribution"].tolist() == [-0.25]
    # Nobody walks along the dislike.
    np.testing.assert_array_equal(fit(R).weights_.toarray()[2], [0, 0, 0, 0.5])


def test_walks_go_along_good_ratings():
    rated = pd.DataFrame(
        {"user_id": list("uuvvw"), "item_id": list("abbca"), "rating": [5, 5, 1, 1, 5]}
    )
    model = RandomWalkRecommender().fit(None, rated)
    likes = Interactions.from_frame(rated, items=list("abc")).likes().toarray()
    reached = likes.T.astype(int) @ likes > 0
    np.fill_diagonal(reached, False)
    np.testing.assert_array_equal(model.weights_.toarray() > 0, reached)


@pytest.mark.parametrize("factor", [1e300, 1e-300])
def test_only_shares_matter(factor):
    R = random_matrix(3, values=(1.0, 2.0, -1.0))
    usual, scaled = fit(R).rank(k=5), fit(R * factor).rank(k=5)
    np.testing.assert_array_equal(usual.order, scaled.order)


def test_parts_sum_to_the_score():
    model = fit(random_matrix(4, values=(1.0, 3.0, -2.0)), beta=0.5)
    for row in model.recommend(k=3).itertuples():
        parts = model.explain(row.user_id, row.item_id)["contribution"]
        assert parts.sum() == pytest.approx(row.score, abs=1e-6)


def test_new_items_and_nobody():
    model = fit(random_matrix(0))
    found = model.recommend([0], k=2, items=np.zeros((2, 1)), ids=[99, 1])
    assert found.set_index("item_id")["score"][99] == 0
    assert model.explain(0, 99, items=np.zeros((1, 1))).empty
    pd.testing.assert_frame_equal(model.explain(0, 1, items=np.zeros((1, 1))), model.explain(0, 1))
    empty = RandomWalkRecommender().fit(None, Interactions.from_csr(sp.csr_matrix((0, 3))))
    assert empty.weights_.shape == (3, 3)


def test_saved_and_loaded(tmp_path):
    rated = pd.DataFrame({"user_id": [1, 1, 2, 3], "item_id": [1, 2, 2, 1], "rating": [5, 3, 4, 1]})
    model = RandomWalkRecommender().fit(None, rated)
    mmclassic.save(model, tmp_path / "model.skops")
    loaded = mmclassic.load(tmp_path / "model.skops")
    pd.testing.assert_frame_equal(
        loaded.recommend(k=1, include_seen=True), model.recommend(k=1, include_seen=True)
    )
    model.weights_ = model.weights_[:1]
    mmclassic.save(model, tmp_path / "damaged.skops")
    with pytest.raises(ValueError, match="weights_ is no matrix of shape"):
        mmclassic.load(tmp_path / "damaged.skops")


def test_what_users_did_since_is_taken_in():
    rows = pd.DataFrame(np.argwhere(random_matrix(0) > 0), columns=["user_id", "item_id"])
    items = np.arange(15)
    model = RandomWalkRecommender().fit(None, Interactions.from_frame(rows[:80], items=items))
    fresh = RandomWalkRecommender().fit(None, Interactions.from_frame(rows, items=items))
    model.update(rows[80:])
    np.testing.assert_array_equal(model.weights_.toarray(), fresh.weights_.toarray())
