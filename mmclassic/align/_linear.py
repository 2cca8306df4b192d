"""What all aligners share whose solution follows from second moments."""

import warnings

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight

from mmclassic.align._base import BaseAligner
from mmclassic.moments import Moments, Reduction, project
from mmclassic.utils import POSITIVE_INTEGER, RANDOM_STATE
from mmclassic.views import Views, validate_views


class LinearAligner(BaseAligner):
    """Aligner that needs nothing of the data but counts, means and cross-products.

    One pass over the rows gathers them; `partial_fit` adds more rows, `merge` what another
    estimator has seen. A subclass writes ``_solve(moments, reductions, release)``, which sets
    ``weights_``, ``means_`` and ``n_components_``; `reductions` are those of `_reduce_wide` and
    the moments may be consumed if `release`. One that learns from labels also writes
    ``_add_rows(moments, views, y, weight)`` and `_new_moments`.

    Attributes
    ----------
    weights_ : dict of ndarray of shape (width, n_components_)
        Columns that map a centred view into the shared space.
    means_ : dict of ndarray of shape (width,)
        What is subtracted from every view.
    moments_ : Moments
        What `partial_fit` has seen; not kept by `fit`.
    n_components_ : int
        Width of the shared space.
    view_widths_in_ : dict
        Width of every fitted view by name.
    n_features_in_ : int
        Total width of the fitted views.
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
        weight = _check_weight(sample_weight, views)
        self._forget()
        reductions = self._reduce_wide(views, weight)
        reduced = views
        if reductions:
            blocks = {n: _reduced(views[n], reductions.get(n)) for n in views.names}
            reduced = Views(blocks, views.present)
        moments = self._add_rows(self._new_moments(), reduced, y, weight)
        self._solve(moments, reductions, release=True)
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
            The aligner. It is solved at the first use after this.

        Raises
        ------
        ValueError
            If a view has more columns than `max_width`.

        Warns
        -----
        UserWarning
            If `fit` came before, which keeps no moments to add to: then this starts anew.
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
        views = validate_views(self, X, reset=first)
        wide = {n: w for n, w in views.widths.items() if w > self.max_width}
        if wide:
            raise ValueError(
                f"partial_fit keeps moments of width x width, and views {wide} (name: width) are "
                f"wider than max_width={self.max_width}; reduce them before, with "
                "PerView({name: TruncatedSVD(256)}) fitted on a part of the rows, or raise "
                "max_width."
            )
        weight = _check_weight(sample_weight, views)
        moments = self._new_moments() if first else self.moments_
        moments = self._add_rows(moments, views, y, weight)
        self._forget()
        self.moments_ = moments
        return self

    def merge(self, other):
        """Add the rows that another aligner has seen in `partial_fit`.

        Parameters
        ----------
        other : LinearAligner
            An aligner of the same kind and views; left as it is.

        Returns
        -------
        self : object
            The aligner, as if it had seen the rows of both.

        Raises
        ------
        ValueError
            If one of the two was not fitted with `partial_fit`, they keep different moments,
            or their views differ.
        """
        for aligner in (self, other):
            if "moments_" not in vars(aligner):
                raise ValueError("merge needs two aligners that were fitted with partial_fit.")
        kinds = [type(aligner.moments_).__name__ for aligner in (self, other)]
        if kinds[0] != kinds[1]:
            raise ValueError(
                f"merge needs two aligners of the same kind and settings; {type(self).__name__} "
                f"keeps {kinds[0]}, the other {type(other).__name__} keeps {kinds[1]}."
            )
        moments = self.moments_.merge(other.moments_)
        self._forget()
        self.moments_ = moments
        return self

    def __getattr__(self, name):
        # Reached only where an attribute is not set: after partial_fit the problem is solved
        # when the first part of its solution is asked for.
        state = vars(self)
        asks_for_solution = name.endswith("_") and not name.startswith("_")
        if asks_for_solution and "moments_" in state and "n_components_" not in state:
            self.n_components_ = 0  # so that a name which no solution has ends here
            try:
                self._solve(self.moments_, {}, release=False)
            except Exception:
                del self.n_components_
                raise
            return getattr(self, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def _forget(self):
        """Drop what an earlier fit has left."""
        kept = {"view_widths_in_", "n_features_in_", "feature_names_in_"}
        for name in [n for n in vars(self) if n.endswith("_") and n not in kept]:
            delattr(self, name)

    def _new_moments(self):
        return Moments()

    def _add_rows(self, moments, views, y, weight):
        return moments.update(views, weight)

    def _project(self, name, block):
        return project(block, self.weights_[name], self.means_[name])

    def _reduce_wide(self, views, weight):
        """Principal axes of the views that are too wide for a width x width problem."""
        random_state = check_random_state(self.random_state)
        reductions = {}
        for name in views.names:
            used = views.mask(name) if weight is None else views.mask(name) & (weight > 0)
            n_rows, width = int(used.sum()), views.widths[name]
            if n_rows and width > min(n_rows, self.max_width):
                reductions[name] = Reduction(
                    views[name] if used.all() else views[name][used],
                    max_rank=self.max_width,
                    random_state=random_state,
                    sample_weight=None if weight is None else weight[used],
                )
        return reductions

    def _set_maps(self, weights, means, reductions):
        """Keep weights and means in the coordinates of the views themselves."""
        self.weights_, self.means_ = {}, {}
        for name, matrix in weights.items():
            mean = means[name]
            if name in reductions:
                axes = reductions[name].axes
                matrix, mean = axes @ matrix, reductions[name].mean + axes @ mean
            self.weights_[name], self.means_[name] = matrix, mean


def _reduced(block, reduction):
    return block if reduction is None else reduction.apply(block)


def _check_weight(sample_weight, views):
    """Weights as float64 and None where all are 1."""
    if sample_weight is None:
        return None
    block = views[views.names[0]]
    weight = _check_sample_weight(sample_weight, block, dtype=np.float64)
    if (weight < 0).any():
        raise ValueError(f"sample_weight must not be negative; got {weight.min()}.")
    return weight
