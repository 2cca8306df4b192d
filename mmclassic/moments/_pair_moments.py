"""Moments of pairs of views, whatever else their rows have: memory for many missing views."""

from itertools import combinations_with_replacement

import numpy as np

from mmclassic.moments._arrays import check_same_kind
from mmclassic.moments._moments import Moments
from mmclassic.moments._part import Part, add_moved, product_in_axes
from mmclassic.moments._rows import rows_by_views


class PairMoments(Moments):
    """Moments whose cross-products are summed over all rows that have both views.

    `Moments` keep them for every combination of views that occurs, of which six views
    with gaps have 63. These need no more memory than complete rows do; what they
    cannot tell is a covariance over rows that have a third view, which the completion of
    missing views and mappings to a target ask for.

    Attributes
    ----------
    widths : dict
        Width of every view by name; empty until the first update.
    shifts : dict of ndarray of shape (width,)
        What is subtracted from every row before accumulating.
    precisions : dict of float
        Rounding error of the coarsest type seen of every view.
    parts : list of Part
        Counts and sums of the rows that have the same views.
    products : dict of ndarray of shape (width_a, width_b)
        Cross-products by pair of names, the first not after the second.

    Notes
    -----
    O(n p^2) time and O(p^2) memory for p columns in all.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.moments import PairMoments
    >>> from mmclassic.views import Views
    >>> v = Views({"a": np.array([[1.0], [3.0]]), "b": np.array([[2.0], [6.0]])})
    >>> PairMoments().update(v).covariance("a", "b")
    array([[2.]])
    """

    def __init__(self):
        super().__init__()
        self.products = {}

    def update(self, views, sample_weight=None):
        """Add rows.

        Parameters
        ----------
        views : Views
            Rows whose absent cells hold finite values, as `validate_views` gives. After
            the first update a part of the views may come; the others count as absent.
        sample_weight : ndarray of shape (n_rows,), default=None
            Weight of every row, >= 0; None is 1. Rows of weight 0 count for nothing.

        Returns
        -------
        self : PairMoments
            The updated moments.

        Raises
        ------
        ValueError
            If the names or widths differ from those of the first update, or the numbers of a
            view are so large or small (1e75, 1e-75) that their products could not be told.
        """
        weight = None if sample_weight is None else np.asarray(sample_weight, float)
        summable = self._summable(views, weight)
        self._check_views(views)
        groups = rows_by_views(views, sample_weight, tuple(self.widths))
        for names, rows in groups:
            blocks = {name: summable[name] for name in names}
            self._start(blocks, rows, views)
            products = self._products_of(names) if len(groups) == 1 else {}
            added = Part(self._widths_of(names), products)
            added.add(blocks, self.shifts, rows, weight)
            self._part(names).count(added, dict.fromkeys(names, 0.0))
        if len(groups) > 1:
            self._add_pairs(views, summable, sample_weight, weight)
        return self

    def _add_pairs(self, views, summable, sample_weight, weight):
        """Add the products of each pair over all its rows: few large ones instead of many."""
        for a, b in combinations_with_replacement(self._ordered(views.names), 2):
            pair = tuple(dict.fromkeys((a, b)))
            groups = rows_by_views(views.select(*pair), sample_weight, pair)
            for names, rows in groups:
                if names == pair:
                    blocks = {name: summable[name] for name in pair}
                    both = Part(self._widths_of(pair), {a: {b: self._shared(a, b)}})
                    both.add(blocks, self.shifts, rows, weight)

    def merge(self, other):
        """Add the rows that another object has seen.

        Parameters
        ----------
        other : PairMoments
            Moments of the same views; left as it is.

        Returns
        -------
        self : PairMoments
            The merged moments.

        Raises
        ------
        ValueError
            If the kinds, or the names or widths of the views differ.
        """
        check_same_kind(self, other)
        if not other.widths:
            return self
        move = self._meet(other)
        for a, b in combinations_with_replacement(self.widths, 2):
            parts = other._with((a, b))
            if parts:
                summed = (sum(column) for column in zip(*(part.totals(a, b) for part in parts)))
                product = other._stored(a, b)
                add_moved(self._shared(a, b), product, *summed, move[a], move[b])
        for part in other.parts:
            self._part(self._ordered(part.names)).count(part, move)
        return self

    def in_axes(self, axes):
        """Give the moments of the rows' coordinates along axes; see `Moments.in_axes`.

        Parameters
        ----------
        axes : dict of int, float or ndarray of shape (width, rank)
            Axes of some views, an int for the first columns, a float for a change of unit;
            the others stay as they are.

        Returns
        -------
        moments : PairMoments
            New moments.
        """
        turned = super().in_axes(axes)
        for (a, b), product in self.products.items():
            turned.products[a, b] = product_in_axes(product, a, b, axes)
        return turned

    def to_arrays(self):
        """Give the state as plain arrays, for ``numpy.savez`` or a wire.

        Returns
        -------
        arrays : dict of str to ndarray
            Copies; numbers and strings only, so nothing needs pickle.
        """
        arrays, names = super().to_arrays(), list(self.widths)
        for (a, b), product in self.products.items():
            arrays[f"product{names.index(a)}_{names.index(b)}"] = product.copy(order="F")
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
        moments : PairMoments
            Moments that give the same solutions, bit for bit.

        Raises
        ------
        ValueError
            If the arrays are of another kind of moments.
        """
        moments = super().from_arrays(arrays)
        for (i, a), (j, b) in combinations_with_replacement(enumerate(moments.widths), 2):
            if f"product{i}_{j}" in arrays:
                product = np.array(arrays[f"product{i}_{j}"], dtype=np.float64, order="F")
                moments.products[a, b] = product
        return moments

    def _part(self, names):
        for part in self.parts:
            if part.names == names:
                return part
        self.parts.append(Part(self._widths_of(names), {}))
        return self.parts[-1]

    def _widths_of(self, names):
        return {name: self.widths[name] for name in names}

    def _products_of(self, names):
        return {a: {b: self._shared(a, b) for b in names[i:]} for i, a in enumerate(names)}

    def _shared(self, a, b):
        if (a, b) not in self.products:
            self.products[a, b] = np.zeros((self.widths[a], self.widths[b]), order="F")
        return self.products[a, b]

    def _stored(self, a, b):
        return self.products[a, b] if (a, b) in self.products else self.products[b, a].T

    def _product(self, a, b, parts):
        if len(parts) < len(self._with((a, b))):
            raise ValueError("moments of pairs hold no covariance over rows with further views.")
        return self.products[a, b].copy(order="F")

    def _taken(self, a, b):
        return self.products.pop((a, b))
