"""Generalised canonical correlation analysis: variables that every view predicts."""

import numpy as np

from mmclassic.align._objectives import (
    principal_axes,
    shared_variables,
    weights_of,
    whiteners,
)
from mmclassic.align._ridge import RIDGE
from mmclassic.align._subspace import SubspaceAligner


class GCCA(SubspaceAligner):
    """Generalised canonical correlation analysis (MAXVAR).

    Finds uncorrelated variables of unit variance that all views predict best on
    average, and maps each view to its prediction of them. A view that predicts a
    variable poorly therefore keeps little variance in it, where `CCA` gives
    every view the same. Any number of views.

    Parameters
    ----------
    n_components : int, default=None
        Width of the shared space. None takes 32, or as many as the data allow
        if that is fewer; with a chosen ridge, as many as hold on held-out rows, and up to 256
        where more than 32 have a correlation of 0.1 or more on those (on average over the pairs
        of views).
    ridge : float >= 0, dict of str to float, sequence of float or "cv", default="cv"
        Regularisation of each view's covariance, in the unit of `CCA`. A number, or a
        dict by view, gives the textbook solution. Of a sequence, or of 0.001 to 1000
        by decades for "cv", the value is chosen as in `CCA`.
    max_width : int, default=4096
        A view with more columns than rows, or more columns than this, is first
        reduced to its leading principal axes, at most this many. Of a view with
        more than 3,000 rows and columns at most 256 axes are kept.
    random_state : int, RandomState instance or None, default=0
        For the randomised decomposition of very large views; smaller ones are
        decomposed exactly.

    Attributes
    ----------
    agreements_ : ndarray of shape (n_components_,)
        Share of a shared variable's variance that the views predict, on average
        over the views, in [0, 1]. In decreasing order, but for a chosen ridge, where
        they are those of the fitted rows and `held_out_correlations_` make the order.
    held_out_correlations_ : ndarray of shape (n_components_,)
        Correlations of the views that are expected on new rows, averaged over the
        pairs, non-increasing, in [0, 1). Not where the ridge is given, nor of fewer than
        25 rows that have both views of a pair.
    weights_ : dict of ndarray of shape (width, n_components_)
        Columns that project a centred view on its predictions.
    loadings_ : dict of ndarray of shape (width, n_components_)
        Correlations of a view's columns with its own variates; 0 where one is
        constant.
    means_ : dict of ndarray of shape (width,)
        Mean of every view.
    ridge_ : dict of str to float
        The ridge of every view.
    ridge_scores_ : ndarray of shape (n_candidates, 5)
        What every fold adds to the criterion, whose value is the average over the
        folds; only if the ridge was chosen from candidates.
    moments_ : Moments
        What `partial_fit` has seen; not kept by `fit`.
    n_components_ : int
        Width of the shared space.
    view_widths_in_ : dict
        Width of every fitted view by name.
    n_features_in_ : int
        Total width of the fitted views.

    Notes
    -----
    Cost O(n p^2 + p^3) for p columns in all. Missing, sparse and wide views as in
    `CCA`. Without a ridge its directions are those of `CCA`, scaled by how well
    each view predicts. A single view gives its principal axes by decreasing variance.

    With a chosen ridge the whitened views count as white, and as correlated as they are on
    held-out rows (see `CCA`). The shared variables then have the directions of `CCA`, and
    components weigh by their correlation r on held-out rows, as ``sqrt(r / (1 - r^2))`` for
    variates that have variance 1 on average over the views.

    Only variables that views agree on are kept. Without a ridge one of a single view has the
    agreement ``1 / n_views``, and what is at or below it is of one view alone or one on which
    they disagree; with a ridge the sign of the covariances between views tells. So there are at
    most as many components as in `CCA`.

    References
    ----------
    P. Horst, "Generalized canonical correlations and their applications to
    experimental data", Journal of Clinical Psychology 17, 1961. J. R. Kettenring,
    "Canonical analysis of several sets of variables", Biometrika 58(3), 1971
    (MAXVAR). J. Via, I. Santamaria and J. Perez, "A learning algorithm for adaptive
    canonical correlation analysis of several data sets", Neural Networks 20, 2007.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.align import GCCA
    >>> from mmclassic.views import Views
    >>> rng = np.random.default_rng(0)
    >>> shared = rng.normal(size=(200, 1))
    >>> X = shared + 0.1 * rng.normal(size=(200, 3))
    >>> Y = -shared + 0.1 * rng.normal(size=(200, 2))
    >>> gcca = GCCA(n_components=1, ridge=0.01).fit(Views({"x": X, "y": Y}))
    >>> bool(gcca.agreements_[0] > 0.9)
    True
    """

    _parameter_constraints: dict = {**SubspaceAligner._parameter_constraints, "ridge": RIDGE}

    # A variable of one view alone has a larger value than one that two views agree on little.
    _values_are_agreements = False

    def __init__(self, n_components=None, *, ridge="cv", max_width=4096, random_state=0):
        self.n_components = n_components
        self.ridge = ridge
        self.max_width = max_width
        self.random_state = random_state

    def _directions(self, covariances, ridges, wanted):
        if len(covariances.names) == 1:
            values, weights = principal_axes(covariances, *ridges.values(), wanted)
            return values, {name: axes * np.sqrt(values) for name, axes in weights.items()}
        # Not in place: the blocks of a view with itself are read besides its whitening.
        whites = whiteners(covariances, ridges, in_place=False)
        values, rotations = shared_variables(covariances, whites, wanted)
        return values, weights_of(rotations, whites)

    def _scale_held_out(self, weights, between, within):
        n_views = len(weights)
        values = np.maximum(within + (n_views - 1) * between, 0)
        self._keep(values, n_views)
        return {name: matrix * np.sqrt(values) for name, matrix in weights.items()}

    def _component_scale(self):
        scale = super()._component_scale()
        if "held_out_correlations_" not in vars(self):
            return scale
        # The evidence is of variables of variance 1, which the predictions are not.
        deviations = np.sqrt(self.agreements_ * len(self.weights_))
        return np.divide(scale, deviations, out=np.zeros_like(scale), where=deviations > 0)

    def _keep(self, values, n_views):
        self.agreements_ = np.clip(values / n_views, 0.0, 1.0)
