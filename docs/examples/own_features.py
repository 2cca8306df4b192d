"""Your own numbers: numeric columns, embeddings, and any scikit-learn transformer.

Prices and weights, or vectors that another program computed, are one more view.
"""

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mmclassic import MultimodalRecommender
from mmclassic.align import CCA
from mmclassic.features import ModalityExtractor, NumericVectorizer, TextVectorizer
from mmclassic.fuse import WeightedFusion
from mmclassic.views import PerView, Views

rng = np.random.default_rng(0)
words = ["red", "green", "blue", "striped", "plain", "wool", "linen", "small", "large"]
texts = [" ".join(rng.choice(words, 4, replace=False)) for _ in range(60)]
counts = np.array([[text.split().count(word) for word in words] for text in texts])
items = pd.DataFrame(
    {
        "item_id": [f"sku-{i}" for i in range(60)],
        "title": texts,
        # Stands for vectors of a model that ran elsewhere: one array in each cell.
        "embedding": list(counts @ rng.normal(size=(9, 24)) + 0.1 * rng.normal(size=(60, 24))),
        "price": rng.uniform(5, 50, 60),
        "weight_kg": rng.uniform(0.1, 3, 60),
    }
)
items.loc[3, "price"] = np.nan  # one gap becomes the column's mean
items.loc[5, ["price", "weight_kg"]] = np.nan  # no number at all: the view is absent
items.loc[7, "embedding"] = None

print("One view of numbers next to a text, by the short form:")
model = MultimodalRecommender(text="title", numeric="embedding").fit(items)
print(model.search(text="red wool", k=3))

print("\nSeveral numeric views, by an extractor of your own:")
extractor = ModalityExtractor(
    [
        ("text", TextVectorizer(), "title"),
        ("embedding", NumericVectorizer(), "embedding"),
        ("facts", NumericVectorizer(), ["price", "weight_kg"]),
    ]
)
views = extractor.fit_transform(items)
print(views)

print("\nThe same steps as a scikit-learn pipeline, with a PCA of one view:")
pipeline = make_pipeline(
    extractor,
    PerView({"embedding": make_pipeline(StandardScaler(), PCA(10))}),
    CCA(n_components=2),
    WeightedFusion({"text": 1, "embedding": 1, "facts": 0.2}),
)
print("fused:", pipeline.fit_transform(items).shape)

print("\nArrays straight into Views, without a table:")
X, Y = rng.normal(size=(60, 3)), rng.normal(size=(60, 5))
print(Views.from_arrays(X, Y, names=("left", "right")))
