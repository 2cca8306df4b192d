"""Sections of Wikipedia and their pictures: find texts by pictures and pictures by texts."""

from functools import partial
from itertools import product

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.ensemble import ExtraTreesClassifier, VotingClassifier
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from benchmarks._report import Row, mean_row
from mmclassic.align import CCA, DiscriminantCCA, KernelCCA, SemanticMatching
from mmclassic.align import similarity as compare
from mmclassic.datasets import fetch_wikipedia
from mmclassic.metrics import label_relevance, retrieval_map, retrieval_scorer
from mmclassic.views import PerView, Views

DESCRIPTION = "2,866 Wikipedia sections: picture -> text, text -> picture of the same category"

N_FOLDS = 5
CASES = {("image", "text"): "image query", ("text", "image"): "text query"}
BOTH = "mean of both queries"
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
SEARCH = f"chosen by mAP of both directions, {N_FOLDS} folds of the training part alone"


def run(quick):
    """Choose every setting on the training part, then ask the test part once per method.

    Parameters
    ----------
    quick : bool
        Small grids, few landmarks and trees.

    Returns
    -------
    rows : list of Row
        Average precision by direction and method.
    """
    wikipedia = fetch_wikipedia()
    train, y = wikipedia.train, wikipedia.train_target
    test, y_test = wikipedia.test, wikipedia.test_target
    folds = list(StratifiedKFold(N_FOLDS, shuffle=True, random_state=0).split(y, y))
    rows = _published_rows()
    nothing = Views({name: np.zeros((len(test), 1)) for name in test.names})
    rows += _rows("random", nothing, y_test, "dot", "all similarities equal; ties by expectation.")
    for name, (model, grid, metric) in _searched(quick).items():
        search = GridSearchCV(
            model,
            grid,
            scoring=retrieval_scorer(similarity=metric),
            cv=folds,
            n_jobs=-1,
            error_score="raise",
        ).fit(train, y)
        note = f"{SEARCH} ({search.best_score_:.3f}): {_listed(search.best_params_)}; {metric}."
        rows += _rows(name, search.transform(test), y_test, metric, note)
    for name, (candidates, metric) in _semantic(quick).items():
        chosen, classifier, score = choose_classifiers(candidates, train, y, folds, metric)
        space = SemanticMatching(classifier).fit(train, y).transform(test)
        note = f"{SEARCH} ({score:.3f}): {chosen}; {metric}."
        rows += _rows(name, space, y_test, metric, note)
    return rows


class ThreeViewCCA(BaseEstimator):
    """CCA of image, text and class; the class is known in fitting only.

    Parameters
    ----------
    n_components : int
        Width of the shared space.
    ridge, correlation_power : float
        See `CCA`.
    """

    def __init__(self, n_components=9, ridge=1.0, correlation_power=1.0):
        self.n_components = n_components
        self.ridge = ridge
        self.correlation_power = correlation_power

    def fit(self, X, y):
        """Fit with the classes as a third view.

        Parameters
        ----------
        X : Views
            The other views.
        y : ndarray of int of shape (n_rows,)
            Classes from 0.

        Returns
        -------
        self : ThreeViewCCA
            The fitted model.
        """
        cca = CCA(self.n_components, ridge=self.ridge, correlation_power=self.correlation_power)
        self.cca_ = cca.fit(Views({**X.blocks, "class": np.eye(y.max() + 1)[y]}))
        return self

    def transform(self, X):
        """Map rows whose class is not known.

        Parameters
        ----------
        X : Views
            Rows.

        Returns
        -------
        space : Views
            The shared space.
        """
        return self.cca_.transform(X)


class RidgeToLabels(BaseEstimator):
    """Every view's ridge regression on the classes; what it predicts is the shared space.

    Parameters
    ----------
    alpha : float
        Strength of the penalty.
    """

    def __init__(self, alpha=1.0):
        self.alpha = alpha

    def fit(self, X, y):
        """Fit a regression for each view.

        Parameters
        ----------
        X : Views
            Complete views.
        y : ndarray of int of shape (n_rows,)
            Classes from 0.

        Returns
        -------
        self : RidgeToLabels
            The fitted model.
        """
        target = np.eye(y.max() + 1)[y]
        # Centred targets: the shared space is centred, and its cosine a centred one.
        target -= target.mean(axis=0)
        self.models_ = {n: Ridge(alpha=self.alpha).fit(X[n], target) for n in X.names}
        return self

    def transform(self, X):
        """Predict the classes.

        Parameters
        ----------
        X : Views
            Rows.

        Returns
        -------
        space : Views
            The shared space.
        """
        return Views({name: self.models_[name].predict(X[name]) for name in X.names})


def choose_classifiers(candidates, views, y, folds, metric):
    """The pair of classifiers whose posteriors of held-out rows find each other best.

    Parameters
    ----------
    candidates : dict of dict of classifier
        By view, then by name.
    views : Views
        Training rows.
    y : ndarray of shape (n_rows,)
        Their classes.
    folds : list of (ndarray, ndarray)
        Training and held-out rows.
    metric : str
        How posteriors are compared.

    Returns
    -------
    chosen : str
        Names of the pair.
    classifier : dict of classifier
        The pair by view.
    score : float
        Mean average precision over folds and directions.
    """
    posteriors = {
        (view, name): _held_out(classifier, views[view], y, folds)
        for view, named in candidates.items()
        for name, classifier in named.items()
    }
    image, text = candidates["image"], candidates["text"]
    scores = {
        pair: np.mean(
            [
                _both_directions(
                    posteriors["image", pair[0]][held],
                    posteriors["text", pair[1]][held],
                    y[held],
                    metric,
                )
                for _, held in folds
            ]
        )
        for pair in product(image, text)
    }
    best = max(scores, key=scores.get)
    chosen = f"image {best[0]}, text {best[1]}"
    return chosen, {"image": image[best[0]], "text": text[best[1]]}, scores[best]


def _held_out(classifier, block, y, folds):
    """Posterior of every row by a classifier that was fitted without it."""
    if isinstance(classifier, VotingClassifier):
        # What a vote says is the mean of what its members say.
        members = [_held_out(member, block, y, folds) for _, member in classifier.estimators]
        return np.average(members, axis=0, weights=classifier.weights)
    return cross_val_predict(classifier, block, y, cv=folds, method="predict_proba", n_jobs=-1)


def _both_directions(P, Q, y, metric):
    found, relevance = compare(P, Q, metric=metric), label_relevance(y, y)
    return (retrieval_map(found, relevance) + retrieval_map(found.T, relevance)) / 2


def _searched(quick):
    """By method: the model, its grid, and how rows are compared in its space."""
    ridges = [0.1, 1.0] if quick else [0.01, 0.1, 0.3, 1.0, 3.0]
    powers = [1.0] if quick else [0.5, 1.0, 2.0]
    widths = [5, 9] if quick else [4, 5, 7, 9]
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
            Pipeline([("align", kernel)]),
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
            {**scales, "align__alpha": [100.0, 1000.0] if quick else [10.0, 100.0, 1000.0, 1e4]},
            "cosine",
        ),
    }


def _semantic(quick):
    """By method: candidates for each view, and how posteriors are compared."""
    image_C = [0.01] if quick else [0.003, 0.01, 0.03]
    text_C = [1.0] if quick else [0.1, 1.0, 10.0]
    linear = {
        "image": {f"logistic C={C:g}": _linear(C) for C in image_C},
        "text": {f"logistic C={C:g}": _linear(C) for C in text_C},
    }
    landmarks = 200 if quick else 1400
    settings = [(1.0, 3.0)] if quick else [(g, C) for g in (1.0, 2.0) for C in (1.0, 3.0)]
    images = {
        f"chi2 kernel gamma={gamma:g} C={C:g}": _kernel(gamma, C, landmarks)
        for gamma, C in settings
    }
    texts = {
        f"chi2 kernel gamma={gamma:g} C={C:g}": _kernel(gamma, C, landmarks // 4)
        for gamma, C in ([(2.0, 10.0)] if quick else product((1.0, 4.0), (3.0, 10.0, 30.0)))
    }
    trees = ExtraTreesClassifier(100 if quick else 600, max_features=16, n_jobs=1, random_state=0)
    votes = {
        f"vote of extra trees and {name}": VotingClassifier(
            [("kernel", kernel), ("trees", trees)], voting="soft"
        )
        for name, kernel in images.items()
    }
    kernel = {"image": images, "text": texts}
    every = {
        "image": {**linear["image"], **images, "extra trees": trees, **votes},
        "text": {**linear["text"], **texts},
    }
    return {
        "SM": (linear, "pearson"),
        "SM, P(same class)": (linear, "dot"),
        "SM, kernels, P(same class)": (kernel, "dot"),
        "SM, best of all, P(same class)": (every, "dot"),
    }


def _rooted():
    return make_pipeline(FunctionTransformer(np.sqrt), StandardScaler())


def _linear(C):
    return make_pipeline(_rooted(), LogisticRegression(C=C, max_iter=500))


def _kernel(gamma, C, landmarks):
    """Kernel logistic regression; rows sum to 1, so their chi-squared distances are about 1."""
    return make_pipeline(
        Nystroem(kernel="chi2", gamma=gamma, n_components=landmarks, random_state=0),
        LogisticRegression(C=C, max_iter=300, tol=1e-3),
    )


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
