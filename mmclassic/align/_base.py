"""The contract of aligners."""

import warnings
from abc import ABC, abstractmethod
from itertools import combinations

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted

from mmclassic.align._cross_fit import cross_fit, fitter_of_parts, inverse, rotation
from mmclassic.align._units import divided, units_of
from mmclassic.metrics import paired_correlation
from mmclassic.moments import N_FOLDS
from mmclassic.utils import exponent_of, times_power
from mmclassic.views import (
    Views,
    ViewsTransformerMixin,
    restore_absent,
    validate_views,
)


class BaseAligner(ViewsTransformerMixin, BaseEstimator, ABC):
    """Map every view into one shared space.

    A subclass writes two hooks: ``_fit_views(views, y)``, which learns, and
    ``_project(name, block)``, which maps the rows of one view. Views whose numbers are so large
    or small that their squares would not fit come to both divided by a power of two, the same
    in `fit` and in `transform`. Where the columns of the
    shared space have a meaning, so that it must not be rotated, it also writes
    ``_onto(part, found, wanted)``.

    Attributes
    ----------
    similarity_metric : {"cosine", "dot", "pearson"}
        How rows of the shared space are to be compared: the ``metric`` for `similarity`,
        `match`, `consistency` and `CrossModalSearch`. An attribute of the class, "cosine"
        unless a subclass says otherwise.
    view_widths_in_ : dict
        Width of every fitted view by name.
    n_features_in_ : int
        Total width of the fitted views.
    n_components_ : int
        Width of the shared space.

    Notes
    -----
    Absent rows take no part in fitting; in the output they stay marked absent
    and hold NaN. A plain matrix is the one view "x0" and comes back as a plain
    matrix.
    """

    similarity_metric = "cosine"
    _exponents: dict = {}  # powers of two that views are divided by, see `_take_units`

    def fit(self, X, y=None):
        """Learn the shared space.

        Parameters
        ----------
        X : Views or {array-like, CSR} of shape (n_rows, n_columns)
            Row-aligned views.
        y : array-like of shape (n_rows,), default=None
            Ignored by unsupervised aligners. Never a second view; a matrix here
            gives a warning that says how to pass two views.

        Returns
        -------
        self : object
            The fitted aligner.
        """
        self._validate_params()
        self._warn_of_second_view(y)
        self._fit_views(self._take_units(validate_views(self, X, reset=True)), y)
        return self

    def _take_units(self, views):
        """Fix the power of two of every view, 0 for ordinary ones, and divide by it."""
        self._exponents = units_of(views)
        return self._in_units(views)

    def _in_units(self, views):
        """Views divided by their powers of two; the same ones where these are 1."""
        exponents = {name: self._exponents.get(name, 0) for name in views.names}
        return divided(views, exponents)

    @abstractmethod
    def _fit_views(self, views, y):
        """Learn from checked views, whose absent rows hold 0; set ``n_components_``."""

    @abstractmethod
    def _project(self, name, block):
        """Map rows of a view: ndarray of shape (n_rows, n_components_). Sets nothing."""

    def _check_fitted(self):
        """Raise NotFittedError where there is nothing to read."""
        check_is_fitted(self)

    def _copy_for_part(self):
        """An unfitted copy for a part of the rows; what was chosen on all of them stays chosen."""
        copy = clone(self)
        if not hasattr(self, "ridge_"):
            return copy
        ridge = self.ridge_
        if self._weighs_by_folds():
            # A single candidate: there is nothing to choose, and the weights come by folds again.
            ridge = [next(iter(ridge.values()))]
        return copy.set_params(ridge=ridge)

    def _fitter_of_parts(self, views, y, cv):
        """What fits copies without a fold of the rows, ``fit(copy, fold)``; sets nothing here."""
        return fitter_of_parts(views, y, cv)

    def _weighs_by_folds(self):
        """Whether components weigh by held-out correlations, as with one ridge chosen by folds."""
        return False

    def _component_scale(self):
        """What components are multiplied by in the shared space, after all else."""
        return np.ones(self.n_components_)

    def _onto(self, part, found, wanted):
        """Matrix that brings rows in the space of `part`, a fit on a part of the rows, to this one.

        `found` and `wanted` are the places of that part's rows in both spaces. Components are
        rotated without their scales, and get those of this fit.
        """
        own, other = self._component_scale(), inverse(part._component_scale())
        # A rotation does not depend on units, so products may be taken in those that hold them.
        found, wanted = (times_power(Z, -exponent_of(Z)) for Z in (found, wanted))
        turn = rotation(found * other, wanted * inverse(own))
        return other[:, None] * turn * own

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _warn_of_second_view(self, y):
        shape = getattr(y, "shape", ())
        if len(shape) == 2 and shape[1] > 1:
            warnings.warn(
                f"{type(self).__name__} does not take a second view as y and ignores it; to align "
                "X with Y, fit Views.from_arrays(X, Y).",
                stacklevel=3,
            )

    def transform(self, X, y=None):
        """Map views into the shared space.

        Parameters
        ----------
        X : Views or {array-like, CSR} of shape (n_rows, n_columns)
            The data; a subset of the fitted views in any order is fine.
        y : array-like of shape (n_rows,), default=None
            Ignored; scikit-learn's tools pass it to what they take for a
            cross-decomposition.

        Returns
        -------
        Z : Views or ndarray of shape (n_rows, n_components_)
            One block of width ``n_components_`` per view that came; a plain
            matrix if one came.
        """
        self._check_fitted()
        views = self._in_units(validate_views(self, X, reset=False))
        blocks = {}
        for name, block in views.items():
            with np.errstate(over="ignore", invalid="ignore"):  # `check_places` tells
                projected = check_places(name, self._project(name, block))
            blocks[name] = restore_absent(projected, views.mask(name))
        return Views(blocks, views.present) if isinstance(X, Views) else blocks[views.names[0]]

    def cross_transform(self, X, y=None, *, cv=N_FOLDS, rotate=True):
        """Map the fitted rows, each by a fit that has not seen it.

        `transform` makes the views of fitted rows agree, wrong pairs among them, for this is
        what was learned from them. Use this where fitted rows are judged, for a score that is not
        too good for example; `mmclassic.match.consistency` calls it.

        Parameters
        ----------
        X : Views or {array-like, CSR} of shape (n_rows, n_columns)
            The fitted rows, at least two a fold, with all views.
        y : array-like of shape (n_rows,), default=None
            The labels that were fitted, if there were any.
        cv : int >= 2, default=5
            Number of folds, row i being in fold ``i % cv``.
        rotate : bool, default=True
            Bring the rows of all folds into the space of the whole fit. What brings them there
            was learned from that fit, and with many components for few rows it hands a little of
            the pairs on. False leaves every fold in the space of its own fit: then only rows of
            one fold can be compared, and their p-values are exact.

        Returns
        -------
        Z : Views or ndarray of shape (n_rows, n_components_)
            As `transform`. A component that a fold does not have is 0 there.

        Raises
        ------
        ValueError
            If there are too few rows, a view is lacking, or a part of the rows allows no fit.

        Notes
        -----
        A fit without every fold maps the rows of the fold, and they are brought into the space
        of the whole fit by what both fits say of the other rows. That is a rotation (orthogonal
        Procrustes analysis), and a matching of columns where these are classes or clusters. A
        ridge or a classifier that was chosen in `fit` is kept. Weights of rows are not. What
        follows from second moments takes one pass over the rows, kept by fold, if there are five
        folds; views that are too wide for that are reduced to principal axes of all rows, which
        say nothing of pairs.
        """
        self._check_fitted()
        views = validate_views(self, X, reset=False)
        crossed = cross_fit(self, views, y, cv, rotate)
        return crossed if isinstance(X, Views) else crossed[views.names[0]]

    def cross_score(self, X, y=None):
        """Score of the fitted rows, each mapped by a fit that has not seen it.

        Parameters
        ----------
        X : Views
            The fitted rows, at least ten, with all views.
        y : array-like of shape (n_rows,), default=None
            The labels that were fitted, if there were any.

        Returns
        -------
        score : float
            As `score`, of what `cross_transform` gives, and at its cost.
        """
        self._check_fitted()
        if not isinstance(X, Views):
            validate_views(self, X, reset=False)
            return float("nan")
        return _mean_correlation(self.cross_transform(X, y))

    def score(self, X, y=None):
        """Mean correlation of the views in the shared space on (held-out) rows.

        Parameters
        ----------
        X : Views
            Rows with at least two of the fitted views.
        y : array-like of shape (n_rows,), default=None
            Ignored.

        Returns
        -------
        score : float
            Pearson correlation averaged over components and pairs of views, in
            [-1, 1]; rows that lack a view of a pair are left out of that pair.
            A component that is constant counts as 0. NaN for a single view.
        """
        self._check_fitted()
        if not isinstance(X, Views):
            validate_views(self, X, reset=False)
            return float("nan")
        return _mean_correlation(self.transform(X))

    def get_feature_names_out(self, input_features=None):
        """List the names of the components.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Not used; present for scikit-learn's sake.

        Returns
        -------
        names : ndarray of str of shape (n_components_,)
            The lower-case class name and a number; the same for every view.
        """
        self._check_fitted()
        prefix = type(self).__name__.lower()
        return np.array([f"{prefix}{i}" for i in range(self.n_components_)], dtype=object)


def check_places(name, projected):
    """Raise where rows have no place in the space that their type could hold."""
    bad = np.flatnonzero(~np.isfinite(projected).all(axis=1))
    if bad.size:
        raise ValueError(
            f"view {name!r}, row {bad[0]}: its place in the shared space is no finite number of "
            f"type {projected.dtype}, since its values are too large beside those that were "
            "fitted. Look for a wrong value or unit there."
        )
    return projected


def _mean_correlation(Z):
    pairs = list(combinations(Z.names, 2))
    if not pairs:
        return float("nan")
    return float(np.mean([_pair_correlation(Z, a, b) for a, b in pairs]))


def _pair_correlation(Z, a, b):
    both = Z.mask(a) & Z.mask(b)
    if both.sum() < 2:
        raise ValueError(
            f"the score needs at least 2 rows that have both {a!r} and {b!r}; got {both.sum()}."
        )
    return paired_correlation(Z[a][both], Z[b][both]).mean()
