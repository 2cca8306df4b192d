"""Aligners that find directions in every view, and what can be read from them."""

import warnings
from abc import abstractmethod
from itertools import combinations

import numpy as np
import scipy.linalg as la
from sklearn.utils import check_array

from mmclassic.align._held_out import (
    choose_common_ridge,
    evidence,
    folds_of,
    held_out_correlations,
)
from mmclassic.align._linear import LinearAligner
from mmclassic.align._objectives import (
    average_products,
    directions_by_pair,
    weights_of,
    whiteners,
)
from mmclassic.align._rank import real_components
from mmclassic.align._ridge import (
    WIDE_RANGE,
    candidates_of,
    check_folds,
    given_ridges,
    middle_of,
    units_of_reduced,
)
from mmclassic.align._unsolvable import UnsolvableError
from mmclassic.moments import (
    Covariances,
    FoldedMoments,
    Moments,
    PairMoments,
    project,
    rows_by_views,
)
from mmclassic.utils import POSITIVE_INTEGER, align_signs, times_power
from mmclassic.views import Views, restore_absent, validate_fitted_views, validate_views

_DEFAULT_COMPONENTS = 32
# More are looked for only where the last of those still holds, and kept as far as they hold.
_MOST_COMPONENTS = 256
# Correlation on held-out rows. Of 0.1 to 0.4 it finds most on generated views (36 kinds, 200 to
# 5,000 rows) and on articles, films, books, emoji and countries, and loses nowhere more than noise;
# 0.05 finds no more on few rows, where it is chance.
_HOLDS = 0.1
_ENOUGH_ROWS = 100  # with fewer rows the choice of a ridge is more noise than gain
_FEWEST_ROWS = 25  # five a fold: a correlation over fewer says nothing


class SubspaceAligner(LinearAligner):
    """Linear aligner whose shared space is a set of directions in every view.

    Projections of a view are its variates. A subclass writes `_directions` and `_keep`, and
    may have a parameter ``ridge``, whose forms are read here.
    """

    _parameter_constraints: dict = {
        **LinearAligner._parameter_constraints,
        "n_components": [*POSITIVE_INTEGER, None],
    }

    # Whether values order components by agreement, so that no later one agrees more.
    _values_are_agreements = True

    @abstractmethod
    def _directions(self, covariances, ridges, wanted):
        """Values in decreasing order, and by view the columns that project it, `wanted` at most.

        `ridges` are relative, by view. The covariances are as before afterwards.
        """

    @abstractmethod
    def _keep(self, values, n_views):
        """Set the attributes that describe the components, from the values of the kept ones."""

    def _scale_held_out(self, weights, between, within):
        """Weights in the units of the method, and what `_keep` does, for a chosen ridge.

        On average over the views and pairs the variates have the covariances `between` them and
        the variances `within`. Methods without a ridge need none of this.
        """
        raise NotImplementedError

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
        self._check_fitted()
        views = validate_views(self, X, reset=False)
        names = tuple(self.view_widths_in_)
        target = names[-1] if target is None else target
        if target not in names:
            raise ValueError(
                f"target must be one of the fitted views {list(names)}; got {target!r}."
            )
        sources = views.select(*([n for n in views.names if n != target] or [target]))
        variates = {
            n: self._without_unit(n, project(sources[n], self.weights_[n], self.means_[n]))
            for n in sources.names
        }
        dtype = np.result_type(*variates.values())
        predicted = np.full((len(views), self.view_widths_in_[target]), np.nan, dtype=dtype)
        for some, rows in rows_by_views(sources, None, sources.names):
            Z = np.hstack([variates[name][rows] for name in some])
            slopes = self._slopes(target, some).astype(dtype)
            columns = times_power(Z @ slopes, self._column_units[target])
            predicted[rows] = columns + self.means_[target].astype(dtype)
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
        self._check_fitted()
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
            block = self._without_unit(name, views[name]) @ slopes.astype(views[name].dtype)
            block = times_power(block, self._column_units[name])
            block += self.means_[name].astype(block.dtype)
            blocks[name] = restore_absent(block, views.mask(name))
        return Views(blocks, views.present) if isinstance(Z, Views) else blocks["x0"]

    def _solve(self, moments, reductions, release):
        units = units_of_reduced(reductions, moments)
        folded = moments
        if isinstance(folded, FoldedMoments):
            moments, release = folded.total(), True
        ridges, held_out = self._tune(folded, moments, reductions)
        covariances = Covariances(
            moments,
            ridge_units=units,
            release=release,
            pairwise=self._candidates() is not None,
        )
        if held_out is None:
            values, weights = self._components(covariances, ridges)
            k = self._n_components(values.size)
            self._keep(values[:k], len(weights))
        else:
            weights = self._components_that_hold(covariances, ridges, held_out)
            k = self.held_out_correlations_.size
        weights = {name: matrix[:, :k] for name, matrix in weights.items()}
        self._set_maps(weights, covariances.means, reductions)
        signs = align_signs(self.weights_[covariances.names[0]])
        for name in covariances.names:
            self.weights_[name] = self.weights_[name] * signs
            weights[name] = weights[name] * signs
        self._describe(covariances, weights, reductions)
        self.n_components_ = signs.size

    def _components(self, covariances, ridges):
        """The leading components on which the views agree; one at least."""
        wanted = self._wanted()
        values, weights = self._directions(covariances, ridges, wanted)
        real = real_components(weights, covariances, wanted)
        if real.size < wanted == values.size and not self._values_are_agreements:
            everything = sum(covariances.widths.values())
            values, weights = self._directions(covariances, ridges, everything)
            real = real_components(weights, covariances, wanted)
        if not real.size:
            real = np.array([0])
        return values[real], {name: matrix[:, real] for name, matrix in weights.items()}

    def _components_that_hold(self, covariances, ridges, held_out):
        """The components of the correlations on held-out rows; the attributes of these are set.

        What is asked for beyond those that there are is zero, as nothing is known of it.
        """
        wanted = max(self._wanted(), *(r.size for r in held_out.values()))
        whites = whiteners(covariances, ridges, in_place=True)
        strengths, rotations = directions_by_pair(covariances, whites, held_out, wanted)
        weights = weights_of(rotations, whites)
        real = real_components(weights, covariances, wanted)
        strengths = strengths[real]
        if len(weights) == 2:
            self._n_components(max(1, real.size))
        k = self.n_components or max(1, _number_that_holds(strengths))
        strengths = _pad(strengths, k)
        weights = {name: _pad(matrix[:, real], k) for name, matrix in weights.items()}
        self.held_out_correlations_ = strengths
        return self._scale_held_out(weights, *average_products(covariances, weights))

    def _tune(self, folded, moments, reductions):
        """The ridge of every view and, if it was to be chosen, the correlations that hold.

        Those are None where no pair of views has the rows to tell.
        """
        names = list(self.view_widths_in_)
        candidates = self._candidates()
        if candidates is None:
            if not hasattr(self, "ridge"):  # a method that inverts nothing
                return dict.fromkeys(names, 0.0), None
            self.ridge_ = given_ridges(self.ridge, names)
            return self.ridge_, None
        pairs = list(combinations(names, 2))
        most_rows = max((moments.n_rows(*pair) for pair in pairs), default=0)
        by_default = isinstance(self.ridge, str) or len(candidates) == 1  # nothing to choose
        if not by_default:
            check_folds(folded, pairs)
        elif most_rows < _FEWEST_ROWS:
            pairs = []
        folds = folds_of(folded, moments, pairs, reductions) if pairs else []
        best = middle_of(candidates)
        if pairs and not (by_default and most_rows < _ENOUGH_ROWS):
            best, self.ridge_scores_ = choose_common_ridge(candidates, folds, pairs)
        self.ridge_ = dict.fromkeys(names, best)
        if not pairs:
            return self.ridge_, None
        return self.ridge_, self._holding(folds, pairs, best, moments)

    def _holding(self, folds, pairs, ridge, moments):
        """Correlations on held-out rows, of more components than usual where they carry them."""
        wanted = self._wanted()
        found = held_out_correlations(folds, pairs, ridge, wanted, moments)
        if self.n_components is not None or max(r[-1] for r in found.values()) < _HOLDS:
            return found
        found = held_out_correlations(folds, pairs, ridge, _MOST_COMPONENTS, moments)
        most = max(_number_that_holds(r) for r in found.values())
        return {pair: r[:most] for pair, r in found.items()}

    def _candidates(self):
        return candidates_of(self.ridge, WIDE_RANGE) if hasattr(self, "ridge") else None

    def _wanted(self):
        return self.n_components or _DEFAULT_COMPONENTS

    def _new_moments(self):
        return Moments() if self._candidates() is None else FoldedMoments()

    def _moments_of_fit(self):
        return Moments() if self._candidates() is None else FoldedMoments(PairMoments)

    def _takes(self, kind):
        # What completes missing views needs them by combination; a chosen ridge does not.
        return super()._takes(kind) or (self._candidates() is not None and kind is PairMoments)

    def _check_settings(self, widths):
        if hasattr(self, "ridge") and self._candidates() is None:
            given_ridges(self.ridge, list(widths))
        # No row can help where there are not so many columns.
        most = min(widths.values()) if len(widths) == 2 else sum(widths.values())
        if self.n_components is not None and self.n_components > most:
            raise ValueError(self._too_many(most))

    def _warn_of_settings(self, moments):
        if not vars(self).get("held_out_correlations_", np.ones(1)).any():
            warnings.warn(
                "the views share nothing that holds on held-out rows, so places in the shared "
                "space say nothing. Are the rows of the views in the same order?",
                stacklevel=3,
            )
        ridges = getattr(self, "ridge_", {})
        for name, width in self.view_widths_in_.items():
            n_rows = moments.n_rows(name)
            if width >= n_rows and ridges.get(name) == 0 and len(ridges) > 1:
                warnings.warn(
                    f"view {name!r} has {width} columns and {n_rows} rows: without a ridge every "
                    "correlation is 1 and nothing is learned; set ridge > 0.",
                    stacklevel=3,
                )

    def _describe(self, covariances, weights, reductions):
        """Covariances of the variates, and of the columns with the variates."""
        names = covariances.names
        shared = {a: {b: covariances[a, b] @ weights[b] for b in names} for a in names}
        self._variate_covariances_ = {
            a: {b: weights[a].T @ shared[a][b] for b in names} for a in names
        }
        self.loadings_ = {}
        for a in names:
            variances = np.diag(covariances[a, a])
            if a in reductions:
                variances = reductions[a].column_variances
                shared[a] = {b: reductions[a].axes @ matrix for b, matrix in shared[a].items()}
            scale = np.sqrt(np.outer(variances, np.diag(self._variate_covariances_[a][a])).clip(0))
            # Below rounding of the largest a column is constant in this component's eyes.
            real = scale > np.finfo(np.float64).eps * scale.max()
            loadings = np.divide(shared[a][a], scale, out=np.zeros_like(scale), where=real)
            self.loadings_[a] = loadings.clip(-1, 1)
        self._column_covariances_ = shared

    def _restore_units(self, units):
        super()._restore_units(units)
        self._column_units = units
        powers = self._weight_powers(units)
        self._variate_units = {name: unit + powers[name] for name, unit in units.items()}

    def _without_unit(self, name, variates):
        """Variates in the unit of `_slopes`, which is that of the solution."""
        return times_power(variates, -self._variate_units[name])

    def _slopes(self, target, sources):
        """Regression of the columns of a view on the variates of some views, stacked."""
        among = np.block([[self._variate_covariances_[a][b] for b in sources] for a in sources])
        across = np.hstack([self._column_covariances_[target][a] for a in sources])
        # Variates of several views may be collinear; what is below 1e-10 of the largest is.
        return la.pinvh((among + among.T) / 2, rtol=1e-10) @ across.T

    def _weighs_by_folds(self):
        return hasattr(self, "held_out_correlations_")

    def _component_scale(self):
        """What the variates are multiplied by in the shared space."""
        if "held_out_correlations_" in vars(self):
            return evidence(self.held_out_correlations_)
        return np.ones(self.n_components_)

    def _project(self, name, block):
        return project(block, self.weights_[name] * self._component_scale(), self.means_[name])

    def _n_components(self, available):
        """The number of components to keep, of those that there are."""
        if self.n_components is None:
            return min(_DEFAULT_COMPONENTS, available)
        if self.n_components > available:
            raise UnsolvableError(self._too_many(available))
        return self.n_components

    def _too_many(self, available):
        return (
            f"n_components={self.n_components}, but these views have at most {available} "
            "components in common; ask for fewer, or pass None for as many as there are."
        )


def _number_that_holds(correlations):
    """How many of non-increasing correlations are kept by default."""
    usual = min(_DEFAULT_COMPONENTS, np.count_nonzero(correlations))
    return max(usual, np.count_nonzero(correlations >= _HOLDS))


def _pad(array, width):
    """The array with columns, or entries, of zeros behind or without those beyond the width."""
    padded = np.zeros((*array.shape[:-1], width))
    kept = min(width, array.shape[-1])
    padded[..., :kept] = array[..., :kept]
    return padded
