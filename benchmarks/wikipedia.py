"""Sections of Wikipedia and their pictures: find texts by pictures and pictures by texts."""

from functools import partial
from itertools import product

import numpy as np
from sklearn.base import clone
from sklearn.ensemble import ExtraTreesClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    StratifiedGroupKFold,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from benchmarks._report import Row, mean_row
from benchmarks._wikipedia_models import (
    RidgeToLabels,
    TaughtMatching,
    ThreeViewCCA,
    kernel_logistic,
)
from mmclassic.align import CCA, DiscriminantCCA, KernelCCA, SemanticMatching
from mmclassic.align import similarity as compare
from mmclassic.datasets import fetch_wikipedia
from mmclassic.metrics import label_relevance, retrieval_map, retrieval_scorer
from mmclassic.views import PerView, Views

DESCRIPTION = "2,866 Wikipedia sections: picture -> text, text -> picture of the same category"

N_FOLDS = 5
CASES = {("image", "text"): "image query", ("text", "image"): "text query"}
BOTH = "mean of both queries"
TRAINING = f"{N_FOLDS} folds of the training part, mAP, mean of both queries"
METRICS = {"mAP": retrieval_map, "mAP at 50": partial(retrieval_map, k=50)}
# Image query, text query, mean, as printed.
PUBLISHED = {
    "published: random": ((0.118, 0.118, 0.118), "Rasiwasia et al. 2010, table 2"),
    "published: CM": ((0.249, 0.196, 0.223), "Rasiwasia et al. 2010, table 2"),
    "published: SM": ((0.225, 0.223, 0.224), "Rasiwasia et al. 2010, table 2"),
    "published: SCM": ((0.277, 0.226, 0.252), "Rasiwasia et al. 2010, table 2"),
    "published: GMMFA": ((0.275, 0.214, 0.245), "Sharma et al. 2012"),
    "published: GMLDA": ((0.275, 0.210, 0.243), "Sharma et al. 2012"),
    "published: three-view CCA": (
        (0.275, 0.224, 0.250),
        "Gong et al. 2014, as quoted in later work",
    ),
    "published: LCFS": ((0.280, 0.214, 0.247), "K. Wang et al. 2013"),
    "published: JFSSL": ((0.306, 0.228, 0.267), "K. Wang et al. 2016"),
}
IMAGE_C = (0.003, 0.01, 0.03)
TEXT_C = (0.1, 1.0, 10.0)
SEARCH = f"chosen by mAP of both directions, {N_FOLDS} folds of the training part alone"


def run(quick):
    """Choose every setting on the training part, then ask the test part once per method.

    A quick run has small grids, few landmarks and few trees.
    """
    wikipedia = fetch_wikipedia()
    train, y = wikipedia.train, wikipedia.train_target
    folds = list(StratifiedKFold(N_FOLDS, shuffle=True, random_state=0).split(y, y))
    by_article = StratifiedGroupKFold(N_FOLDS, shuffle=True, random_state=0)
    apart = list(by_article.split(y, y, wikipedia.train_article))
    rows = _published_rows() + _chance_rows(wikipedia)

    def measured(name, model, metric, chosen):
        score = retrieval_scorer(metric=metric)
        values = {
            title: cross_val_score(model, train, y, scoring=score, cv=cv, n_jobs=-1).mean()
            for title, cv in (("sections mixed", folds), ("articles apart", apart))
        }
        yield from (Row(TRAINING, name, title, float(v)) for title, v in values.items())
        space = clone(model).fit(train, y).transform(wikipedia.test)
        note = f"{SEARCH}: {chosen}; {metric}."
        yield from _rows(name, space, wikipedia.test_target, metric, note)

    def searched(methods):
        for name, (model, grid, metric) in methods.items():
            search = GridSearchCV(
                model,
                grid,
                scoring=retrieval_scorer(metric=metric),
                cv=folds,
                n_jobs=-1,
                refit=False,
                error_score="raise",
            ).fit(train, y)
            best = clone(model).set_params(**search.best_params_)
            yield from measured(name, best, metric, _listed(search.best_params_))

    rows += searched(_linear_methods(quick))
    candidates, methods = _semantic_methods(quick)
    posteriors = _held_out_posteriors(candidates, train, y, folds)
    for name, (pairs, metric) in methods.items():
        (image, text), _ = choose_pair(pairs, posteriors, y, folds, metric)
        classifier = {"image": candidates["image"][image], "text": candidates["text"][text]}
        model = SemanticMatching(classifier)
        rows += measured(name, model, metric, f"picture {image}, text {text}")
    rows += searched(_taught_method(quick))
    return rows


def choose_pair(pairs, posteriors, y, folds, metric):
    """The pair of classifiers whose posteriors find each other best in held-out rows; its score.

    `posteriors` are (n_rows, n_classes) by view and name; the score is the mean average precision
    over folds and directions.
    """
    scores = {}
    for image, text in pairs:
        P, Q = posteriors["image", image], posteriors["text", text]
        scores[image, text] = np.mean(
            [_both_directions(P[held], Q[held], y[held], metric) for _, held in folds]
        )
    best = max(scores, key=scores.get)
    return best, scores[best]


def _held_out_posteriors(candidates, views, y, folds):
    """Posteriors of every row by classifiers that were fitted without it, by view and name."""
    posteriors = {}
    for view, named in candidates.items():
        for name, classifier in named.items():
            if isinstance(classifier, VotingClassifier):
                # What a vote says is the mean of what its members say.
                members = [posteriors[view, member] for member, _ in classifier.estimators]
                posteriors[view, name] = np.mean(members, axis=0)
            else:
                posteriors[view, name] = cross_val_predict(
                    classifier, views[view], y, cv=folds, method="predict_proba", n_jobs=-1
                )
    return posteriors


def _both_directions(P, Q, y, metric):
    found, relevance = compare(P, Q, metric=metric), label_relevance(y, y)
    return (retrieval_map(found, relevance) + retrieval_map(found.T, relevance)) / 2


def _linear_methods(quick):
    """By method: the model, its grid, and how rows are compared in its space."""
    ridges = [1.0] if quick else [0.03, 0.3, 1.0, 3.0]
    powers = [1.0] if quick else [1.0, 2.0]
    widths = [9] if quick else [5, 7, 9]
    plain = PerView({"image": StandardScaler(), "text": StandardScaler()})
    rooted = PerView({"image": _rooted(), "text": _rooted()})
    scales = {"scale": [rooted] if quick else [plain, rooted]}
    grid = {"align__ridge": ridges, "align__n_components": widths}
    weighted = {**scales, **grid, "align__correlation_power": powers}
    kernel = KernelCCA(n_landmarks=150 if quick else 500)
    kernels = [{"image": "chi2", "text": "rbf"}, {"image": "chi2", "text": "chi2"}]
    return {
        "CM (CCA)": (_aligned(plain, CCA(correlation_power=0)), grid, "cosine"),
        "CM, weighted by correlation": (_aligned(rooted, CCA()), weighted, "cosine"),
        "CM, kernels": (
            _pipeline(kernel),
            {
                "align__kernel": kernels[:1] if quick else kernels,
                "align__ridge": [10.0] if quick else [3.0, 10.0, 30.0],
                "align__n_components": [9] if quick else [5, 9],
                "align__correlation_power": [1.0] if quick else [1.0, 2.0],
            },
            "cosine",
        ),
        "SCM": (
            _aligned(rooted, CCA(), ("match", SemanticMatching(LogisticRegression(max_iter=500)))),
            {
                "align__ridge": [1.0] if quick else [0.1, 1.0],
                "align__n_components": [9] if quick else [5, 9],
                "match__classifier__C": [1.0] if quick else [0.1, 1.0, 10.0],
            },
            "pearson",
        ),
        "GMLDA": (_aligned(rooted, DiscriminantCCA()), weighted, "cosine"),
        "cluster-CCA": (_aligned(rooted, DiscriminantCCA(objective="cluster")), weighted, "cosine"),
        "three-view CCA": (_aligned(rooted, ThreeViewCCA()), weighted, "cosine"),
        "ridge to labels": (
            _aligned(rooted, RidgeToLabels()),
            {**scales, "align__alpha": [1000.0] if quick else [10.0, 100.0, 1000.0, 1e4]},
            "cosine",
        ),
    }


def _semantic_methods(quick):
    """Classifiers by view and name; and by method the pairs to choose from, and how to compare."""
    logistic = {
        "image": {f"logistic C={C:g}": _linear(C) for C in ([0.01] if quick else IMAGE_C)},
        "text": {f"logistic C={C:g}": _linear(C) for C in ([1.0] if quick else TEXT_C)},
    }
    n_landmarks = 150 if quick else 1000
    image_settings = [(2.0, 3.0)] if quick else product((1.0, 2.0), (1.0, 3.0))
    text_settings = [(2.0, 10.0)] if quick else product((1.0, 4.0), (3.0, 10.0, 30.0))
    kernel = {
        "image": {f"kernel {s}": kernel_logistic(*s, n_landmarks) for s in image_settings},
        "text": {f"kernel {s}": kernel_logistic(*s, n_landmarks // 3) for s in text_settings},
    }
    trees = {"trees": ExtraTreesClassifier(50 if quick else 400, max_features=16, random_state=0)}
    votes = {
        f"vote of trees and {name}": VotingClassifier(
            [(name, classifier), *trees.items()], voting="soft"
        )
        for name, classifier in kernel["image"].items()
    }
    every = {
        "image": {**logistic["image"], **kernel["image"], **trees, **votes},
        "text": {**logistic["text"], **kernel["text"]},
    }

    def pairs(named):
        return list(product(named["image"], named["text"]))

    methods = {
        "SM": (pairs(logistic), "pearson"),
        "SM, P(same class)": (pairs(logistic), "dot"),
        "SM, kernels, P(same class)": (pairs(kernel), "dot"),
        "SM, best of all, P(same class)": (pairs(every), "dot"),
    }
    return every, methods


def _taught_method(quick):
    model = TaughtMatching(n_landmarks=150 if quick else 1000, n_trees=50 if quick else 400)
    grid = {"align__share": [0.5] if quick else [0.0, 0.4, 0.8]}
    return {"SM, pictures taught by texts, P(same class)": (_pipeline(model), grid, "dot")}


def _rooted():
    return make_pipeline(FunctionTransformer(np.sqrt), StandardScaler())


def _linear(C):
    return make_pipeline(_rooted(), LogisticRegression(C=C, max_iter=500))


def _pipeline(aligner):
    return Pipeline([("align", aligner)])


def _aligned(scale, aligner, *more):
    return Pipeline([("scale", clone(scale)), ("align", aligner), *more])


def _listed(settings):
    def short(value):
        return "roots" if "FunctionTransformer" in repr(value) else "plain"

    return ", ".join(
        f"{name.split('__')[-1]}={short(value) if name == 'scale' else value}"
        for name, value in settings.items()
    )


def _published_rows():
    return [
        Row(case, method, "mAP", value, note=source)
        for method, (values, source) in PUBLISHED.items()
        for case, value in zip((*CASES.values(), BOTH), values)
    ]


def _chance_rows(wikipedia):
    nothing = Views({name: np.zeros((len(wikipedia.test), 1)) for name in wikipedia.test.names})
    note = "all similarities equal; ties by expectation."
    return _rows("random", nothing, wikipedia.test_target, "dot", note)


def _rows(method, space, y, metric, note):
    """One evaluation of the test part: every document asks with its picture and with its text."""
    relevance = label_relevance(y, y)
    values = {}
    for (query, gallery), case in CASES.items():
        found = compare(space[query], space[gallery], metric=metric)
        for name, measure in METRICS.items():
            values[case, name] = measure(found, relevance, per_query=True)
    for name in METRICS:
        # Both queries of a document count as one observation: they are not independent.
        values[BOTH, name] = np.mean([values[case, name] for case in CASES.values()], axis=0)
    return [mean_row(case, method, name, v, note=note) for (case, name), v in values.items()]
