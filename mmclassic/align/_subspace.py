"""Aligners that find directions in every view, and what can be read from them."""

import numpy as np
import scipy.linalg as la
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from mmclassic.align._linear import LinearAligner
from mmclassic.moments import Covariances, project, rows_by_views
from mmclassic.utils import POSITIVE_INTEGER, align_signs
from mmclassic.views import Views, restore_absent, validate_fitted_views, validate_views

_DEFAULT_COMPONENTS = 32


class SubspaceAligner(LinearAligner):
    """Linear aligner whose shared space is a set of directions in every view.

    A subclass writes ``_directions(covariances)``, which returns by view the columns that
    project it, and sets what else it learned. Projections of a view are its variates.

    Attributes
    ----------
    loadings_ : dict of ndarray of shape (width, n_components_)
        Correlations of a view's columns with its own variates; 0 where one is constant.
    weights_ : dict of ndarray of shape (width, n_components_)
        Columns that project a centred view on its variates.
    means_ : dict of ndarray of shape (width,)
        Mean of every view.
    n_components_ : int
        Width of the shared space.
    view_widths_in_ : dict
        Width of every fitted view by name.
    n_features_in_ : int
        Total width of the fitted views.
    """

    _parameter_constraints: dict = {
        **LinearAligner._parameter_constraints,
        "n_components": [*POSITIVE_INTEGER, None],
    }

    def predict_view(self, X, target=None):
        """Predict the columns of one view from the variates of the others.

        Parameters
        ----------
        X : Views or {array-like, CSR} of shape (n_rows, n_columns)
            The data; any of the fitted views. What it holds of `target` is used only if it
            holds nothing else.
        target : str, default=None
            The fitted view to predict; None is the last.

        Returns
        -------
        predicted : ndarray of shape (n_rows, width of the target)
            Least-squares predictions, in the units of the target. Rows that have none of the
            other views are NaN.

        Raises
        ------
        ValueError
            If `target` is not the name of a fitted view.
        """
        check_is_fitted(self)
        views = validate_views(self, X, reset=False)
        names = tuple(self.view_widths_in_)
        target = names[-1] if target is None else target
        if target not in names:
            raise ValueError(
                f"target must be one of the fitted views {list(names)}; got {target!r}."
            )
        sources = views.select(*([n for n in views.names if n != target] or [target]))
        variates = {n: project(sources[n], self.weights_[n], self.means_[n]) for n in sources.names}
        dtype = np.result_type(*variates.values())
        predicted = np.full((len(views), self.view_widths_in_[target]), np.nan, dtype=dtype)
        for some, rows in rows_by_views(sources, None, sources.names):
            Z = np.hstack([variates[name][rows] for name in some])
            slopes = self._slopes(target, some).astype(dtype)
            predicted[rows] = Z @ slopes + self.means_[target].astype(dtype)
        return predicted

    def inverse_transform(self, Z):
        """Rebuild views from their places in the shared space.

        Parameters
        ----------
        Z : Views or array-like of shape (n_rows, n_components_)
            What `transform` gives; a part of the fitted views is fine.

        Returns
        -------
        X : Views or ndarray of shape (n_rows, width)
            Least-squares reconstructions of every view from its own variates. Exact up to
            rounding where the variates hold all of the view.
        """
        check_is_fitted(self)
        fitted = dict.fromkeys(self.view_widths_in_, self.n_components_)
        if isinstance(Z, Views):
            views = validate_fitted_views(self, Z, fitted)
        else:
            views = Views({"x0": check_array(Z, dtype=(np.float64, np.float32))})
            views = validate_fitted_views(self, views, fitted)
        scale = self._component_scale()
        inverse = np.divide(1.0, scale, out=np.zeros_like(scale), where=scale > 0)
        blocks = {}
        for name in views.names:
            slopes = inverse[:, None] * self._slopes(name, (name,))
            block = views[name] @ slopes.astype(views[name].dtype)
            block += self.means_[name].astype(block.dtype)
            blocks[name] = restore_absent(block, views.mask(name))
        return Views(blocks, views.present) if isinstance(Z, Views) else blocks["x0"]

    def _solve(self, moments, reductions, release):
        average = {n: r.total_variance / r.mean.size for n, r in reductions.items()}
        covariances = Covariances(moments, average_variances=average, release=release)
        weights = self._directions(covariances)
        self._set_maps(weights, covariances.means, reductions)
        signs = align_signs(self.weights_[covariances.names[0]])
        for name in covariances.names:
            self.weights_[name] = self.weights_[name] * signs
            weights[name] = weights[name] * signs
        self._describe(covariances, weights, reductions)
        self.n_components_ = signs.size

    def _describe(self, covariances, weights, reductions):
        """Covariances of the variates, and of the columns with the variates."""
        names = covariances.names
        shared = {a: {b: covariances[a, b] @ weights[b] for b in names} for a in names}
        self._variate_covariances = {
            a: {b: weights[a].T @ shared[a][b] for b in names} for a in names
        }
        self.loadings_ = {}
        for a in names:
            variances = np.diag(covariances[a, a])
            if a in reductions:
                variances = reductions[a].column_variances
                shared[a] = {b: reductions[a].axes @ matrix for b, matrix in shared[a].items()}
            scale = np.sqrt(np.outer(variances, np.diag(self._variate_covariances[a][a])).clip(0))
            real = scale > np.finfo(np.float64).eps * scale.max()
            loadings = np.divide(shared[a][a], scale, out=np.zeros_like(scale), where=real)
            self.loadings_[a] = loadings.clip(-1, 1)
        self._column_covariances = shared

    def _slopes(self, target, sources):
        """Regression of the columns of a view on the variates of some views, stacked."""
        among = np.block([[self._variate_covariances[a][b] for b in sources] for a in sources])
        across = np.hstack([self._column_covariances[target][a] for a in sources])
        return la.pinvh((among + among.T) / 2, rtol=1e-10) @ across.T

    def _component_scale(self):
        """What the variates are multiplied by in the shared space."""
        return np.ones(self.n_components_)

    def _n_components(self, available):
        """The number of components to keep, of those that there are."""
        if self.n_components is None:
            return min(_DEFAULT_COMPONENTS, available)
        if self.n_components > available:
            raise ValueError(
                f"n_components={self.n_components}, but these views have at most {available} "
                "components in common; ask for fewer, or pass None for as many as there are."
            )
        return self.n_components

    def _wanted(self, available):
        """At most this many components are of use."""
        return min(self.n_components or _DEFAULT_COMPONENTS, available)
