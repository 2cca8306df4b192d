"""Canonical time warping: streams of different features, brought to one clock and one space."""

import warnings
from dataclasses import dataclass
from itertools import islice

import numpy as np
from scipy.ndimage import gaussian_filter1d
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import scale
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from mmclassic.align import CCA
from mmclassic.sync._band import BAND
from mmclassic.sync._dtw import dtw
from mmclassic.sync._steps import STEP_PATTERN, steps_of
from mmclassic.utils import (
    NON_NEGATIVE_REAL,
    POSITIVE_INTEGER,
    RANDOM_STATE,
    is_array,
    is_finite,
    require,
    row_norms,
)
from mmclassic.views import Views

_NEAR_ONE = 1 - 1e-9  # the largest correlation that counts as such; 1 would weigh infinitely
_PIECES, _SPREAD = 5, 0.7  # of random speeds, and the deviation of their logarithms
_SMOOTHING = 2.0  # frames, of how fast a stream changes


class CanonicalTimeWarping(  # type: ignore[call-arg]
    TransformerMixin, BaseEstimator, auto_wrap_output_keys=None
):
    """Canonical time warping: match two streams of different features in time.

    Two streams show the same event, each in its own features and at its own speed. Canonical
    correlation analysis of the frames matched so far gives a space in which both can be compared,
    dynamic time warping there gives better matches, and so on in turn.

    Parameters
    ----------
    n_components : int, default=None
        Width of the shared space; None is as many as the narrower stream allows. Components that
        agree little hardly count.
    ridge : float >= 0, default=0.01
        Regularisation of the covariances, relative as in `CCA`.
    step_pattern : {"symmetric1", "symmetric2", "asymmetric"} or sequence of \
            (int, int, float), default="symmetric1"
        Steps that the path may take, see `dtw`.
    band : int >= 0, 0 < float <= 1, or None, default=None
        Sakoe-Chiba band, in frames of the longer stream or as a share of its length, see `dtw`.
        Where it is known that speeds differ little, a band keeps false beginnings away.
    n_init : int, default=10
        Beginnings, of which the one with the lowest objective is kept: even speed, how far frames
        are from the mean, how fast they change, and the rest random speeds.
    max_iter : int, default=50
        Rounds from each beginning, at most.
    tol : float >= 0, default=1e-4
        Rounds end once the objective falls by less than this, in nats.
    random_state : int, RandomState instance or None, default=0
        For the random speeds.

    Attributes
    ----------
    path_ : ndarray of int64 of shape (n_steps, 2)
        A frame of the first stream and one of the second, in order.
    canonical_correlations_ : ndarray of shape (n_components_,)
        Regularised canonical correlations of the matched frames.
    objective_curve_ : ndarray of shape (n_rounds,)
        The objective after every round that was taken, decreasing.
    cca_ : CCA
        The space, fitted on the matched frames.
    weights_ : ndarray of shape (n_components_,)
        What variates of unit variance are multiplied by in the shared space.
    n_iter_ : int
        Rounds from the beginning that was best, the last one too, which brought nothing.
    n_components_ : int
        Width of the shared space.
    n_features_in_ : int
        Number of features of the first stream.

    See Also
    --------
    DTW : Streams of the same features.

    Notes
    -----
    The objective is minus the mutual information of the matched frames, as that of Gaussian
    variables: ``sum(log(1 - r^2)) / 2`` over the canonical correlations r. Warping compares
    variates of unit variance times ``sqrt(r / (1 - r^2))``, by which the squared distance
    follows the likelihood ratio of a matched pair to an unmatched one. A warping that does not
    lower the objective is not taken, so that the objective never rises.

    There are local minima, and the objective tells them well from the right path, so several
    beginnings pay. A round takes O(n_x n_y k) for k components, see `dtw`.

    References
    ----------
    F. Zhou and F. De la Torre, "Canonical time warping for alignment of human behavior",
    Advances in Neural Information Processing Systems 22, 2009.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.sync import CanonicalTimeWarping
    >>> t = np.linspace(0, 1, 80)
    >>> def event(t):
    ...     return np.column_stack([np.sin(9 * t), np.cos(7 * t)])
    >>> X, Y = event(t), event(t**1.5) @ [[2.0, 1.0, 0.0], [1.0, -1.0, 3.0]]
    >>> warping = CanonicalTimeWarping().fit(X, Y)
    >>> times = warping.align(X, Y).warp(t)
    >>> bool(np.abs(times - t**1.5).max() < 0.03)
    True
    """

    _parameter_constraints: dict = {
        "n_components": [*POSITIVE_INTEGER, None],
        "ridge": NON_NEGATIVE_REAL,
        "step_pattern": STEP_PATTERN,
        "band": BAND,
        "n_init": POSITIVE_INTEGER,
        "max_iter": POSITIVE_INTEGER,
        "tol": NON_NEGATIVE_REAL,
        "random_state": RANDOM_STATE,
    }

    def __init__(
        self,
        n_components=None,
        *,
        ridge=0.01,
        step_pattern="symmetric1",
        band=None,
        n_init=10,
        max_iter=50,
        tol=1e-4,
        random_state=0,
    ):
        self.n_components = n_components
        self.ridge = ridge
        self.step_pattern = step_pattern
        self.band = band
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state

    def fit(self, X, Y):
        """Learn the shared space and the path.

        Parameters
        ----------
        X : array-like of shape (n_x, n_features)
            Frames of a stream.
        Y : array-like of shape (n_y, n_other) or (n_y,)
            Frames of another stream, of the same event.

        Returns
        -------
        self : object
            The fitted warping.

        Raises
        ------
        ValueError
            If a stream has fewer than 2 frames or holds what is not finite, or if `band` is too
            narrow.
        """
        self._validate_params()
        steps_of(self.step_pattern)
        X = validate_data(self, X, dtype=np.float64, ensure_min_samples=2)
        Y = self._second(Y, at_least=2)
        beginnings = islice(self._beginnings(X, Y), self.n_init)
        found = [self._alternate(X, Y, path) for path in beginnings]
        rounds, self.n_iter_, settled = min(found, key=lambda f: f[0][-1].objective)
        if not settled:
            warnings.warn(
                f"rounds did not settle within max_iter={self.max_iter}; allow more, or a larger "
                "tol.",
                ConvergenceWarning,
                stacklevel=2,
            )
        last = rounds[-1]
        self.path_, self.cca_, self.weights_ = last.path, last.cca, last.weights
        self.canonical_correlations_ = last.cca.canonical_correlations_
        self.objective_curve_ = np.array([r.objective for r in rounds])
        self.n_components_ = last.cca.n_components_
        return self

    def transform(self, X, Y=None):
        """Map frames into the shared space; their times stay as they are.

        Parameters
        ----------
        X : array-like of shape (n_x, n_features)
            Frames of the first stream.
        Y : array-like of shape (n_y, n_other) or (n_y,), default=None
            Frames of the second stream.

        Returns
        -------
        Zx : ndarray of shape (n_x, n_components_)
            The first stream; with Y a tuple of it and the second.
        """
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=np.float64)
        Zx = _places(self.cca_, self.weights_, x=X)
        return Zx if Y is None else (Zx, _places(self.cca_, self.weights_, y=self._second(Y)))

    def align(self, X, Y):
        """Match the frames of two streams in the shared space.

        Parameters
        ----------
        X : array-like of shape (n_x, n_features)
            Frames of the first stream.
        Y : array-like of shape (n_y, n_other) or (n_y,)
            Frames of the second stream.

        Returns
        -------
        found : WarpingPath
            The path from the first stream to the second; of the streams that were fitted it is
            that of one more warping after `path_`.

        Raises
        ------
        ValueError
            If no path leads from end to end, see `dtw`.
        """
        return self._warping(*self.transform(X, self._second(Y)))

    def _second(self, Y, at_least=1):
        if Y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None: pass "
                "two streams, fit(X, Y)."
            )
        Y = check_array(
            Y, input_name="Y", dtype=np.float64, ensure_2d=False, ensure_min_samples=at_least
        )
        return Y[:, None] if Y.ndim == 1 else Y

    def _warping(self, Zx, Zy, metric="sqeuclidean"):
        return dtw(Zx, Zy, metric=metric, step_pattern=self.step_pattern, band=self.band)

    def _beginnings(self, X, Y):
        yield _path_of_speeds(len(X), len(Y), np.ones(1))
        for measure in (_unlike_the_mean, _change):
            yield self._warping(measure(X), measure(Y), "euclidean").path
        random_state = check_random_state(self.random_state)
        while True:
            speeds = np.exp(_SPREAD * random_state.standard_normal(_PIECES))
            yield _path_of_speeds(len(X), len(Y), speeds)

    def _alternate(self, X, Y, path):
        """The rounds from a path that each lower the objective, their number, and if they end."""
        rounds = [self._next(X, Y, self._round(X, Y, path))]
        for n_iter in range(2, self.max_iter + 1):
            new = self._next(X, Y, rounds[-1])
            gain = rounds[-1].objective - new.objective
            if gain > 0:
                rounds.append(new)
            if gain <= self.tol:
                return rounds, n_iter, True
        return rounds, self.max_iter, False

    def _next(self, X, Y, last):
        """Warp in the space of the last round, and fit a space to the path."""
        Zx, Zy = _places(last.cca, last.weights, x=X), _places(last.cca, last.weights, y=Y)
        return self._round(X, Y, self._warping(Zx, Zy).path)

    def _round(self, X, Y, path):
        cca = CCA(self.n_components, ridge=self.ridge, correlation_power=0)
        cca.fit(Views({"x": X[path[:, 0]], "y": Y[path[:, 1]]}))
        r = np.minimum(cca.canonical_correlations_, _NEAR_ONE)
        return _Round(path, cca, np.sqrt(r / (1 - r**2)), float(np.log1p(-(r**2)).sum() / 2))

    def _check_state(self):
        """Raise ValueError unless the loaded parts fit together."""
        width, widths = self.n_components_, self.cca_.view_widths_in_
        require(list(widths) == ["x", "y"], self, "cca_ is not of two streams.")
        require(widths["x"] == self.n_features_in_, self, "cca_ is not of its features.")
        fits = width == self.cca_.n_components_ and is_array(self.weights_, "f", (width,))
        require(fits and is_finite(self.weights_), self, "weights_ are not of its components.")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.transformer_tags.preserves_dtype = []
        return tags


@dataclass(frozen=True)
class _Round:
    """A path, the space of the frames that it matches, and how little these tell of each other."""

    path: np.ndarray
    cca: CCA
    weights: np.ndarray
    objective: float


def _places(cca, weights, **stream):
    """Frames of one stream, ``x=`` or ``y=``, in the space where they are compared."""
    (name,) = stream
    return cca.transform(Views(stream))[name] * weights


def _path_of_speeds(n_x, n_y, speeds):
    """The path along which the first stream has these speeds, one after another."""
    n_steps = max(n_x, n_y)
    knots = np.concatenate([[0], np.cumsum(speeds)]) / np.sum(speeds)
    even = np.linspace(0, 1, n_steps)
    uneven = np.interp(even, np.linspace(0, 1, len(knots)), knots)
    places = np.column_stack([uneven * (n_x - 1), even * (n_y - 1)])
    return np.rint(places).astype(np.int64)


def _unlike_the_mean(X):
    """How far frames are from the mean, in columns of unit variance, as one such column."""
    return scale(row_norms(scale(X))[:, None])


def _change(X):
    """How fast columns of unit variance change at every frame, smoothed, as one such column."""
    speed = row_norms(np.gradient(scale(X), axis=0))
    return scale(gaussian_filter1d(speed, _SMOOTHING)[:, None])
