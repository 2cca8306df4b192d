"""RatingKNN: a plain reference, what it says of scores, and planted tastes."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.preprocessing import normalize

import mmclassic
from mmclassic.interactions import Interactions
from mmclassic.recommend import BiasRecommender, RatingKNN
from mmclassic.views import Views


def random_ratings(seed, *, n_users=25, n_items=12, share=0.5):
    rng = np.random.default_rng(seed)
    pairs = rng.permutation(n_users * n_items)[: int(share * n_users * n_items)]
    return pd.DataFrame(
        {
            "user_id": pairs // n_items,
            "item_id": pairs % n_items,
            "rating": rng.integers(1, 6, pairs.size).astype(float),
        }
    )


def plain(model, rated, user, item, *, k, implicit, shrink):
    """One prediction, pair by pair."""
    b = model.biases_
    users = dict(zip(model.user_ids_.tolist(), b.users))
    items = dict(zip(model.item_ids_.tolist(), b.items))
    left = {
        (u, i): r - b.mean - users[u] - items[i]
        for u, i, r in zip(rated["user_id"], rated["item_id"], rated["rating"])
    }
    v = np.mean(np.square(list(left.values())))

    def product(i, j):
        both = [u for u in users if (u, i) in left and (u, j) in left]
        return sum(left[u, i] * left[u, j] / v + implicit for u in both)

    lengths = {i: np.sqrt(product(i, i) + shrink * (1 + implicit)) for i in items}
    similar = {
        other: product(item, other) / lengths[item] / lengths[other]
        for other in items
        if other != item and product(item, other) > 0
    }
    near = sorted(similar, key=lambda other: -similar[other])[:k]
    rated_near = [other for other in near if (user, other) in left]
    sums = sum(similar[other] * left[user, other] for other in rated_near)
    total = sum(similar[other] for other in rated_near)
    return b.mean + users[user] + items[item] + sums / (total + 0.3)


@pytest.mark.parametrize(("k", "implicit", "shrink"), [(200, 0.0, 0.0), (3, 2.0, 1.5)])
@pytest.mark.parametrize("seed", range(3))
def test_equals_a_plain_reference(k, implicit, shrink, seed):
    rated = random_ratings(seed)
    model = RatingKNN(k, implicit=implicit, shrink=shrink).fit(None, rated)
    pairs = [(u, i) for u in (0, 3, 7) for i in range(12)]
    found = model.predict(*map(list, zip(*pairs)))
    expected = [plain(model, rated, u, i, k=k, implicit=implicit, shrink=shrink) for u, i in pairs]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_score_is_the_prediction_without_the_bias_of_the_user():
    model = RatingKNN(shrink=1).fit(None, random_ratings(0))
    found = model.recommend(k=3, include_seen=True)
    biases = dict(zip(model.user_ids_.tolist(), model.biases_.users))
    predicted = model.predict(found["user_id"].to_numpy(), found["item_id"].to_numpy())
    own = found["user_id"].map(biases)
    np.testing.assert_allclose(found["score"] + own, predicted, atol=1e-5)
    for row in found.head(5).itertuples():
        parts = model.explain(row.user_id, row.item_id)
        assert parts["view"].tolist()[:2] == ["mean", "item"]
        assert parts["contribution"].sum() == pytest.approx(row.score, abs=1e-5)


def test_two_tastes_are_told_apart():
    rng = np.random.default_rng(0)
    users, items = np.divmod(rng.permutation(60 * 30)[:1200], 30)
    tastes = np.where(users % 2 == items % 2, 4.5, 1.5) + rng.normal(scale=0.3, size=users.size)
    rated = pd.DataFrame({"user_id": users, "item_id": items, "rating": tastes})
    train, test = rated[:900], rated[900:]
    errors = [
        np.sqrt(
            np.mean(
                (model.fit(None, train).predict(test["user_id"], test["item_id"]) - test["rating"])
                ** 2
            )
        )
        for model in (RatingKNN(implicit=0.0), BiasRecommender())
    ]
    assert errors[0] < 0.6 < 1.4 < errors[1]


def test_ratings_as_expected_leave_nothing():
    users, items = np.divmod(np.arange(50), 5)
    rated = pd.DataFrame({"user_id": users, "item_id": items, "rating": 0.1 * users + 0.3 * items})
    model = RatingKNN(damping=0.0).fit(None, rated)
    assert RatingKNN(implicit=0.0, damping=0.0).fit(None, rated).weights_.nnz == 0
    np.testing.assert_allclose(model.predict(users, items), rated["rating"], atol=1e-12)


def test_content_counts_as_more_that_items_have_in_common():
    rated, rng = random_ratings(0), np.random.default_rng(0)
    views = Views({"text": rng.random((12, 3)), "image": sp.csr_matrix(rng.random((12, 2)))})
    given = Interactions.from_frame(rated, items=range(12))
    counts = {"text": 4.0, "image": 0.0}
    model = RatingKNN(content=counts, shrink=2.0).fit(views, given)
    left = model.biases_.center(model.interactions_).toarray()
    stored = (model.interactions_.toarray() != 0).astype(float)
    rows = normalize(views["text"])
    gram = left.T @ left / np.mean(left[stored > 0] ** 2) + 2 * stored.T @ stored
    gram += 4 * rows @ rows.T
    lengths = np.sqrt(np.diag(gram) + 2.0 * 3)
    expected = np.maximum(gram / np.outer(lengths, lengths), 0)
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(model.weights_.toarray(), expected, atol=1e-6)
    with pytest.raises(ValueError, match="content must give a finite number of at least 0"):
        RatingKNN(content={"text": 1.0}).fit(views, given)


def test_a_history_of_ratings_is_answered_as_its_user():
    rated = random_ratings(1)
    model = RatingKNN(shrink=1).fit(None, rated)
    own = rated[rated["user_id"] == 4].assign(user_id=99)
    new = model.recommend(k=12, history=own, include_seen=True)
    known = model.recommend([4], k=12, include_seen=True)
    assert new["item_id"].tolist() == known["item_id"].tolist()
    np.testing.assert_allclose(new["score"], known["score"], rtol=1e-6)


def test_who_and_what_is_not_known():
    model = RatingKNN().fit(None, random_ratings(2))
    mean, first = model.biases_.mean, model.item_ids_[0]
    expected = [mean + model.biases_.items[0], mean]
    np.testing.assert_allclose(model.predict(-5, [first, -1]), expected)
    found = model.recommend([0], k=2, items=np.zeros((2, 1)), ids=[500, 501], include_seen=True)
    np.testing.assert_allclose(found["score"], mean, rtol=1e-6)
    assert model.explain(0, 500, items=np.zeros((1, 1)))["contribution"].tolist() == [mean, 0]


def test_weights_are_no_ratings():
    liked = pd.DataFrame({"user_id": [1], "item_id": [1], "weight": [2.0]})
    with pytest.raises(ValueError, match="biases are those of ratings"):
        RatingKNN().fit(None, Interactions.from_frame(liked))


@pytest.mark.parametrize("factor", [1e-9, 1e9, 1e200])
def test_the_unit_of_ratings_does_not_matter(factor):
    rated = random_ratings(3)
    scaled = rated.assign(rating=rated["rating"] * factor)
    usual, other = (RatingKNN(shrink=1).fit(None, r) for r in (rated, scaled))
    pairs = np.divmod(np.arange(60), 12)
    np.testing.assert_allclose(other.predict(*pairs) / factor, usual.predict(*pairs), rtol=1e-4)


def test_saved_and_loaded(tmp_path):
    model = RatingKNN(shrink=1).fit(None, random_ratings(0))
    mmclassic.save(model, tmp_path / "model.skops")
    loaded = mmclassic.load(tmp_path / "model.skops")
    pd.testing.assert_frame_equal(loaded.recommend(k=2), model.recommend(k=2))
    np.testing.assert_array_equal(loaded.predict(0, [1, 2]), model.predict(0, [1, 2]))


def test_ratings_since_then_are_taken_in():
    rated = random_ratings(4)
    model = RatingKNN(shrink=1).fit(None, Interactions.from_frame(rated[:100], items=range(12)))
    fresh = RatingKNN(shrink=1).fit(None, Interactions.from_frame(rated, items=range(12)))
    model.update(rated[100:])
    pairs = np.divmod(np.arange(60), 12)
    np.testing.assert_allclose(model.predict(*pairs), fresh.predict(*pairs), rtol=1e-6)
    model.add_items(pd.DataFrame({"item_id": [77]}))
    assert model.predict(0, 77) == pytest.approx(model.predict(0, 78))
