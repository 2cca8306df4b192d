"""The divisions of the interactions that models are compared on."""

import numpy as np

from mmclassic.evaluate._judge import make_judge
from mmclassic.evaluate._folds import Fold


def read_folds(split, interactions):
    """Folds of a splitter, or of pairs of row numbers for training and test."""
    if callable(getattr(split, "split", None)):
        return list(split.split(interactions))
    try:
        pairs = [tuple(pair) for pair in split]
    except TypeError as error:
        raise TypeError(
            "split must be a splitter, whose split(interactions) yields Fold, or pairs of row "
            f"numbers (train, test); got {type(split).__name__}."
        ) from error
    if not pairs or any(len(pair) != 2 for pair in pairs):
        raise ValueError(
            f"split must hold pairs of row numbers (train, test), one at least; got {len(pairs)} "
            "entries."
        )
    return [_from_rows(number, *pair, interactions) for number, pair in enumerate(pairs)]


def _from_rows(number, train, test, interactions):
    """The fold of two sets of rows; test rows that cannot be found are left out and counted."""
    n = interactions.n_interactions
    learnt, held = (_as_mask(rows, n, number) for rows in (train, test))
    both = np.flatnonzero(learnt & held)
    if both.size:
        raise ValueError(
            f"fold {number}: {both.size} row(s) are in both parts, the first {both[0]}, so what "
            "is asked for would have been learnt."
        )
    users, items = interactions.user_index, interactions.item_index
    pairs = users * max(1, interactions.items.size) + items
    testable = held & np.isin(users, users[learnt]) & ~np.isin(pairs, pairs[learnt])
    return Fold(
        train=interactions.select(learnt),
        test=interactions.select(testable),
        n_dropped=int(np.count_nonzero(held & ~testable)),
    )


def _as_mask(rows, n, number):
    rows = np.asarray(rows)
    if rows.dtype == bool and rows.shape == (n,):
        return rows
    inside = rows.ndim == 1 and rows.dtype.kind in "iu" and np.all((rows >= 0) & (rows < n))
    if not inside and rows.size:
        raise ValueError(
            f"fold {number}: rows must be numbers from 0 to {n - 1} or a mask of the {n} "
            f"interactions; got {rows.dtype} of shape {rows.shape}."
        )
    mask = np.zeros(n, dtype=bool)
    mask[rows.astype(np.int64)] = True
    return mask


def prepare_fold(fold, items, catalog, *, min_rating, features):
    """What every model is shown in a fold, and what its answers are measured by."""
    judge = make_judge(fold, catalog, min_rating=min_rating, features=features)
    if judge.relevant.nnz == 0:
        raise ValueError(
            "the split leaves nothing to test: no held-out interaction is a liked item (a positive "
            "weight, or a rating that is good enough) of a user who can be asked "
            f"({fold.n_dropped} dropped)."
        )
    if fold.candidates is None:
        train = fold.train.for_items(catalog)
        return {"judge": judge, "items": items, "ids": catalog, "train": train, "test": fold.test}
    cold = judge.rankable
    return {
        "judge": judge,
        "items": items[~cold],
        "ids": catalog[~cold],
        "train": fold.train.for_items(catalog[~cold]),
        "cold_items": items[cold],
        "cold_ids": catalog[cold],
    }
