"""First and second moments of several views: one pass, exact, mergeable."""

import numpy as np

from mmclassic.moments._arrays import check_kind, check_same_kind, names_array, under
from mmclassic.moments._part import Part, centre_products, in_axes
from mmclassic.moments._rows import rows_by_views, useful_shift
from mmclassic.utils import extreme_exponent

# Binary exponents of the largest number of a view whose squares are summed in its own type: beyond
# these float32 is multiplied as float64, and float64 (1e-75 to 1e75) is refused.
_SUMMABLE = {np.dtype(np.float32): (-30, 50), np.dtype(np.float64): (-250, 250)}
# And of weights, whose roots multiply the rows.
_MODERATE = (1e-12, 1e6)


class Moments:
    """Weighted counts, sums and cross-products of views, exact in one pass.

    Rows are kept apart by which views they have, so nothing is imputed and
    every estimate can use the rows that suit it. Dense views whose mean is
    large beside their spread are shifted by the mean of the first rows seen,
    which keeps float32 data exact; sparse views are centred in the products
    and never densified.

    Attributes
    ----------
    widths : dict
        Width of every view by name; empty until the first update.
    shifts : dict of ndarray of shape (width,)
        What is subtracted from every row before accumulating.
    precisions : dict of float
        Rounding error of the coarsest type seen of every view.
    parts : list of Part
        Moments of the rows that have the same views; one if nothing is missing.

    Notes
    -----
    O(n p^2) time for p columns in all, the speed of one symmetric product of
    the data. Memory O(p^2) for every combination of views that occurs (one
    if nothing is missing), and blocks of rows of 8 MB. Blocks are multiplied
    in their own precision and accumulated in float64.

    References
    ----------
    T. F. Chan, G. H. Golub and R. J. LeVeque, "Algorithms for computing the
    sample variance", The American Statistician 37(3), 1983 (shifting and
    pairwise merging).

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.views import Views
    >>> v = Views({"a": np.array([[1.0], [3.0]]), "b": np.array([[2.0], [6.0]])})
    >>> Moments().update(v).covariance("a", "b")
    array([[2.]])
    """

    def __init__(self):
        self.widths = {}
        self.shifts = {}
        self.precisions = {}
        self.parts = []

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
        self : Moments
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
        for names, rows in rows_by_views(views, sample_weight, tuple(self.widths)):
            blocks = {name: summable[name] for name in names}
            self._start(blocks, rows, views)
            self._part(names).add(blocks, self.shifts, rows, weight)
        return self

    def _check_views(self, views):
        if not self.widths:
            self.widths = views.widths
        if any(self.widths.get(name) != width for name, width in views.widths.items()):
            raise ValueError(
                f"these moments are of views {self.widths} (name: width); got {views.widths}."
            )

    def _summable(self, views, weight):
        """The blocks in a type that holds sums of their squares."""
        given = np.ones(1) if weight is None else weight[weight > 0]
        moderate = ((given >= _MODERATE[0]) & (given <= _MODERATE[1])).all()
        blocks = dict(views.items())
        for name, block in blocks.items():
            if block.dtype == np.float32:
                if not moderate or extreme_exponent(block, *_SUMMABLE[block.dtype]) is not None:
                    blocks[name] = block.astype(np.float64)
                continue
            exponent = extreme_exponent(block, *_SUMMABLE[block.dtype])
            # Beside larger numbers seen before, small ones count for nothing, and may come.
            if exponent is not None and (exponent > 0 or not self._has_seen(name)):
                raise ValueError(
                    f"view {name!r} holds numbers of about {np.ldexp(1.0, exponent - 1):.0e}, and "
                    "sums of their products would not fit into float64; change the unit of this "
                    "view, to the same in all its rows."
                )
        return blocks

    def _has_seen(self, name):
        """Whether any number but 0 came."""
        return any(part.sums[name].any() for part in self._with([name]))

    def merge(self, other):
        """Add the rows that another object has seen.

        Parameters
        ----------
        other : Moments
            Moments of the same views; left as it is.

        Returns
        -------
        self : Moments
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
        for part in other.parts:
            self._part(self._ordered(part.names)).merge(part, move)
        return self

    def total(self):
        """Give the moments of all rows, which these are.

        Returns
        -------
        self : Moments
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
        names = tuple(self.widths)
        arrays = {
            "kind": np.array(type(self).__name__),
            "views": names_array(names),
            "widths": np.array(list(self.widths.values()), dtype=np.int64),
            "parts": np.array(
                [[name in part.names for name in names] for part in self.parts], dtype=bool
            ).reshape(len(self.parts), len(names)),
        }
        for i, name in enumerate(names):
            if name in self.shifts:
                arrays[f"shift{i}"] = self.shifts[name].copy()
                arrays[f"precision{i}"] = np.array(self.precisions[name])
        for k, part in enumerate(self.parts):
            arrays.update({f"part{k}.{key}": a for key, a in part.to_arrays().items()})
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
        moments : Moments
            Moments that give the same solutions, bit for bit.

        Raises
        ------
        ValueError
            If the arrays are of another kind of moments.
        """
        check_kind(cls, arrays)
        moments = cls()
        names = [str(name) for name in arrays["views"]]
        moments.widths = dict(zip(names, map(int, arrays["widths"])))
        for i, name in enumerate(names):
            if f"shift{i}" in arrays:
                moments.shifts[name] = np.array(arrays[f"shift{i}"])
                moments.precisions[name] = float(arrays[f"precision{i}"])
        for k, has in enumerate(arrays["parts"]):
            own = tuple(name for name, there in zip(names, has) if there)
            moments.parts.append(Part.from_arrays(under(arrays, f"part{k}."), own))
        return moments

    def n_rows(self, *names):
        """Number of rows of positive weight that have all the given views.

        Parameters
        ----------
        *names : str
            The views.

        Returns
        -------
        n_rows : int
            Number of rows.
        """
        return sum(part.n_rows for part in self._with(names))

    def sample_size(self, *names):
        """Count the rows that have all the given views as their weights repeat them.

        Parameters
        ----------
        *names : str
            The views.

        Returns
        -------
        size : float
            Number of rows of positive weight, or their total weight if that is more: a row of
            weight 2 is two rows, and one of weight 0.1 is a row nevertheless.
        """
        return max(self.n_rows(*names), sum(part.weight for part in self._with(names)))

    def mean(self, name, *, rows_with=()):
        """Mean of a view over the rows that have it.

        Parameters
        ----------
        name : str
            The view.
        rows_with : iterable of str, default=()
            Further views that the rows must have.

        Returns
        -------
        mean : ndarray of shape (width,)
            float64.

        Raises
        ------
        ValueError
            If no row of positive weight has all of these.
        """
        parts = self._with([name, *rows_with])
        if not parts:
            raise ValueError(f"no row of positive weight has the views {[name, *rows_with]}.")
        weight = sum(part.weight for part in parts)
        return self.shifts[name] + sum(part.sums[name] for part in parts) / weight

    def covariance(self, a, b, *, rows_with=()):
        """Covariance (divided by the sum of weights) over rows that have both views.

        Parameters
        ----------
        a : str
            First view.
        b : str
            Second view, possibly the same.
        rows_with : iterable of str, default=()
            Further views that the rows must have.

        Returns
        -------
        covariance : ndarray of shape (width_a, width_b)
            float64; zero if no row has all of these.
        """
        if list(self.widths).index(a) > list(self.widths).index(b):
            return self.covariance(b, a, rows_with=rows_with).T
        parts = self._with([a, b, *rows_with])
        if not parts:
            return np.zeros((self.widths[a], self.widths[b]))
        product = self._product(a, b, parts)
        weight = sum(part.weight for part in parts)
        sum_a, sum_b = (sum(part.sums[name] for part in parts) for name in (a, b))
        return centre_products(product, sum_a / weight, sum_b / weight, weight, symmetric=a == b)

    def release_covariance(self, a, b):
        """The same as `covariance` of complete rows, in the place of the products.

        Parameters
        ----------
        a : str
            First view.
        b : str
            Second view, not before the first.

        Returns
        -------
        covariance : ndarray of shape (width_a, width_b)
            float64. These moments no longer hold the pair.
        """
        (part,) = self.parts
        product = self._taken(a, b)
        means = (part.sums[name] / part.weight for name in (a, b))
        return centre_products(product, *means, part.weight, symmetric=a == b)

    def in_axes(self, axes):
        """Give the moments of the rows' coordinates along axes.

        Parameters
        ----------
        axes : dict of int, float or ndarray of shape (width, rank)
            Axes of some views, an int for the first columns, a float for a change of unit;
            the others stay as they are.

        Returns
        -------
        moments : Moments
            New moments, of views of as many columns as axes. O(p^2 rank) for width p.
        """
        turned = type(self)()
        turned.widths = {n: _rank(axes.get(n), width) for n, width in self.widths.items()}
        turned.precisions = dict(self.precisions)
        turned.shifts = {name: in_axes(s, axes.get(name)) for name, s in self.shifts.items()}
        turned.parts = [part.in_axes(axes) for part in self.parts]
        return turned

    def _product(self, a, b, parts):
        """Products of two views summed over parts, as a new matrix."""
        product = parts[0].products[a][b].copy(order="F")
        for part in parts[1:]:
            product += part.products[a][b]
        return product

    def _taken(self, a, b):
        return self.parts[0].products[a].pop(b)

    def _meet(self, other):
        """Take over what is not known yet of views; how far the other's shifts exceed the own."""
        if not self.widths:
            self.widths = dict(other.widths)
        for name, shift in other.shifts.items():
            self.shifts.setdefault(name, shift)
            self.precisions[name] = max(self.precisions.get(name, 0), other.precisions[name])
        # Rows of `other` were shifted by its own shift s'; x - s = (x - s') + (s' - s).
        return {name: shift - self.shifts[name] for name, shift in other.shifts.items()}

    def _ordered(self, names):
        return tuple(name for name in self.widths if name in names)

    def _with(self, names):
        return [part for part in self.parts if set(names) <= set(part.names)]

    def _part(self, names):
        for part in self.parts:
            if part.names == names:
                return part
        self.parts.append(Part({name: self.widths[name] for name in names}))
        return self.parts[-1]

    def _start(self, blocks, rows, views):
        """Fix the shift of views not seen before, and note the precision of the data."""
        for name, block in blocks.items():
            if name not in self.shifts:
                self.shifts[name] = useful_shift(block, rows)
            precision = float(np.finfo(views[name].dtype).eps)
            self.precisions[name] = max(self.precisions.get(name, 0), precision)


def _rank(axes, width):
    if axes is None or isinstance(axes, float):
        return width
    return axes if isinstance(axes, int) else axes.shape[1]
