"""Items that lack a picture, a text or a sound, and files that cannot be read.

A missing cell is None or NaN. Such an item takes part with what it has: nothing is filled in, and
nothing is dropped. A file that cannot be read is an error, or counts as missing if you say so.
"""

import tempfile
import warnings

from mmclassic import MultimodalRecommender
from mmclassic.datasets import make_catalog
from mmclassic.exceptions import CellError, CellWarning

folder = tempfile.TemporaryDirectory()
catalog = make_catalog(
    n_items=120,
    n_users=30,
    folder=folder.name,
    image_size=64,
    audio_seconds=0.5,
    missing=0.25,
    random_state=0,
)
items, interactions = catalog.items, catalog.interactions
print("Items with each modality, of", len(items))
print(items[["picture", "comment", "sound"]].notna().sum())

# One file is cut short, as a broken download would be.
victim = items.loc[items["picture"].notna(), "picture"].iloc[0]
with open(victim, "rb") as file:
    half = file.read()[:600]
with open(victim, "wb") as file:
    file.write(half)

columns = {"image": "picture", "text": "comment", "audio": "sound"}
try:
    MultimodalRecommender(**columns).fit(items, interactions)
except CellError as error:
    print(f"\nWith on_error='raise' (the default), row {error.row}, column {error.column!r}:")
    print(error.reason)

model = MultimodalRecommender(**columns, on_error="missing")
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always", CellWarning)
    model.fit(items, interactions)
print("\nWith on_error='missing' the model is fitted; warnings:", len(caught))
print(model.failures_[["row", "column", "reason"]].to_string(index=False))
print("\nViews in the shared space:", model.space_)

print("\nA query may have any part of the modalities. A new item with a text only:")
new = items.tail(1)[["item_id", "comment"]].assign(item_id="new", comment="green and calm")
print(model.similar(new, k=3))

folder.cleanup()
