"""cold_item_scorer in scikit-learn's model selection."""

import pickle

import numpy as np
import pandas as pd
import pytest
from evaluate_models import FeatureModel, RecordingModel, planted
from sklearn.model_selection import GridSearchCV, KFold

from mmclassic.evaluate import cold_item_scorer
from mmclassic.interactions import read_interactions
from mmclassic.recommend import Interactions, KNNRecommender

ITEMS = pd.DataFrame({"item_id": list("abcd")})


class CatalogueModel(FeatureModel):
    """Learns from the interactions with the items it is given."""

    def __init__(self, recommender=None, interactions=None, scale=1.0):
        super().__init__(recommender)
        self.interactions = interactions
        self.scale = scale

    def _features(self, items):
        # Spoils the planted factors to the degree of `scale`.
        noise = np.random.default_rng(0).normal(size=(len(items), 4))
        return super()._features(items) + self.scale * noise

    def fit(self, items, y=None):
        super().fit(items, read_interactions(self.interactions, items["item_id"], unknown="ignore"))
        self.item_ids_ = items["item_id"].to_numpy()
        return self


def fixed_model(fitted_on):
    model = RecordingModel([])
    model.item_ids_ = np.array(fitted_on)
    return model


def likes(users, items, **columns):
    frame = pd.DataFrame({"user_id": list(users), "item_id": list(items), **columns})
    return Interactions.from_frame(frame, items=ITEMS["item_id"])


def test_score_by_hand():
    # Held out c and d, shown in this order. u likes d; v's c is a dislike; w has nothing fitted.
    interactions = likes("uuvvw", "adbcc", weight=[1, 1, 1, -1, 1])
    scorer = cold_item_scorer(interactions, k=2, metric="mrr")
    assert scorer(fixed_model(["a", "b"]), ITEMS.iloc[2:]) == 1 / 2


def test_grid_search_finds_the_better_features():
    items, interactions = planted(0)
    model = CatalogueModel(KNNRecommender(), interactions.to_frame())
    search = GridSearchCV(
        model,
        {"scale": [100.0, 0.0]},
        scoring=cold_item_scorer(interactions, k=5),
        cv=KFold(3, shuffle=True, random_state=0),
        error_score="raise",
    ).fit(items)
    assert search.best_params_ == {"scale": 0.0}


def test_it_pickles():
    interactions = likes("uu", "ad")
    scorer = pickle.loads(pickle.dumps(cold_item_scorer(interactions, k=1, metric="recall")))
    assert scorer(fixed_model(["a", "b"]), ITEMS.iloc[3:]) == 1.0


def test_errors():
    interactions = likes("uu", "ad")
    with pytest.raises(ValueError, match="fitted on some of these"):
        cold_item_scorer(interactions, k=1)(fixed_model(["a", "b"]), ITEMS)
    with pytest.raises(ValueError, match="both the fitted and the held-out"):
        cold_item_scorer(interactions, k=1)(fixed_model(["b"]), ITEMS.iloc[2:])
    with pytest.raises(ValueError, match="names among"):
        cold_item_scorer(interactions, metric="auc")
    with pytest.raises(TypeError, match="DataFrame, Interactions or None; got list"):
        cold_item_scorer([("u", "a")])
    with pytest.raises(TypeError, match="from a table; got ndarray"):
        cold_item_scorer(interactions, k=1)(fixed_model(["a", "b"]), np.eye(2))


def test_a_table_of_interactions_with_names_of_its_own():
    frame = likes("uuvvw", "adbcc").to_frame().rename(columns={"user_id": "who"})
    scorer = cold_item_scorer(frame, k=2, metric="mrr", columns={"user_id": "who"})
    assert scorer(fixed_model(["a", "b"]), ITEMS.iloc[2:]) == (1 / 2 + 1) / 2
