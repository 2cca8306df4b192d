"""PopularRecommender."""

import numpy as np
import pandas as pd
import pytest

from mmclassic.recommend import Interactions, PopularRecommender


def make_model(X=None):
    frame = pd.DataFrame(
        {
            "user_id": [1, 1, 2, 2, 3],
            "item_id": ["a", "b", "b", "c", "b"],
            "weight": [1.0, 1.0, 2.0, 5.0, 1.0],
        }
    )
    return PopularRecommender().fit(X, Interactions.from_frame(frame, items=list("abcd")))


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
