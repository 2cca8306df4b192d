"""BiasRecommender: the mean and what is generous and liked."""

import numpy as np
import pandas as pd
import pytest

from mmclassic import load, save
from mmclassic.exceptions import UnknownIdError
from mmclassic.recommend import BiasRecommender, Interactions

RATED = pd.DataFrame(
    {"user_id": list("uuvvw"), "item_id": list("abaca"), "rating": [5.0, 3.0, 4.0, 1.0, 2.0]}
)


def fitted(**options):
    return BiasRecommender(**options).fit(None, Interactions.from_frame(RATED, items=list("abcd")))


def test_predictions_by_hand():
    # The mean is 3. Of a there are +2, +1 and -1, of b 0, of c -2, and one more of 0 each.
    model = fitted(damping=1)
    np.testing.assert_allclose(model.biases_.items, [2 / 4, 0, -2 / 2, 0])
    np.testing.assert_allclose(
        model.biases_.users, [(1.5 + 0) / 3, (0.5 - 1) / 3, -1.5 / 2], atol=1e-12
    )
    np.testing.assert_allclose(
        model.predict(["u", "w", "new", "u", "new"], ["c", "d", "a", "new", "new"]),
        [3 + 0.5 - 1, 3 - 0.75, 3.5, 3.5, 3],
    )
    np.testing.assert_allclose(model.predict("u", ["a", "d"]), [4, 3.5])
    np.testing.assert_allclose(model.predict(["u", "w"], "d"), [3.5, 2.25])


def test_items_are_ranked_by_their_bias():
    found = fitted(damping=1).recommend(["w", "nobody"], k=4, include_seen=True)
    assert found["item_id"].tolist() == list("abdc") * 2
    assert found["score"].tolist() == [3.5, 3, 3, 2] * 2
    assert set(found["basis"]) == {"popularity"}
    assert fitted().recommend("u", k=2)["item_id"].tolist() == ["d", "c"]


def test_new_items_score_the_mean():
    new = pd.DataFrame({"item_id": ["c", "x"]})
    found = fitted().recommend("u", k=2, items=new)
    assert found[["item_id", "score"]].to_numpy().tolist() == [["x", 3.0]] + [
        ["c", fitted().biases_.items[2] + 3]
    ]


def test_users_without_ratings_are_left_out():
    interactions = Interactions.from_frame(RATED, users=list("xuvw"))
    model = BiasRecommender().fit(None, interactions)
    assert model.user_ids_.tolist() == list("uvw")
    np.testing.assert_array_equal(model.biases_.users, interactions.biases().users[1:])


def test_it_predicts_better_than_the_mean_where_there_are_biases():
    rng = np.random.default_rng(0)
    users, items = rng.normal(0, 1, 50), rng.normal(0, 1, 40)
    rows = [
        (u, i, 3 + users[u] + items[i] + rng.normal(0, 0.3))
        for u in range(50)
        for i in range(40)
        if rng.random() < 0.4
    ]
    frame = pd.DataFrame(rows, columns=["user_id", "item_id", "rating"])
    test = rng.random(len(frame)) < 0.3
    model = BiasRecommender().fit(None, frame[~test])
    held = frame[test]
    wrong = model.predict(held["user_id"], held["item_id"]) - held["rating"]
    assert np.sqrt((wrong**2).mean()) < 0.6 < held["rating"].std()


def test_what_cannot_be_predicted():
    with pytest.raises(ValueError, match="biases are those of ratings"):
        BiasRecommender().fit(None, RATED.rename(columns={"rating": "weight"}))
    with pytest.raises(ValueError, match="no ratings to take"):
        BiasRecommender().fit(None, RATED.iloc[:0])
    with pytest.raises(ValueError, match="'damping' parameter"):
        BiasRecommender(-1).fit(None, RATED)
    model = fitted()
    with pytest.raises(ValueError, match="must be pairs; got 2 users and 3 items"):
        model.predict(["u", "v"], ["a", "b", "c"])
    with pytest.raises(UnknownIdError, match=r"are str .* are int"):
        model.predict([1], ["a"])


def test_predictions_survive_storing(tmp_path):
    model = fitted()
    again = load(save(model, tmp_path / "m.skops"))
    np.testing.assert_array_equal(
        again.predict("u", list("abcd")), model.predict("u", list("abcd"))
    )
