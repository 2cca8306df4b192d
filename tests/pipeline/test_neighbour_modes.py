"""MultimodalRecommender with a recommender that compares items or users."""

import numpy as np
import pandas as pd
import pytest

import mmclassic
from mmclassic import MultimodalRecommender
from mmclassic.recommend import KNNRecommender

ITEMS = pd.DataFrame(
    {
        "item_id": [f"i{n}" for n in range(12)],
        "title": [f"{'red' if n % 2 else 'blue'} shirt number{n}" for n in range(12)],
        "price": np.arange(12.0),
    }
)
LIKES = pd.DataFrame(
    [(user, f"i{(2 * user + j) % 12}") for user in range(8) for j in range(4)],
    columns=["user_id", "item_id"],
)


@pytest.mark.filterwarnings("ignore:the views .* do not support each other:UserWarning")
@pytest.mark.parametrize("similarity", ["calibrated", "shared"])
@pytest.mark.parametrize("mode", ["neighbours", "users"])
def test_a_model_of_neighbours(mode, similarity, tmp_path):
    model = MultimodalRecommender(
        text="title",
        numeric="price",
        recommender=KNNRecommender(mode=mode),
        similarity=similarity,
    ).fit(ITEMS, LIKES)
    found = model.recommend(k=3)
    for row in found.itertuples():
        parts = model.explain(row.user_id, row.item_id)
        assert parts["contribution"].sum() == pytest.approx(row.score, abs=1e-5)
    red = model.search("red", k=3)["item_id"].str[1:].astype(int) % 2
    assert red.all() if similarity == "calibrated" else red.size == 3
    new = ITEMS.iloc[:2].assign(item_id=["new1", "new2"])
    scores = model.recommend(0, k=2, items=new)["score"]
    assert (scores > 0).all() if mode == "neighbours" else (scores == 0).all()
    parts = model.explain(0, "new1", items=new.iloc[:1])
    assert len(parts) > 0 if mode == "neighbours" else parts.empty
    if mode == "neighbours":
        assert model.similar("i3", 1)["query_id"].item() == "i3"
        assert len(model.similar(new, 2)) == 4
    mmclassic.save(model, tmp_path / "model.skops")
    loaded = mmclassic.load(tmp_path / "model.skops")
    pd.testing.assert_frame_equal(loaded.recommend(k=3), found)
    model.add_items(new).update(pd.DataFrame({"user_id": [9], "item_id": ["new1"]}))
    assert model.recommend(9, k=1)["score"].item() >= 0
