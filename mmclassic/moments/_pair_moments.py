"""Moments of pairs of views, whatever else their rows have: memory for many missing views."""

from itertools import combinations_with_replacement

import numpy as np

from mmclassic.moments._arrays import check_same_kind
from mmclassic.moments._moments import Moments
from mmclassic.moments._part import Part, add_moved


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
                product = parts[0].product(a, b)
                add_moved(self._shared(a, b), product, *summed, move[a], move[b])
        for part in other.parts:
            self._part(self._ordered(part.names)).count(part, move)
        return self

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
        for part in moments.parts:
            for a, row in part.products.items():
                moments.products.update({(a, b): m for b, m in row.items() if m.size})
            part.products = moments._products_of(part.names)
        return moments

    def _part(self, names):
        for part in self.parts:
            if part.names == names:
                return part
        widths = {name: self.widths[name] for name in names}
        self.parts.append(Part(widths, self._products_of(names)))
        return self.parts[-1]

    def _products_of(self, names):
        return {a: {b: self._shared(a, b) for b in names[i:]} for i, a in enumerate(names)}

    def _shared(self, a, b):
        if (a, b) not in self.products:
            self.products[a, b] = np.zeros((self.widths[a], self.widths[b]), order="F")
        return self.products[a, b]

    def _product(self, a, b, parts):
        if len(parts) < len(self._with((a, b))):
            raise ValueError("moments of pairs hold no covariance over rows with further views.")
        return self.products[a, b].copy(order="F")

    def _stored_with(self, k):
        names = self.parts[k].names
        return {
            (a, b)
            for a, b in combinations_with_replacement(names, 2)
            if any({a, b} <= set(part.names) for part in self.parts[:k])
        }
