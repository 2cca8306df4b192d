"""What models are shown in the folds of a split, and what their answers are measured by."""

import numpy as np

from mmclassic.evaluate._folds import Fold
from mmclassic.evaluate._judge import make_judge
from mmclassic.evaluate._splits_given import GivenSplit


def read_folds(split, interactions):
    """Folds of a splitter, as they are, or of pairs of row numbers for training and test."""
    folds = list(_folds(split, interactions))
    if not folds:
        raise ValueError("the split has no fold, so there is nothing to measure.")
    return folds


def _folds(split, interactions):
    if hasattr(split, "get_n_splits"):  # one of scikit-learn, which divides rows
        split = split.split(np.zeros(interactions.n_interactions))
    if isinstance(split, str) or not (hasattr(split, "split") or np.iterable(split)):
        raise TypeError(
            "split must be a splitter, whose split(interactions) yields Fold, or pairs of row "
            f"numbers (train, test); got {split!r}."
        )
    if hasattr(split, "split"):
        return split.split(interactions)
    parts = list(split)
    if all(isinstance(part, Fold) for part in parts):
        return parts
    return GivenSplit(parts).split(interactions)


def prepare_fold(fold, items, catalog, *, min_rating, features):
    """What every model is shown in a fold, and what its answers are measured by."""
    judge = make_judge(fold, catalog, min_rating=min_rating, features=features)
    if judge.relevant.nnz == 0:
        raise ValueError(
            "the split leaves nothing to test: no held-out interaction is a liked item (a positive "
            "weight, or a rating that is good enough) of a user who can be asked "
            f"({fold.n_dropped} dropped)."
        )
    shown = {"judge": judge, "items": items, "ids": catalog, "given": fold.given}
    if fold.candidates is not None:
        cold = judge.rankable
        shown |= {"items": items[~cold], "ids": catalog[~cold]}
        shown |= {"cold_items": items[cold], "cold_ids": catalog[cold]}
    return {**shown, "train": fold.train.for_items(shown["ids"])}
