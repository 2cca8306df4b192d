"""Moments of views whose rows have classes: what a discriminant analysis needs of its data."""

import numpy as np
import scipy.sparse as sp
from sklearn.utils import gen_batches

from mmclassic.moments._moments import Moments

_BLOCK_ROWS = 1024  # whose classes are summed at a time


class ClassMoments:
    """Weighted means and covariances of views, and the means of every class, in one pass.

    Every view has moments of its own; rows are not paired, so there are no products of
    different views. Classes are added as they come.

    Attributes
    ----------
    widths : dict
        Width of every view by name; empty until the first update.
    classes : ndarray of shape (n_classes,)
        The classes of the rows of positive weight, sorted.
    class_weights : ndarray of shape (n_classes,)
        Weight of all rows of every class.
    moments : dict of Moments
        Moments of every view.
    weights : dict of ndarray of shape (n_classes,)
        Weight of the rows of every class that have the view.
    sums : dict of ndarray of shape (n_classes, width)
        Weighted sums of these rows, shifted as in the moments.

    Notes
    -----
    O(n p^2) time and O(p^2 + p n_classes) memory for a view of width p.
    """

    def __init__(self):
        self.widths = {}
        self.classes = np.empty(0)
        self.class_weights = np.zeros(0)
        self.moments, self.weights, self.sums = {}, {}, {}

    def update(self, views, y, sample_weight=None):
        """Add rows.

        Parameters
        ----------
        views : Views
            Rows whose absent cells hold finite values. After the first update a part of the
            views may come; the others count as absent.
        y : ndarray of shape (n_rows,)
            The class of every row.
        sample_weight : ndarray of shape (n_rows,), default=None
            Weight of every row, >= 0; None is 1. Rows of weight 0 count for nothing.

        Returns
        -------
        self : ClassMoments
            The updated moments.

        Raises
        ------
        ValueError
            If labels are numbers after strings, or strings after numbers.
        """
        weight = np.ones(len(views)) if sample_weight is None else sample_weight
        used = weight > 0
        self._widen(np.unique(y[used]))
        if not self.widths:
            self._start(views.widths)
        # The codes of rows of weight 0 mean nothing and are not used.
        codes = np.zeros(y.size, dtype=np.intp)
        codes[used] = np.searchsorted(self.classes, y[used])
        self.class_weights += self._weigh(codes, weight)
        for name in views.names:
            self.moments[name].update(views.select(name), sample_weight)
            own = weight * views.mask(name)
            if own.any():
                self.weights[name] += self._weigh(codes, own)
                self._add_sums(name, views[name], codes, own)
        return self

    def merge(self, other):
        """Add the rows that another object has seen.

        Parameters
        ----------
        other : ClassMoments
            Moments of the same views; left as it is.

        Returns
        -------
        self : ClassMoments
            The merged moments.

        Raises
        ------
        ValueError
            If the names or widths of the views differ, or labels are numbers here and
            strings there.
        """
        if self.widths != other.widths:
            raise ValueError(f"cannot merge moments of views {other.widths} into {self.widths}.")
        self._widen(other.classes)
        at = np.searchsorted(self.classes, other.classes)
        self.class_weights[at] += other.class_weights
        for name, theirs in other.moments.items():
            if theirs.n_rows(name):
                mine = self.moments[name].merge(theirs)
                move = theirs.shifts[name] - mine.shifts[name]
                self.sums[name][at] += other.sums[name] + np.outer(other.weights[name], move)
                self.weights[name][at] += other.weights[name]
        return self

    def deviations(self, name):
        """Mean of every class minus the mean of all rows that have a view.

        Parameters
        ----------
        name : str
            The view.

        Returns
        -------
        deviations : ndarray of shape (n_classes, width)
            Zero where a class has no row in the view.
        """
        weights, sums = self.weights[name][:, None], self.sums[name]
        means = np.divide(sums, weights, out=np.zeros_like(sums), where=weights > 0)
        return np.where(weights > 0, means - sums.sum(axis=0) / weights.sum(), 0.0)

    def between(self, name):
        """Covariance of a view between classes; its covariance minus this is that within.

        Parameters
        ----------
        name : str
            The view.

        Returns
        -------
        between : ndarray of shape (width, width)
            float64.
        """
        weights, deviations = self.weights[name], self.deviations(name)
        return (deviations * (weights / weights.sum())[:, None]).T @ deviations

    def _start(self, widths):
        self.widths = dict(widths)
        for name, width in widths.items():
            self.moments[name] = Moments()
            self.weights[name] = np.zeros(self.classes.size)
            self.sums[name] = np.zeros((self.classes.size, width))

    def _widen(self, new):
        """Make room for classes that were not seen before."""
        known = self.classes
        if known.size and new.size and isinstance(known[0], str) != isinstance(new[0], str):
            raise ValueError(
                f"labels must all be numbers or all be strings; got {new[:3].tolist()} after "
                f"{known[:3].tolist()}."
            )
        self.classes = np.union1d(known, new) if known.size else new
        if self.classes.size > known.size:
            at = np.searchsorted(self.classes, known)
            self.class_weights = _spread(self.class_weights, at, self.classes.size)
            for name in self.widths:
                self.weights[name] = _spread(self.weights[name], at, self.classes.size)
                self.sums[name] = _spread(self.sums[name], at, self.classes.size)

    def _weigh(self, codes, weight):
        return np.bincount(codes, weight, minlength=self.classes.size)

    def _add_sums(self, name, block, codes, weight):
        rows = np.flatnonzero(weight)
        shape = (weight.size, self.classes.size)
        members = sp.csr_matrix((weight[rows], (rows, codes[rows])), shape=shape)
        shift = self.moments[name].shifts[name]
        for chunk in gen_batches(weight.size, _BLOCK_ROWS):
            part = block[chunk] - shift if shift.any() else block[chunk]
            sums = members[chunk].T @ part
            self.sums[name] += sums.toarray() if sp.issparse(sums) else sums


def _spread(values, at, length):
    """The values at their new places among `length`, and zeros at the others."""
    spread = np.zeros((length, *values.shape[1:]))
    spread[at] = values
    return spread
