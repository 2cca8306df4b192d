"""Moments of views whose rows have classes: what a discriminant analysis needs of its data."""

import numpy as np
import scipy.sparse as sp
from sklearn.utils import gen_batches

from mmclassic.moments._arrays import check_kind, check_same_kind, names_array, under
from mmclassic.moments._moments import Moments
from mmclassic.moments._part import in_axes

_BLOCK_ROWS = 1024  # whose classes are summed at a time, so that a shifted copy of them is small


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

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.moments import ClassMoments
    >>> from mmclassic.views import Views
    >>> views = Views({"a": np.array([[1.0], [3.0], [8.0]])})
    >>> ClassMoments().update(views, np.array([0, 0, 1])).deviations("a")
    array([[-2.],
           [ 4.]])
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
            If the kinds, or the names or widths of the views differ, or labels are numbers
            here and strings there.
        """
        check_same_kind(self, other)
        if not other.widths:
            return self
        self._widen(other.classes)
        if not self.widths:
            self._start(other.widths)
        at = np.searchsorted(self.classes, other.classes)
        self.class_weights[at] += other.class_weights
        for name, theirs in other.moments.items():
            if theirs.n_rows(name):
                mine = self.moments[name].merge(theirs)
                move = theirs.shifts[name] - mine.shifts[name]
                self.sums[name][at] += other.sums[name] + np.outer(other.weights[name], move)
                self.weights[name][at] += other.weights[name]
        return self

    def n_rows(self, name):
        """Count the rows of positive weight that have a view.

        Parameters
        ----------
        name : str
            The view; rows are not paired, so one.

        Returns
        -------
        n_rows : int
            Number of rows.
        """
        return self.moments[name].n_rows(name)

    def sample_size(self, name):
        """Count the rows that have a view as their weights repeat them.

        Parameters
        ----------
        name : str
            The view; rows are not paired, so one.

        Returns
        -------
        size : float
            Number of rows of positive weight, or their total weight if that is more: a row of
            weight 2 is two rows, and one of weight 0.1 is a row nevertheless.
        """
        return self.moments[name].sample_size(name)

    def total(self):
        """Give the moments of all rows, which these are.

        Returns
        -------
        self : ClassMoments
            The object itself; other kinds put theirs together here.
        """
        return self

    def to_arrays(self):
        """Give the state as plain arrays, for ``numpy.savez`` or a wire.

        Returns
        -------
        arrays : dict of str to ndarray
            Copies; numbers and strings only, so nothing needs pickle.
        """
        # Strings may be Python objects, which only pickle could keep as such.
        of_objects = self.classes.dtype.kind in "OT"
        arrays = {
            "kind": np.array(type(self).__name__),
            "views": names_array(self.widths),
            "widths": np.array(list(self.widths.values()), dtype=np.int64),
            "classes": names_array(self.classes) if of_objects else self.classes.copy(),
            "classes_are_objects": np.array(of_objects),
            "class_weights": self.class_weights.copy(),
        }
        for i, name in enumerate(self.widths):
            arrays[f"weights{i}"] = self.weights[name].copy()
            arrays[f"sums{i}"] = self.sums[name].copy()
            own = self.moments[name].to_arrays()
            arrays.update({f"view{i}.{key}": array for key, array in own.items()})
        return arrays

    @classmethod
    def from_arrays(cls, arrays):
        """Restore moments from what `to_arrays` gave.

        Parameters
        ----------
        arrays : mapping of str to ndarray
            The arrays, for example what ``numpy.load(file, allow_pickle=False)`` gives.

        Returns
        -------
        moments : ClassMoments
            Moments that give the same solutions, bit for bit.

        Raises
        ------
        ValueError
            If the arrays are of another kind of moments.
        """
        check_kind(cls, arrays)
        moments = cls()
        classes = np.array(arrays["classes"])
        moments.classes = classes.astype(object) if arrays["classes_are_objects"] else classes
        moments.class_weights = np.array(arrays["class_weights"])
        moments.widths = dict(zip(map(str, arrays["views"]), map(int, arrays["widths"])))
        for i, name in enumerate(moments.widths):
            moments.weights[name] = np.array(arrays[f"weights{i}"])
            moments.sums[name] = np.array(arrays[f"sums{i}"])
            moments.moments[name] = Moments.from_arrays(under(arrays, f"view{i}."))
        return moments

    def in_axes(self, axes):
        """Give the moments of the rows' coordinates along axes; see `Moments.in_axes`.

        Parameters
        ----------
        axes : dict of int, float or ndarray of shape (width, rank)
            Axes of some views, an int for the first columns, a float for a change of unit;
            the others stay as they are.

        Returns
        -------
        moments : ClassMoments
            New moments.
        """
        turned = type(self)()
        turned.classes, turned.class_weights = self.classes, self.class_weights.copy()
        turned.weights = {name: weights.copy() for name, weights in self.weights.items()}
        turned.sums = {n: in_axes(sums, axes.get(n)) for n, sums in self.sums.items()}
        for name, moments in self.moments.items():
            own = {name: axes[name]} if name in axes else {}
            turned.moments[name] = moments.in_axes(own)
        turned.widths = {name: sums.shape[1] for name, sums in turned.sums.items()}
        return turned

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
