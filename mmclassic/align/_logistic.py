"""Logistic regression whose penalty and scaling are chosen by held-out log loss."""

import numpy as np
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, PredefinedSplit
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

_N_FOLDS = 3
# C for columns of a total variance of 1. By decades: log loss is flat about its minimum.
_STRENGTHS = (0.01, 0.1, 1.0, 10.0, 100.0, 1000.0)
_FEW_ROWS_STRENGTH = 1.0


class CommonScaler(StandardScaler):
    """Columns of an average variance of 1, all divided by one number.

    What differs between columns stays: in histograms, and in whitened or weighted components,
    a column of little variance says little.
    """

    def fit(self, X, y=None):
        """Learn means and the number."""
        super().fit(X)
        spread = np.sqrt(self.var_.mean())
        self.scale_ = np.full_like(self.scale_, spread if spread > 0 else 1.0)
        return self


def fit_logistic(block, y):
    """A fitted pipeline of scaler and logistic regression.

    The candidates have columns of variance 1 each, or on average, so C relative to the number of
    columns means the same for every view. Posteriors are multiplied afterwards, so they should be
    right, and not just largest where they should be: hence log loss.
    """
    # Centring would make a sparse block dense.
    scalers = [cls(with_mean=not sp.issparse(block)) for cls in (StandardScaler, CommonScaler)]
    strengths = np.array(_STRENGTHS) / block.shape[1]
    start = LogisticRegression(C=_FEW_ROWS_STRENGTH / block.shape[1], max_iter=1000)
    pipeline = Pipeline([("scale", scalers[0]), ("logistic", start)])
    counts = np.unique(y, return_counts=True)[1]
    if np.count_nonzero(counts > 1) < 2:  # some fold would leave one class to learn from
        return pipeline.fit(block, y)
    search = GridSearchCV(
        pipeline,
        {"scale": scalers, "logistic__C": strengths},
        scoring=_log_likelihood,
        cv=PredefinedSplit(_stratified_folds(y)),
    )
    return search.fit(block, y).best_estimator_


def _stratified_folds(y):
    """Fold of every row: those of a class are dealt out in turn, however few they are."""
    folds = np.empty(len(y), dtype=np.intp)
    folds[np.argsort(y, kind="stable")] = np.arange(len(y)) % _N_FOLDS
    return folds


def _log_likelihood(model, rows, y):
    """Mean log posterior of the right class; rows of classes unknown to the model are left out."""
    places = np.searchsorted(model.classes_, y).clip(max=model.classes_.size - 1)
    known = np.flatnonzero(model.classes_[places] == y)
    if not known.size:
        return 0.0  # for every candidate alike
    posterior = model.predict_proba(rows)[known, places[known]]
    return np.log(posterior.clip(min=np.finfo(posterior.dtype).tiny)).mean()
