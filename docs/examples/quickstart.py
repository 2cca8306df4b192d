"""From a table of pictures, texts and sounds to recommendations, in one estimator.

The shop is generated: real files on disk, with users who bought things. To use your own, pass a
DataFrame with one row per item and name its columns.
"""

import tempfile

from mmclassic import MultimodalRecommender
from mmclassic.datasets import make_catalog

folder = tempfile.TemporaryDirectory()
catalog = make_catalog(
    n_items=120, n_users=30, folder=folder.name, image_size=64, audio_seconds=0.5, random_state=0
)
items, interactions = catalog.items, catalog.interactions
print(items.head(3)[["item_id", "category", "price"]])

model = MultimodalRecommender(image="picture", text="comment", audio="sound")
model.fit(items, interactions)

user = interactions["user_id"].iloc[0]
print("\nFor one user, the five best items not bought yet:")
recommended = model.recommend(users=[user], k=5)
print(recommended)

print("\nWhat the first score is made of (the contributions sum to the score):")
best = recommended.iloc[0]
parts = model.explain(user=user, item=best["item_id"])
print(parts.head(4))
print(f"sum of all {len(parts)} parts {parts['contribution'].sum():.4f}, score {best['score']:.4f}")

print("\nItems like the first of the table:")
print(model.similar(items=["item-0000"], k=3))

print("\nThe items whose picture, text and sound agree least:")
print(model.consistency().nlargest(3, "p_value"))

folder.cleanup()
