"""Small models with the contract that `evaluate` asks for."""

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from mmclassic.recommend import Interactions, KNNRecommender, PopularRecommender


class FeatureModel(BaseEstimator):
    """A recommender over the numeric columns of the catalogue."""

    def __init__(self, recommender=None):
        self.recommender = recommender

    def _features(self, items):
        return items.drop(columns="item_id").to_numpy(dtype=np.float64)

    def fit(self, items, interactions):
        self.model_ = KNNRecommender() if self.recommender is None else self.recommender
        self.model_.fit(self._features(items), interactions)
        return self

    def recommend(self, users, k, items=None):
        if items is None:
            return self.model_.recommend(users, k)
        return self.model_.recommend(users, k, items=self._features(items), ids=items["item_id"])


class RandomModel(BaseEstimator):
    """Unseen items in an order of chance."""

    def __init__(self, seed=0):
        self.seed = seed

    def fit(self, items, interactions):
        self.items_ = items["item_id"].to_numpy()
        self.seen_ = interactions.to_frame().groupby("user_id")["item_id"].agg(set)
        return self

    def recommend(self, users, k, items=None):
        rng = np.random.default_rng(self.seed)
        candidates = self.items_ if items is None else items["item_id"].to_numpy()
        rows = []
        for user in users:
            unseen = [i for i in rng.permutation(candidates) if i not in self.seen_[user]]
            rows += [(user, item, rank + 1) for rank, item in enumerate(unseen[:k])]
        return pd.DataFrame(rows, columns=["user_id", "item_id", "rank"])


class RecordingModel:
    """Recommends the first candidates and writes down what it was given; not an estimator."""

    def __init__(self, log):
        self.log = log

    def __deepcopy__(self, memo):
        return RecordingModel(self.log)

    def fit(self, items, interactions):
        self.items = items
        self.log.append(("fit", items, interactions))
        return self

    def recommend(self, users, k, items=None):
        self.log.append(("recommend", users, items))
        chosen = (self.items if items is None else items)["item_id"].iloc[:k].tolist()
        return pd.DataFrame(
            {
                "user_id": np.repeat(users, k),
                "item_id": chosen * len(users),
                "rank": list(range(1, k + 1)) * len(users),
            }
        )


def popular():
    """The popularity baseline."""
    return FeatureModel(PopularRecommender())


def planted(seed, n_users=60, n_items=120, n_factors=4, per_user=15):
    """A catalogue whose features are the factors that drive the interactions."""
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(n_items, n_factors))
    tastes = rng.normal(size=(n_users, n_factors))
    utility = tastes @ factors.T + rng.gumbel(size=(n_users, n_items))
    chosen = np.argsort(-utility, axis=1)[:, :per_user]
    items = pd.DataFrame(factors).add_prefix("f").assign(item_id=[f"i{i}" for i in range(n_items)])
    frame = pd.DataFrame(
        {
            "user_id": np.repeat(np.arange(n_users), per_user),
            "item_id": [f"i{i}" for i in chosen.ravel()],
            "timestamp": rng.permutation(chosen.size),
        }
    )
    return items, Interactions.from_frame(frame, items=items["item_id"])
