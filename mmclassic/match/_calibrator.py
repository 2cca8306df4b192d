"""The probability that a pair is right, learned from known pairs."""

from dataclasses import replace

import numpy as np
from scipy.special import expit
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from mmclassic.utils import is_array, is_finite, require

_FEWEST = 2  # right and wrong ones each


class MatchCalibrator(BaseEstimator):
    """Make the confidence in pairs the probability that they are right.

    Some rows whose partners are known tell how often pairs of a score and a confidence are right:
    a logistic regression of the two. It holds for pairs that were found in the same way, by the
    same `match` of the same space and for a second matrix of about the same size.

    Attributes
    ----------
    coef_ : ndarray of shape (2,)
        Log-odds that a unit of the score, and of the confidence that `match` gives, adds.
    intercept_ : float
        Log-odds where both are 0.
    n_pairs_ : int
        Pairs that it was learned from.

    Notes
    -----
    Hundreds of known pairs are needed; on 1,200 planted pairs of known truth, 300 others give
    probabilities that are .03 to .06 off on average (expected calibration error of ten bins,
    of which sampling alone makes .02 to .03), whatever the method of `match`; see
    ``python -m benchmarks matching``. Known pairs that an aligner was fitted on look too good:
    take others, or what ``cross_transform`` gives.

    References
    ----------
    J. Platt, "Probabilistic outputs for support vector machines and comparisons to regularized
    likelihood methods", Advances in Large Margin Classifiers, 1999 (of one score).

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.match import MatchCalibrator, match
    >>> rng = np.random.default_rng(0)
    >>> A = rng.normal(size=(1000, 8))
    >>> found = match(A, A + 0.7 * rng.normal(size=A.shape))
    >>> known = np.arange(500)  # of these rows the partner is known: the row itself
    >>> sure = MatchCalibrator().fit(found, known, rows=known).calibrate(found)
    >>> right = (sure.columns == sure.rows)[500:]
    >>> bool(abs(sure.confidence[500:].mean() - right.mean()) < 0.05)
    True
    """

    def fit(self, matches, partners, *, rows=None):
        """Learn from rows whose partners are known.

        Parameters
        ----------
        matches : Matches
            What `match` found; pairs of other rows are not looked at.
        partners : array-like of int of shape (n_known,)
            The right row of the second matrix; -1 where there is none.
        rows : array-like of int of shape (n_known,), default=None
            The rows of the first matrix that are known, each once. None is all of them in order.

        Returns
        -------
        self : MatchCalibrator
            The fitted calibrator.

        Raises
        ------
        ValueError
            If rows or partners are no such numbers, or fewer than two of the known pairs are right
            or fewer than two wrong.
        """
        known = _known_partners(matches, partners, rows)
        of_known = known[matches.rows] >= -1
        right = (matches.columns == known[matches.rows])[of_known]
        n_right, n_wrong = int(right.sum()), int((~right).sum())
        if min(n_right, n_wrong) < _FEWEST:
            raise ValueError(
                f"of the pairs that are known {n_right} are right and {n_wrong} wrong; at least "
                f"{_FEWEST} of each must be there to learn from. Name more rows."
            )
        scaler = StandardScaler()
        scaled = scaler.fit_transform(_evidence(matches)[of_known])
        model = LogisticRegression().fit(scaled, right)
        self.coef_ = model.coef_[0] / scaler.scale_
        self.intercept_ = float(model.intercept_[0] - scaler.mean_ @ self.coef_)
        self.n_pairs_ = right.size
        return self

    def calibrate(self, matches):
        """Give the same pairs with probabilities as their confidence.

        Parameters
        ----------
        matches : Matches
            What `match` found.

        Returns
        -------
        matches : Matches
            New matches; the confidence of each pair is the probability that it is right.
        """
        check_is_fitted(self)
        odds = _evidence(matches) @ self.coef_ + self.intercept_
        return replace(matches, confidence=expit(odds))

    def _check_state(self):
        """Raise ValueError unless the loaded state fits together."""
        fits = is_array(self.coef_, "f", (2,)) and is_finite(self.coef_)
        require(fits, self, "coef_ is not two numbers.")
        require(np.isfinite(self.intercept_), self, "intercept_ is no number.")


def _evidence(matches):
    # A partner without any competitor is as much ahead of them as can be.
    return np.column_stack([matches.scores, np.nan_to_num(matches.confidence, nan=1.0)])


def _known_partners(matches, partners, rows):
    """The right partner of every row, -1 for none, -2 where it is not known."""
    partners = _whole_numbers(partners, "partners", -1, None)
    if rows is None:
        rows = np.arange(matches.n_rows)
    rows = _whole_numbers(rows, "rows", 0, matches.n_rows - 1)
    if rows.size != partners.size or np.unique(rows).size != rows.size:
        raise ValueError(
            f"fit needs a partner for each known row, each row once; got {partners.size} partners "
            f"and {np.unique(rows).size} different of {rows.size} rows."
        )
    known = np.full(matches.n_rows, -2, dtype=np.int64)
    known[rows] = partners
    return known


def _whole_numbers(values, name, least, most):
    values = check_array(values, ensure_2d=False, dtype=None, input_name=name)
    if values.ndim != 1 or values.dtype.kind not in "iu":
        raise ValueError(f"{name} must be a list of whole numbers; got {values.dtype} values.")
    if values.min() < least or (most is not None and values.max() > most):
        limit = "" if most is None else f" and at most {most}"
        raise ValueError(
            f"{name} must be at least {least}{limit}; got {values.min()} to {values.max()}."
        )
    return values
