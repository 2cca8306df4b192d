"""What films are recommended by: models by name, and settings chosen on inner splits."""

import numpy as np
import scipy.sparse as sp

from mmclassic.evaluate import RandomSplit, evaluate
from mmclassic.recommend import EASE, KNNRecommender, PopularRecommender, RandomWalkRecommender
from mmclassic.recommend._content_free import ContentFreeRecommender
from mmclassic.recommend._item_weights import ItemWeightsRecommender
from mmclassic.recommend._neighbours import ItemNeighbours, UserNeighbours, item_features

K = 10
POPULAR, USERS = "popular", "user kNN"
EASE_ALONE, EASE_CONTENT = "EASE", "EASE and content"
KNN = "KNNRecommender, default"
# The first of equals is taken; all are given the same inner split.
GRIDS = {
    POPULAR: [PopularRecommender()],
    "item kNN": [],
    USERS: [],
    "P3alpha": [RandomWalkRecommender(n_neighbors=n) for n in (100, 400)],
    "RP3beta": [RandomWalkRecommender(beta=b, n_neighbors=400) for b in (0.2, 0.4, 0.6)],
    EASE_ALONE: [EASE(ridge) for ridge in (100.0, 200.0, 300.0, 500.0)],
    EASE_CONTENT: [EASE(300.0, content=c) for c in (5.0, 20.0, 60.0)],
    KNN: [KNNRecommender()],
}


class ItemKNN(ItemWeightsRecommender):
    """Items by who liked them, by cosine."""

    _parameter_constraints: dict = {"n_neighbors": "no_validation", "shrink": "no_validation"}

    def __init__(self, n_neighbors=100, shrink=10.0):
        self.n_neighbors = n_neighbors
        self.shrink = shrink

    def _fit_weights(self, signed):
        near = ItemNeighbours(n_neighbors=self.n_neighbors, shrink=self.shrink)
        return near.fit(item_features(signed)).weights_


class UserKNN(ContentFreeRecommender):
    """What users of like taste liked, by cosine."""

    _parameter_constraints: dict = {"n_neighbors": "no_validation", "shrink": "no_validation"}

    def __init__(self, n_neighbors=100, shrink=10.0):
        self.n_neighbors = n_neighbors
        self.shrink = shrink

    def _fit_items(self, interactions):
        near = UserNeighbours(n_neighbors=self.n_neighbors, shrink=self.shrink)
        self.near_ = near.fit(sp.csr_matrix(self.interactions_))

    def _score_block(self, history, candidates):
        return self.near_.score(sp.csr_matrix(history))[:, candidates.positions]

    def _profile_width(self):
        return self.item_ids_.size


GRIDS["item kNN"] = [ItemKNN(n, s) for n in (50, 200) for s in (0.0, 10.0)]
GRIDS[USERS] = [UserKNN(n, s) for n in (50, 100, 200) for s in (0.0, 10.0)]


def choose(views, train):
    """By name the model of each grid that is best on a random fifth of the training part."""
    grid = {f"{n}/{i}": m for n, ms in GRIDS.items() for i, m in enumerate(ms) if len(ms) > 1}
    inner = RandomSplit(0.2, random_state=0)
    found = evaluate(
        grid, views, train, inner, k=K, metrics=["ndcg"], n_resamples=10, random_state=0
    )
    means = found.per_user.groupby("model")["value"].mean()
    chosen = {}
    for name, models in GRIDS.items():
        best = np.argmax([means.get(f"{name}/{i}", 0.0) for i in range(len(models))])
        chosen[name] = models[best]
    return chosen
