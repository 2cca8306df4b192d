"""Search across modalities: words that find pictures, a picture that finds texts.

An aligner puts all modalities into one space, so a query of one kind can be compared with items of
another. How well this works is measured on items that the model was not fitted on.
"""

import tempfile

from mmclassic import MultimodalRecommender
from mmclassic.align import match, similarity
from mmclassic.datasets import make_catalog
from mmclassic.metrics import matching_accuracy, median_rank, retrieval_recall_at_k

folder = tempfile.TemporaryDirectory()
catalog = make_catalog(
    n_items=300,
    n_users=10,
    folder=folder.name,
    image_size=64,
    audio_seconds=0.5,
    noise=0.3,  # less than the default, since 250 items are few to learn from
    random_state=0,
)
known, new = catalog.items.iloc[:250], catalog.items.iloc[250:]
model = MultimodalRecommender(image="picture", text="comment", audio="sound").fit(known)

print("A text, compared with the pictures only:")
print(model.search(text="yellow and bright, with large upright stripes", target="image", k=3))

print("\nA picture and a sound together, compared with all that an item has:")
row = new.iloc[0]
print(model.search(image=row["picture"], audio=row["sound"], k=3))

print("\nTwo queries at once (the column query tells them apart):")
print(model.search(text=["dark blue", "绿色又翠绿"], k=2))

print("\nHow good is it? Each new comment is to find its own picture among the 50 new ones.")
space = model.aligner_.transform(model.extractor_.transform(new))
scores = similarity(space["text"], space["image"])
print(f"recall@10   {retrieval_recall_at_k(scores, k=10):.2f}  (chance {10 / len(new):.2f})")
print(f"median rank {median_rank(scores):.1f}  (chance {(len(new) + 1) / 2:.1f})")
pairs = match(space["text"], space["image"], method="optimal")
print(f"one-to-one matching: {matching_accuracy(pairs, range(len(new))):.2f} right (chance 0.02)")

folder.cleanup()
