"""A change that fails leaves a model as it was; ids and boosts that cannot be are refused."""

import numpy as np
import pandas as pd
import pytest

from mmclassic.exceptions import UnknownIdError
from mmclassic.recommend import EASE, BiasRecommender, KNNRecommender, PopularRecommender

LIKES = pd.DataFrame(
    {"user_id": ["u", "u", "v"], "item_id": ["a", "b", "a"], "weight": [1.0, 2.0, 1.0]}
)
RATED = LIKES.rename(columns={"weight": "rating"})


def update(user, weight):
    return pd.DataFrame({"user_id": [user], "item_id": ["a"], "weight": [weight]})


@pytest.mark.parametrize(
    ("model", "did", "change"),
    [
        (EASE(), LIKES, lambda m: m.update(update("u", 1e300))),
        (PopularRecommender(), LIKES, lambda m: m.update(update(1, 1.0))),
        (BiasRecommender(), RATED, lambda m: m.remove_items(["a", "b"])),
        (
            PopularRecommender(since=0),
            LIKES.assign(timestamp=1),
            lambda m: m.add_items(pd.DataFrame({"item_id": ["d"]})),
        ),
    ],
)
def test_a_change_that_fails_changes_nothing(model, did, change):
    model.fit(None, did, ids=["a", "b", "c"])
    before, lists = dict(vars(model)), model.recommend(k=1)
    with pytest.raises((ValueError, UnknownIdError)):
        change(model)
    assert vars(model).keys() == before.keys()
    assert all(vars(model)[name] is value for name, value in before.items())
    pd.testing.assert_frame_equal(model.recommend(k=1), lists)


def test_a_night_without_new_items():
    model = KNNRecommender().fit(np.eye(3), LIKES, ids=["a", "b", "c"])
    model.add_items(np.zeros((0, 3)), ids=[]).remove_items([]).update(LIKES[:0])
    assert model.item_ids_.tolist() == ["a", "b", "c"]


@pytest.mark.parametrize("value", [1e39, -1e39, np.nan])
def test_boosts_that_scores_cannot_hold(value):
    model = KNNRecommender().fit(np.eye(3), LIKES, ids=["a", "b", "c"])
    with pytest.raises(ValueError, match="finite"):
        model.recommend("u", 1, boost={"c": value})
