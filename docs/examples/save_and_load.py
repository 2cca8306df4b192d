"""Keep a fitted model in a file that cannot run code when it is loaded.

Files are in the skops format. Unlike a pickle, such a file names the types it holds, and types
that are not known to be harmless are refused.
"""

import tempfile
from pathlib import Path

import numpy as np
from sklearn.preprocessing import FunctionTransformer

import mmclassic
from mmclassic import MultimodalRecommender
from mmclassic.datasets import make_catalog
from mmclassic.exceptions import UntrustedTypeError

folder = tempfile.TemporaryDirectory()
catalog = make_catalog(
    n_items=80, n_users=20, folder=folder.name, image_size=64, audio_seconds=0.5, random_state=0
)
model = MultimodalRecommender(image="picture", text="comment", audio="sound")
model.fit(catalog.items, catalog.interactions)

path = mmclassic.save(model, Path(folder.name) / "shop.skops")
print(f"saved {path.stat().st_size / 1024:.0f} KiB")

again = mmclassic.load(path)
same = again.recommend(k=5).equals(model.recommend(k=5))
print("the loaded model recommends the same:", same)


def twice(X):
    """A function of your own, which a file could use to smuggle code."""
    return 2 * np.asarray(X)


own = mmclassic.save(FunctionTransformer(twice).fit([[1.0]]), Path(folder.name) / "own.skops")
try:
    mmclassic.load(own)
except UntrustedTypeError as error:
    print("refused:", str(error).split("holds")[1].split(". If")[0].strip())
print("after naming it:", mmclassic.load(own, trusted=["__main__.twice"]).transform([[1.0]]))

folder.cleanup()
