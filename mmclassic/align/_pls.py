"""Partial least squares: directions of the highest covariance between views."""

import numpy as np

from mmclassic.align._objectives import sum_of_covariances, weights_of
from mmclassic.align._solve import ScaleWhitener
from mmclassic.align._subspace import SubspaceAligner
from mmclassic.align._units import in_unit
from mmclassic.utils import leading_eigenpairs


class PLS(SubspaceAligner):
    """Partial least squares by the singular vectors of the cross-covariance.

    Like `CCA` without whitening: directions of large variance weigh more, and
    nothing has to be inverted, so no ridge is needed. More than two views
    maximise the sum of the covariances of all pairs.

    Parameters
    ----------
    n_components : int, default=None
        Width of the shared space. None takes 32, or as many as the data allow
        if that is fewer.
    max_width : int, default=4096
        A view with more columns than rows, or more columns than this, is first
        reduced to its leading principal axes, at most this many. Of a view with
        more than 3,000 rows and columns at most 256 axes are kept.
    random_state : int, RandomState instance or None, default=0
        For the randomised decomposition of very large views; smaller ones are
        decomposed exactly.

    Attributes
    ----------
    covariances_ : ndarray of shape (n_components_,)
        Covariances of the variates, in decreasing order; for more than two views
        the average over the pairs, of views scaled to total variance 1; for one
        view the variances.
    weights_ : dict of ndarray of shape (width, n_components_)
        Columns that project a centred view; orthonormal for one or two views.
    loadings_ : dict of ndarray of shape (width, n_components_)
        Correlations of a view's columns with its own variates; 0 where one is
        constant.
    means_ : dict of ndarray of shape (width,)
        Mean of every view.
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
    `CCA`. Columns are not scaled: put ``PerView(StandardScaler())`` before if their
    units differ. More than two views are scaled to total variance 1 each. Signs
    make the largest weight of the first view positive.

    References
    ----------
    P. D. Sampson, A. P. Streissguth, H. M. Barr and F. L. Bookstein,
    "Neurobehavioral effects of prenatal alcohol: Part II. Partial least squares
    analysis", Neurotoxicology and Teratology 11, 1989. H. Abdi and L. J. Williams,
    "Partial least squares methods: partial least squares correlation and partial
    least square regression", Methods in Molecular Biology 930, 2013.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.align import PLS
    >>> from mmclassic.views import Views
    >>> rng = np.random.default_rng(0)
    >>> shared = rng.normal(size=(200, 1))
    >>> X = shared + 0.1 * rng.normal(size=(200, 3))
    >>> Y = -shared + 0.1 * rng.normal(size=(200, 2))
    >>> PLS(n_components=1).fit_transform(Views({"x": X, "y": Y}))["y"].shape
    (200, 1)
    """

    def __init__(self, n_components=None, *, max_width=4096, random_state=0):
        self.n_components = n_components
        self.max_width = max_width
        self.random_state = random_state

    def _directions(self, covariances, ridges, wanted):
        names = covariances.names
        if len(names) == 1:
            own = covariances[names * 2]
            values, axes = leading_eigenpairs(own, min(wanted, len(own)))
            return values, {names[0]: axes}
        scales = dict.fromkeys(names, 1.0)
        if len(names) > 2:
            totals = {name: np.trace(covariances[name, name]) for name in names}
            scales = {n: 1 / np.sqrt(total) if total > 0 else 1.0 for n, total in totals.items()}
        whites = {n: ScaleWhitener(covariances.widths[n], scales[n]) for n in names}
        values, rotations = sum_of_covariances(covariances, whites, wanted)
        return values, weights_of(rotations, whites)

    def _keep(self, values, n_views):
        self.covariances_ = np.maximum(values, 0)

    def _restore_units(self, units):
        super()._restore_units(units)
        if len(units) <= 2:
            names = list(units)
            power = units[names[0]] + units[names[-1]]
            self.covariances_ = in_unit(self.covariances_, power, "covariances", names[0])

    def _weight_powers(self, units):
        """Variates of one view or two are in the units of their columns."""
        return dict.fromkeys(units, 0) if len(units) <= 2 else super()._weight_powers(units)
