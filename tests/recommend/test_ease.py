"""EASE: against a regression of every item on the others, with content, signs and limits."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import mmclassic
from mmclassic import MultimodalRecommender
from mmclassic.recommend import EASE, Interactions, RandomWalkRecommender
from mmclassic.recommend import _ease as ease_module
from mmclassic.views import Views


def random_matrix(seed):
    rng = np.random.default_rng(seed)
    return rng.choice([-1.0, 1, 2], size=(40, 12)) * (rng.random((40, 12)) < 0.3)


def fit(matrix, items=None, **parameters):
    interactions = Interactions.from_csr(sp.csr_matrix(matrix))
    return EASE(**parameters).fit(items, interactions)


def column_by_column(X, ridge):
    """Ridge regression of every column on the others."""
    weights = np.zeros((X.shape[1],) * 2)
    for item in range(X.shape[1]):
        others = np.delete(np.arange(X.shape[1]), item)
        A = X[:, others]
        normal = A.T @ A + ridge * np.eye(len(others))
        weights[others, item] = np.linalg.solve(normal, A.T @ X[:, item])
    return weights


@pytest.mark.parametrize("ridge", [0.5, 50.0])
@pytest.mark.parametrize("seed", range(3))
def test_equals_a_regression_of_every_item(ridge, seed):
    X = random_matrix(seed)
    np.testing.assert_allclose(
        fit(X, ridge=ridge).weights_, column_by_column(X, ridge), rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize("sparse", [False, True])
def test_content_counts_as_more_users(sparse):
    X, rng = random_matrix(0), np.random.default_rng(0)
    text, image = rng.normal(size=(12, 5)), rng.normal(size=(12, 3))
    views = Views({"text": sp.csr_matrix(text) if sparse else text, "image": image})
    units = [block / np.linalg.norm(block, axis=1, keepdims=True) for block in (text, image)]
    stacked = np.vstack([X, np.sqrt(2.0) * units[0].T, np.sqrt(0.5) * units[1].T])
    found = fit(X, views, ridge=3.0, content={"text": 2.0, "image": 0.5}).weights_
    np.testing.assert_allclose(found, column_by_column(stacked, 3.0), rtol=1e-4, atol=1e-6)
    alike = fit(X, views, ridge=3.0, content=2.0).weights_
    both = fit(X, views, ridge=3.0, content={"text": 2.0, "image": 2.0}).weights_
    np.testing.assert_array_equal(alike, both)


def test_content_reaches_items_that_nobody_has_used():
    X = np.zeros((6, 4))
    X[:3, 0] = X[3:, 1] = X[0, 1] = 1.0
    content = np.array([[1.0, 0], [0, 1], [1, 0.1], [0.1, 1]])  # 2 is like 0, 3 is like 1
    assert (fit(X, ridge=1.0).weights_[:, 2:] == 0).all()
    lists = fit(X, content, ridge=1.0, content=2.0).rank([1, 4], k=1, candidates=[2, 3])
    assert lists.items[lists.order[:, 0]].tolist() == [2, 3]


def test_parts_sum_to_the_score():
    model = fit(random_matrix(4), ridge=5.0)
    for row in model.recommend(k=3).itertuples():
        parts = model.explain(row.user_id, row.item_id)["contribution"]
        assert parts.sum() == pytest.approx(row.score, abs=1e-5)


def test_ratings_are_likes_and_dislikes():
    rng = np.random.default_rng(0)
    pairs = rng.permutation(200)[:90]
    rated = pd.DataFrame(
        {"user_id": pairs // 10, "item_id": pairs % 10, "rating": rng.integers(1, 6, 90)}
    )
    model = EASE(ridge=2.0).fit(None, rated)
    signed = model._preferences(model.interactions_).toarray()
    assert (signed < 0).any()
    np.testing.assert_allclose(model.weights_, column_by_column(signed, 2.0), rtol=1e-4, atol=1e-6)


def test_large_catalogues_are_refused_before_any_work(monkeypatch):
    monkeypatch.setattr(ease_module, "_MOST_ITEMS", 11)
    with pytest.raises(ValueError, match="12 items takes 0 GB; it is for at most 11"):
        fit(random_matrix(0))


def test_weights_that_do_not_fit():
    with pytest.raises(ValueError, match="more than float64 holds"):
        fit(random_matrix(0) * 1e200)
    with pytest.raises(ValueError, match="the ridge vanishes beside the weights"):
        fit(np.ones((3, 2)) * 1e20, ridge=1e-3)


def test_content_is_given_for_every_view():
    with pytest.raises(ValueError, match="content must give a finite number of at least 0"):
        fit(random_matrix(0), np.ones((12, 2)), content={"text": 1.0})
    with pytest.raises(ValueError, match="ranks by features of items; got items=None"):
        fit(random_matrix(0), content=1.0)


def test_nobody_has_used_anything():
    empty = EASE().fit(None, Interactions.from_csr(sp.csr_matrix((0, 3))))
    assert (empty.weights_ == 0).all()
    assert EASE().fit(None, Interactions.from_csr(sp.csr_matrix((0, 0)))).weights_.shape == (0, 0)


def test_saved_and_loaded(tmp_path):
    rated = pd.DataFrame({"user_id": [1, 1, 2, 3], "item_id": [1, 2, 2, 1], "rating": [5, 3, 4, 1]})
    model = EASE().fit(None, rated)
    mmclassic.save(model, tmp_path / "model.skops")
    loaded = mmclassic.load(tmp_path / "model.skops")
    pd.testing.assert_frame_equal(
        loaded.recommend(k=1, include_seen=True), model.recommend(k=1, include_seen=True)
    )
    model.weights_ = model.weights_[:1]
    mmclassic.save(model, tmp_path / "damaged.skops")
    with pytest.raises(ValueError, match="weights_ is no matrix of shape"):
        mmclassic.load(tmp_path / "damaged.skops")


@pytest.mark.parametrize("recommender", [EASE(5.0, content=1.0), RandomWalkRecommender()], ids=str)
def test_as_a_part_of_the_whole_model(recommender):
    X = np.maximum(random_matrix(1), 0)
    pairs = np.argwhere(X > 0)
    liked = pd.DataFrame({"user_id": pairs[:, 0], "item_id": pairs[:, 1]})
    items = np.random.default_rng(0).normal(size=(12, 4))
    model = MultimodalRecommender(recommender=recommender).fit(items, liked, ids=np.arange(12))
    found = model.recommend([0], k=1).iloc[0]
    parts = model.explain(0, found["item_id"])
    assert parts["contribution"].sum() == pytest.approx(found["score"], abs=1e-5)
    new = model.recommend(history=[3, 4], k=2)
    assert (new["basis"] == "history").all()
