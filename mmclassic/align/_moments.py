"""First and second moments of several views: one pass, exact, mergeable."""

import numpy as np
import scipy.sparse as sp
from sklearn.utils import gen_batches

_BLOCK_ROWS = 4096


class Moments:
    """Weighted counts, sums and cross-products of views, pair by pair.

    A pair's moments run over the rows that have both views, so missing
    modalities need no imputation. Dense views are shifted by the mean of the
    first rows seen, which keeps float32 data with a large mean exact; sparse
    views are centred in the products and never densified.

    Attributes
    ----------
    widths : dict
        Width of every view by name; empty until the first update.
    shifts : dict of ndarray of shape (width,)
        What is subtracted from every row before accumulating.
    counts : ndarray of shape (n_views, n_views)
        Sum of weights over the rows that have both views.
    sums : dict of ndarray of shape (width, n_views)
        Column j: sum of the shifted view over the rows that also have view j.
    products : dict of ndarray of shape (width_a, width_b)
        Cross-products of shifted views by pair of names (a, b), a before b.

    Notes
    -----
    O(n p^2) time for p columns in all and O(p^2) memory, blocks of 4,096 rows.
    Blocks are multiplied in their own precision and accumulated in float64.

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
        self.counts = None
        self.sums = {}
        self.products = {}

    def update(self, views, sample_weight=None):
        """Add rows.

        Parameters
        ----------
        views : Views
            Rows whose absent cells hold finite values, as `validate_views` gives.
        sample_weight : ndarray of shape (n_rows,), default=None
            Weight of every row, >= 0; None is 1.

        Returns
        -------
        self : Moments
            The updated moments.
        """
        if not self.widths:
            self._start(views)
        weight = np.ones(len(views)) if sample_weight is None else np.asarray(sample_weight, float)
        for rows in gen_batches(len(views), _BLOCK_ROWS):
            self._add(views[rows], weight[rows])
        return self

    def merge(self, other):
        """Add the rows that another object has seen.

        Parameters
        ----------
        other : Moments
            Moments of the same views.

        Returns
        -------
        self : Moments
            The merged moments.
        """
        if not self.widths:
            self.__dict__.update(other.__dict__)
            return self
        if not other.widths:
            return self
        if self.widths != other.widths:
            raise ValueError(f"cannot merge moments of views {other.widths} into {self.widths}.")
        names = tuple(self.widths)
        # Rows of `other` were shifted by its own shift s'; x - s = (x - s') + (s' - s).
        move = {name: other.shifts[name] - self.shifts[name] for name in names}
        for i, a in enumerate(names):
            for j, b in enumerate(names[i:], start=i):
                count = other.counts[i, j]
                self.products[a, b] = (
                    self.products[a, b]
                    + other.products[a, b]
                    + np.outer(other.sums[a][:, j], move[b])
                    + np.outer(move[a], other.sums[b][:, i])
                    + count * np.outer(move[a], move[b])
                )
        for i, a in enumerate(names):
            self.sums[a] = self.sums[a] + other.sums[a] + np.outer(move[a], other.counts[i])
        self.counts = self.counts + other.counts
        return self

    def mean(self, name):
        """Mean of a view over the rows that have it.

        Parameters
        ----------
        name : str
            The view.

        Returns
        -------
        mean : ndarray of shape (width,)
            float64.
        """
        i = tuple(self.widths).index(name)
        return self.shifts[name] + self.sums[name][:, i] / self.counts[i, i]

    def covariance(self, a, b):
        """Covariance (divided by the sum of weights) over rows that have both views.

        Parameters
        ----------
        a : str
            First view.
        b : str
            Second view, possibly the same.

        Returns
        -------
        covariance : ndarray of shape (width_a, width_b)
            float64; zero if no row has both.
        """
        names = tuple(self.widths)
        i, j = names.index(a), names.index(b)
        if i > j:
            return self.covariance(b, a).T
        count = self.counts[i, j]
        if count == 0:
            return np.zeros((self.widths[a], self.widths[b]))
        means = np.outer(self.sums[a][:, j] / count, self.sums[b][:, i] / count)
        return self.products[a, b] / count - means

    def _start(self, views):
        self.widths = views.widths
        n_views = len(views.names)
        self.counts = np.zeros((n_views, n_views))
        for i, a in enumerate(views.names):
            self.shifts[a] = _first_mean(views[a][:_BLOCK_ROWS], views.mask(a)[:_BLOCK_ROWS])
            self.sums[a] = np.zeros((self.widths[a], n_views))
            for b in views.names[i:]:
                self.products[a, b] = np.zeros((self.widths[a], self.widths[b]))

    def _add(self, views, weight):
        mask = views.present.astype(np.float64)
        self.counts += mask.T @ (mask * weight[:, None])
        weighted_mask = mask * weight[:, None]
        shifted = {a: self._shift(a, views) for a in views.names}
        for i, a in enumerate(views.names):
            left = shifted[a]
            self.sums[a] += np.asarray(left.T @ weighted_mask.astype(left.dtype))
            if (weight != 1).any():
                left = sp.diags(weight.astype(left.dtype)) @ left
            for b in views.names[i:]:
                product = left.T @ shifted[b]
                self.products[a, b] += product.toarray() if sp.issparse(product) else product

    def _shift(self, name, views):
        """Shifted rows; absent rows become zero, so every product skips them."""
        block = views[name]
        if sp.issparse(block):
            return block
        shifted = block - self.shifts[name].astype(block.dtype)
        mask = views.mask(name)
        if not mask.all():
            shifted[~mask] = 0
        return shifted


def _first_mean(block, mask):
    """Mean of the present rows, at the precision of the data; zero for sparse views."""
    if sp.issparse(block) or not mask.any():
        return np.zeros(block.shape[1])
    mean = block[mask].mean(axis=0, dtype=np.float64)
    # Rounded to the data's own precision: then subtracting it in float32 loses nothing.
    return mean.astype(block.dtype).astype(np.float64)
