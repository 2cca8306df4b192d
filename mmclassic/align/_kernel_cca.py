"""Canonical correlation analysis of kernels."""

from numbers import Real

import numpy as np
import scipy.sparse as sp
from sklearn.metrics.pairwise import (
    additive_chi2_kernel,
    euclidean_distances,
    manhattan_distances,
    pairwise_kernels,
)
from sklearn.preprocessing import KernelCenterer
from sklearn.utils import check_random_state, gen_batches
from sklearn.utils._param_validation import Interval, StrOptions

from mmclassic.align._base import BaseAligner
from mmclassic.align._cca import CCA
from mmclassic.utils import (
    NON_NEGATIVE_REAL,
    POSITIVE_INTEGER,
    POSITIVE_REAL,
    RANDOM_STATE,
    leading_eigenpairs,
    row_norms,
)
from mmclassic.views import Views

KERNELS = ("chi2", "cosine", "laplacian", "linear", "poly", "rbf")
_EPS = np.finfo(np.float64).eps
_BATCH_ROWS = 2000
_MEDIAN_ROWS = 1000  # so many rows give a median that is good enough for a bandwidth


class KernelCCA(BaseAligner):
    """Canonical correlation analysis along curves: CCA in the feature spaces of kernels.

    Every view is mapped to its kernel values with some of its rows, the
    landmarks, centred and whitened so that scalar products of the mapped rows approximate the
    centred kernel (Nystroem); `CCA` then aligns what was mapped. With as many landmarks as
    rows nothing is approximate.

    Parameters
    ----------
    n_components : int, default=None
        Width of the shared space. None takes 32, or as many as the data allow
        if that is fewer.
    kernel : {"chi2", "cosine", "laplacian", "linear", "poly", "rbf"} or dict, default="rbf"
        See :func:`sklearn.metrics.pairwise.pairwise_kernels`; "chi2" is the
        exponential chi-squared kernel, for histograms. A dict sets it by view.
    gamma : float > 0 or dict of str to float, default=None
        Inverse bandwidth of "chi2", "laplacian" and "rbf", factor of the scalar
        product of "poly". A dict sets it by view. None takes the median heuristic: one over the
        median distance of that kernel between two rows ("poly": over the median
        squared length of a row).
    degree : float > 0, default=3
        Degree of "poly".
    coef0 : float >= 0, default=1.0
        Constant term of "poly".
    n_landmarks : int > 0, default=500
        Landmarks of each view, drawn from its rows; all rows if there are fewer.
    ridge : float >= 0 or dict of str to float, default=1.0
        Regularisation relative to the average variance of the mapped columns, see
        `CCA`. Without one, kernels fit anything.
    correlation_power : float >= 0, default=1.0
        Each component is multiplied by its canonical correlation to this power,
        see `CCA`.
    random_state : int, RandomState instance or None, default=0
        Draws the landmarks.

    Attributes
    ----------
    canonical_correlations_ : ndarray of shape (n_components_,)
        Regularised canonical correlations in decreasing order.
    landmarks_ : dict of {ndarray, CSR} of shape (n_landmarks, width)
        Rows that represent each view.
    gammas_ : dict of float
        The gamma of every view; 1.0 where its kernel has none.
    cca_ : CCA
        Aligns the mapped views.
    n_components_ : int
        Width of the shared space.
    view_widths_in_ : dict
        Width of every fitted view by name.
    n_features_in_ : int
        Total width of the fitted views.

    Raises
    ------
    ValueError
        If "chi2" meets negative values or a CSR view.

    Notes
    -----
    O(n m p + n m^2 + m^3) time and O(n m) memory for m landmarks of a view of width p.
    Scale columns first (PerView with StandardScaler), except for "chi2": distances
    are ruled by the columns of the largest variance. Computations are in float64; float32 comes
    back as float32. Missing views as in `CCA`; landmarks are present rows.

    References
    ----------
    S. Akaho, "A kernel method for canonical correlation analysis", IMPS 2001.
    C. K. I. Williams and M. Seeger, "Using the Nystroem method to speed up kernel
    machines", NIPS 2000 (equation 11).

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.align import CCA, KernelCCA
    >>> from mmclassic.views import Views
    >>> angle = np.random.default_rng(0).uniform(0, 2 * np.pi, size=(300, 1))
    >>> views = Views({"x": np.hstack([np.cos(angle), np.sin(angle)]), "y": np.cos(3 * angle)})
    >>> train, test = views[:200], views[200:]
    >>> linear = CCA(n_components=1, ridge=0).fit(train).score(test)
    >>> kernel = KernelCCA(n_components=1, ridge=0.1).fit(train).score(test)
    >>> bool(abs(linear) < 0.3), bool(kernel > 0.95)
    (True, True)
    """

    _parameter_constraints: dict = {
        "n_components": [*POSITIVE_INTEGER, None],
        "kernel": [StrOptions(set(KERNELS)), dict],
        "gamma": [*POSITIVE_REAL, dict, None],
        "degree": POSITIVE_REAL,
        "coef0": NON_NEGATIVE_REAL,
        "n_landmarks": POSITIVE_INTEGER,
        "ridge": [Interval(Real, 0, None, closed="left"), dict],
        "correlation_power": NON_NEGATIVE_REAL,
        "random_state": RANDOM_STATE,
    }

    def __init__(
        self,
        n_components=None,
        *,
        kernel="rbf",
        gamma=None,
        degree=3,
        coef0=1.0,
        n_landmarks=500,
        ridge=1.0,
        correlation_power=1.0,
        random_state=0,
    ):
        self.n_components = n_components
        self.kernel = kernel
        self.gamma = gamma
        self.degree = degree
        self.coef0 = coef0
        self.n_landmarks = n_landmarks
        self.ridge = ridge
        self.correlation_power = correlation_power
        self.random_state = random_state

    def _fit_views(self, views, y):
        self._kernels = self._by_view("kernel", views.names)
        gammas = self._by_view("gamma", views.names)
        self._check_settings(gammas)
        random_state = check_random_state(self.random_state)
        self.landmarks_, self.gammas_, self._centerers, self._whiteners = {}, {}, {}, {}
        for name in views.names:
            self._check_rows(name, views[name])
            landmarks = _draw(views[name], views.mask(name), self.n_landmarks, random_state)
            self.landmarks_[name] = landmarks = landmarks.astype(np.float64)
            self.gammas_[name] = gammas[name] or _median_gamma(landmarks, self._kernels[name])
            kernel = self._kernel(name, landmarks)
            self._centerers[name] = KernelCenterer().fit(kernel)
            centred = self._centerers[name].transform(kernel)
            # Of a view that is constant rounding is all that centring leaves.
            self._whiteners[name] = _whitener(centred, noise=_EPS * np.trace(kernel))
        mapped = {name: self._map(name, views[name]) for name in views.names}
        self.cca_ = CCA(
            self.n_components,
            ridge=self.ridge,
            correlation_power=self.correlation_power,
            max_width=self.n_landmarks,
        ).fit(Views(mapped, views.present))
        self.canonical_correlations_ = self.cca_.canonical_correlations_
        self.n_components_ = self.cca_.n_components_

    def _project(self, name, block):
        self._check_rows(name, block)
        projected = np.empty((block.shape[0], self.n_components_), dtype=block.dtype)
        for rows in gen_batches(block.shape[0], _BATCH_ROWS):
            mapped = Views({name: self._map(name, block[rows])})
            projected[rows] = self.cca_.transform(mapped)[name]
        return projected

    def _map(self, name, block):
        """Rows whose scalar products approximate the centred kernel."""
        whitener = self._whiteners[name]
        mapped = np.empty((block.shape[0], whitener.shape[1]))
        for rows in gen_batches(block.shape[0], _BATCH_ROWS):
            kernel = self._kernel(name, block[rows].astype(np.float64))
            mapped[rows] = self._centerers[name].transform(kernel, copy=False) @ whitener
        return mapped

    def _kernel(self, name, rows):
        return pairwise_kernels(
            rows,
            self.landmarks_[name],
            metric=self._kernels[name],
            filter_params=True,
            gamma=self.gammas_[name],
            degree=self.degree,
            coef0=self.coef0,
        )

    def _by_view(self, parameter, names):
        value = getattr(self, parameter)
        if not isinstance(value, dict):
            return dict.fromkeys(names, value)
        if set(value) != set(names):
            raise ValueError(
                f"{parameter} must have a value for each of the views {list(names)}; got {value}."
            )
        return value

    def _check_settings(self, gammas):
        unknown = {name: k for name, k in self._kernels.items() if k not in KERNELS}
        if unknown:
            raise ValueError(f"the kernels are {list(KERNELS)}; got {unknown}.")
        wrong = {
            n: g for n, g in gammas.items() if not (g is None or (isinstance(g, Real) and g > 0))
        }
        if wrong:
            raise ValueError(f"gamma must be a number > 0, or None, for every view; got {wrong}.")

    def _check_rows(self, name, block):
        if self._kernels[name] != "chi2":
            return
        if sp.issparse(block):
            raise ValueError(
                f"view {name!r} is CSR, and the chi-squared kernel takes dense histograms; use "
                "another kernel for it, or make it dense."
            )
        if block.min() < 0:
            row = int(np.flatnonzero((block < 0).any(axis=1))[0])
            raise ValueError(
                f"view {name!r}, row {row}: the chi-squared kernel compares histograms and needs "
                f"values >= 0; got {block[row].min():.3g}. Use another kernel, such as 'rbf'."
            )


def _draw(block, mask, n_landmarks, random_state):
    """Rows of a view in their order, drawn without replacement from those that are present."""
    rows = np.flatnonzero(mask)
    if rows.size > n_landmarks:
        rows = np.sort(random_state.choice(rows, n_landmarks, replace=False))
    return block[rows]


def _median_gamma(landmarks, kernel):
    """One over the median distance of a kernel; over the mean if most rows are the same."""
    rows = landmarks[:_MEDIAN_ROWS]
    if kernel in ("cosine", "linear"):
        return 1.0
    if kernel == "poly":
        distances = row_norms(rows) ** 2
    else:
        distances = _distances(rows, kernel)[np.triu_indices(rows.shape[0], k=1)]
    typical = np.median(distances) if distances.size else 0.0
    typical = typical or distances.sum() / max(distances.size, 1)
    return 1.0 / float(typical) if typical > 0 else 1.0


def _distances(rows, kernel):
    """What gamma is multiplied by in the exponent."""
    if kernel == "chi2":
        return -additive_chi2_kernel(rows)
    if kernel == "laplacian":
        return manhattan_distances(rows)
    return euclidean_distances(rows, squared=True)


def _whitener(kernel, noise):
    """``W`` with ``K W W.T K = K`` for the centred kernel matrix of the landmarks."""
    values, vectors = leading_eigenpairs(kernel)
    keep = values > noise
    if not keep.any():
        return np.zeros((len(values), 1))
    return vectors[:, keep] / np.sqrt(values[keep])
