"""Successive halving over the users, by scikit-learn's search."""

import warnings
from collections.abc import Mapping

import numpy as np
import pandas as pd
import sklearn.experimental.enable_halving_search_cv  # noqa: F401
from sklearn.base import BaseEstimator
from sklearn.model_selection import HalvingRandomSearchCV, ParameterGrid
from sklearn.utils import check_random_state

from mmclassic.evaluate._asking import ask, fit_clone
from mmclassic.evaluate._metrics import LOWER_IS_BETTER, choose_measures
from mmclassic.evaluate._prepare import prepare_fold, read_folds
from mmclassic.evaluate._ranking import predicts

_PREFIX = "model__"


class Task:
    """What is the same for all candidates: folds, the order of the users, the measure, a log."""

    def __init__(self, folds, catalog, users, measure, sign, k, seed):
        self.folds = folds
        self.catalog = catalog
        self.users = users
        self.measure = measure
        self.sign = sign
        self.k = k
        self.seed = seed
        self.errors = []

    def __sklearn_clone__(self):
        return self

    @classmethod
    def prepare(
        cls, model, items, catalog, interactions, split, metric, k, min_rating, features, seed
    ):
        """Read the folds, and draw the order in which users come in."""
        rng = check_random_state(seed)
        options = {
            "explicit": interactions.explicit,
            "predicting": predicts(model),
            "has_features": features is not None or not isinstance(items, pd.DataFrame),
        }
        measure = choose_measures([metric], **options)[metric]
        if measure.kind == "catalog":
            raise ValueError(f"{metric!r} has no value by user, so it cannot be tuned for.")
        folds = [
            prepare_fold(
                fold, items, catalog, min_rating=min_rating,
                features=items if features is None else features,
            )
            for fold in read_folds(split, interactions)
        ]  # fmt: skip
        active = np.unique(interactions.user_index)
        # By another generator: one of the same kind and seed may have drawn the folds, and then the
        # first users are those of one part.
        order = np.random.default_rng(rng.randint(np.iinfo(np.int32).max)).permutation(active)
        users = interactions.users[order]
        sign = -1 if metric in LOWER_IS_BETTER else 1
        return cls(folds, catalog, users, measure, sign, k, rng.randint(np.iinfo(np.int32).max))

    def __call__(self, candidate, X, y=None):
        """The score of a fitted candidate, larger is better; scikit-learn calls it."""
        score, error = np.nan, candidate.error_
        if error is None:
            score, error = _tried(lambda: self._score(candidate))
        self.errors.append(error)
        return np.nan if score is None else score

    def _score(self, candidate):
        fold = candidate.fold_
        answers = ask(candidate.model_, fold, self.catalog, self.k)
        values = self.measure.function(fold["judge"], answers, self.k)
        if np.isnan(values).all():
            raise ValueError("no user has a value of the metric.")
        return self.sign * float(np.nanmean(values))


class _Candidate(BaseEstimator):
    """A model for scikit-learn's search, whose rows are folds and whose resource is users."""

    def __init__(self, model, task, n_users=1):
        self.model = model
        self.task = task
        self.n_users = n_users

    def fit(self, X, y=None):
        """Fit the model to a part of the users of a fold; what goes wrong is kept."""
        fold = self.task.folds[int(X[0, 0])]
        self.model_, self.error_ = _tried(lambda: self._fit(fold))
        return self

    def _fit(self, fold):
        users = self.task.users[: self.n_users]
        train, judge = fold["train"], fold["judge"]
        rows = np.flatnonzero(np.isin(judge.users, users))
        if rows.size == 0:
            raise ValueError(f"none of {users.size} users has something held out.")
        train = train.select(np.isin(train.users, users)[train.user_index])
        self.fold_ = {**fold, "judge": judge.of_users(rows), "train": train}
        return fit_clone(self.model, fold["items"], train, fold["ids"])


def _tried(function):
    """What a function gives, or what went wrong in words."""
    try:
        return function(), None
    except Exception as error:  # whatever a model of somebody else raises
        return None, f"{type(error).__name__}: {error}"


def search_table(model, space, task, n_candidates, factor):
    """The candidates and rounds as a table, and the parameters of its rows."""
    space = _prefixed(space)
    rows = np.arange(len(task.folds))[:, None]
    search = HalvingRandomSearchCV(
        _Candidate(model, task),
        space,
        n_candidates=min(n_candidates, _size(space, n_candidates)),
        factor=factor,
        resource="n_users",
        max_resources=int(task.users.size),
        min_resources="exhaust",
        scoring=task,
        refit=False,
        return_train_score=False,
        cv=[([row], [row]) for row in range(len(task.folds))],
        random_state=task.seed,
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "One or more of the test scores", UserWarning)
        try:
            search.fit(rows)
        except ValueError as error:  # of scikit-learn: every candidate of the last round failed
            if "All-NaN" not in str(error) or not any(task.errors):
                raise
            first = next(e for e in task.errors if e is not None)
            raise ValueError(f"no candidate could be measured; the first said: {first}") from error
    results = search.cv_results_
    return _table(results, task), [_unprefixed(params) for params in results["params"]]


def _size(space, n_candidates):
    """Number of points of a grid; of a distribution as many as are asked for."""
    if any(hasattr(v, "rvs") for part in space for v in part.values()):
        return n_candidates
    return len(ParameterGrid(space))


def _prefixed(space):
    parts = [space] if isinstance(space, Mapping) else list(space)
    return [{_PREFIX + name: values for name, values in part.items()} for part in parts]


def _table(results, task):
    """One row per candidate and round."""
    n_folds = len(task.folds)
    candidates = [_unprefixed(params) for params in results["params"]]
    names = dict.fromkeys(name for params in candidates for name in params)
    errors = [
        next(filter(None, task.errors[row * n_folds : (row + 1) * n_folds]), None)
        for row in range(len(candidates))
    ]
    return pd.DataFrame(
        {
            "round": results["iter"],
            "n_users": results["n_resources"],
            **{name: pd.Series([c.get(name) for c in candidates]) for name in names},
            "score": task.sign * results["mean_test_score"],
            "fit_seconds": results["mean_fit_time"],
            "rank_seconds": results["mean_score_time"],
            "error": pd.Series(errors, dtype=object),
        }
    )


def _unprefixed(params):
    return {n.removeprefix(_PREFIX): v for n, v in params.items() if n.startswith(_PREFIX)}
