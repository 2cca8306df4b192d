"""tune: the better parameters win, errors are told, and the last round sees most users."""

import numpy as np
import pandas as pd
import pytest
from evaluate_models import FeatureModel, planted
from scipy.stats import uniform
from sklearn.base import BaseEstimator

from mmclassic.evaluate import ColdItemSplit, RandomSplit, Tuning, UserFolds, tune
from mmclassic.metrics import RankedLists
from mmclassic.recommend import KNNRecommender


class Noisy(FeatureModel):
    """Spoils the planted factors to the degree of `scale`; some settings fail."""

    seen: list = []

    def __init__(self, recommender=None, scale=1.0, fails=False):
        super().__init__(recommender)
        self.scale = scale
        self.fails = fails

    def _features(self, items):
        noise = np.random.default_rng(99).normal(size=(len(items), 4))
        return super()._features(items) + self.scale * noise

    def fit(self, items, interactions):
        if self.fails == "fit":
            raise RuntimeError("out of luck")
        self.users_ = set(interactions.users[interactions.user_index].tolist())
        Noisy.seen.append(self.users_)
        return super().fit(items, interactions)

    def recommend(self, users, k, items=None):
        if self.fails == "rank":
            raise KeyError("lost")
        assert set(users) <= self.users_
        return super().recommend(users, k, items)


@pytest.mark.parametrize("split", [RandomSplit(random_state=0), ColdItemSplit(random_state=0)])
def test_the_better_features_win(split):
    items, interactions = planted(0, n_users=180)
    Noisy.seen.clear()
    found = tune(
        Noisy(), {"scale": [30.0, 0.0, 5.0, 10.0, 100.0]}, items, interactions, split,
        metric="recall", k=20, random_state=0,
    )  # fmt: skip
    assert isinstance(found, Tuning)
    assert found.best_params == {"scale": 0.0}
    assert found.best_model.scale == 0.0
    assert found.best_model.users_ == set(range(180)), "it is fitted on everything"
    table = found.table
    assert table.columns.tolist() == [
        "round", "n_users", "scale", "score", "fit_seconds", "rank_seconds", "error",
    ]  # fmt: skip
    assert table["round"].tolist() == [0] * 5 + [1] * 2
    assert table["n_users"].tolist() == [60] * 5 + [180] * 2
    assert table["error"].isna().all()
    assert found.best_score == table["score"].iloc[-2:].max()
    assert "Tuning of 5 candidates in 2 rounds: recall@20" in repr(found)
    first, *_, last = Noisy.seen[:-1]
    assert first < last, "the users of a round are among those of the next"


def test_errors_of_a_candidate_are_told_and_it_goes_no_further():
    items, interactions = planted(0, n_users=60)
    found = tune(
        Noisy(scale=0.0), {"fails": ["fit", False, "rank"]}, items, interactions,
        RandomSplit(random_state=0), random_state=0,
    )  # fmt: skip
    first = found.table[found.table["round"] == 0].set_index("fails")
    assert first.loc["fit", "error"] == "RuntimeError: out of luck"
    assert first.loc["rank", "error"] == "KeyError: 'lost'"
    assert first["score"].isna().tolist() == (first["error"].notna()).tolist()
    assert found.table[found.table["round"] == 1]["fails"].tolist() == [False]
    assert found.best_params == {"fails": False}
    with pytest.raises(ValueError, match=r"no candidate could be measured.*RuntimeError: out of"):
        tune(Noisy(), {"fails": ["fit"]}, items, interactions, RandomSplit(random_state=0))


def test_distributions_folds_and_seeds():
    items, interactions = planted(1, n_users=60)
    options = {"n_candidates": 4, "factor": 2, "random_state": 3, "k": 5}
    space = [{"scale": uniform(0, 5)}, {"scale": [0.0], "recommender": [KNNRecommender("cosine")]}]
    split = RandomSplit(n_splits=2, random_state=0)
    found = tune(Noisy(), space, items, interactions, split, **options)
    assert found.table["round"].value_counts().to_dict() == {0: 4, 1: 2, 2: 1}
    assert found.table["n_users"].unique().tolist() == [15, 30, 60]
    again = tune(Noisy(), space, items, interactions, split, **options)
    assert again.best_params["scale"] == found.best_params["scale"]
    pd.testing.assert_series_equal(again.table["score"], found.table["score"])


class Constant(BaseEstimator):
    """Predicts one rating."""

    def __init__(self, rating=3.0):
        self.rating = rating

    def fit(self, items, interactions):
        self.ids_ = interactions.items
        return self

    def rank(self, users, k, history=None):
        order = np.tile(np.arange(k), (len(users), 1))
        return RankedLists(order, -order.astype(float), users, self.ids_)

    def predict(self, users, items):
        return np.full(len(users), self.rating)


def rated(n_users=30):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"user_id": np.repeat(range(n_users), 8)})
    frame["item_id"] = np.concatenate([rng.permutation(12)[:8] for _ in range(n_users)])
    return frame.assign(rating=np.where(rng.random(len(frame)) < 0.9, 4, 1))


def test_the_smaller_error_is_the_better():
    split = RandomSplit(random_state=0)
    space = {"rating": [1.0, 4.0, 9.0]}
    found = tune(Constant(), space, np.eye(12), rated(), split, metric="mae", random_state=0)
    assert found.best_params == {"rating": 4.0}
    assert 0 < found.best_score < 1
    assert found.k == 0
    assert repr(found).startswith("Tuning of 3 candidates in 2 rounds: mae 0.")


def test_new_users_may_be_asked_for():
    found = tune(
        Constant(), {"rating": [1.0, 2.0]}, np.eye(12), rated(), UserFolds(2, random_state=0),
        metric="recall", k=5, factor=2, random_state=0,
    )  # fmt: skip
    assert found.table["error"].isna().all()


def test_wrong_questions():
    items, interactions = planted(0, n_users=20)
    split = RandomSplit(random_state=0)
    with pytest.raises(ValueError, match="Invalid parameter 'depth' for estimator Noisy"):
        tune(Noisy(), {"depth": [1, 2]}, items, interactions, split)
    with pytest.raises(ValueError, match="'coverage' has no value by user"):
        tune(Noisy(), {"scale": [1]}, items, interactions, split, metric="coverage")
    with pytest.raises(ValueError, match="names among"):
        tune(Noisy(), {"scale": [1]}, items, interactions, split, metric="accuracy")
    with pytest.raises(ValueError, match="'diversity' compares rows"):
        tune(Noisy(), {"scale": [1]}, items, interactions, split, metric="diversity")
    with pytest.raises(ValueError, match="'rmse' is measured by ratings"):
        tune(Constant(), {"rating": [1]}, items, interactions, split, metric="rmse")
    with pytest.raises(ValueError, match="'factor' parameter of tune"):
        tune(Noisy(), {"scale": [1]}, items, interactions, split, factor=1)
    with pytest.raises(ValueError, match="k must be an integer"):
        tune(Noisy(), {"scale": [1]}, items, interactions, split, k=0)
