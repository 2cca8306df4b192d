"""Moments kept by fold, so that a model can be judged on rows it has not seen."""

import numpy as np

from mmclassic.moments._arrays import check_kind, check_same_kind, under
from mmclassic.moments._class_moments import ClassMoments
from mmclassic.moments._moments import Moments
from mmclassic.moments._pair_moments import PairMoments

N_FOLDS = 5
_KINDS = {kind.__name__: kind for kind in (Moments, PairMoments, ClassMoments)}


class FoldedMoments:
    """Moments of every fifth row apart, five in all.

    Cross-validation then needs no second pass: the moments of the training rows are those
    of the other folds put together.

    Parameters
    ----------
    kind : type, default=Moments
        What is kept of every fold: `Moments`, `PairMoments` or `ClassMoments`.

    Attributes
    ----------
    folds : list of Moments, of PairMoments or of ClassMoments
        Moments of the rows whose number, modulo 5, is 0, 1, 2, 3 and 4.
    n_seen : int
        Number of rows that came.

    Notes
    -----
    Time as one object of the kind, five times its memory.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.moments import FoldedMoments
    >>> from mmclassic.views import Views
    >>> folded = FoldedMoments().update(Views({"a": np.arange(10.0)[:, None]}))
    >>> folded.without(0).mean("a"), folded.total().mean("a")
    (array([5.]), array([4.5]))
    """

    def __init__(self, kind=Moments):
        self.folds = [kind() for _ in range(N_FOLDS)]
        self.n_seen = 0

    @property
    def widths(self):
        """Width of every view by name; empty until the first update."""
        return next((m.widths for m in self.folds if m.widths), {})

    @property
    def kind(self):
        """What is kept of every fold."""
        return type(self.folds[0])

    def update(self, views, sample_weight=None, *, y=None):
        """Add rows.

        Parameters
        ----------
        views : Views
            Rows whose absent cells hold finite values.
        sample_weight : ndarray of shape (n_rows,), default=None
            Weight of every row, >= 0; None is 1.
        y : ndarray of shape (n_rows,), default=None
            The class of every row, for folds of `ClassMoments`.

        Returns
        -------
        self : FoldedMoments
            The updated moments.
        """
        for fold, moments in enumerate(self.folds):
            # A slice, so that dense views are not copied.
            rows = slice((fold - self.n_seen) % N_FOLDS, None, N_FOLDS)
            if rows.start < len(views):
                labels = () if y is None else (y[rows],)
                weight = None if sample_weight is None else sample_weight[rows]
                moments.update(views[rows], *labels, sample_weight=weight)
        self.n_seen += len(views)
        return self

    def merge(self, other):
        """Add the rows that another object has seen, as if they had come after its own.

        Parameters
        ----------
        other : FoldedMoments
            Moments of the same views; left as it is.

        Returns
        -------
        self : FoldedMoments
            The merged moments, equal to those of one pass over all rows.

        Raises
        ------
        ValueError
            If the kinds, or the names or widths of the views differ.
        """
        check_same_kind(self, other)
        # Row i of the other is row n_seen + i of both, so its folds move on by that.
        theirs = [other.folds[(fold - self.n_seen) % N_FOLDS] for fold in range(N_FOLDS)]
        if other is self:
            theirs = [type(m).from_arrays(m.to_arrays()) for m in theirs]
        for mine, more in zip(self.folds, theirs):
            mine.merge(more)
        self.n_seen += other.n_seen
        return self

    def n_rows(self, *names):
        """Count the rows of positive weight that have all the given views.

        Parameters
        ----------
        *names : str
            The views; of `ClassMoments` one.

        Returns
        -------
        n_rows : int
            Number of rows.
        """
        return sum(m.n_rows(*names) for m in self.folds if m.widths)

    def sample_size(self, *names):
        """Count the rows that have all the given views as their weights repeat them.

        Parameters
        ----------
        *names : str
            The views; of `ClassMoments` one.

        Returns
        -------
        size : float
            Number of rows of positive weight, or their total weight if that is more: a row of
            weight 2 is two rows, and one of weight 0.1 is a row nevertheless.
        """
        return sum(m.sample_size(*names) for m in self.folds if m.widths)

    def total(self):
        """Give the moments of all rows.

        Returns
        -------
        moments : Moments or ClassMoments
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
        moments : Moments or ClassMoments
            New moments.
        """
        moments = self.kind()
        for i, part in enumerate(self.folds):
            if i != fold:
                moments.merge(part)
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
        moments : FoldedMoments
            New moments by fold.
        """
        turned = FoldedMoments(self.kind)
        turned.folds = [m.in_axes(axes) if m.widths else m for m in self.folds]
        turned.n_seen = self.n_seen
        return turned

    def to_arrays(self):
        """Give the state as plain arrays, for ``numpy.savez`` or a wire.

        Returns
        -------
        arrays : dict of str to ndarray
            Copies; numbers and strings only, so nothing needs pickle.
        """
        arrays = {
            "kind": np.array(type(self).__name__),
            "kind_of_folds": np.array(self.kind.__name__),
            "n_seen": np.array(self.n_seen),
        }
        for i, moments in enumerate(self.folds):
            arrays.update({f"fold{i}.{key}": a for key, a in moments.to_arrays().items()})
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
        moments : FoldedMoments
            Moments that give the same solutions, bit for bit.

        Raises
        ------
        ValueError
            If the arrays are of another kind of moments.
        """
        check_kind(cls, arrays)
        kind = _KINDS[str(arrays["kind_of_folds"])]
        folded = cls(kind)
        folded.folds = [kind.from_arrays(under(arrays, f"fold{i}.")) for i in range(N_FOLDS)]
        folded.n_seen = int(arrays["n_seen"])
        return folded
