"""Fitting a model to a fold, and asking it what the fold wants to know."""

import numpy as np
import scipy.sparse as sp
from sklearn.base import clone

from mmclassic.evaluate._judge import Answers
from mmclassic.evaluate._ranking import join_lists, predicts, rank_items, rank_within_pools, takes
from mmclassic.interactions import find_ids


def fit_clone(model, items, interactions, ids):
    """A fresh clone of a model, fitted."""
    model = clone(model, safe=False)
    options = {"ids": ids} if takes(model.fit, "ids") else {}
    model.fit(items, interactions, **options)
    return model


def ask(model, fold, catalog, k):
    """A fitted model's lists over the catalogue, and predictions where it makes them."""
    asks_of_new = "cold_ids" in fold or fold["judge"].told.any()
    lists = _rank(model, fold, catalog, k)
    return Answers(lists, None if asks_of_new else _predict(model, fold["judge"]))


def _rank(model, fold, catalog, k):
    """Lists for the users of a fold, of the items that are to be ranked for them."""
    judge = fold["judge"]
    shown = {"items": fold.get("cold_items"), "ids": fold.get("cold_ids")}

    def rank(users, k):
        told = judge.told[find_ids(judge.users, users)]
        history = fold["given"].for_items(fold["ids"]) if told.any() else None
        known, new = (
            rank_items(model, users[part], k, catalog=catalog, history=what, **shown)
            if part.any()
            else None
            for part, what in ((~told, None), (told, history))
        )
        return join_lists(known, new, told, users)

    if judge.pools is None:
        return rank(judge.users, k)
    return rank_within_pools(rank, judge.users, k, judge.pools)


def _predict(model, judge):
    """Predictions of the held-out ratings, if there are any and the model makes them."""
    if judge.ratings is None or not predicts(model):
        return None
    pairs = judge.ratings.tocoo()
    values = model.predict(judge.users[pairs.row], judge.items[pairs.col])
    values = np.asarray(values, dtype=np.float64)
    if values.shape != pairs.data.shape:
        raise ValueError(
            f"predict must give a number for each of {pairs.data.size} users and items; got shape "
            f"{values.shape}."
        )
    ratings = judge.ratings
    return sp.csr_array((values, ratings.indices, ratings.indptr), shape=ratings.shape)
