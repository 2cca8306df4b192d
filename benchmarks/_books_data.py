"""DBbook: likes and dislikes of readers, and the lists that published models gave."""

import csv
import warnings

import numpy as np
import pandas as pd

from mmclassic.datasets._fetch import DATA_VARIABLE, find_local_copy
from mmclassic.exceptions import EmptyRowWarning
from mmclassic.features import ModalityExtractor, TextVectorizer
from mmclassic.interactions import ITEM, RANK, RATING, SCORE, USER, Interactions

SOURCE = (
    "github.com/swapUniba/LLM-user-profiles-for-recsys at e97c374 (folder "
    "getall_multimodal_kars-111E): train.tsv and test.tsv from GETAll/data/raw/dbbook, and as "
    "published/MODEL.tsv the lists from all_preds/rq1_baselines/dbbook"
)


def books_folder():
    """The folder of the data, which may not be handed on and so is not downloaded."""
    folder = find_local_copy("dbbook", ["train.tsv", "test.tsv"])
    if folder is None:
        raise FileNotFoundError(
            f"put the data set 'dbbook' into the folder that {DATA_VARIABLE} names; it is {SOURCE}."
        )
    return folder


def read_ratings(folder):
    """Likes (1) and dislikes (0) of the training and of the test part, over the same ids."""
    tables = [_read(folder / f"{part}.tsv", [USER, ITEM, RATING]) for part in ("train", "test")]
    both = pd.concat(tables, ignore_index=True)
    # Not in order of appearance: books that tie would come in the order of the test part.
    both = Interactions.from_frame(both, items=np.unique(both[ITEM]))
    is_train = np.arange(both.n_interactions) < len(tables[0])
    return both.select(is_train), both.select(~is_train)


def read_published(folder):
    """By model, a table of users, items and ranks in the order of the file."""
    lists = {}
    for path in sorted((folder / "published").glob("*.tsv")):
        table = _read(path, [USER, ITEM, SCORE])
        table[RANK] = table.groupby(USER).cumcount() + 1
        lists[path.stem] = table
    return lists


def read_content(folder, items):
    """Views of the books: their facts, each a whole term, and their titles."""
    kg = _read(folder / "dbbook.kg", ["head", "tail", "relation"]).iloc[1:]
    facts = (kg["relation"] + " " + kg["tail"]).groupby(kg["head"].astype(int)).agg(list)
    titles = _read(folder / "mapping_items.tsv", [ITEM, "title"], quoting=csv.QUOTE_NONE)
    titles = titles.set_index(ITEM)["title"].str.rsplit(";", n=1).str[0]  # before the address
    table = pd.DataFrame({"facts": facts.reindex(items), "title": titles.reindex(items)})
    table = table.astype(object).where(table.notna(), None)
    extract = ModalityExtractor(
        [("facts", TextVectorizer("names"), "facts"), ("title", TextVectorizer(), "title")]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EmptyRowWarning)
        return extract.fit_transform(table)


def _read(path, names, **options):
    return pd.read_csv(path, sep="\t", names=names, **options)
