"""CCA as it is in textbooks, in the units that its fixed ridges have always had here."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection import GridSearchCV, PredefinedSplit

from mmclassic.align import CCA
from mmclassic.metrics import correlation_scorer
from mmclassic.moments import N_FOLDS, Reduction
from mmclassic.views import Views

CANDIDATES = (0.001, 0.01, 0.1, 1.0, 10.0)


class TextbookCCA(BaseEstimator):
    """CCA with ``ridge * trace(C) / p`` on the diagonal, components times their correlations.

    Views of as many columns as rows or more are brought to their principal axes, which loses
    nothing: the rank is then the p that `CCA` sees, and the ridge has one meaning, whatever
    unit `CCA` has for such views.
    """

    def __init__(self, ridge=1.0):
        self.ridge = ridge

    def fit(self, X, y=None):
        """Reduce wide views and fit."""
        n_rows = len(X)
        self.reductions_ = {
            name: Reduction(X[name], max_rank=n_rows - 1, random_state=np.random.RandomState(0))
            for name, width in X.widths.items()
            if width >= n_rows
        }
        ridges = dict.fromkeys(X.names, self.ridge)
        for name, reduction in self.reductions_.items():
            ridges[name] *= reduction.rank / X.widths[name]
        self.cca_ = CCA(ridge=ridges, correlation_power=1.0).fit(self._reduced(X))
        return self

    def transform(self, X):
        """Map rows to the shared space."""
        return self.cca_.transform(self._reduced(X))

    def _reduced(self, X):
        kept = self.reductions_
        return Views({n: kept[n].apply(X[n]) if n in kept else X[n] for n in X.names})


class FormerCV(BaseEstimator):
    """What ``ridge="cv"`` was: the candidate whose variates correlate most on held-out rows.

    Correlations are summed over the components and averaged over the pairs of views; a fold is
    every fifth row.
    """

    def fit(self, X, y=None):
        """Choose the ridge and fit."""
        folds = PredefinedSplit(np.arange(len(X)) % N_FOLDS)
        search = GridSearchCV(
            TextbookCCA(),
            {"ridge": CANDIDATES},
            scoring=correlation_scorer("sum"),
            cv=folds,
            error_score="raise",
        )
        self.search_ = search.fit(X)
        self.ridge_ = search.best_params_["ridge"]
        return self

    def transform(self, X):
        """Map rows to the shared space."""
        return self.search_.best_estimator_.transform(X)
