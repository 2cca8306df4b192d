"""CiteULike-t: who saved which article, and the words, citations and tags of the articles."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfTransformer

FOLDER = "citeulike-t"
N_ITEMS, N_WORDS = 25_975, 20_000


@dataclass(frozen=True, eq=False)
class Split:
    """What users saved, CSR (n_users, n_items) of ones: for training and for testing."""

    train: sp.csr_matrix
    test: sp.csr_matrix


def folder():
    """Where the set is; FileNotFoundError says why it cannot be fetched."""
    found = Path(os.environ.get("MMCLASSIC_DATA") or "nowhere") / FOLDER
    if not (found / "mult.dat").is_file():
        raise FileNotFoundError(
            f"the data are for research alone; put them into {FOLDER} in the folder that "
            "MMCLASSIC_DATA names."
        )
    return found


def split(n_train):
    """The published split with `n_train` articles of every user for training: 1 or 10."""
    return Split(*(_lists(f"cf-{part}-{n_train}-users.dat") for part in ("train", "test")))


def words():
    """Counts of words, CSR (n_items, n_words)."""
    lines = [line.split()[1:] for line in (folder() / "mult.dat").read_text().splitlines()]
    pairs = np.array([pair.split(":") for line in lines for pair in line], dtype=np.int64)
    ends = np.concatenate([[0], np.cumsum([len(line) for line in lines])])
    counts = sp.csr_matrix(
        (pairs[:, 1].astype(np.float64), pairs[:, 0], ends), shape=(len(lines), N_WORDS)
    )
    counts.sum_duplicates()
    return counts


def texts():
    """The words of every article as a text, numbers of words as often as they occur."""
    counts = words()
    numbers = np.repeat(counts.indices, counts.data.astype(np.int64)).astype(str)
    lengths = np.asarray(counts.sum(axis=1)).ravel().astype(np.int64)
    return [" ".join(part) for part in np.split(numbers, np.cumsum(lengths)[:-1])]


def citations():
    """Which articles cite each other, in either direction, CSR (n_items, n_items) of ones."""
    cited = _lists("citations.dat")
    both = cited + cited.T
    both.data[:] = 1.0
    return sp.csr_matrix(both, dtype=np.float32)


def tags():
    """Tags by TF-IDF, CSR (n_items, n_tags): given by the same users who saved the articles."""
    lines = (folder() / "tag-item.dat").read_text().splitlines()
    used = [np.unique(np.array(line.split()[1:], dtype=np.int64)) for line in lines]
    ends = np.concatenate([[0], np.cumsum([items.size for items in used])])
    by_tag = sp.csr_matrix(
        (np.ones(ends[-1]), np.concatenate(used), ends), shape=(len(used), N_ITEMS)
    )
    return TfidfTransformer().fit_transform(by_tag.T.tocsr()).astype(np.float32)


def _lists(name):
    """A line is a number of articles and the articles."""
    lines = (folder() / name).read_text().splitlines()
    rows = [np.array(line.split()[1:], dtype=np.int64) for line in lines]
    ends = np.concatenate([[0], np.cumsum([row.size for row in rows])])
    indices = np.concatenate(rows)
    return sp.csr_matrix((np.ones(indices.size), indices, ends), shape=(len(rows), N_ITEMS))
