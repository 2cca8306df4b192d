"""What the networks read of a view, and what they are to say of it."""

import numpy as np
import scipy.sparse as sp

from mmclassic.moments import Reduction, project
from mmclassic.utils import is_array, require


class Coordinates:
    """Inputs and principal coordinates of one view.

    Parameters
    ----------
    X : {ndarray, CSR} of shape (n, p)
        Present rows of the view.
    n_components : int
        Principal coordinates that stand for the view.
    max_inputs : int or None
        Principal coordinates that are read; None reads the columns.
    random_state : RandomState
        For the decomposition of large views.

    Attributes
    ----------
    reduction : Reduction
        The principal axes.
    n_components : int
        Coordinates that stand for the view; the data may have fewer than asked for.
    factors : ndarray of shape (n_inputs,)
        What centred inputs are multiplied by.
    center : ndarray of shape (p,) or None
        Mean of the inputs where they are CSR columns, which stay sparse.
    """

    def __init__(self, X, n_components, max_inputs, random_state):
        rank = max(n_components, max_inputs or 1)
        self.reduction = Reduction(X, max_rank=rank, random_state=random_state)
        variances = self.reduction.variances
        self.n_components = min(n_components, variances.size)
        self.scale = float(_inverse(np.sqrt(variances[: self.n_components].sum())))
        self.reads_columns = max_inputs is None
        columns = self.reduction.column_variances
        spread = np.sqrt(columns if self.reads_columns else variances[:max_inputs])
        if not self.reads_columns or sp.issparse(X):
            # One factor for all: what few rows have must not outweigh what all have.
            spread[:] = np.sqrt(np.mean(spread**2))
        self.factors = _inverse(spread)
        sparse_inputs = self.reads_columns and sp.issparse(X)
        self.center = self.reduction.mean * self.factors if sparse_inputs else None

    @property
    def n_inputs(self):
        """Number of inputs."""
        return self.factors.size

    @property
    def width(self):
        """Columns of the view."""
        return self.reduction.mean.size

    def apply(self, X):
        """Inputs and principal coordinates of rows.

        Parameters
        ----------
        X : {ndarray, CSR} of shape (m, p)
            Rows of the view.

        Returns
        -------
        inputs : {ndarray, CSR} of shape (m, n_inputs)
            What the networks read, of variance 1 on average.
        own : ndarray of shape (m, n_components)
            Principal coordinates with a total variance of 1.
        """
        found = self.reduction.apply(X)
        own = found[:, : self.n_components] * X.dtype.type(self.scale)
        factors = self.factors.astype(X.dtype)
        if not self.reads_columns:
            return found[:, : factors.size] * factors, own
        if sp.issparse(X):
            return sp.csr_matrix(X.multiply(factors)), own
        mean = self.reduction.mean
        shift = mean.astype(X.dtype)
        # What rounding the mean to the data's precision leaves is subtracted after.
        inputs = X - shift
        inputs -= (mean - shift).astype(X.dtype)
        inputs *= factors
        return inputs, own

    def own(self, X):
        """Principal coordinates of variance 1 on average: ndarray of shape (m, n_components)."""
        scale = self.scale * np.sqrt(self.n_components)
        axes = self.reduction.axes[:, : self.n_components]
        return project(X, axes, self.reduction.mean) * X.dtype.type(scale)

    def _check_state(self):
        axes = self.reduction.axes
        require(
            is_array(axes, "f", (self.width, None))
            and type(self.n_components) is int
            and 0 < self.n_components <= axes.shape[1]
            and is_array(self.factors, "f", (None,))
            and self.n_inputs <= (self.width if self.reads_columns else axes.shape[1])
            and (self.center is None or is_array(self.center, "f", (self.width,))),
            self,
            "its axes do not fit together.",
        )


def _inverse(spread):
    return np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 0)
