"""What the benchmark of fusion is asked: items in several views, who likes which, and splits."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.model_selection import KFold, LeaveOneGroupOut, StratifiedKFold

from benchmarks._retrieval import vector_column
from mmclassic.datasets import (
    fetch_countries_flags,
    fetch_openmoji,
    fetch_uci_mfeat,
    fetch_wikipedia,
    load_digits_trimodal,
    make_catalog,
)
from mmclassic.features import HOG, AudioVectorizer, ImageVectorizer
from mmclassic.interactions import Interactions

N_SPLITS, N_INNER_SPLITS = 5, 3
# A class must have items in the training and the test part of every split.
_MIN_ITEMS = N_SPLITS
_FILMS_FOLDER = "movies-posters"
_LIKED = 4  # stars


@dataclass(frozen=True, eq=False)
class Task:
    """Items in several views and who likes which.

    `table` has a column for every view: files, texts, or features that no other row changes;
    `columns` says how a split makes views of them (see `_retrieval.extractor`). `likes` is CSR
    (n_users, n_items). `labels` are the items' classes where users are classes; `groups` is what
    must not stand on both sides of a split; `text` is the view that searches are made by.
    """

    title: str
    table: pd.DataFrame
    columns: dict
    likes: sp.csr_matrix
    labels: np.ndarray | None = None
    groups: np.ndarray | None = None
    text: str | None = None

    def splits(self, rows, n_splits):
        """(training rows, test rows) of every split of some rows, both in random order.

        The order decides ties, and tables are sorted by class.
        """
        rng = np.random.default_rng(0)
        if self.groups is not None:
            parts = LeaveOneGroupOut().split(rows, groups=self.groups[rows])
        elif self.labels is not None:
            folds = StratifiedKFold(n_splits, shuffle=True, random_state=0)
            parts = folds.split(rows, self.labels[rows])
        else:
            parts = KFold(n_splits, shuffle=True, random_state=0).split(rows)
        return [tuple(rng.permutation(rows[part]) for part in split) for split in parts]


def class_task(title, table, columns, label, **options):
    """The task whose users are the classes of the items; each likes the items of its class."""
    labels, codes = np.unique(table[label].to_numpy().astype(str), return_inverse=True)
    shape = (labels.size, len(table))
    likes = sp.csr_matrix((np.ones(len(table)), (codes, np.arange(len(table)))), shape)
    table = table[[column for _, column in columns.values()]].reset_index(drop=True)
    return Task(title, table, columns, likes, labels=codes, **options)


def frequent(table, column, n_min):
    """The rows whose value in a column is that of `n_min` rows or more."""
    return table[table.groupby(column)[column].transform("size") >= n_min]


def openmoji(quick):
    """Emoji with a picture, an English name and Chinese keywords; users are subgroups."""
    table = fetch_openmoji()
    table = table[(table["group"] != "flags") & table["name_en"].notna()]
    table = frequent(table[table["keywords_zh"].notna()], "subgroups", 2 * N_SPLITS)
    table = table.sample(300 if quick else 900, random_state=0)
    table = frequent(table, "subgroups", _MIN_ITEMS).reset_index(drop=True)
    columns = {
        "picture": ("picture", "picture"),
        "English name": ("text", "name_en"),
        "Chinese keywords": ("text", "keywords_zh"),
    }
    n_users = table["subgroups"].nunique()
    return class_task(
        f"openmoji, {len(table)} emoji, users = {n_users} subgroups",
        table,
        columns,
        "subgroups",
        text="English name",
    )


def flags(quick):
    """Flags, what is said of them, and what the country exports; users are regions."""
    table = frequent(fetch_countries_flags(), "region", _MIN_ITEMS).reset_index(drop=True)
    columns = {
        "picture": ("picture", "flag"),
        "description": ("text", "flag_description"),
        "exports": ("text", "exports"),
    }
    n_users = table["region"].nunique()
    return class_task(
        f"flags, {len(table)} countries, users = {n_users} regions",
        table,
        columns,
        "region",
    )


def digits(quick):
    """Spoken and written digits; users are digits, and each speaker is held out once."""
    table = load_digits_trimodal()
    if quick:
        table = table[table["index"] < 10].reset_index(drop=True)
    # The pictures are 8 x 8 and grey: no colour to count, and nothing finer than this.
    shape = ImageVectorizer([("hog", HOG())], size=(32, 32))
    speakers = table["speaker"].to_numpy()
    table["image"] = _described(shape, table["image"])
    table["audio"] = _described(AudioVectorizer(scale=False), table["audio"])
    columns = {"sound": ("scaled vector", "audio"), "picture": ("vector", "image")}
    return class_task(
        f"digits, {len(table)} spoken and written, users = 10 digits",
        table,
        columns,
        "digit",
        groups=speakers,
    )


def mfeat(quick):
    """Written digits in six numeric views; users are digits."""
    found = fetch_uci_mfeat()
    return _numeric_task(
        "mfeat, {} written digits", found.data, found.target, 200 if quick else None
    )


def wikipedia(quick):
    """Sections of articles with pictures, the training part of the set; users are categories."""
    found = fetch_wikipedia()
    return _numeric_task(
        "wikipedia, {} sections", found.train, found.train_target, 300 if quick else None
    )


def _numeric_task(title, views, labels, n_rows):
    rows = np.random.default_rng(0).permutation(len(labels))[:n_rows]
    table = pd.DataFrame({n: vector_column(b[rows], range(rows.size)) for n, b in views.items()})
    table["class"] = labels[rows]
    columns = {name: ("scaled vector", name) for name in views.names}
    title = f"{title.format(rows.size)}, users = {np.unique(labels).size} classes"
    return class_task(title, table, columns, "class")


def shop(quick):
    """The generated shop of `mmclassic demo`, with its users."""
    n_items, n_users = (300, 60) if quick else (1000, 200)
    with tempfile.TemporaryDirectory(prefix="mmclassic-") as folder:
        catalog = make_catalog(n_items, n_users, folder=folder, random_state=0)
        table = catalog.items[["comment"]].copy()
        table["picture"] = [Path(path).read_bytes() for path in catalog.items["picture"]]
        table["sound"] = _described(AudioVectorizer(scale=False), catalog.items["sound"])
    interactions = Interactions.from_frame(catalog.interactions, items=catalog.items["item_id"])
    columns = {
        "picture": ("picture", "picture"),
        "comment": ("text", "comment"),
        "sound": ("scaled vector", "sound"),
    }
    return Task(
        f"generated shop, {n_items} items, {n_users} users, cold items",
        table.reset_index(drop=True),
        columns,
        interactions.to_csr(),
    )


def films(quick):
    """Films with posters and ratings, or None without the private copy of them."""
    folder = Path(os.environ.get("MMCLASSIC_DATA") or "nowhere") / _FILMS_FOLDER
    if not (folder / "items.csv").is_file():
        return None
    table = pd.read_csv(folder / "items.csv", dtype={"item_id": int})
    ratings = pd.read_csv(folder / "ratings.csv")
    table = table.astype(object).where(table.notna(), None)
    table["poster"] = [None if path is None else str(folder / path) for path in table["poster"]]
    table["year"] = table["year"].astype(float)
    liked = ratings[ratings["rating"] >= _LIKED]
    users, codes = np.unique(liked["user_id"].to_numpy(), return_inverse=True)
    positions = pd.Index(table["item_id"]).get_indexer(liked["item_id"])
    shape = (users.size, len(table))
    likes = sp.csr_matrix((np.ones(len(liked)), (codes, positions)), shape)
    columns = {
        "poster": ("picture", "poster"),
        "plot": ("text", "plot"),
        "cast": ("names", "cast"),
        "directors": ("names", "directors"),
        "genres": ("names", "genres"),
        "year": ("scaled vector", "year"),
    }
    return Task(
        FILMS,
        table[list(columns)],
        columns,
        likes,
    )


FILMS = "films with posters, cold items, users who rated them"


def _described(vectorizer, cells):
    """Cells as vectors that depend on no other cell."""
    return vector_column(vectorizer.fit_transform(cells), cells.index)
