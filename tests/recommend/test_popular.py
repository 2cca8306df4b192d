"""PopularRecommender."""

import numpy as np
import pandas as pd
import pytest

from mmclassic.recommend import Interactions, PopularRecommender


def bought():
    frame = pd.DataFrame(
        {
            "user_id": [1, 1, 2, 2, 3],
            "item_id": ["a", "b", "b", "c", "b"],
            "weight": [1.0, 1.0, 2.0, 5.0, 1.0],
        }
    )
    return Interactions.from_frame(frame, items=list("abcd"))


def make_model(X=None):
    return PopularRecommender().fit(X, bought())


def test_scores_are_summed_weights_and_seen_items_are_left_out():
    found = make_model().recommend([3, 1], k=2)
    assert found["item_id"].tolist() == ["c", "a", "c", "d"]
    assert found["score"].tolist() == [5.0, 1.0, 5.0, 0.0]
    assert found["user_id"].tolist() == [3, 3, 1, 1]


def test_new_items_score_zero():
    found = make_model().recommend([1], k=2, items=np.zeros((2, 1)), ids=["new", "c"])
    assert found[["item_id", "score"]].to_numpy().tolist() == [["c", 5.0], ["new", 0.0]]


def test_part_of_the_catalog():
    assert make_model().recommend([1], k=1, ids=["a", "d"])["item_id"].tolist() == ["d"]


def test_large_counts_are_not_rounded():
    frame = pd.DataFrame(
        {"user_id": [0, 0, 1], "item_id": [0, 1, 2], "weight": [2**25, 2**25 + 1, 1]}
    )
    model = PopularRecommender().fit(None, Interactions.from_frame(frame))
    assert model.recommend([1], k=2)["item_id"].tolist() == [1, 0]


def test_only_the_number_of_rows_of_the_features_matters():
    pd.testing.assert_frame_equal(
        make_model(np.full((4, 2), np.nan)).recommend(k=2), make_model().recommend(k=2)
    )
    with pytest.raises(ValueError, match="items have 3 rows and interactions have 4 items"):
        make_model(np.zeros((3, 2)))


def rated(rows, **options):
    names = ["user_id", "item_id", "rating"]
    return Interactions.from_frame(pd.DataFrame(rows, columns=names), **options)


def test_by_the_number_of_users():
    model = PopularRecommender("users").fit(None, bought())
    assert model.popularity_.tolist() == [1, 3, 1, 0]
    assert model.prior_ == 0


def test_by_the_mean_with_damping():
    # Weights 1, 1, 2, 5, 1 have the mean 2; a has 1, b has 1, 2 and 1, c has 5.
    model = PopularRecommender("mean", damping=1).fit(None, bought())
    np.testing.assert_allclose(model.popularity_, [2 - 1 / 2, 2 - 2 / 4, 2 + 3 / 2, 2])
    assert model.prior_ == 2
    found = model.recommend([1], k=3, items=np.zeros((3, 1)), ids=["new", "c", "d"])
    assert found["item_id"].tolist() == ["c", "new", "d"]
    assert found["score"].tolist() == [3.5, 2, 2]
    plain = PopularRecommender("mean", damping=0).fit(None, bought())
    np.testing.assert_allclose(plain.popularity_, [1, 4 / 3, 5, 2])


def test_ratings_count_where_they_are_likes():
    interactions = rated([(1, "a", 5), (2, "a", 1), (1, "b", 2), (2, "b", 1), (3, "b", 3)])
    assert PopularRecommender().fit(None, interactions).popularity_.tolist() == [1, 0]
    assert PopularRecommender("users").fit(None, interactions).popularity_.tolist() == [2, 3]
    model = PopularRecommender("mean", damping=0).fit(None, interactions)
    np.testing.assert_allclose(model.popularity_, [3, 2])


def test_over_a_period():
    days = ["2026-01-01", "2026-01-01", "2026-03-01"]
    frame = pd.DataFrame({"user_id": [1, 2, 1], "item_id": ["a", "a", "b"], "timestamp": days})
    assert PopularRecommender().fit(None, frame).popularity_.tolist() == [2, 1]
    recent = PopularRecommender(since="2026-02-01").fit(None, frame)
    assert recent.popularity_.tolist() == [0, 1]
    assert recent.recommend([2], k=1)["item_id"].tolist() == ["b"]
    assert recent.interactions_.nnz == 3, "what is older is seen all the same"
    fading = PopularRecommender(half_life="59 days").fit(None, frame)
    assert fading.popularity_.tolist() == [1, 1]


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (PopularRecommender("sum"), "'by' parameter"),
        (PopularRecommender(damping=-1), "'damping' parameter"),
        (PopularRecommender("users", half_life=3), "leave one of them out"),
        (PopularRecommender(since=3), "a period needs timestamps"),
        (PopularRecommender(half_life=3), "decay needs timestamps"),
    ],
)
def test_what_cannot_be_popular(model, message):
    with pytest.raises(ValueError, match=message):
        model.fit(None, bought())


def test_without_interactions():
    for by in ("weight", "users", "mean"):
        model = PopularRecommender(by).fit(np.zeros((3, 1)))
        assert model.popularity_.tolist() == [0, 0, 0]
