"""Canonical correlation analysis of kernels."""

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
from sklearn.utils._param_validation import StrOptions

from mmclassic.align._base import BaseAligner
from mmclassic.align._cca import CCA
from mmclassic.align._ridge import RIDGE
from mmclassic.align._solve import whiten
from mmclassic.utils import (
    NON_NEGATIVE_REAL,
    POSITIVE_INTEGER,
    POSITIVE_REAL,
    RANDOM_STATE,
    align_signs,
    is_weight,
    normalize_rows,
    per_view,
    row_norms,
)
from mmclassic.views import Views

KERNELS = ("chi2", "cosine", "laplacian", "linear", "poly", "rbf")
_UNMOVED = ("laplacian", "linear", "rbf")  # centred, they do not depend on the data's origin
# Powers of a view's unit in what gamma is multiplied by.
_DEGREES = {"chi2": 1, "cosine": 0, "laplacian": 1, "linear": 0, "poly": 2, "rbf": 2}
_EPS = np.finfo(np.float64).eps
_BATCH_ROWS = 2000  # kernel values at a time: 8 MB for 500 landmarks
_MEDIAN_ROWS = 1000  # half a million distances, more than a median needs


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
        if that is fewer; with a chosen ridge, as many as `CCA` takes of the mapped columns.
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
    ridge : float >= 0, dict of str to float, sequence of float or "cv", default=1.0
        Regularisation of the mapped columns, in the unit of `CCA` and chosen from candidates
        as there. Without one, kernels fit anything.
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
        Rows that represent each view; divided by a power of two where their numbers are so
        large or small (1e60, 1e-60; float32 1e18, 1e-9) that squares might not fit.
    gammas_ : dict of float
        The gamma of every view; 1.0 where its kernel has none.
    ridge_ : dict of str to float
        The ridge of every view.
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
    back as float32. A constant offset of a view changes nothing with "laplacian", "linear" and
    "rbf" but the digits that it leaves to the data; the other kernels look at the rows from the
    origin. Missing views as in `CCA`; landmarks are present rows.

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
        "ridge": RIDGE,
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
        self._kernels, gammas = self._settings(views.names)
        random_state = check_random_state(self.random_state)
        self.landmarks_, self.gammas_, self._gammas = {}, {}, {}
        self._origins, self._centerers, self._whiteners = {}, {}, {}
        for name in views.names:
            self._check_rows(name, views[name])
            landmarks = _draw(views[name], views.mask(name), self.n_landmarks, random_state)
            self._fit_map(name, landmarks, self._in_unit(name, gammas[name]))
        mapped = {name: self._map(name, views[name]) for name in views.names}
        self.cca_ = CCA(
            self.n_components,
            ridge=self.ridge,
            correlation_power=self.correlation_power,
            max_width=self.n_landmarks,
        ).fit(Views(mapped, views.present))
        self.ridge_ = self.cca_.ridge_
        self.canonical_correlations_ = self.cca_.canonical_correlations_
        self.n_components_ = self.cca_.n_components_

    def _fit_map(self, name, landmarks, gamma):
        """Learn what `_map` takes: the origin, the bandwidth, the centring and the whitening."""
        # Of a linear kernel the directions are the data's own, and those that storing it has made
        # count as none, as in CCA; others bend them into so many that a rank says nothing.
        linear = self._kernels[name] == "linear"
        stored = float(np.finfo(landmarks.dtype).eps) if linear else _EPS
        self.landmarks_[name] = landmarks = landmarks.astype(np.float64)
        self._origins[name] = None
        if self._kernels[name] in _UNMOVED and not sp.issparse(landmarks):
            # Far from the origin, kernel values lose their digits to the distance from it.
            self._origins[name] = landmarks.mean(axis=0)
        moved = _moved(landmarks, self._origins[name])
        self._gammas[name] = gamma or _median_gamma(moved, self._kernels[name])
        power = _DEGREES[self._kernels[name]] * self._exponents[name]
        self.gammas_[name] = float(np.ldexp(self._gammas[name], -power))
        kernel = self._kernel(name, landmarks)
        self._centerers[name] = KernelCenterer().fit(kernel)
        centred = self._centerers[name].transform(kernel)
        share = max(_EPS, _rounding_share(landmarks, moved, stored))
        self._whiteners[name] = _whitener(centred, np.trace(kernel), share)

    def _in_unit(self, name, gamma):
        """A given gamma for rows that are divided by a power of two."""
        if gamma is None:
            return None
        gamma = float(np.ldexp(gamma, _DEGREES[self._kernels[name]] * self._exponents[name]))
        if not 0 < gamma < np.inf:
            raise ValueError(
                f"view {name!r}: its numbers and its gamma differ so much in size that kernel "
                "values do not fit into float64; pass None for a gamma by the data."
            )
        return gamma

    def _project(self, name, block):
        self._check_rows(name, block)
        projected = np.empty((block.shape[0], self.n_components_), dtype=block.dtype)
        for rows in gen_batches(block.shape[0], _BATCH_ROWS):
            mapped = Views({name: self._map(name, block[rows])})
            projected[rows] = self.cca_.transform(mapped)[name]
        return projected

    def _weighs_by_folds(self):
        return self.cca_._weighs_by_folds()

    def _component_scale(self):
        return self.cca_._component_scale()

    def _map(self, name, block):
        """Rows whose scalar products approximate the centred kernel."""
        whitener = self._whiteners[name]
        mapped = np.empty((block.shape[0], whitener.shape[1]))
        for rows in gen_batches(block.shape[0], _BATCH_ROWS):
            kernel = self._kernel(name, block[rows].astype(np.float64))
            mapped[rows] = self._centerers[name].transform(kernel, copy=False) @ whitener
        return mapped

    def _kernel(self, name, rows):
        kernel, landmarks = self._kernels[name], self.landmarks_[name]
        if kernel == "cosine":
            # scikit-learn takes rows shorter than 1e-15 for zeros, whatever the unit.
            kernel, rows, landmarks = "linear", normalize_rows(rows), normalize_rows(landmarks)
        return pairwise_kernels(
            _moved(rows, self._origins[name]),
            _moved(landmarks, self._origins[name]),
            metric=kernel,
            filter_params=True,
            gamma=self._gammas[name],
            degree=self.degree,
            coef0=self.coef0,
        )

    def _settings(self, names):
        """Kernel and gamma of every view."""
        kernels = per_view(
            self.kernel,
            names,
            parameter="kernel",
            accepts=lambda kernel: kernel in KERNELS,
            expected=f"one of {list(KERNELS)}",
        )
        gammas = per_view(
            self.gamma,
            names,
            parameter="gamma",
            accepts=lambda gamma: gamma is None or (is_weight(gamma) and gamma > 0),
            expected="a number > 0, or None",
        )
        return kernels, gammas

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


def _moved(rows, origin):
    return rows if origin is None else rows - origin


def _rounding_share(landmarks, moved, precision):
    """Share of a kernel's trace that rounding of the rows can make up in one direction.

    A number x is kept to an error of variance ``(eps x)^2 / 12``; of an m x p matrix of such
    errors the largest eigenvalue is their variance times ``(sqrt(m) + sqrt(p))^2``.
    """
    energy = float(np.sum(row_norms(moved) ** 2))
    if energy == 0:
        return 0.0
    ratio = float(np.sum(row_norms(landmarks) ** 2)) / energy
    return precision**2 / 12 * ratio * np.sum(1 / np.sqrt(landmarks.shape)) ** 2


def _whitener(kernel, trace, share):
    """``W`` with ``K W W.T K = K`` for the centred kernel matrix of the landmarks.

    scikit-learn's Nystroem maps to one column for each landmark, those without variance too
    (it divides by ``sqrt(max(value, 1e-12))``, whatever the scale), and a ridge is relative to
    the variance of the columns: of 300 rows of 8 and 6 columns and a linear kernel a
    ridge of 1 leaves a first correlation of 0.89 then, and 0.62 in plain CCA and here.

    Directions are left out whose `share` of the kernel's `trace` before centring is rounding; of
    a constant view that is all there is.
    """
    size = len(kernel)
    white = whiten(
        kernel,
        n_rows=size,  # centred, so one direction is gone
        precision=size * share,
        variances=np.full(size, trace / size),
    )
    matrix = white.weights(np.eye(white.rank)) if white.varies else np.zeros((size, 1))
    return matrix * align_signs(matrix)
