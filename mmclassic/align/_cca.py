"""Canonical correlation analysis of two or more views."""

import numpy as np

from mmclassic.align._objectives import (
    principal_axes,
    sum_of_covariances,
    weights_of,
    whiteners,
)
from mmclassic.align._ridge import RIDGE
from mmclassic.align._subspace import SubspaceAligner
from mmclassic.utils import NON_NEGATIVE_REAL


class CCA(SubspaceAligner):
    """Canonical correlation analysis: directions along which the views agree.

    Two views give the classical method, more views the multiset form that
    maximises the sum of all pairwise covariances (MCCA, "SUMCOR" with a joint
    constraint). The solution is closed: one pass of second moments, then a
    small symmetric problem.

    Parameters
    ----------
    n_components : int, default=None
        Width of the shared space. None takes 32, or as many as the data allow
        if that is fewer; with a chosen ridge, as many as hold on held-out rows, and up to 256
        where more than 32 have a correlation of 0.1 or more on those (on average over the pairs
        of views).
    ridge : float >= 0, dict of str to float, sequence of float or "cv", default="cv"
        Regularisation of each view's covariance C over n rows and p columns:
        ``ridge * trace(C) / min(p, n - 1)`` is added to the diagonal, so a value
        means the same for every view. A number, or a dict by view, gives the
        textbook solution. Of a sequence, or of 0.001 to 1000 by decades for "cv",
        the value is chosen with which matched held-out rows stand out most, and
        components are those that hold on held-out rows: see the notes. With fewer
        than 100 rows "cv" is 1.
    correlation_power : float >= 0, default=None
        Each component is multiplied by its canonical correlation to this power,
        which lets components that agree count more in similarities. 0 gives the
        textbook variates of unit variance. None is 1 where the ridge is given; where
        it is chosen, components weigh by their correlation r on held-out rows, as
        ``sqrt(r / (1 - r^2))``: products are then log-likelihood ratios of a matched
        to an unmatched pair.
    max_width : int, default=4096
        A view with more columns than rows, or more columns than this, is first
        reduced to its leading principal axes, at most this many. This loses
        nothing where ``max_width >= n_rows - 1``. Of a view with more than 3,000
        rows and columns at most 256 axes are kept.
    random_state : int, RandomState instance or None, default=0
        For the randomised decomposition of very large views; smaller ones are
        decomposed exactly.

    Attributes
    ----------
    canonical_correlations_ : ndarray of shape (n_components_,)
        Regularised canonical correlations of the fitted rows, in [0, 1]; for
        more than two views the average over the pairs. In decreasing order, but
        for more than two views and a chosen ridge, which order components by
        `held_out_correlations_`.
    held_out_correlations_ : ndarray of shape (n_components_,)
        Correlations expected on new rows, non-increasing, in [0, 1); for more than
        two views the average over the pairs. Not where the ridge is given, nor of fewer
        than 25 rows that have both views of a pair.
    weights_ : dict of ndarray of shape (width, n_components_)
        Columns that project a centred view on its unit-variance variates.
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
    Cost O(n p^2 + p^3) for views of width p, or O(n^2 p) where p > n (dual
    route). CSR views are centred in the products and never densified. Signs make the
    largest weight of the first view positive. A single view gives its whitened
    principal axes, by decreasing variance. Without a ridge, directions whose variance is lost in
    rounding (1e-14 of the largest in float64, of columns of unit variance) are
    left out, and so are components whose correlation is rounding.

    The choice of the ridge takes five folds, kept apart in the same pass. With
    ``S = x.T (C_a + r_a)^-1 C_ab (C_b + r_b)^-1 y``, the similarity of held-out rows x and
    y of two views by what the others say, d is the mean of S over the matched rows in
    units of its root mean square over all pairs of rows. The criterion is the sum over
    the pairs of views of ``max(d, 0)^2``, d the average over the folds. Correlations of
    components on held-out rows are averaged by rank and made non-increasing; with n
    rows they count n / (n + 100), and the fitted ones times their slope the rest. With
    more than two views the whitened covariance of every pair is then put as
    ``U diag(r) V.T`` with r in place of the fitted correlations, so that a view that
    shares nothing takes no part. If nothing at all is shared there is a warning, and
    the shared space is 0. More than 512 columns are judged by that many principal axes.

    Missing views: with a given ridge a row's absent views count as what its other
    views predict, with the uncertainty of that (expectation and maximisation on the
    moments). With a chosen one every pair of views is learned from the rows that have
    both, in O(p^3) without iterations: what does not hold on held-out rows drops out.

    Files larger than memory: `partial_fit` takes them in pieces, and `merge`
    joins what several workers have seen.

    References
    ----------
    H. Hotelling, "Relations between two sets of variates", Biometrika 28, 1936.
    J. R. Kettenring, "Canonical analysis of several sets of variables",
    Biometrika 58(3), 1971. H. D. Vinod, "Canonical ridge and econometrics of
    joint production", Journal of Econometrics 4(2), 1976 (the ridge).

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.align import CCA
    >>> from mmclassic.views import Views
    >>> rng = np.random.default_rng(0)
    >>> shared = rng.normal(size=(200, 1))
    >>> X = shared + 0.1 * rng.normal(size=(200, 3))
    >>> Y = -shared + 0.1 * rng.normal(size=(200, 2))
    >>> cca = CCA(n_components=1, ridge=0.01).fit(Views({"x": X, "y": Y}))
    >>> bool(cca.canonical_correlations_[0] > 0.9)
    True
    """

    _parameter_constraints: dict = {
        **SubspaceAligner._parameter_constraints,
        "ridge": RIDGE,
        "correlation_power": [*NON_NEGATIVE_REAL, None],
    }

    def __init__(
        self,
        n_components=None,
        *,
        ridge="cv",
        correlation_power=None,
        max_width=4096,
        random_state=0,
    ):
        self.n_components = n_components
        self.ridge = ridge
        self.correlation_power = correlation_power
        self.max_width = max_width
        self.random_state = random_state

    def _directions(self, covariances, ridges, wanted):
        if len(covariances.names) == 1:
            return principal_axes(covariances, *ridges.values(), wanted)
        whites = whiteners(covariances, ridges, in_place=True)
        values, rotations = sum_of_covariances(covariances, whites, wanted)
        return values, weights_of(rotations, whites)

    def _keep(self, values, n_views):
        self.canonical_correlations_ = np.clip(values, 0.0, 1.0)

    def _scale_held_out(self, weights, between, within):
        self._keep(between, len(weights))
        return weights

    def _component_scale(self):
        power = self.correlation_power
        if power is None and "held_out_correlations_" in vars(self):
            return super()._component_scale()
        return self.canonical_correlations_ ** (1.0 if power is None else power)
