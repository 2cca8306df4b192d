"""Flags and what is said of them: find the flag by a description, and the reverse."""

from functools import partial

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.model_selection import GridSearchCV, KFold

from benchmarks._report import Row, mean_row
from benchmarks._retrieval import (
    aligned,
    chosen_settings,
    fit,
    vector_column,
)
from mmclassic.align import CCA, KMeansAligner, MLPAligner
from mmclassic.datasets import fetch_countries_flags
from mmclassic.features import HOG, ColorHistogram, ImageVectorizer
from mmclassic.metrics import (
    median_rank,
    retrieval_map,
    retrieval_recall_at_k,
    retrieval_scorer,
)
from mmclassic.metrics._scorers import ask

DESCRIPTION = "240 flags and their descriptions: text -> flag and flag -> text on held-out flags"

N_FOLDS = 5
# The inner pool of 4 folds over 192 flags is as large as the outer pool: 48.
N_INNER_FOLDS = 4
# These learn nothing from other rows.
IMAGES = {
    "colour": lambda: ImageVectorizer([("color", ColorHistogram(root=True))]),
    "shape": lambda: ImageVectorizer([("hog", HOG(pixels_per_cell=(16, 16)))]),
}
DESCRIPTIONS = "flag_description"
ELSE = ["climate", "natural_resources", "exports"]
# With one right answer, average precision is the reciprocal rank.
METRICS = {
    "recall@1": partial(retrieval_recall_at_k, k=1),
    "recall@5": partial(retrieval_recall_at_k, k=5),
    "recall@10": partial(retrieval_recall_at_k, k=10),
    "MRR": retrieval_map,
    "median rank": median_rank,
}
CASES = {
    ("text", "image"): "text -> flag, pool of 48",
    ("image", "text"): "flag -> text, pool of 46 to 48",
}
SEARCH = "grid search on the training flags alone, 4 inner folds, by MRR of both directions"


class Mispaired(BaseEstimator):
    """A model fitted on rows whose texts (in `column`) belong to other rows."""

    def __init__(self, model, column):
        self.model = model
        self.column = column

    def fit(self, X, y=None):
        """Permute the texts and fit."""
        texts = X[self.column].to_numpy()
        mixed = X.assign(**{self.column: np.random.default_rng(0).permutation(texts)})
        self.model_ = clone(self.model).fit(mixed)
        return self

    def transform(self, X):
        """Map rows, each with its own text."""
        return self.model_.transform(X)


def run(quick):
    """Measure all methods on the same held-out flags.

    A quick run has one shuffle instead of five, and small grids.
    """
    table = flag_table()
    splits = shuffled_folds(len(table), n_shuffles=1 if quick else 5)
    rows = []
    for method, (model, note) in _methods(quick).items():
        values, fitted = held_out_values(model, table, splits)
        rows += value_rows(method, values, " ".join([note, chosen_settings(fitted)]).strip())
    return sorted(rows, key=lambda row: list(CASES.values()).index(row.case))


def flag_table():
    """The countries, with what is seen of their flags."""
    table = fetch_countries_flags()
    for name, vectorizer in IMAGES.items():
        table[name] = vector_column(vectorizer().fit_transform(table["flag"]), table.index)
    return table


def shuffled_folds(n_rows, n_shuffles):
    """By shuffle, the folds' training and test rows."""
    return [
        list(KFold(N_FOLDS, shuffle=True, random_state=seed).split(np.arange(n_rows)))
        for seed in range(n_shuffles)
    ]


def _methods(quick):
    """What is compared: by name, a model (None is chance) and how it was set."""
    return {
        "chance": (None, "all similarities equal; ties count by expectation."),
        "CCA": (flag_model(CCA()), "default settings."),
        "CCA, chosen": (
            _searched(
                CCA(),
                {"ridge": [1.0, 10.0], "n_components": [8, 16]}
                if quick
                else {"ridge": [1.0, 10.0, 100.0], "n_components": [8, 16, 32]},
            ),
            f"{SEARCH};",
        ),
        "CCA, colour only": (
            flag_model(CCA(), ("vector", "colour")),
            "default settings, pictures by colour.",
        ),
        "CCA, shape only": (
            flag_model(CCA(), ("vector", "shape")),
            "default settings, pictures by HOG.",
        ),
        "KMeansAligner": (flag_model(KMeansAligner(random_state=0)), "default settings."),
        "KMeansAligner, chosen": (
            _searched(
                KMeansAligner(n_init=3, random_state=0),
                {"n_clusters": [16, 32]}
                if quick
                else {"n_clusters": [16, 32, 64], "temperature": [0.25, 1.0]},
            ),
            f"{SEARCH}; n_init=3;",
        ),
        "MLPAligner": (flag_model(MLPAligner(random_state=0)), "default settings."),
        "CCA, control": (
            flag_model(CCA(), text=ELSE),
            "default settings; the text is climate, natural resources and exports, which say "
            "little of a flag (what they say of the region is real, so this is above chance).",
        ),
        "CCA, shuffled pairs": (
            Mispaired(flag_model(CCA()), DESCRIPTIONS),
            "default settings, fitted on flags with others' descriptions: a leak would show here.",
        ),
    }


def flag_model(aligner, image=("picture", "flag"), text=DESCRIPTIONS):
    """A pipeline from the table to the shared space."""
    return aligned({"image": image, "text": ("text", text)}, aligner)


def _searched(aligner, grid):
    return GridSearchCV(
        flag_model(aligner),
        {f"align__{name}": values for name, values in grid.items()},
        scoring=retrieval_scorer(retrieval_map),
        cv=KFold(N_INNER_FOLDS, shuffle=True, random_state=0),
        n_jobs=-1,
        error_score="raise",
    )


def held_out_values(model, table, splits):
    """Value of every metric for every flag in every shuffle, NaN for those that cannot ask."""
    shape = (len(splits), len(table))
    values = {case: {name: np.full(shape, np.nan) for name in METRICS} for case in CASES}
    fitted = []
    described = flag_model(CCA()) if model is None else model
    for shuffle, folds in enumerate(splits):
        for train, test in folds:
            fitted.append(fit(described, table.iloc[train]))
            space = fitted[-1].transform(table.iloc[test])
            for case in CASES:
                found, relevance, queries = ask(space, *case, test)
                if model is None:
                    found = np.zeros_like(found)
                for name, metric in METRICS.items():
                    values[case][name][shuffle, test[queries]] = metric(
                        found, relevance=relevance, per_query=True
                    )
    return values, fitted


def value_rows(method, values, note):
    """The rows of what `held_out_values` gives."""
    rows = []
    for case, title in CASES.items():
        for name, matrix in values[case].items():
            asked = ~np.isnan(matrix).all(axis=0)
            # A country's shuffles are not independent: the interval is over countries.
            by_country = matrix[:, asked].mean(axis=0)
            if name == "median rank":
                median = float(np.median(matrix[:, asked]))
                rows.append(Row(title, method, name, median, note=note))
            else:
                rows.append(mean_row(title, method, name, by_country, note=note))
    return rows
