"""Canonical correlation analysis of two or more views."""

import warnings
from numbers import Real

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval

from mmclassic.align._base import BaseAligner
from mmclassic.align._moments import Moments
from mmclassic.align._reduce import Reduction, project
from mmclassic.utils._constraints import NON_NEGATIVE_REAL, POSITIVE_INTEGER, RANDOM_STATE
from mmclassic.utils._linalg import align_signs, leading_eigenpairs, small_svd
from mmclassic.views._views import Views

_DEFAULT_COMPONENTS = 32


class CCA(BaseAligner):
    """Canonical correlation analysis: directions along which the views agree.

    Two views give the classical method, more views the multiset form that
    maximises the sum of all pairwise covariances (MCCA, "SUMCOR" with a joint
    constraint). The solution is closed: one pass of second moments, then a
    small symmetric problem.

    Parameters
    ----------
    n_components : int, default=None
        Width of the shared space. None takes 32, or as many as the data allow
        if that is fewer.
    ridge : float >= 0 or dict of str to float, default=1.0
        Regularisation of each view's covariance, relative to its average
        variance: ``ridge * trace(C) / p`` is added to the diagonal, so a value
        means the same for every view. The default suits features with many
        columns and few rows; with many rows for each column 0.01 or 0 lose
        less. A dict sets it by view.
    correlation_power : float >= 0, default=1.0
        Each component is multiplied by its canonical correlation to this power,
        which lets components that agree count more in similarities. 0 gives the
        textbook variates of unit variance.
    max_width : int, default=1000
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
        Regularised canonical correlations in decreasing order, in [0, 1]; for
        more than two views the average over the pairs.
    weights_ : dict of ndarray of shape (width, n_components_)
        Columns that project a centred view on its unit-variance variates.
    means_ : dict of ndarray of shape (width,)
        Mean of every view over the rows that have it.
    n_components_ : int
        Width of the shared space.
    view_widths_in_ : dict
        Width of every fitted view by name.
    n_features_in_ : int
        Total width of the fitted views.

    Notes
    -----
    Cost O(n p^2 + p^3) for views of width p, or O(n^2 p) where p > n (dual
    route). CSR views are centred in the products and never densified. Missing
    views: covariances run over the rows that have both views of a pair, and
    what that leaves indefinite is cut by taking the leading eigenvectors only
    and capping correlations at 1. Signs make the largest weight of the first
    view positive. A single view gives its whitened principal axes, by
    decreasing variance.

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
        "n_components": [*POSITIVE_INTEGER, None],
        "ridge": [Interval(Real, 0, None, closed="left"), dict],
        "correlation_power": NON_NEGATIVE_REAL,
        "max_width": POSITIVE_INTEGER,
        "random_state": RANDOM_STATE,
    }

    def __init__(
        self,
        n_components=None,
        *,
        ridge=1.0,
        correlation_power=1.0,
        max_width=1000,
        random_state=0,
    ):
        self.n_components = n_components
        self.ridge = ridge
        self.correlation_power = correlation_power
        self.max_width = max_width
        self.random_state = random_state

    def _fit_views(self, views, y):
        ridges = self._ridges(views)
        reductions = self._reduce_wide(views, ridges)
        reduced = Views(
            {
                n: reductions[n].apply(views[n]) if n in reductions else views[n]
                for n in views.names
            },
            views.present,
        )
        moments = Moments().update(reduced)
        # Relative to the view as it came: a reduction must not change what a ridge means.
        absolute = {
            name: ridges[name] * _average_variance(name, reductions, moments, views.widths)
            for name in views.names
        }
        whiteners = {
            name: _whitener(moments.covariance(name, name), absolute[name]) for name in views.names
        }
        correlations, rotations = _solve(_whitened_blocks(moments, whiteners))
        k = self._check_n_components(correlations.size)
        self.canonical_correlations_ = np.clip(correlations[:k], 0.0, 1.0)
        self.weights_, self.means_ = {}, {}
        for name in views.names:
            weights = whiteners[name] @ rotations[name][:, :k]
            self.weights_[name], self.means_[name] = _in_view_coordinates(
                weights, moments.mean(name), reductions.get(name)
            )
        signs = align_signs(self.weights_[views.names[0]])
        self.weights_ = {name: weights * signs for name, weights in self.weights_.items()}
        self.n_components_ = k

    def _project(self, name, block):
        scale = self.canonical_correlations_**self.correlation_power
        return project(block, self.weights_[name] * scale, self.means_[name])

    def _ridges(self, views):
        if not isinstance(self.ridge, dict):
            return dict.fromkeys(views.names, float(self.ridge))
        wrong = {n: r for n, r in self.ridge.items() if not (isinstance(r, Real) and r >= 0)}
        if set(self.ridge) != set(views.names) or wrong:
            raise ValueError(
                f"ridge must give a number >= 0 for each of the views {list(views.names)}; "
                f"got {self.ridge}."
            )
        return self.ridge

    def _reduce_wide(self, views, ridges):
        """Principal axes of the views that are too wide for a width x width problem."""
        random_state = check_random_state(self.random_state)
        reductions = {}
        for name in views.names:
            mask = views.mask(name)
            n_rows, width = int(mask.sum()), views.widths[name]
            if width >= n_rows and ridges[name] == 0 and len(views.names) > 1:
                warnings.warn(
                    f"view {name!r} has {width} columns and {n_rows} rows: without a ridge every "
                    "correlation is 1 and nothing is learned; set ridge > 0.",
                    stacklevel=4,
                )
            if width > min(n_rows, self.max_width):
                rows = views[name] if mask.all() else views[name][mask]
                reductions[name] = Reduction(
                    rows, max_rank=self.max_width, random_state=random_state
                )
        return reductions

    def _check_n_components(self, available):
        if self.n_components is None:
            return min(_DEFAULT_COMPONENTS, available)
        if self.n_components > available:
            raise ValueError(
                f"n_components={self.n_components}, but these views have at most {available} "
                "components in common; ask for fewer, or pass None for as many as there are."
            )
        return self.n_components


def _average_variance(name, reductions, moments, widths):
    if name in reductions:
        return reductions[name].total_variance / widths[name]
    return float(np.trace(moments.covariance(name, name))) / widths[name]


def _whitener(covariance, ridge):
    """``W`` with ``W.T (C + ridge I) W = I``, columns by decreasing variance.

    Directions without variance are dropped: they carry nothing to correlate.
    """
    values, vectors = leading_eigenpairs(covariance)
    tiny = max(values[0], 0) * len(values) * np.finfo(np.float64).eps
    keep = values > tiny
    keep[0] = True
    scale = np.maximum(values[keep], 0) + ridge
    if scale[0] == 0:
        # A constant view: any finite direction will do, its variates are zero anyway.
        scale = np.ones_like(scale)
    return vectors[:, keep] / np.sqrt(scale)


def _whitened_blocks(moments, whiteners):
    """Cross-covariances of the whitened views by pair; a single view with itself."""
    names = tuple(whiteners)
    if len(names) == 1:
        (name,) = names
        W = whiteners[name]
        return {(name, name): W.T @ moments.covariance(name, name) @ W}
    return {
        (a, b): whiteners[a].T @ moments.covariance(a, b) @ whiteners[b]
        for i, a in enumerate(names)
        for b in names[i + 1 :]
    }


def _solve(blocks):
    """Correlations and, by view, rotations of the whitened coordinates."""
    names = list(dict.fromkeys(name for pair in blocks for name in pair))
    if len(names) == 1:
        # Whitened covariance is diagonal and already in order.
        (block,) = blocks.values()
        return np.diag(block).copy(), {names[0]: np.eye(len(block))}
    if len(names) == 2:
        (block,) = blocks.values()
        left, correlations, right = small_svd(block)
        return correlations, {names[0]: left, names[1]: right.T}
    return _solve_many(names, blocks)


def _solve_many(names, blocks):
    """Leading eigenvectors of the matrix of all pairwise blocks (Kettenring 1971)."""
    widths = [_block_width(name, blocks) for name in names]
    edges = np.concatenate([[0], np.cumsum(widths)])
    span = {name: slice(edges[i], edges[i + 1]) for i, name in enumerate(names)}
    matrix = np.zeros((edges[-1], edges[-1]))
    for (a, b), block in blocks.items():
        matrix[span[a], span[b]] = block
        matrix[span[b], span[a]] = block.T
    values, vectors = leading_eigenpairs(matrix)
    # The trace is zero, so at least one eigenvalue is not negative.
    positive = slice(0, max(1, np.count_nonzero(values > 0)))
    correlations = np.maximum(values[positive], 0) / (len(names) - 1)
    # Unit variance on average over the views, as in the case of two.
    vectors = vectors[:, positive] * np.sqrt(len(names))
    return correlations, {name: vectors[span[name]] for name in names}


def _block_width(name, blocks):
    for (a, b), block in blocks.items():
        if name in (a, b):
            return block.shape[0 if name == a else 1]
    raise KeyError(name)


def _in_view_coordinates(weights, mean, reduction):
    """Weights and mean of the view itself, where it was reduced before the solution."""
    if reduction is None:
        return weights, mean
    return reduction.axes @ weights, reduction.mean + reduction.axes @ mean
