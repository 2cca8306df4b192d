"""Rows held out in turn: what a model learns of the others, and makes of these."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.model_selection import KFold, StratifiedKFold, check_cv

from mmclassic.evaluate._ranking import takes
from mmclassic.interactions import ITEM, read_ids
from mmclassic.utils import measure
from mmclassic.views import Views


def name_models(models):
    """A dict of models as it is, and a single one by the name of its class."""
    if isinstance(models, Mapping):
        if not models:
            raise ValueError("there is no model to evaluate.")
        return dict(models)
    return {type(models).__name__: models}


def read_rows(items, item_id=ITEM):
    """Items whose rows can be selected, and their ids."""
    if not isinstance(items, (pd.DataFrame, Views)):
        items = items.tocsr() if sp.issparse(items) else np.asarray(items)
    return items, read_ids(items, item_id)


def divide(n_rows, labels, cv, seed):
    """Pairs of row numbers (train, test)."""
    kinds = KFold if labels is None else StratifiedKFold
    if isinstance(cv, (int, np.integer)):
        if n_rows < cv:
            raise ValueError(f"there are {n_rows} items, too few for the cv={cv} parts of them.")
        cv = kinds(cv, shuffle=True, random_state=seed)
    pairs = check_cv(cv, labels, classifier=labels is not None).split(np.zeros(n_rows), labels)
    return [(np.asarray(train), np.asarray(test)) for train, test in pairs]


def cross_fit(name, model, items, folds, labels=None):
    """Yield rows held out, the model's rows of the others and of these, and what they took."""
    for number, (train, test) in enumerate(folds):
        fitted = clone(_aligned(model), safe=False)
        with measure("fit") as fitting:
            _fit(fitted, _rows(items, train), None if labels is None else labels[train])
        with measure("transform") as transforming:
            learnt, held = (fitted.transform(_rows(items, part)) for part in (train, test))
        run = {
            "model": name,
            "fold": number,
            "n_items": len(test),
            "fit_seconds": fitting.seconds,
            "fit_mib": fitting.peak_mib,
            "transform_seconds": transforming.seconds,
            "transform_mib": transforming.peak_mib,
        }
        yield train, test, learnt, held, _metric_of(fitted), run


def _aligned(model):
    """A model whose `transform` gives the aligned views, where it can be told to."""
    parameters = model.get_params(deep=False) if hasattr(model, "get_params") else {}
    if {"fuser", "similarity", "recommender"} <= set(parameters):
        model = clone(model).set_params(fuser="passthrough", similarity="shared", recommender=None)
    return model


def _fit(model, rows, labels):
    if labels is None or takes(model.fit, "interactions"):
        model.fit(rows)
    else:
        model.fit(rows, labels)


def _rows(items, rows):
    return items.iloc[rows] if isinstance(items, pd.DataFrame) else items[rows]


def _metric_of(model):
    """How the rows are compared: what the last step that says so names."""
    aligner = getattr(model, "aligner_", model)
    steps = [step for _, step in getattr(aligner, "steps", [(None, aligner)])]
    named = [s.similarity_metric for s in steps if hasattr(s, "similarity_metric")]
    return named[-1] if named else "cosine"
