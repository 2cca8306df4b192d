"""What films are recommended by: models by name, and settings chosen on inner splits."""

import numpy as np

from benchmarks._movies_data import COLUMNS
from mmclassic.evaluate import RandomSplit, evaluate
from mmclassic.recommend import EASE, KNNRecommender, PopularRecommender, RandomWalkRecommender

K = 10


def _items(n_neighbors, shrink):
    weights = {"interactions": 1.0, **dict.fromkeys(COLUMNS, 0.0)}
    return KNNRecommender(weights, mode="neighbours", n_neighbors=n_neighbors, shrink=shrink)


# The first of equals is taken; all are given the same inner split.
GRIDS = {
    "popular": [PopularRecommender()],
    "item kNN": [_items(n, shrink) for n in (50, 200) for shrink in (0.0, 10.0)],
    "user kNN": [
        KNNRecommender(mode="users", n_neighbors=n, shrink=shrink)
        for n in (50, 100, 200)
        for shrink in (0.0, 10.0)
    ],
    "P3alpha": [RandomWalkRecommender(n_neighbors=n) for n in (100, 400)],
    "RP3beta": [RandomWalkRecommender(beta=b, n_neighbors=400) for b in (0.2, 0.4, 0.6)],
    "EASE": [EASE(ridge) for ridge in (100.0, 200.0, 300.0, 500.0)],
    "EASE and content": [EASE(300.0, content=c) for c in (5.0, 20.0, 60.0)],
    "KNNRecommender, default": [KNNRecommender()],
}


def settings(model):
    """What is chosen of a model, in words; "" of one that is as it is."""
    values = model.get_params(deep=False)
    if isinstance(model, PopularRecommender) or values.get("mode") == "profile":
        return ""
    names = ("ridge", "content", "beta", "n_neighbors", "shrink")
    return ", ".join(f"{name} {values[name]:g}" for name in names if name in values)


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
