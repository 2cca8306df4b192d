"""Six descriptions of handwritten digits: do they say more in one space?"""

from functools import partial

import numpy as np
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks._report import Row, mean_row
from benchmarks._retrieval import chosen_settings
from mmclassic.align import CCA, DiscriminantCCA, KernelCCA, SemanticMatching, similarity
from mmclassic.datasets import fetch_uci_mfeat
from mmclassic.fuse import ConcatFusion
from mmclassic.metrics import label_relevance, retrieval_map
from mmclassic.metrics._scorers import ask
from mmclassic.views import PerView

DESCRIPTION = "2,000 digits in six numeric views: recognition and retrieval, fused and across views"

N_FOLDS = 5
N_INNER_FOLDS = 3
CASE = "uci-mfeat, held-out digits"
SEARCH = f"chosen by accuracy of the training part's {N_INNER_FOLDS} inner folds"


def run(quick):
    """Hold out every digit once.

    A quick run has one fold of five, and smaller grids.
    """
    mfeat = fetch_uci_mfeat()
    outer = StratifiedKFold(N_FOLDS, shuffle=True, random_state=0)
    folds = list(outer.split(mfeat.target, mfeat.target))[: 1 if quick else N_FOLDS]
    chance = np.mean(mfeat.target == 0)
    rows = [
        Row(CASE, "chance", "1-NN accuracy", float(chance), note="the digits are equally many.")
    ]
    for method, model in _methods(mfeat.data.widths, quick).items():
        values, fitted = _held_out(model, mfeat.data, mfeat.target, folds)
        note = _note(fitted)
        rows += [mean_row(CASE, method, metric, v, note=note) for metric, v in values.items()]
    return rows


def _note(fitted):
    if not fitted[0].param_grid:
        return "nothing to choose."
    if "fuse__weights" in fitted[0].param_grid:
        kept = [
            max(w, key=w.get) for w in (search.best_params_["fuse__weights"] for search in fitted)
        ]
        return f"{SEARCH}; {', '.join(kept)}."
    return f"{SEARCH}; {chosen_settings(fitted)}."


def _methods(widths, quick):
    """Searches over pipelines from the views to the nearest neighbour."""
    ridge = [0.1] if quick else [0.01, 0.1, 1.0]
    width = [20] if quick else [9, 20, 40]
    search = partial(_search, tuple(widths))
    single = [{name: float(name == kept) for name in widths} for kept in widths]
    return {
        # Views of weight 0 add nothing to a distance.
        "best single view": search(None, {"fuse__weights": single}),
        # Standardised columns weigh the same if views weigh by their width.
        "concatenation, plain": search(None, {}, weights=widths),
        "concatenation, views at equal energy": search(None, {}),
        "CCA": search(CCA(), {"align__ridge": ridge, "align__n_components": width}),
        "KernelCCA": search(
            KernelCCA(n_landmarks=150 if quick else 300),
            {"align__ridge": ridge, "align__n_components": width[:2]},
        ),
        "DiscriminantCCA": search(
            DiscriminantCCA(9), {"align__ridge": ridge, "align__correlation_power": [0.0, 1.0]}
        ),
        "SemanticMatching": search(
            SemanticMatching(LogisticRegression(max_iter=500)),
            {"align__classifier__C": [0.01] if quick else [0.001, 0.01, 0.1]},
        ),
    }


def _search(names, aligner, grid, weights=None):
    scale = PerView(dict.fromkeys(names, StandardScaler()))
    steps = [("scale", scale), ("align", "passthrough" if aligner is None else aligner)]
    model = Pipeline(
        [*steps, ("fuse", ConcatFusion(weights)), ("nearest", KNeighborsClassifier(1))]
    )
    inner = StratifiedKFold(N_INNER_FOLDS, shuffle=True, random_state=0)
    return GridSearchCV(model, grid, cv=inner, n_jobs=-1, error_score="raise")


def _held_out(model, views, y, folds):
    """Value of every metric for every held-out digit."""
    values, fitted = {}, []
    for train, test in folds:
        search = clone(model).fit(views[train], y[train])
        best = search.best_estimator_
        fuse = best[:-1]
        found = similarity(fuse.transform(views[test]), fuse.transform(views[train]))
        measured = {
            "1-NN accuracy": best.predict(views[test]) == y[test],
            "mAP, fused": retrieval_map(found, label_relevance(y[test], y[train]), per_query=True),
        }
        if best["align"] != "passthrough":
            space = best[:2].transform(views[test])
            measured["mAP, across views"] = _across(space, y[test])
        for name, value in measured.items():
            values.setdefault(name, []).append(value)
        fitted.append(search)
    return {name: np.concatenate(parts) for name, parts in values.items()}, fitted


def _across(space, y):
    """For every row the mean over ordered pairs of views; the gallery is the held-out rows."""
    posterior = all((space[name] >= 0).all() for name in space.names)
    metric = "dot" if posterior else "cosine"
    return np.mean(
        [
            retrieval_map(*ask(space, a, b, y, metric=metric)[:2], per_query=True)
            for a in space.names
            for b in space.names
            if a != b
        ],
        axis=0,
    )
