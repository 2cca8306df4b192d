"""Dynamic time warping: as a function, and as an estimator around a reference."""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils._param_validation import validate_params
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from mmclassic.sync._accumulate import least_path
from mmclassic.sync._band import BAND, Band, frames_of
from mmclassic.sync._costs import METRIC, LocalCosts
from mmclassic.sync._path import WarpingPath
from mmclassic.sync._steps import STEP_PATTERN, steps_of
from mmclassic.utils import is_array, is_finite, require

_SETTINGS = {
    "metric": METRIC,
    "step_pattern": STEP_PATTERN,
    "band": BAND,
    "subsequence": ["boolean"],
    "open_begin": ["boolean"],
    "open_end": ["boolean"],
}


@validate_params(
    {"X": ["array-like"], "Y": ["array-like"], **_SETTINGS}, prefer_skip_nested_validation=True
)
def dtw(
    X,
    Y,
    *,
    metric="euclidean",
    step_pattern="symmetric1",
    band=None,
    subsequence=False,
    open_begin=False,
    open_end=False,
):
    """Find which frames of two streams belong together, by dynamic time warping.

    The path from the first pair of frames to the last whose distances add up to least, among those
    that go by the steps allowed.

    Parameters
    ----------
    X : array-like of shape (n_x, n_features)
        Frames of a stream, which all are matched.
    Y : array-like of shape (n_y, n_features)
        Frames of another stream in the same features, of which open ends may leave out some.
    metric : {"euclidean", "sqeuclidean", "cosine", "cityblock"}, default="euclidean"
        Distance of two frames. "cosine" is 1 minus the cosine; a frame of zeros is at 0 from
        others of zeros, and at 1 from all else.
    step_pattern : {"symmetric1", "symmetric2", "asymmetric"} or sequence of \
            (int, int, float), default="symmetric1"
        Steps that the path may take: frames of X, frames of Y, and a weight by which the distance
        that is reached counts. Of steps that are equally good the first in the sequence is taken.
        "symmetric1" is ``((1, 1, 1), (0, 1, 1), (1, 0, 1))``; "symmetric2" the same with weight 2
        for both at once, so that all paths weigh alike; "asymmetric" is
        ``((1, 1, 1), (1, 0, 1), (1, 2, 1))``: every frame of X once, at most twice as fast.
    band : int >= 0, 0 < float <= 1, or None, default=None
        Sakoe-Chiba band: how far the path may be from the straight line from corner to corner, in
        frames of the longer stream, or as a share of its length, rounded up. None is no bound.
    subsequence : bool, default=False
        Find the part of Y that X fits best; the same as both open ends.
    open_begin : bool, default=False
        The path may begin at any frame of Y.
    open_end : bool, default=False
        The path may end at any frame of Y, the one of least cost.

    Returns
    -------
    found : WarpingPath
        The path and its cost.

    Raises
    ------
    ValueError
        If a stream is empty or holds what is not finite, their numbers of features differ, or no
        path leads from end to end; if the band is too narrow, the least width is named.

    See Also
    --------
    DTW : The same as an estimator.

    Notes
    -----
    O(n_x n_y n_features) time and n_x n_y bytes without a band. Of ``w`` frames it takes
    O((n_x + n_y) w) time and memory: distances are computed only inside the band, block by
    block, and of every cell one byte is kept. With a band, open ends lie within it.

    References
    ----------
    H. Sakoe and S. Chiba, "Dynamic programming algorithm optimization for spoken word
    recognition", IEEE Transactions on Acoustics, Speech, and Signal Processing 26(1), 1978.
    T. Giorgino, "Computing and visualizing dynamic time warping alignments in R: the dtw
    package", Journal of Statistical Software 31(7), 2009 (names of the patterns).

    Examples
    --------
    >>> from mmclassic.sync import dtw
    >>> found = dtw([[1.0], [3.0]], [[0.0], [1.0], [3.0], [0.0]], subsequence=True)
    >>> found.path.tolist(), found.cost
    ([[0, 1], [1, 2]], 0.0)
    """
    X, Y = (_stream(values, name) for values, name in ((X, "X"), (Y, "Y")))
    if X.shape[1] != Y.shape[1]:
        raise ValueError(
            f"X has {X.shape[1]} feature(s) and Y has {Y.shape[1]}; streams of different features "
            "are for CanonicalTimeWarping."
        )
    steps = steps_of(step_pattern)
    ends = {"open_begin": subsequence or open_begin, "open_end": subsequence or open_end}
    frames = frames_of(band, len(X), len(Y))
    costs = LocalCosts(X, Y, metric)
    found = least_path(costs, Band(len(X), len(Y), frames), steps, **ends)
    if found is None:
        _explain(len(X), len(Y), frames, step_pattern, ends)
    path, total, taken = found
    cost = costs.in_units(total)
    weight = 1 + sum(steps[code][2] for code in taken)
    return WarpingPath(path, cost, cost / weight, (len(X), len(Y)))


def _stream(values, name):
    X = check_array(values, input_name=name, dtype=np.float64, ensure_all_finite=False)
    bad = np.flatnonzero(~np.isfinite(X).all(axis=1))
    if bad.size:
        raise ValueError(
            f"{name}, frame {bad[0]}: it holds NaN or an infinite value; fill such gaps, or leave "
            "these frames out."
        )
    return X


def _explain(n_x, n_y, frames, step_pattern, ends):
    """Raise, and say which is the least band that would do."""
    longest = max(n_x, n_y)
    too_narrow, enough = frames, longest - 1
    if not _is_passable(n_x, n_y, enough, step_pattern, ends):
        raise ValueError(
            f"no path leads from end to end: the steps of step_pattern={step_pattern!r} cannot "
            f"take {n_x} frames to {n_y}; allow longer steps, or open ends."
        )
    while enough - too_narrow > 1:
        middle = (enough + too_narrow) // 2
        if _is_passable(n_x, n_y, middle, step_pattern, ends):
            enough = middle
        else:
            too_narrow = middle
    raise ValueError(
        f"no path leads through a band of {frames} frame(s) between streams of {n_x} and {n_y}; "
        f"with step_pattern={step_pattern!r} the least is band={enough}, a share of "
        f"{enough / longest:.2g} of the longer."
    )


def _is_passable(n_x, n_y, frames, step_pattern, ends):
    alike = LocalCosts(np.zeros((n_x, 1)), np.zeros((n_y, 1)), "cityblock")
    return least_path(alike, Band(n_x, n_y, frames), steps_of(step_pattern), **ends) is not None


class DTW(  # type: ignore[call-arg]
    TransformerMixin, BaseEstimator, auto_wrap_output_keys=None
):
    """Dynamic time warping onto a reference: other streams are brought to its clock.

    `fit` keeps the reference; `transform` gives every frame of it the mean of the other stream's
    frames that are matched with it, so all streams come back as long as the reference.

    Parameters
    ----------
    metric : {"euclidean", "sqeuclidean", "cosine", "cityblock"}, default="euclidean"
        Distance of two frames, see `dtw`.
    step_pattern : {"symmetric1", "symmetric2", "asymmetric"} or sequence of \
            (int, int, float), default="symmetric1"
        Steps that the path may take: frames of the other stream, frames of the reference, weight;
        see `dtw`.
    band : int >= 0, 0 < float <= 1, or None, default=None
        Sakoe-Chiba band: how far the path may be from the straight line from corner to corner, in
        frames of the longer stream, or as a share of its length. None is no bound.
    subsequence : bool, default=False
        Find the part of the reference that a stream fits best; the same as both open ends.
    open_begin : bool, default=False
        The path may begin at any frame of the reference.
    open_end : bool, default=False
        The path may end at any frame of the reference.

    Attributes
    ----------
    reference_ : ndarray of shape (n_frames, n_features)
        The reference.
    n_features_in_ : int
        Number of features of a frame.

    See Also
    --------
    dtw : The same as a function of two streams, with its costs and references.
    CanonicalTimeWarping : Streams of different features.

    Notes
    -----
    A row of the result depends on all rows of the stream, and their number is that of the
    reference: not of that which is passed.

    Examples
    --------
    >>> from mmclassic.sync import DTW
    >>> warping = DTW().fit([[0.0], [1.0], [2.0]])
    >>> warping.transform([[0.0], [0.1], [0.9], [1.0], [2.1]]).round(2)
    array([[0.05],
           [0.95],
           [2.1 ]])
    """

    _parameter_constraints: dict = _SETTINGS

    def __init__(
        self,
        metric="euclidean",
        *,
        step_pattern="symmetric1",
        band=None,
        subsequence=False,
        open_begin=False,
        open_end=False,
    ):
        self.metric = metric
        self.step_pattern = step_pattern
        self.band = band
        self.subsequence = subsequence
        self.open_begin = open_begin
        self.open_end = open_end

    def fit(self, X, y=None):
        """Keep the reference.

        Parameters
        ----------
        X : array-like of shape (n_frames, n_features)
            Frames of the reference.
        y : object, default=None
            Ignored.

        Returns
        -------
        self : object
            The fitted warping.
        """
        self._validate_params()
        steps_of(self.step_pattern)
        self.reference_ = self._frames(X, reset=True, copy=True)
        return self

    def align(self, X):
        """Match the frames of a stream with those of the reference.

        Parameters
        ----------
        X : array-like of shape (n_other, n_features)
            Frames of the other stream.

        Returns
        -------
        found : WarpingPath
            The path from the stream to the reference, and its cost.

        Raises
        ------
        ValueError
            If no path leads from end to end, see `dtw`.
        """
        check_is_fitted(self)
        settings = {name: getattr(self, name) for name in _SETTINGS}
        return dtw(self._frames(X, reset=False), self.reference_, **settings)

    def transform(self, X):
        """Bring a stream to the clock of the reference.

        Parameters
        ----------
        X : array-like of shape (n_other, n_features)
            Frames of the other stream.

        Returns
        -------
        warped : ndarray of shape (n_frames, n_features)
            The stream at every frame of the reference; NaN at frames that open ends leave out.
        """
        check_is_fitted(self)
        X = self._frames(X, reset=False)
        return self.align(X).warp(X)

    def _frames(self, X, *, reset, copy=False):
        return validate_data(self, X, reset=reset, dtype=(np.float64, np.float32), copy=copy)

    def _check_state(self):
        """Raise ValueError unless the reference is frames of numbers."""
        fits = is_array(self.reference_, "f", (None, self.n_features_in_))
        require(fits and len(self.reference_) > 0, self, "reference_ is no frames of its features.")
        require(is_finite(self.reference_), self, "reference_ is not finite.")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
