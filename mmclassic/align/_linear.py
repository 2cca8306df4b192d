"""What all aligners share whose solution follows from second moments."""

import warnings
from abc import abstractmethod

import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from mmclassic.align._adapt import adapted
from mmclassic.align._base import BaseAligner
from mmclassic.align._cross_fit import moments_without, reductions_of_known
from mmclassic.align._same import check_same_settings
from mmclassic.align._units import divided, in_unit, moments_in_units, units_of
from mmclassic.align._unsolvable import UnsolvableError
from mmclassic.align._weight import check_weight
from mmclassic.align._wide import reduced_by, reductions_of_wide
from mmclassic.moments import N_FOLDS, FoldedMoments, Moments, project
from mmclassic.utils import POSITIVE_INTEGER, RANDOM_STATE, fits_exponent, times_power
from mmclassic.views import Views, validate_views

# Units (powers of two) of rows of one size: those of the smallest ordinary numbers (2^-200) and of
# numbers just below are the furthest apart.
_MOST_APART = 320


class LinearAligner(BaseAligner):
    """Aligner that needs nothing of the data but counts, means and cross-products.

    `partial_fit` adds rows, `merge` what another estimator has seen, and `fit_moments` takes what
    was gathered elsewhere. A subclass writes `_solve`; one that keeps other moments than `Moments`
    also `_new_moments` and `_add_rows`.
    """

    _parameter_constraints: dict = {
        "max_width": POSITIVE_INTEGER,
        "random_state": RANDOM_STATE,
    }

    def fit(self, X, y=None, sample_weight=None):
        """Learn the shared space.

        Parameters
        ----------
        X : Views or {array-like, CSR} of shape (n_rows, n_columns)
            Row-aligned views.
        y : array-like of shape (n_rows,), default=None
            Ignored. Never a second view; a matrix here gives a warning that says how to
            pass two views.
        sample_weight : array-like of shape (n_rows,), default=None
            Weight of every row, >= 0; None is 1.

        Returns
        -------
        self : object
            The fitted aligner.
        """
        self._validate_params()
        self._warn_of_second_view(y)
        views = validate_views(self, X, reset=True)
        moments = self._fit_views(views, y, check_weight(sample_weight, views))
        self._warn_of_settings(moments)
        return self

    def _fit_views(self, views, y, weight=None):
        self._check_settings(views.widths)
        self._forget()
        units = units_of(views)
        views = divided(views, units)
        reductions = self._reduce_wide(views, weight)
        reduced = reduced_by(reductions, views)
        moments = self._add_rows(self._moments_of_fit(), reduced, y, weight)
        self._solve_rows(moments, reductions, units, release=True)
        return moments

    def _fitter_of_parts(self, views, y, cv):
        if cv != N_FOLDS:
            return super()._fitter_of_parts(views, y, cv)
        wanted = self._moments_of_fit()
        by_fold = isinstance(wanted, FoldedMoments)
        units = units_of(views)
        views = divided(views, units)
        reductions = self._reduce_wide(views, None)
        reduced = reduced_by(reductions, views)
        folded = wanted if by_fold else FoldedMoments(type(wanted))
        self._add_rows(folded, reduced, y, None)

        def fit(part, fold):
            known = np.arange(len(views)) % N_FOLDS != fold
            part._remember_widths(views.widths)
            moments = moments_without(folded, fold, by_fold=by_fold)
            reduction = reductions_of_known(reductions, reduced, known)
            part._solve_rows(moments, reduction, units, release=True)
            return part

        return fit

    def fit_moments(self, moments):
        """Learn the shared space from moments that were gathered elsewhere.

        Parameters
        ----------
        moments : Moments, FoldedMoments or ClassMoments
            What the rows were gathered in; left as it is. `DiscriminantCCA` needs
            `ClassMoments`, a choice of the ridge `FoldedMoments` of these.

        Returns
        -------
        self : object
            The aligner, as if `fit` had seen the rows, without the reduction of wide views.

        Raises
        ------
        ValueError
            If the moments are of the wrong kind or allow no solution.
        """
        self._validate_params()
        self._check_kind(moments)
        if not moments.widths:
            raise ValueError(f"{type(self).__name__}.fit_moments got moments without rows.")
        self._check_settings(moments.widths)
        self._forget()
        self._remember_widths(moments.widths)
        self._solve_rows(moments, {}, {}, release=False)
        self._warn_of_settings(moments)
        return self

    def partial_fit(self, X, y=None, sample_weight=None):
        """Add rows to what was learned; the result is that of `fit` on all of them.

        Parameters
        ----------
        X : Views or {array-like, CSR} of shape (n_rows, n_columns)
            More rows. The first call needs all views; later ones may lack some, which
            then count as absent.
        y : array-like of shape (n_rows,), default=None
            Ignored.
        sample_weight : array-like of shape (n_rows,), default=None
            Weight of every row, >= 0; None is 1.

        Returns
        -------
        self : object
            The aligner.

        Raises
        ------
        ValueError
            If a view has more columns than `max_width`, or a parameter does not suit the
            views; the rows are not added then.

        Warns
        -----
        UserWarning
            If `fit` came before, which keeps no moments to add to: then this starts anew.

        Notes
        -----
        Every call solves the problem, O(p^3) for p columns in all. Where many small pieces
        come, gather them in `Moments` (`update`) and call `fit_moments` once at the end.
        While the rows allow no solution they are kept, and reading raises NotFittedError
        that says what is lacking.
        """
        self._validate_params()
        self._warn_of_second_view(y)
        first = "moments_" not in vars(self)
        if first and "n_components_" in vars(self):
            warnings.warn(
                f"this {type(self).__name__} was fitted with fit, which keeps no moments to add "
                "to; partial_fit starts anew. Call partial_fit from the first rows on.",
                stacklevel=2,
            )
        views = self._validate_piece(X, first)
        weight = check_weight(sample_weight, views)
        moments = self._new_moments() if first else self.moments_
        units = self._units_with(views, {} if first else self._units)
        views = divided(views, {name: units.get(name, 0) for name in views.names})
        self._settle(self._add_rows(moments, views, y, weight), units)
        if "n_components_" in vars(self):
            self._warn_of_settings(self.moments_)
        return self

    def _validate_piece(self, X, first):
        """Checked views of `partial_fit`, before anything is added."""
        if first and isinstance(X, Views):
            # In a first piece a view may be absent from all rows; `reset=True` would refuse it.
            self._remember_widths(X.widths)
        views = validate_views(self, X, reset=first and not isinstance(X, Views))
        wide = {n: w for n, w in views.widths.items() if w > self.max_width}
        if wide:
            raise ValueError(
                f"partial_fit keeps moments of width x width, and views {wide} (name: width) are "
                f"wider than max_width={self.max_width}; reduce them before, with "
                "PerView({name: TruncatedSVD(256)}) fitted on a part of the rows, or raise "
                "max_width."
            )
        self._check_settings(self.view_widths_in_)
        if not first:
            self._check_kind(self.moments_)
        return views

    def _units_with(self, views, units):
        """The exponents of every view so far: those of the first piece that has it."""
        own = {n: unit for n, unit in units_of(views).items() if views.mask(n).any()}
        units = own | units
        for name in own:
            if not fits_exponent(views[name], units[name]):
                raise ValueError(
                    f"view {name!r}: this piece holds numbers so much larger than those of the "
                    "first that sums of their products would not fit into float64. Look for "
                    "another unit or a wrong value."
                )
        return units

    def merge(self, other):
        """Add the rows that another aligner has seen in `partial_fit`.

        Parameters
        ----------
        other : LinearAligner
            An aligner of the same class, parameters and views; left as it is.

        Returns
        -------
        self : object
            The aligner, as if it had seen the rows of both.

        Raises
        ------
        ValueError
            If one of the two was not fitted with `partial_fit`, their classes or parameters
            differ (`random_state` may), or their views do.

        Notes
        -----
        Solves the problem once, O(p^3) for p columns in all.
        """
        check_same_settings(self, other)
        for aligner in (self, other):
            if "moments_" not in vars(aligner):
                raise ValueError("merge needs two aligners that were fitted with partial_fit.")
        self._check_kind(self.moments_)
        units = other._units | self._units
        for name in self._units.keys() & other._units.keys():
            units[name] = max(self._units[name], other._units[name])
            if abs(self._units[name] - other._units[name]) > _MOST_APART:
                raise ValueError(
                    f"view {name!r}: the rows of the two differ so much in size that their sums of "
                    "products do not fit into one. Fit both in one unit."
                )
        mine, theirs = (moments_in_units(x.moments_, x._units, units) for x in (self, other))
        self._settle(mine.merge(theirs), units)
        if "n_components_" in vars(self):
            self._warn_of_settings(self.moments_)
        return self

    def adapt(self, X, y=None):
        """Fit a new aligner to few rows of another catalogue, helped by those that were fitted.

        Parameters
        ----------
        X : Views
            Rows of the other catalogue; at least ten have two views.
        y : array-like of shape (n_rows,), default=None
            Their labels, for aligners that learn from labels.

        Returns
        -------
        aligner : object
            A new aligner of the class; ``adapted_weight_`` is what a row of `X` weighs in it beside
            one fitted before: 0 for this aligner as it is, infinity for the rows of `X` alone.

        Raises
        ------
        ValueError
            If this aligner was not fitted with `partial_fit`, or fewer rows have two views.

        Notes
        -----
        Moments are added up, those of `X` times 0, 1, 10, 100, 1000 or infinity: the smallest
        with which held-out rows of `X` (five folds) stand out from wrong partners as much as with
        the best, up to a standard error. Solves some 25 problems, O(p^3) each for p columns.
        """
        return adapted(self, X, y)

    def _settle(self, moments, units):
        """Keep moments and solve them; where that is not possible yet, keep the reason."""
        self._forget()
        self.moments_, self._units = moments, units
        try:
            self._solve_rows(moments, {}, units, release=False)
        except UnsolvableError as error:
            self._forget()
            self.moments_, self._unsolved_ = moments, str(error)

    def _solve_rows(self, moments, reductions, units, *, release):
        for name in moments.widths:
            if not moments.n_rows(name):
                raise UnsolvableError(f"no row of positive weight has the view {name!r}.")
        self._solve(moments, reductions, release)
        self._restore_units({name: units.get(name, 0) for name in moments.widths})

    def _restore_units(self, units):
        """Make maps of views divided by 2 to the units those of the views themselves."""
        powers = self._weight_powers(units)
        for name, weights in self.weights_.items():
            self.weights_[name] = in_unit(weights, powers[name], "weights", name)
        for name, mean in self.means_.items():
            self.means_[name] = times_power(mean, units[name])

    def _weight_powers(self, units):
        """What weights are multiplied by, as powers of two; here places have no unit."""
        return {name: -unit for name, unit in units.items()}

    @abstractmethod
    def _solve(self, moments, reductions, release):
        """Set ``weights_``, ``means_`` and ``n_components_`` from moments with rows of every view.

        `reductions` are those of `_reduce_wide`; the moments may be consumed if `release`.
        Raises UnsolvableError where more rows may help.
        """

    def _check_settings(self, widths):
        """Raise where parameters do not suit views of these widths, whatever the rows."""

    def _warn_of_settings(self, moments):
        """Warn of what the rows say about the parameters; the caller's caller is named."""

    def _check_kind(self, moments):
        """Raise unless moments are what these parameters need."""
        wanted = self._new_moments()
        folded = isinstance(wanted, FoldedMoments)
        kind = wanted.kind if folded else type(wanted)
        is_folded = isinstance(moments, FoldedMoments)
        if self._takes(moments.kind if is_folded else type(moments)) and (is_folded or not folded):
            return
        needs = f"FoldedMoments({kind.__name__})" if folded else kind.__name__
        if folded and type(moments) is kind:
            raise ValueError(
                f"choosing the ridge needs moments by fold, {needs}; partial_fit keeps them only "
                f"if ridge holds candidates from its first call on. Got {kind.__name__}."
            )
        raise ValueError(
            f"{type(self).__name__} learns from {needs}; got {type(moments).__name__}"
            f"{f' of {moments.kind.__name__}' if is_folded else ''}."
        )

    def _takes(self, kind):
        """Whether moments of a kind hold all that is asked of them."""
        wanted = self._new_moments()
        return kind is (wanted.kind if isinstance(wanted, FoldedMoments) else type(wanted))

    def __sklearn_is_fitted__(self):
        return "n_components_" in vars(self)

    def _check_fitted(self):
        if "_unsolved_" in vars(self):
            raise NotFittedError(
                f"this {type(self).__name__} has kept its rows, but they allow no solution yet: "
                f"{self._unsolved_} Add rows with partial_fit."
            )
        check_is_fitted(self)

    def _remember_widths(self, widths):
        self.view_widths_in_ = dict(widths)
        self.n_features_in_ = sum(widths.values())
        vars(self).pop("feature_names_in_", None)  # those of a table that was fitted before

    def _forget(self):
        """Drop what an earlier fit has left."""
        kept = {"view_widths_in_", "n_features_in_", "feature_names_in_"}
        for name in [n for n in vars(self) if n.endswith("_") and n not in kept]:
            delattr(self, name)

    def _new_moments(self):
        return Moments()

    def _moments_of_fit(self):
        """Moments that nothing but the solution is asked of."""
        return self._new_moments()

    def _add_rows(self, moments, views, y, weight):
        return moments.update(views, weight)

    def _project(self, name, block):
        return project(block, self.weights_[name], self.means_[name])

    def _reduce_wide(self, views, weight):
        """Principal axes of the views that are too wide for a width x width problem."""
        return reductions_of_wide(views, weight, self.max_width, self.random_state)

    def _set_maps(self, weights, means, reductions):
        """Keep weights and means in the coordinates of the views themselves."""
        self.weights_, self.means_ = {}, {}
        for name, matrix in weights.items():
            mean = means[name]
            if name in reductions:
                axes = reductions[name].axes
                matrix, mean = axes @ matrix, reductions[name].mean + axes @ mean
            self.weights_[name], self.means_[name] = matrix, mean
