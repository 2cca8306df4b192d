"""What every modality weighs in the score: by agreement, learned from users, or given."""

import tempfile

import numpy as np

from mmclassic import MultimodalRecommender
from mmclassic.datasets import make_catalog
from mmclassic.recommend import KNNRecommender

with tempfile.TemporaryDirectory() as folder:
    shop = make_catalog(
        n_items=150, n_users=60, folder=folder, image_size=64, audio_seconds=0.5, noise=0.5
    )
    items = shop.items.copy()
    # A column that says nothing of the item, as some columns of a real table do.
    items["shelf"] = list(np.random.default_rng(0).normal(size=(len(items), 6)))
    columns = {"image": "picture", "text": "comment", "audio": "sound", "numeric": "shelf"}

    print("Without users, a view weighs what the others bear out:")
    print(MultimodalRecommender(**columns).fit(items).weights_.round(2), end="\n\n")

    print("With users, what ranks the items that they like and that were held back:")
    model = MultimodalRecommender(**columns).fit(items, shop.interactions)
    print(model.weights_.round(2))
    found = model.recommender_.held_out_
    print(
        f"all together NDCG@10 {found['together']:.3f}, {found['gain']:+.3f} "
        f"[{found['low']:+.3f}, {found['high']:+.3f}] against {found['best_view']} alone",
        end="\n\n",
    )

    print("Given, they stand:")
    given = KNNRecommender({"image": 1, "text": 1, "audio": 1, "numeric": 0, "shared": 2})
    model = MultimodalRecommender(**columns, recommender=given).fit(items, shop.interactions)
    print(model.weights_["weight"].round(2))
