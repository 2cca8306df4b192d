"""BM25 weights of terms in documents."""

from numbers import Real

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted, validate_data

from mmclassic.features.text._tfidf import text_frequency
from mmclassic.utils import NON_NEGATIVE_REAL


class BM25Weighting(TransformerMixin, BaseEstimator):
    """Weigh counts of terms by BM25.

    A term's weight grows with its count up to a limit, is less in a document
    that is longer than the average, and less for a term of many documents.

    Parameters
    ----------
    k1 : float >= 0, default=1.2
        How slowly the count saturates; 0 only asks whether the term is there.
    b : float between 0 and 1, default=0.75
        How much the length of the document counts.

    Attributes
    ----------
    idf_ : ndarray of float32 of shape (n_features,)
        Weight of every term: log(1 + (n - df + 0.5) / (df + 0.5)) for df of n
        documents. It is positive for every term.
    average_length_ : float, terms
        Mean number of terms of the fitted documents.
    n_features_in_ : int
        Number of terms.

    Notes
    -----
    Of term t with count f in a document of length L, the weight is
    idf(t) f / (f + k1 (1 - b + b L / average length)). Only terms of the
    vocabulary count in the length. Cost O(n_nonzero), in memory too.

    References
    ----------
    S. Robertson and H. Zaragoza, "The Probabilistic Relevance Framework: BM25
    and Beyond", Foundations and Trends in Information Retrieval 3(4), 2009,
    section 3.4. The added 1 within the logarithm, which keeps it positive, is
    that of Apache Lucene.
    """

    _parameter_constraints: dict = {
        "k1": NON_NEGATIVE_REAL,
        "b": [Interval(Real, 0, 1, closed="both")],
    }

    def __init__(self, k1=1.2, *, b=0.75):
        self.k1 = k1
        self.b = b

    def fit(self, X, y=None):
        """Learn the weights of the terms and the average length.

        Parameters
        ----------
        X : {array-like, sparse} of shape (n_documents, n_features)
            Counts of terms.
        y : object, default=None
            Ignored.

        Returns
        -------
        self : object
            The fitted weighting.
        """
        self._validate_params()
        counts = self._counts(X, reset=True)
        # Of the terms that occur: a stored zero is none.
        frequency = text_frequency(counts if counts.data.all() else counts != 0)
        # log1p keeps the digits of a term of nearly every text, whose weight is near 0. The added
        # 1 costs little where terms are rare and keeps weights positive: without it a term of more
        # than half of the texts would count against those that have it.
        idf = np.log1p((counts.shape[0] - frequency + 0.5) / (frequency + 0.5))
        self.idf_ = idf.astype(np.float32)
        self.average_length_ = float(_lengths(counts).mean())
        return self

    def transform(self, X):
        """Weigh counts.

        Parameters
        ----------
        X : {array-like, sparse} of shape (n_documents, n_features)
            Counts of terms.

        Returns
        -------
        weights : CSR of float32 of shape (n_documents, n_features)
            The weights; rows are not scaled to a common length.
        """
        check_is_fitted(self)
        counts = self._counts(X, reset=False)
        # A mean length of 0, that of texts without any term, divides nothing.
        relative = _lengths(counts) / (self.average_length_ or 1.0)
        damping = np.float32(self.k1) * (1 - self.b + self.b * relative).astype(np.float32)
        tf = counts.data
        # A stored zero with k1=0 would be 0 / 0.
        saturated = np.divide(
            tf,
            tf + np.repeat(damping, np.diff(counts.indptr)),
            out=np.zeros_like(tf),
            where=tf > 0,
        )
        # The pattern is that of the counts and shared with them; only the data are new.
        saturated *= self.idf_[counts.indices]
        return sp.csr_matrix((saturated, counts.indices, counts.indptr), shape=counts.shape)

    def _counts(self, X, *, reset):
        return sp.csr_matrix(
            validate_data(
                self,
                X,
                reset=reset,
                accept_sparse="csr",
                dtype=np.float32,
                ensure_non_negative=True,
            )
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.positive_only = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


def _lengths(counts):
    """Number of terms of every document, float64: float32 stops counting at 2 ** 24."""
    return np.asarray(counts.sum(axis=1, dtype=np.float64)).ravel()
