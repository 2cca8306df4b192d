"""CCA as it is in textbooks, in the unit that its fixed ridges have always had here."""

import numpy as np
from sklearn.base import BaseEstimator

from mmclassic.align import CCA
from mmclassic.metrics import correlation_scorer
from mmclassic.moments import N_FOLDS, Reduction
from mmclassic.views import Views

CANDIDATES = (0.001, 0.01, 0.1, 1.0, 10.0)


class TextbookCCA(BaseEstimator):
    """CCA with ``ridge * trace(C) / p`` on the diagonal, components times their correlations."""

    def __init__(self, ridge=1.0):
        self.ridge = ridge

    def fit(self, X, y=None):
        """Reduce wide views and fit."""
        self.axes_ = PrincipalAxes(X)
        self.cca_ = self.axes_.cca(self.ridge).fit(self.axes_.apply(X))
        return self

    def transform(self, X):
        """Map rows to the shared space."""
        return self.cca_.transform(self.axes_.apply(X))


class FormerCV(BaseEstimator):
    """What ``ridge="cv"`` was: the candidate whose variates correlate most on held-out rows.

    Correlations are summed over the components and averaged over the pairs of views; a fold is
    every fifth row.
    """

    def fit(self, X, y=None):
        """Choose the ridge and fit."""
        fold = np.arange(len(X)) % N_FOLDS
        scores = [held_out_scores(X[fold != f], X[fold == f]) for f in range(N_FOLDS)]
        self.ridge_ = CANDIDATES[int(np.mean(scores, axis=0).argmax())]
        self.model_ = TextbookCCA(self.ridge_).fit(X)
        return self

    def transform(self, X):
        """Map rows to the shared space."""
        return self.model_.transform(X)


def held_out_scores(known, held_out):
    """Correlation on held-out rows for every candidate."""
    axes, score = PrincipalAxes(known), correlation_scorer("sum")
    known, held_out = axes.apply(known), axes.apply(held_out)
    return [score(axes.cca(ridge).fit(known), held_out) for ridge in CANDIDATES]


class PrincipalAxes:
    """All principal axes of views with as many columns as rows or more; others stay as they are.

    This loses nothing, and the rank is then the p that `CCA` sees: a ridge for p columns has one
    meaning, whatever unit `CCA` has for views of more columns than rows.
    """

    def __init__(self, views):
        n_rows = len(views)
        self._widths = views.widths
        self._reductions = {
            name: Reduction(views[name], max_rank=n_rows - 1, random_state=None)
            for name, width in views.widths.items()
            if width >= n_rows
        }

    def apply(self, views):
        """Rows in the coordinates of the axes."""
        kept = self._reductions
        return Views({n: kept[n].apply(views[n]) if n in kept else views[n] for n in views.names})

    def cca(self, ridge):
        """CCA of applied rows with ``ridge * trace(C) / p``, p counting the original columns."""
        ranks = {name: reduction.rank for name, reduction in self._reductions.items()}
        ridges = {name: ridge * ranks.get(name, p) / p for name, p in self._widths.items()}
        return CCA(ridge=ridges, correlation_power=1.0)
