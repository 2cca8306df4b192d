"""Films with posters and texts, and what people gave them: private, only figures go out."""

import os
from pathlib import Path

import numpy as np
import pandas as pd

from mmclassic.interactions import Interactions

LIKED = 4  # stars
COLUMNS = {
    "poster": ("picture", "poster"),
    "plot": ("text", "plot"),
    "cast": ("names", "cast"),
    "directors": ("names", "directors"),
    "genres": ("names", "genres"),
    "title": ("text", "title"),
    "year": ("number", "year"),
}
_NAME = "movies-posters"


def read_films():
    """A table of the films, missing cells None, and ratings with their times."""
    folder = Path(os.environ.get("MMCLASSIC_DATA") or "nowhere") / _NAME
    if not (folder / "items.csv").is_file():
        raise FileNotFoundError(
            f"put the data set {_NAME!r} (items.csv, ratings.csv, posters) into the folder that "
            "MMCLASSIC_DATA names; it may not be handed on."
        )
    table = pd.read_csv(folder / "items.csv", dtype={"item_id": int})
    table = table.astype(object).where(table.notna(), None)
    table["item_id"] = table["item_id"].astype(int)
    table["poster"] = [None if path is None else str(folder / path) for path in table["poster"]]
    table["year"] = table["year"].astype(float)
    return table, pd.read_csv(folder / "ratings.csv")


def likes(table, ratings):
    """What was rated well, as interactions without a rating, with the catalogue of all films."""
    liked = ratings[ratings["rating"] >= LIKED].drop(columns="rating")
    return Interactions.from_frame(liked, items=np.asarray(table["item_id"]))
