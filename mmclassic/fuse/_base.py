"""The contract of fusers."""

import warnings

import numpy as np
from sklearn.base import TransformerMixin
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_is_fitted

from mmclassic.exceptions import EmptyRowWarning
from mmclassic.fuse._weights import find_weights
from mmclassic.views import ViewsEstimator, validate_views


class BaseFusion(TransformerMixin, ViewsEstimator):
    """Join views into one matrix, weighted, by what each row has.

    A subclass writes ``_fit_views(views)``, which sets ``_n_features_out``;
    ``_weigh(name, block, weights)``, a view's rows with their weights applied;
    ``_join(blocks)``, the fused matrix of these; and ``_place(name, block)``,
    the same rows in the columns of the fused matrix.

    Parameters
    ----------
    weights : dict of str to float >= 0 or "classes", default=None
        Weight of every view; None weighs them equally, "classes" by the labels given to `fit`.

    Attributes
    ----------
    view_weights_ : dict of str to float
        The weights, scaled to sum to 1.
    view_widths_in_ : dict
        Width of every fitted view by name.
    n_features_in_ : int
        Total width of the fitted views.
    """

    _parameter_constraints: dict = {"weights": [dict, StrOptions({"classes"}), None]}

    def __init__(self, weights=None):
        self.weights = weights

    def fit(self, X, y=None):
        """Remember the views and what the fusion needs of them.

        Parameters
        ----------
        X : Views or {array-like, CSR} of shape (n_rows, n_columns)
            Row-aligned views.
        y : array-like of shape (n_rows,), default=None
            Class of every row, for ``weights="classes"``; else not used.

        Returns
        -------
        self : object
            The fitted fuser.

        Raises
        ------
        ValueError
            With ``weights="classes"``, if there are no labels or they are no classes.
        """
        self._validate_params()
        views = validate_views(self, X, reset=True)
        self.view_weights_ = find_weights(self.weights, views, y)
        self._fit_views(views)
        return self

    def transform(self, X):
        """Fuse the views of every row.

        Parameters
        ----------
        X : Views or {array-like, CSR} of shape (n_rows, n_columns)
            The data; a subset of the fitted views is fine.

        Returns
        -------
        fused : {ndarray, CSR} of shape (n_rows, n_features_out)
            One row for every row. A row without any view is zero, and an
            `EmptyRowWarning` names how many there are.
        """
        return self._join(self._weighted_blocks(X))

    def parts(self, X):
        """What each view adds to the fused matrix.

        Parameters
        ----------
        X : Views or {array-like, CSR} of shape (n_rows, n_columns)
            The data.

        Returns
        -------
        parts : dict of {ndarray, CSR} of shape (n_rows, n_features_out)
            By view name; their sum is what `transform` returns.
        """
        return {name: self._place(name, b) for name, b in self._weighted_blocks(X).items()}

    def _weighted_blocks(self, X):
        check_is_fitted(self)
        views = validate_views(self, X, reset=False)
        warn_empty(views.present, "become rows of zeros, similar to nothing")
        row_weights = self._row_weights(views)
        return {
            name: self._weigh(name, views[name], row_weights[:, i])
            for i, name in enumerate(views.names)
        }

    def _row_weights(self, views):
        """Weights of shape (n_rows, n_views), scaled to sum to 1 over the views a row has."""
        weights = views.present * np.array([self.view_weights_[name] for name in views.names])
        total = weights.sum(axis=1, keepdims=True)
        return np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)


def warn_empty(present, what):
    """One warning for all rows without any view, if there are any; `what` becomes of them."""
    empty = np.flatnonzero(~present.any(axis=1))
    if empty.size:
        warnings.warn(
            f"{empty.size} row(s) have none of the modalities and {what}; the first is row "
            f"{empty[0]}.",
            EmptyRowWarning,
            stacklevel=4,
        )
