"""Digits spoken, handwritten and spelt out: retrieval and recognition for an unheard speaker."""

import numpy as np
import scipy.sparse as sp
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from benchmarks._report import Row, mean_row
from benchmarks._retrieval import (
    aligned,
    chosen_settings,
    drop_cells,
    extractor,
    fit,
    vector_column,
)
from mmclassic.align import CCA, KMeansAligner, MLPAligner
from mmclassic.datasets import load_digits_trimodal
from mmclassic.features import HOG, AudioVectorizer, ImageVectorizer
from mmclassic.fuse import ConcatFusion, WeightedFusion
from mmclassic.metrics import retrieval_map, retrieval_scorer
from mmclassic.metrics._scorers import ask

DESCRIPTION = "spoken, handwritten and spelt digits: retrieval and kNN, leaving one speaker out"

COLUMNS = {
    "audio": ("scaled vector", "mfcc"),
    "image": ("vector", "hog"),
    "text": ("text", "text"),
}
# The number word names the digit, so the case without it is the one that shows more.
CASES = {
    "audio + image, no text": ("audio", "image"),
    "audio + image + text (the word names the digit)": ("audio", "image", "text"),
}
DIRECTIONS = (("audio", "image"), ("image", "audio"), ("audio", "text"))
MISSING_SHARE = 0.2
NOT_ALIGNED, ALIGNED = "fused, not aligned", "fused, aligned by CCA"
SEARCH = "grid search on the training speakers alone, leaving one of them out in turn"


def run(quick):
    """Measure retrieval on whole rows, and recognition with cells missing.

    A quick run has ten recordings of a digit by each speaker instead of 50, two speakers tested
    instead of six, and small grids.
    """
    table = _table(quick)
    folds = _folds(table["speaker"].to_numpy(), 2 if quick else 6)
    rows = []
    for title, views in CASES.items():
        rows += _retrieval(table, folds, title, views, quick)
    for title, views in CASES.items():
        rows += _recognition(table, folds, title, views)
    return rows


def _table(quick):
    """Recordings with features that learn nothing from other rows."""
    table = load_digits_trimodal()
    if quick:
        table = table[table["index"] < 10].reset_index(drop=True)
    # The pictures are 8 x 8 and grey: no colour to count, and nothing finer than this.
    shape = ImageVectorizer([("hog", HOG())], size=(32, 32))
    features = {
        "mfcc": AudioVectorizer(scale=False, n_jobs=-1).fit_transform(table["audio"]),
        "hog": shape.fit_transform(table["image"]),
    }
    for name, block in features.items():
        table[name] = vector_column(block, table.index)
    return table


def _folds(speakers, n_tested):
    names = np.unique(speakers)[:n_tested]
    return [(np.flatnonzero(speakers != name), np.flatnonzero(speakers == name)) for name in names]


def _search(model, grid):
    """Chosen by the scorer over training speakers; `fit` hands over the groups."""
    is_aligner = model.steps[-1][0] == "align"
    return GridSearchCV(
        model,
        grid,
        scoring=retrieval_scorer(retrieval_map) if is_aligner else "accuracy",
        cv=GroupKFold(n_splits=5),
        n_jobs=-1,
        error_score="raise",
    )


def _retrieval(table, folds, case, views, quick):
    columns = {name: COLUMNS[name] for name in views}
    rows = []
    for method, (model, note) in _aligners(columns, quick).items():
        values, fitted = _average_precision(model, columns, table, folds)
        note = " ".join([note, chosen_settings(fitted)]).strip()
        for (query, gallery), by_speaker in values.items():
            title = f"{query} -> {gallery} of the same digit, fitted on {case}"
            everything = np.concatenate(by_speaker)
            rows.append(mean_row(title, method, "mAP", everything, note=note))
            if model is not None:
                hardest = min(float(part.mean()) for part in by_speaker)
                rows.append(Row(title, method, "mAP, hardest speaker", hardest, note=note))
    return sorted(rows, key=lambda row: [r.case for r in rows].index(row.case))


def _aligners(columns, quick):
    """What is compared: by name, a model (None is chance) and how it was set."""
    by_map = f"{SEARCH}, by mAP over all directions;"
    return {
        "chance": (None, "all similarities equal; ties count by expectation."),
        "CCA": (
            aligned({**columns, "image": ("picture", "image")}, CCA()),
            "default settings and default picture features.",
        ),
        "CCA, chosen": (
            _search(
                aligned(columns, CCA()),
                {
                    "align__n_components": [9, 32],
                    "align__ridge": [1.0] if quick else [0.1, 1.0, 10.0],
                },
            ),
            f"pictures by HOG; {by_map}",
        ),
        "KMeansAligner, chosen": (
            _search(
                aligned(columns, KMeansAligner(n_init=1, random_state=0)),
                {"align__n_clusters": [10, 20] if quick else [10, 20, 40]},
            ),
            f"pictures by HOG; n_init=1; {by_map}",
        ),
        "MLPAligner": (
            aligned(columns, MLPAligner(random_state=0)),
            "default settings, pictures by HOG.",
        ),
    }


def _average_precision(model, columns, table, folds):
    """By direction, the average precision of every query of every tested speaker."""
    digits, speakers = table["digit"].to_numpy(), table["speaker"].to_numpy()
    directions = [pair for pair in DIRECTIONS if set(pair) <= set(columns)]
    values = {pair: [] for pair in directions}
    fitted = []
    for train, test in folds:
        pipeline = aligned(columns, CCA()) if model is None else model
        fitted.append(fit(pipeline, table.iloc[train], digits[train], speakers[train]))
        space = fitted[-1].transform(table.iloc[test])
        for pair in directions:
            found, relevance, _ = ask(space, *pair, digits[test])
            found = np.zeros_like(found) if model is None else found
            values[pair].append(retrieval_map(found, relevance, per_query=True))
    return values, fitted


def _recognition(table, folds, case, views):
    """Accuracy of kNN on the same test rows for every method, cells missing at random."""
    holes = drop_cells(table, [COLUMNS[name][1] for name in views], MISSING_SHARE)
    title = f"kNN recognition from {case}, {MISSING_SHARE:.0%} of the cells missing"
    grid = {"knn__n_neighbors": [1, 10]}
    # Speech differs most between speakers; whether it counts less is for the search to say.
    weights = {"fuse__weights": [None, {name: 1 if name == "audio" else 3 for name in views}]}
    fused = {
        NOT_ALIGNED: (_classifier(views, ("fuse", ConcatFusion())), {**grid, **weights}),
        ALIGNED: (
            _classifier(views, ("align", CCA()), ("fuse", WeightedFusion())),
            {**grid, **weights, "align__n_components": [9, 32]},
        ),
    }
    present = {name: holes[COLUMNS[name][1]].notna().to_numpy() for name in views}
    rows = [_majority(holes, folds, title)]
    for name in views:
        model = _search(_classifier((name,), ("fuse", ConcatFusion())), grid)
        hits, fitted = _single(model, holes, folds, present[name])
        rows += _accuracies(title, f"{name} alone", hits, present, _knn_note(fitted, name))
    for method, (model, grid) in fused.items():
        hits, fitted = _fused(_search(model, grid), holes, folds)
        rows += _accuracies(title, method, hits, present, _knn_note(fitted, None))
    return rows


def _classifier(views, *steps):
    return Pipeline(
        [
            ("extract", extractor({name: COLUMNS[name] for name in views})),
            *steps,
            # Joined with a few dozen words the matrix is CSR but hardly sparse.
            ("dense", FunctionTransformer(_dense, accept_sparse=True)),
            ("knn", KNeighborsClassifier(metric="cosine", weights="distance")),
        ]
    )


def _dense(X):
    return X.toarray() if sp.issparse(X) else X


def _majority(holes, folds, title):
    digits = holes["digit"].to_numpy()
    hits = [digits[test] == _most_frequent(digits[train]) for train, test in folds]
    note = "guesses the most frequent digit of the training rows."
    return mean_row(title, "majority", "accuracy", np.concatenate(hits).astype(float), note=note)


def _most_frequent(digits):
    return np.bincount(digits).argmax()


def _single(model, holes, folds, has):
    """Right or wrong for all rows; a tested row without the modality gets the majority guess."""
    digits, speakers = holes["digit"].to_numpy(), holes["speaker"].to_numpy()
    hits, fitted = np.full(len(holes), np.nan), []
    for train, test in folds:
        learn, judged = train[has[train]], test[has[test]]
        fitted.append(fit(model, holes.iloc[learn], digits[learn], speakers[learn]))
        hits[test] = digits[test] == _most_frequent(digits[train])
        hits[judged] = fitted[-1].predict(holes.iloc[judged]) == digits[judged]
    return hits, fitted


def _fused(model, holes, folds):
    digits, speakers = holes["digit"].to_numpy(), holes["speaker"].to_numpy()
    hits, fitted = np.full(len(holes), np.nan), []
    for train, test in folds:
        fitted.append(fit(model, holes.iloc[train], digits[train], speakers[train]))
        hits[test] = fitted[-1].predict(holes.iloc[test]) == digits[test]
    return hits, fitted


def _accuracies(title, method, hits, present, note):
    """Over all tested rows, and over those that have a modality."""
    rows = [mean_row(title, method, "accuracy", hits, note=note)]
    for name, has in present.items():
        if method in (f"{name} alone", NOT_ALIGNED, ALIGNED):
            metric = f"accuracy, rows with {name}"
            rows.append(mean_row(title, method, metric, hits[has], note=note))
    return rows


def _knn_note(fitted, single):
    guess = "" if single is None else f"rows without {single} get the majority guess; "
    return f"{guess}{SEARCH}, by accuracy; {chosen_settings(fitted)}"
