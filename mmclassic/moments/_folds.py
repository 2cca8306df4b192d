"""Moments kept by fold, so that a model can be judged on rows it has not seen."""

import numpy as np

from mmclassic.moments._moments import Moments

N_FOLDS = 5


class FoldedMoments:
    """Moments of every fifth row apart, five in all.

    Cross-validation then needs no second pass: the moments of the training rows are those
    of the other folds put together.

    Attributes
    ----------
    folds : list of Moments
        Moments of the rows whose number, modulo 5, is 0, 1, 2, 3 and 4.
    n_seen : int
        Number of rows that came.
    """

    def __init__(self):
        self.folds = [Moments() for _ in range(N_FOLDS)]
        self.n_seen = 0

    def update(self, views, sample_weight=None):
        """Add rows, as `Moments.update` does.

        Parameters
        ----------
        views : Views
            Rows.
        sample_weight : ndarray of shape (n_rows,), default=None
            Weights.

        Returns
        -------
        self : FoldedMoments
            The updated moments.
        """
        number = (np.arange(len(views)) + self.n_seen) % N_FOLDS
        for fold, moments in enumerate(self.folds):
            rows = np.flatnonzero(number == fold)
            if rows.size:
                weight = None if sample_weight is None else sample_weight[rows]
                moments.update(views[rows], weight)
        self.n_seen += len(views)
        return self

    def merge(self, other):
        """Add what another object has seen, fold by fold.

        Parameters
        ----------
        other : FoldedMoments
            Moments of the same views.

        Returns
        -------
        self : FoldedMoments
            The merged moments.
        """
        for mine, theirs in zip(self.folds, other.folds):
            mine.merge(theirs)
        self.n_seen += other.n_seen
        return self

    def total(self):
        """Give the moments of all rows.

        Returns
        -------
        moments : Moments
            New moments.
        """
        return self.without(None)

    def without(self, fold):
        """Give the moments of all rows but those of a fold.

        Parameters
        ----------
        fold : int or None
            The fold to leave out.

        Returns
        -------
        moments : Moments
            New moments.
        """
        moments = Moments()
        for i, part in enumerate(self.folds):
            if i != fold:
                moments.merge(part)
        return moments
