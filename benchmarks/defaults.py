"""Does CCA hold without tuning? Its default against fixed ridges and the former choice of one."""

import warnings
from collections import Counter
from functools import partial

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks import _default_tasks
from benchmarks._ratios import interleaved_seconds
from benchmarks._report import Row, split_row
from benchmarks._textbook import CANDIDATES, FormerCV, TextbookCCA
from mmclassic.align import CCA, GCCA, SemanticMatching
from mmclassic.metrics import retrieval_scorer
from mmclassic.views import Views

DESCRIPTION = "CCA and semantic matching with their defaults, fixed settings, and what was before"

RIDGES = (0.01, 0.1, 1.0, 10.0)
DEFAULT, FORMER, CHANCE = "default", "cv of before", "chance"
DEFAULT_GCCA = "GCCA, default"
MATCHING = "SemanticMatching, default"
LESS_DEFAULT = "{} less default"
TIME = "fit time over a plain fit"
N_RUNS = 5
_ALIKE = "all similarities equal; ties count by expectation"
_TIMES = "brackets of times: the smallest and the largest of interleaved runs, CPU time"


class Chance(BaseEstimator):
    """A shared space in which all rows are alike."""

    def fit(self, X, y=None):
        """Learn nothing."""
        return self

    def transform(self, X):
        """Map every row to 0."""
        return Views({name: np.zeros((len(X), 1)) for name in X.names})


def run(quick):
    """Fit every method on the same training rows, and ask the held-out rows once.

    A quick run has one split or draw of a set instead of five to ten, and smaller sets.
    """
    rows = []
    for make in _default_tasks.tasks(quick):
        rows += measure(make(quick), quick)
    for make in (_default_tasks.mfeat, _default_tasks.wikipedia):
        rows += matching_rows(make(quick, scaled=False))
    return rows


def methods():
    """What is compared: by name, a model and how it was set."""
    return {
        CHANCE: (Chance(), _ALIKE),
        DEFAULT: (CCA(), f"CCA(), {_TIMES}"),
        **{f"ridge {r:g}": (TextbookCCA(r), "in units of trace(C) / p") for r in RIDGES},
        FORMER: (FormerCV(), f"the best of {CANDIDATES} by held-out correlation"),
        DEFAULT_GCCA: (GCCA(), f"GCCA(), {_TIMES}"),
    }


def matching_methods():
    """Semantic matching with its default classifier and with two plain ones."""
    plain = LogisticRegression(max_iter=1000)
    return {
        CHANCE: (Chance(), _ALIKE),
        MATCHING: (SemanticMatching(), "SemanticMatching()"),
        "logistic regression, standardised": (
            SemanticMatching(make_pipeline(StandardScaler(), plain)),
            "C=1, on columns of unit variance",
        ),
        "logistic regression, unscaled": (SemanticMatching(plain), "C=1, on columns as they are"),
    }


def measure(task, quick):
    """Rows of one task: answers, differences to the default, and time."""
    rows = answer_rows(task, methods(), DEFAULT)
    notes = {row.method: row.note for row in rows}
    return rows + time_rows(task, notes, n_runs=1 if quick else N_RUNS)


def matching_rows(task):
    """Rows of semantic matching, compared as posteriors are."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return answer_rows(
            task, matching_methods(), MATCHING, prefix="semantic matching: ", metric="dot"
        )


def answer_rows(task, models, default, *, prefix="", metric="cosine"):
    """Means over splits of every measure, and of its paired differences to the default's."""
    values, notes = answers(task, models, metric)
    rows, case = [], f"{prefix}{task.title}"
    for name, found in values.items():
        row = partial(split_row, case, name, test_share=task.test_share, note=notes[name])
        for title in task.questions:
            rows.append(row(title, found[title]))
            if name not in (default, CHANCE):
                less = found[title] - values[default][title]
                rows.append(row(LESS_DEFAULT.format(title), less))
    return rows


def answers(task, models, metric):
    """Values of every measure in every split, and notes, by method."""
    values = {name: {title: [] for title in task.questions} for name in models}
    ridges = {name: Counter() for name in models}
    for split in task.splits():
        for name, (model, _) in models.items():
            fitted = clone(model).fit(split.train, split.train_labels)
            ridges[name].update(chosen_ridge(fitted))
            for title, question in task.questions.items():
                values[name][title].append(answer(fitted, split, question, metric))
    values = {
        name: {title: np.array(found) for title, found in by_title.items()}
        for name, by_title in values.items()
    }
    notes = {name: _note(note, ridges[name]) for name, (_, note) in models.items()}
    notes[CHANCE] += f" {task.note}."
    return values, notes


def answer(model, split, question, metric="cosine"):
    """The measure's mean over ordered pairs of views of the held-out rows."""
    asked = split.test if question.views is None else split.test.select(*question.views)
    labels = split.test_labels if question.by_class else None
    return retrieval_scorer(question.measure, metric=metric)(model, asked, labels)


def chosen_ridge(model):
    """The ridge that a model chose on its training rows, in a list; empty if it was given."""
    if not hasattr(model, "ridge_") or isinstance(getattr(model, "ridge", None), (int, float)):
        return []
    ridge = model.ridge_
    by_view = ridge.values() if isinstance(ridge, dict) else [ridge]
    return [" and ".join(dict.fromkeys(f"{value:g}" for value in by_view))]


def _note(note, ridges):
    if not ridges:
        return f"{note}."
    counts = ", ".join(f"{ridge} ({n})" for ridge, n in ridges.most_common())
    return f"{note}; chosen in {ridges.total()} training parts: {counts}."


def time_rows(task, notes, *, n_runs):
    """Time of fitting the defaults over that of a fit with a given ridge, on the first split."""
    train = next(task.splits()).train
    models = {"plain": CCA(ridge=1.0), DEFAULT: CCA(), DEFAULT_GCCA: GCCA()}
    fits = {name: partial(model.fit, train) for name, model in models.items()}
    seconds = interleaved_seconds(fits, n_runs, cpu=True)
    rows = []
    for name in (DEFAULT, DEFAULT_GCCA):
        ratios = seconds[name] / seconds["plain"]
        low, middle, high = map(float, np.quantile(ratios, [0, 0.5, 1]))
        rows.append(Row(task.title, name, TIME, middle, low, high, note=notes[name]))
    return rows
