"""Choose parameters by the quality of recommendations for items not seen in fit.

`GridSearchCV` splits the rows of the catalogue. `cold_item_scorer` asks each fitted model to rank
the items that were held out, as if they were new to the shop.
"""

import tempfile

import pandas as pd
from sklearn.model_selection import GridSearchCV, KFold

from mmclassic import MultimodalRecommender
from mmclassic.align import CCA
from mmclassic.datasets import make_catalog
from mmclassic.evaluate import cold_item_scorer
from mmclassic.features import (
    AudioVectorizer,
    ImageVectorizer,
    ModalityExtractor,
    NumericVectorizer,
    TextVectorizer,
)
from mmclassic.fuse import WeightedFusion
from mmclassic.recommend import Interactions

folder = tempfile.TemporaryDirectory()
catalog = make_catalog(
    n_items=150, n_users=50, folder=folder.name, image_size=64, audio_seconds=0.5, random_state=0
)
interactions = Interactions.from_frame(catalog.interactions, items=catalog.items["item_id"])

# Pictures and sounds do not depend on the grid, so they are described once and enter the search
# as columns of vectors. (Without this step the search works too; it reads every file again.)
# Neither descriptor learns from the other rows here: the sounds are scaled inside the search.
items = catalog.items[["item_id", "comment"]].copy()
items["picture"] = list(ImageVectorizer().fit_transform(catalog.items["picture"]))
items["sound"] = list(AudioVectorizer(scale=False).fit_transform(catalog.items["sound"]))

model = MultimodalRecommender(
    extractor=ModalityExtractor(
        [
            ("image", NumericVectorizer(scale=False), "picture"),
            ("text", TextVectorizer(), "comment"),
            ("audio", NumericVectorizer(), "sound"),
        ]
    ),
    aligner=CCA(n_components=16),
    fuser=WeightedFusion(),
    unknown_items="ignore",  # each training part lacks the items that are held out
)
grid = {
    "aligner__ridge": [0.1, 1.0],
    "fuser__weights": [None, {"image": 1, "text": 2, "audio": 1}],
}
search = GridSearchCV(
    model,
    grid,
    scoring=cold_item_scorer(interactions, k=10, metric="ndcg"),
    cv=KFold(3, shuffle=True, random_state=0),
)
search.fit(items, interactions=interactions)

results = pd.DataFrame(search.cv_results_["params"])
results["ndcg@10"] = search.cv_results_["mean_test_score"]
print(results.sort_values("ndcg@10", ascending=False).to_string(index=False))
print("\nbest:", search.best_params_)
best = search.best_estimator_  # fitted on all items
print(best.recommend(k=3).head(3))

folder.cleanup()
