"""Suspicious listings: swapped pictures among the fitted items, found by `consistency`."""

import numpy as np
from sklearn.metrics import roc_auc_score

from benchmarks import _fusion_tasks
from benchmarks._report import Row
from benchmarks._retrieval import extractor
from mmclassic.align import CCA
from mmclassic.match import consistency
from mmclassic.views import Views

DESCRIPTION = (
    "a tenth of the pictures swapped: which listings are wrong, in sample and cross-fitted"
)

N_DRAWS, N_QUICK = 6, 2
SHARE = 0.1
LOOKED_AT = 0.2
SETS = {
    "flags, picture and description": (_fusion_tasks.flags, ("picture", "description")),
    "openmoji, picture and English name": (_fusion_tasks.openmoji, ("picture", "English name")),
}
METHODS = {"in sample": None, "cross-fitted": 5}
NOTES = {
    "in sample": "CCA by default, judged by the fit that has seen all pairs: "
    "consistency(aligner, views, cv=None)",
    "cross-fitted": "the same CCA, judged by fits without the row: consistency(aligner, views)",
}
SPREAD = "; mean of the draws, in brackets the smallest and the largest"


def run(quick):
    """The rows of every set."""
    return [row for case, asked in SETS.items() for row in _set(case, *asked, quick)]


def _set(case, make, names, quick):
    task = make(quick)
    columns = {name: task.columns[name] for name in names}
    table = task.table[[column for _, column in columns.values()]].dropna()
    # Words are weighed without a look at the pictures, so the swaps may come after.
    views = extractor(columns).fit_transform(table)
    found = {method: [] for method in METHODS}
    n_draws = N_QUICK if quick else N_DRAWS
    for seed in range(n_draws):
        listed, wrong = with_swapped(views, names[0], SHARE, seed)
        aligner = CCA().fit(listed)
        for method, cv in METHODS.items():
            judged = consistency(aligner, listed, cv=cv)
            found[method].append(measures(judged["p_value"].to_numpy(), wrong))
    case = f"{case}: {wrong.sum()} of {len(views)} pictures swapped, {n_draws} draws"
    return [
        Row(case, method, metric, *_spread(values), note=NOTES[method] + SPREAD)
        for method, draws in found.items()
        for metric, values in _by_metric(draws).items()
    ]


def with_swapped(views, name, share, seed):
    """The rows in random order, some with the block of another; and which these are."""
    rng = np.random.default_rng(seed)
    views = views[rng.permutation(len(views))]
    rows = rng.choice(len(views), round(share * len(views)), replace=False)
    order = np.arange(len(views))
    order[rows] = np.roll(rows, 1)
    wrong = np.zeros(len(views), dtype=bool)
    wrong[rows] = True
    return Views({**views.blocks, name: views[name][order]}, views.present), wrong


def measures(suspicion, wrong):
    """How well the wrong ones stand out; `suspicion` orders the rows, the largest first."""
    order = np.argsort(-suspicion, kind="stable")
    looked_at = order[: round(LOOKED_AT * len(order))]
    return {
        "AUC": roc_auc_score(wrong, suspicion),
        "precision at the number swapped": wrong[order[: wrong.sum()]].mean(),
        f"found in the worst {LOOKED_AT:.0%}": wrong[looked_at].sum() / wrong.sum(),
    }


def _by_metric(draws):
    return {metric: [draw[metric] for draw in draws] for metric in draws[0]}


def _spread(values):
    return float(np.mean(values)), float(min(values)), float(max(values))
