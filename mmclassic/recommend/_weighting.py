"""Weights of features (who used an item, or the terms of its text) before rows are compared."""

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import StrOptions

from mmclassic.utils import is_array, is_finite, require

WEIGHTING = [StrOptions({"tfidf", "bm25"}), None]


class FeatureWeighting(BaseEstimator):
    """Weigh the features of sparse rows by how rare and how strong they are.

    Parameters
    ----------
    weighting : {"tfidf", "bm25"}, default=None
        The formula, see Notes; None leaves the features as they are.
    k1 : float > 0, default=1.2
        How slowly the strength of a feature saturates, by "bm25".
    b : float in [0, 1], default=0.75
        How much the sum of a row counts, by "bm25".

    Attributes
    ----------
    idf_ : ndarray of float64 of shape (n_features,) or None
        log(n / (1 + df)) of a feature that df of n rows have, and 0 for one that all rows have.
    average_ : float
        Mean over the fitted rows of the sum of their magnitudes.

    Notes
    -----
    Rows are what is compared and columns what they are compared by: items by users for neighbours
    of items, users by items for neighbours of users. For a value x in a row of sum L,

    - "tfidf": sign(x) sqrt(abs(x)) idf,
    - "bm25": x (k1 + 1) / (k1 (1 - b + b L / average) + abs(x)) idf.

    These are the formulas of Ferrari Dacrema et al. (2021) and, at other k1 (100) and b (0.8), of
    `implicit`, which counts df over what it is given as rows. The features of texts have formulas
    of their own, in which the frequency of a term is not rooted and no idf is 0. Signs are kept,
    magnitudes weighed. Cost O(nnz).

    References
    ----------
    .. [1] Ferrari Dacrema, M., Boglio, S., Cremonesi, P. and Jannach, D. (2021). A troubling
       analysis of reproducibility and progress in recommender systems research. ACM Transactions
       on Information Systems 39(2).
    """

    def __init__(self, weighting=None, *, k1=1.2, b=0.75):
        self.weighting = weighting
        self.k1 = k1
        self.b = b

    def fit(self, X, y=None):
        """Learn how rare every feature is, and how long rows are; `X` is canonical CSR."""
        self.idf_, self.average_ = None, 1.0
        if self.weighting is not None:
            n, frequency = X.shape[0], np.bincount(X.indices, minlength=X.shape[1])
            # Below zero where all rows have it, which would part the rows that agree.
            self.idf_ = np.maximum(np.log(max(n, 1) / (1.0 + frequency)), 0.0)
            self.average_ = float(_lengths(X).mean()) if n else 1.0
        return self

    def transform(self, X):
        """Weigh canonical CSR rows; gives CSR of float64."""
        if self.weighting is None:
            return X
        idf = self.idf_[X.indices]
        if self.weighting == "tfidf":
            return _with_data(X, np.sign(X.data) * np.sqrt(np.abs(X.data)) * idf)
        relative = _lengths(X) / (self.average_ or 1.0)
        damping = np.repeat(self.k1 * (1 - self.b + self.b * relative), np.diff(X.indptr))
        return _with_data(X, X.data * (self.k1 + 1) / (damping + np.abs(X.data)) * idf)

    def _check_state(self):
        fits = (self.idf_ is None) == (self.weighting is None)
        fits = fits and (self.idf_ is None or is_array(self.idf_, "f", (None,)))
        require(fits, self, "idf_ is no array of numbers.")
        finite = np.isfinite(self.average_) and (self.idf_ is None or is_finite(self.idf_))
        require(finite, self, "a number is not finite.")


def _lengths(X):
    return np.asarray(abs(X).sum(axis=1), dtype=np.float64).ravel()


def _with_data(X, data):
    return sp.csr_matrix((data, X.indices, X.indptr), shape=X.shape)
