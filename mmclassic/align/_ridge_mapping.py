"""Ridge regression from every view into the space of one."""

import numpy as np

from mmclassic.align._ridge import RIDGE, candidates_of, check_folds, choose_ridge, given_ridges
from mmclassic.align._solve import whiten
from mmclassic.align._target import TargetAligner
from mmclassic.moments import FoldedMoments, Moments, ridge_unit


class RidgeMapping(TargetAligner):
    """Ridge regression of a target view on each of the others.

    The shared space is the target's own, centred. With labels as the target, one
    column for each class, every view is mapped to its evidence for the classes.

    Parameters
    ----------
    target : str, default=None
        Name of the view that the others are mapped to; None is the last.
    ridge : float >= 0, dict of str to float, sequence of float or "cv", default=1.0
        Penalty relative to the variance of a view's n rows and p columns, as in `CCA`:
        scikit-learn's ``alpha`` is ``ridge * n * trace(C) / min(p, n - 1)``. A dict
        sets it by view, without the target. Of a sequence, or of 0.001 to 10 for "cv",
        each view takes the value of the smallest error on held-out rows, by
        cross-validation with five folds in the same pass over the data.
    max_width : int, default=4096
        A view with more columns than rows, or more columns than this, is first
        reduced to its leading principal axes, at most this many. Of a view with
        more than 3,000 rows and columns at most 256 axes are kept. The target must
        not be wider than this.
    random_state : int, RandomState instance or None, default=0
        For the randomised decomposition of very large views; smaller ones are
        decomposed exactly.

    Attributes
    ----------
    target_ : str
        The view whose space is shared.
    weights_ : dict of ndarray of shape (width, n_components_)
        Columns that map a centred view into the space of the target; the target
        itself is only centred.
    means_ : dict of ndarray of shape (width,)
        Mean of every view over the rows that it was mapped by.
    offsets_ : dict of ndarray of shape (n_components_,)
        Mean of the target over the rows that have both it and a view, minus its
        mean over all.
    ridge_ : dict of str to float
        The ridge of every view but the target.
    ridge_scores_ : dict of ndarray of shape (n_candidates, 5)
        Share of the target's variance that a view predicts on held-out rows, by
        candidate and fold; only if the ridge was chosen from candidates.
    moments_ : Moments
        What `partial_fit` has seen; not kept by `fit`.
    n_components_ : int
        Width of the shared space, which is that of the target.
    view_widths_in_ : dict
        Width of every fitted view by name.
    n_features_in_ : int
        Total width of the fitted views.

    Notes
    -----
    Cost O(n p^2 + p^3) for p columns in all. Sparse and wide views as in `CCA`. A
    view is mapped by the rows that have both it and the target. A single view is
    its own target and only centred.

    References
    ----------
    A. E. Hoerl and R. W. Kennard, "Ridge regression: biased estimation for
    nonorthogonal problems", Technometrics 12(1), 1970.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.align import RidgeMapping
    >>> from mmclassic.views import Views
    >>> X = np.random.default_rng(0).normal(size=(100, 3))
    >>> mapping = RidgeMapping(ridge=0).fit(Views({"image": X, "text": X[:, :2] + 5}))
    >>> mapping.predict_view(Views({"image": np.array([[1.0, 2.0, 3.0]])})).round(6)
    array([[6., 7.]])
    """

    _parameter_constraints: dict = {**TargetAligner._parameter_constraints, "ridge": RIDGE}

    def __init__(self, target=None, *, ridge=1.0, max_width=4096, random_state=0):
        self.target = target
        self.ridge = ridge
        self.max_width = max_width
        self.random_state = random_state

    def _new_moments(self):
        return Moments() if candidates_of(self.ridge) is None else FoldedMoments()

    def _check_settings(self, widths):
        super()._check_settings(widths)
        if candidates_of(self.ridge) is None:
            target = self._target_name(widths)
            given_ridges(self.ridge, [name for name in widths if name != target])

    def _solve(self, moments, reductions, release):
        self.target_ = self._target_name(self.view_widths_in_)
        self.ridge_ = {}
        if candidates_of(self.ridge) is None:
            self.ridge_ = given_ridges(self.ridge, self._sources())
        else:
            check_folds(moments, [(name, self.target_) for name in self._sources()])
            self.ridge_scores_ = {}
        super()._solve(moments, reductions, release)

    def _map(self, moments, total, name, unit):
        candidates = candidates_of(self.ridge)
        if candidates is not None:
            self.ridge_[name], self.ridge_scores_[name] = choose_ridge(
                candidates,
                moments,
                lambda known, new: self._held_out(known, new, name, candidates, unit),
            )
        return self._slopes(total, name, self.ridge_[name], unit)

    def _weight_powers(self, units):
        """Slopes have the unit of the target by that of the view."""
        return {name: units[self.target_] - unit for name, unit in units.items()}

    def _slopes(self, moments, name, ridge, unit):
        own = moments.covariance(name, name, rows_with=(self.target_,))
        if unit is None:
            unit = ridge_unit(np.trace(own), len(own), moments.sample_size(name, self.target_))
        white = whiten(
            own,
            ridge * unit,
            n_rows=moments.n_rows(name, self.target_),
            precision=moments.precisions[name],
            in_place=True,
        )
        return white.weights(white.reduce(moments.covariance(name, self.target_)))

    def _held_out(self, known, new, name, candidates, unit):
        """Share of the target's variance on new rows that known ones predict, by candidate."""
        target = self.target_
        own = new.covariance(name, name, rows_with=(target,))
        across = new.covariance(name, target)
        variance = np.trace(new.covariance(target, target, rows_with=(name,)))
        move = new.mean(name, rows_with=(target,)) - known.mean(name, rows_with=(target,))
        rise = new.mean(target, rows_with=(name,)) - known.mean(target, rows_with=(name,))
        shares = []
        for ridge in candidates:
            B = self._slopes(known, name, float(ridge), unit)
            error = variance - 2 * np.vdot(B, across) + np.vdot(B, own @ B)
            error += np.sum((rise - move @ B) ** 2)
            shares.append(1 - error / (variance + rise @ rise) if variance > 0 else 0.0)
        return shares
