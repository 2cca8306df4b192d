"""Standardised coordinates of one view, in which views are clustered."""

import numpy as np
import scipy.sparse as sp

from mmclassic.moments import Reduction
from mmclassic.utils import is_array, is_finite, require
from mmclassic.views import Views

MOST_AXES = 256


class Coordinates:
    """Standardised columns of one view with total variance 1, from its present rows.

    CSR views, and those of more than 256 columns, are reduced to as many principal axes.
    """

    def __init__(self, X, random_state):
        self.mean = self.reduction = None
        if not sp.issparse(X):
            self._standardise(X)
            if X.shape[1] <= MOST_AXES:
                return
            X = (X - self.mean.astype(X.dtype)) * self.scale.astype(X.dtype)
        self.reduction = Reduction(X, max_rank=MOST_AXES, random_state=random_state)
        if self.mean is None:
            spread = np.sqrt(self.reduction.total_variance)
            self.scale = 1.0 / spread if spread > 0 else 0.0

    def _standardise(self, X):
        self.mean = X.mean(axis=0, dtype=np.float64)
        spread = X.std(axis=0, dtype=np.float64)
        # A deviation that rounding of the mean can make is no deviation.
        tiny = 10 * np.finfo(X.dtype).eps * np.abs(self.mean)
        varies = spread > tiny
        inverse = np.divide(1.0, spread, out=np.zeros_like(spread), where=varies)
        self.scale = inverse / np.sqrt(max(np.count_nonzero(varies), 1))

    def apply(self, X):
        """Rows in these coordinates, in their own dtype."""
        if self.mean is None:
            return self.reduction.apply(X) * X.dtype.type(self.scale)
        found = (X - self.mean.astype(X.dtype)) * self.scale.astype(X.dtype)
        return found if self.reduction is None else self.reduction.apply(found)

    @property
    def width(self):
        """Columns of the view."""
        return (self.reduction.mean if self.mean is None else self.mean).size

    @property
    def n_coordinates(self):
        """Columns of rows in these coordinates."""
        return self.mean.size if self.reduction is None else self.reduction.rank

    def _check_state(self):
        """Raise ValueError unless the loaded state fits together."""
        reduced = isinstance(self.reduction, Reduction)
        require(reduced or self.reduction is None, self, "reduction is none.")
        if self.mean is None:
            fits = reduced and isinstance(self.scale, float) and np.isfinite(self.scale)
            require(fits, self, "a sparse view needs a reduction, and one number as scale.")
            return
        for name in ("mean", "scale"):
            value = getattr(self, name)
            fits = is_array(value, "f", (np.size(self.mean),)) and is_finite(value)
            require(fits, self, f"{name} has not a number for every column.")
        fits = not reduced or self.reduction.mean.size == self.mean.size
        require(fits, self, "reduction has not as many columns as mean.")


def standardised(views, coordinates):
    """Views in their coordinates, float64; absent rows hold 0. Names are in sorted order."""
    names = sorted(views.names)
    blocks = {name: coordinates[name].apply(views[name]).astype(np.float64) for name in names}
    for name in names:
        blocks[name][~views.mask(name)] = 0
    return Views(blocks, np.column_stack([views.mask(name) for name in names]))
