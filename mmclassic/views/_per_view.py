"""Any scikit-learn transformer, applied to one view."""

import numpy as np
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.metaestimators import _BaseComposition
from sklearn.utils.validation import check_is_fitted

from mmclassic.views._base import ViewsEstimator, ViewsTransformerMixin
from mmclassic.views._validation import restore_absent, scatter_rows, validate_views
from mmclassic.views._views import Views


class PerView(ViewsTransformerMixin, ViewsEstimator, _BaseComposition):
    """Apply a scikit-learn transformer to each view, fitted on its present rows.

    Scaling, PCA, truncated SVD, kernel maps and feature selection all come to
    a view this way.

    Parameters
    ----------
    transformers : dict of str to {transformer, "passthrough", "drop"}
        A transformer by view name. Parameters are reached as
        ``name__parameter``.
    remainder : {"passthrough", "drop"}, default="passthrough"
        What happens to views that `transformers` does not name.

    Attributes
    ----------
    transformers_ : dict
        The fitted transformers by view name.
    view_widths_in_ : dict
        Width of every fitted view.
    n_features_in_ : int
        Total width of the fitted views.
    view_widths_out_ : dict
        Width of every view after the transformation.

    Notes
    -----
    Absent rows are not shown to a transformer; in the output they are NaN
    (dense) or empty (CSR) and stay marked absent. A plain matrix is the one
    view "x0" and comes back as a plain matrix.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.preprocessing import StandardScaler
    >>> from mmclassic.views import PerView, Views
    >>> v = Views({"image": np.array([[0.0], [2.0]]), "text": np.eye(2)})
    >>> PerView({"image": StandardScaler()}).fit_transform(v)["image"].ravel()
    array([-1.,  1.])
    """

    _parameter_constraints: dict = {
        "transformers": [dict],
        "remainder": [StrOptions({"passthrough", "drop"})],
    }

    def __init__(self, transformers, *, remainder="passthrough"):
        self.transformers = transformers
        self.remainder = remainder

    @property
    def _named(self):
        """The transformers as (name, transformer) pairs, the form that nested parameters need."""
        # A wrong type is reported by fit, as scikit-learn asks, and not by get_params.
        return list(self.transformers.items()) if isinstance(self.transformers, dict) else []

    @_named.setter
    def _named(self, pairs):
        self.transformers = dict(pairs)

    def get_params(self, deep=True):
        """Return the parameters of this estimator and of the transformers in it.

        Parameters
        ----------
        deep : bool, default=True
            Also return the transformers' own parameters.

        Returns
        -------
        params : dict
            Values by name.
        """
        return self._get_params("_named", deep=deep)

    def set_params(self, **params):
        """Set parameters of this estimator or of the transformers in it.

        Parameters
        ----------
        **params : dict
            Values by name, such as ``text__n_components=50``.

        Returns
        -------
        self : object
            The estimator.
        """
        self._set_params("_named", **params)
        return self

    def fit(self, X, y=None):
        """Fit every transformer on the rows that have its view.

        Parameters
        ----------
        X : Views or {array-like, CSR} of shape (n_rows, n_columns)
            The data.
        y : array-like of shape (n_rows,), default=None
            Handed to the transformers.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X, y=None):
        """Fit every transformer and return the transformed data.

        Parameters
        ----------
        X : Views or {array-like, CSR} of shape (n_rows, n_columns)
            The data.
        y : array-like of shape (n_rows,), default=None
            Handed to the transformers.

        Returns
        -------
        Xt : Views or ndarray or CSR of shape (n_rows, width)
            The same kind of container as `X`.
        """
        self._validate_params()
        views = validate_views(self, X, reset=True)
        unknown = sorted(set(self.transformers) - set(views.names))
        if unknown:
            raise ValueError(
                f"PerView has transformers for {unknown}, but the views are {list(views.names)}."
            )
        self.transformers_ = {}
        blocks = {}
        for name in views.names:
            transformer = self.transformers.get(name, self.remainder)
            if isinstance(transformer, str):
                self.transformers_[name] = transformer
                if transformer == "passthrough":
                    blocks[name] = restore_absent(views[name], views.mask(name))
                continue
            fitted = self.transformers_[name] = clone(transformer)
            mask = views.mask(name)
            target = None if y is None else np.asarray(y)[mask]
            rows = fitted.fit_transform(views.present_rows(name), target)
            blocks[name] = scatter_rows(_as_matrix(rows), mask)
        if not blocks:
            raise ValueError("PerView drops every view; keep at least one.")
        out = Views(blocks, views.select(*blocks).present)
        self.view_widths_out_ = out.widths
        return out if isinstance(X, Views) else out.blocks[out.names[0]]

    def transform(self, X):
        """Transform every view that is there.

        Parameters
        ----------
        X : Views or {array-like, CSR} of shape (n_rows, n_columns)
            The data; a subset of the fitted views is fine.

        Returns
        -------
        Xt : Views or ndarray or CSR of shape (n_rows, width)
            The same kind of container as `X`.
        """
        check_is_fitted(self)
        views = validate_views(self, X, reset=False)
        blocks = {}
        for name in views.names:
            transformer = self.transformers_[name]
            if transformer == "drop":
                continue
            if transformer == "passthrough":
                blocks[name] = restore_absent(views[name], views.mask(name))
                continue
            blocks[name] = self._transform_block(name, views)
        if not blocks:
            raise ValueError(f"PerView drops all of the views that came: {list(views.names)}.")
        out = Views(blocks, views.select(*blocks).present)
        return out if isinstance(X, Views) else out.blocks[out.names[0]]

    def _transform_block(self, name, views):
        mask = views.mask(name)
        if not mask.any():
            return np.full((mask.size, self.view_widths_out_[name]), np.nan)
        rows = self.transformers_[name].transform(views.present_rows(name))
        return scatter_rows(_as_matrix(rows), mask)

    def get_feature_names_out(self, input_features=None):
        """List the names of the output columns: the view's name and a number.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Not used; present for scikit-learn's sake.

        Returns
        -------
        names : ndarray of str
            Names over all views in order.
        """
        check_is_fitted(self)
        widths = self.view_widths_out_
        return np.array([f"{v}{i}" for v, n in widths.items() for i in range(n)], dtype=object)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = [t for _, t in self._named if hasattr(t, "__sklearn_tags__")]
        tags.input_tags.sparse = all(t.__sklearn_tags__().input_tags.sparse for t in inner)
        return tags


def _as_matrix(rows):
    return rows.tocsr() if sp.issparse(rows) else np.asarray(rows)
