"""Latent semantic analysis: sparse weights of terms to few dense columns."""

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import TruncatedSVD
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from mmclassic.utils import (
    POSITIVE_INTEGER,
    RANDOM_STATE,
    is_array,
    is_finite,
    normalize_rows,
    require,
    row_norms,
    scale_rows,
)

# A row without any part in the components is rounding noise of about 1e-10 of its length; scaled
# to length 1 the noise would pass for a meaning.
_NOISE = 1e-6
_DEFAULT_COMPONENTS = 200
# With a component for every text each text is its own topic, and nothing is learned.
_ROWS_A_COMPONENT = 4
# What the components are learned from at most. Of 20,000 rows of 300 terms of 60,000, drawn by a
# Zipf law, 10,000 took 16 s of one core and 100 MB to fit, all of them 30 s and 165 MB.
_MOST_ROWS = 10_000
_MOST_TERMS = 1 << 16


class LSA(TransformerMixin, BaseEstimator):
    """Latent semantic analysis: weights of terms to few columns of what occurs together.

    Texts that have no word in common are near each other where their words occur in the same
    other texts, so a search finds what does not have the word. It is a view beside the words and
    not in their place, for what is asked word by word it finds worse: `MultimodalRecommender`
    adds it to every view of texts by itself.

    Parameters
    ----------
    n_components : int, default=None
        Number of columns, at most the number of rows or terms. None takes 200, or a quarter of the
        rows or of the terms if that is fewer.
    random_state : int, RandomState instance or None, default=0
        For the randomised decomposition, and the rows that it looks at.

    Attributes
    ----------
    components_ : ndarray of float32 of shape (n_components_, n_terms)
        Right singular vectors, orthonormal, by decreasing singular value.
    terms_ : ndarray of int of shape (n_terms,)
        Columns of the terms that count.
    n_components_ : int
        Number of columns of the result.
    n_features_in_ : int
        Number of columns of the weights.

    Notes
    -----
    Rows are brought to Euclidean length 1 before and after; a row that has no part in the
    components, such as one of no known term, is 0. The components are those of 10,000 random rows
    at most, and of the 65,536 terms of most of these. A row's result does not depend on
    the rows that come with it. Cost O(n_nonzero k + n k^2) for k components, some rounds
    of it; the model keeps 4 k bytes a term.

    References
    ----------
    S. Deerwester et al., "Indexing by Latent Semantic Analysis", Journal of the American Society
    for Information Science 41(6), 1990.

    Examples
    --------
    >>> from mmclassic.features import LSA, TextVectorizer
    >>> texts = ["car motor", "auto motor", "auto wheel", "red rose", "rose garden"]
    >>> words = TextVectorizer().fit(texts)
    >>> lsa = LSA(2).fit(words.transform(texts))
    >>> car, wheel, garden = lsa.transform(words.transform(["car", "wheel", "garden"]))
    >>> bool(car @ wheel > 0.9), bool(abs(car @ garden) < 0.1)
    (True, True)
    """

    _parameter_constraints: dict = {
        "n_components": [*POSITIVE_INTEGER, None],
        "random_state": RANDOM_STATE,
    }

    def __init__(self, n_components=None, *, random_state=0):
        self.n_components = n_components
        self.random_state = random_state

    def fit(self, X, y=None):
        """Learn the components.

        Parameters
        ----------
        X : {array-like, sparse} of shape (n_rows, n_features)
            Weights of terms.
        y : object, default=None
            Ignored.

        Returns
        -------
        self : object
            The fitted analysis.

        Raises
        ------
        ValueError
            If `n_components` is more than the rows or terms allow.
        """
        self._validate_params()
        weights = self._unit_rows(X, reset=True)
        random_state = check_random_state(self.random_state)
        telling = np.flatnonzero(np.diff(weights.indptr))
        if telling.size > _MOST_ROWS:
            telling = np.sort(random_state.permutation(telling)[:_MOST_ROWS])
        weights = weights[telling]
        self.terms_ = _most_frequent(weights)
        weights = weights[:, self.terms_]
        k = self.n_components or self.default_components(*weights.shape)
        if k > min(weights.shape):
            raise ValueError(
                f"n_components={k} is more than {weights.shape[0]} row(s) with a term and "
                f"{weights.shape[1]} term(s) allow."
            )
        with np.errstate(invalid="ignore"):
            svd = TruncatedSVD(k, random_state=random_state).fit(weights)
        # In order of columns, a row for each term: what a query of few terms takes is in one piece.
        self.components_ = np.asfortranarray(svd.components_, dtype=np.float32)
        self.n_components_ = k
        return self

    @staticmethod
    def default_components(n_rows, n_terms):
        """How many columns ``n_components=None`` makes.

        Parameters
        ----------
        n_rows : int
            Rows that have a term.
        n_terms : int
            Terms.

        Returns
        -------
        n_components : int
            200, or a quarter of the rows or of the terms if that is fewer, and 1 at least.
        """
        return max(1, min(_DEFAULT_COMPONENTS, min(n_rows, n_terms) // _ROWS_A_COMPONENT))

    def transform(self, X):
        """Give weights of terms in the components.

        Parameters
        ----------
        X : {array-like, sparse} of shape (n_rows, n_features)
            Weights of terms.

        Returns
        -------
        block : ndarray of float32 of shape (n_rows, n_components_)
            Rows of length 1, or 0.
        """
        check_is_fitted(self)
        weights = self._unit_rows(X, reset=False)
        if self.terms_.size < weights.shape[1]:
            weights = weights[:, self.terms_]
        if not weights.shape[0]:
            return np.zeros((0, self.n_components_), dtype=np.float32)
        return _unit(weights @ self.components_.T, row_norms(weights))

    def get_feature_names_out(self, input_features=None):
        """The names of the columns: ``lsa0``, ``lsa1`` and so on.

        Parameters
        ----------
        input_features : object, default=None
            Not used; present for scikit-learn's sake.

        Returns
        -------
        names : ndarray of str of shape (n_components_,)
            One for every column.
        """
        check_is_fitted(self)
        return np.array([f"lsa{i}" for i in range(self.n_components_)], dtype=object)

    def _unit_rows(self, X, *, reset):
        X = validate_data(
            self,
            X,
            reset=reset,
            accept_sparse="csr",
            dtype=np.float32,
            ensure_min_samples=int(reset),
        )
        return normalize_rows(sp.csr_matrix(X))

    def _check_state(self):
        """Raise ValueError unless the loaded components are those of the terms."""
        terms = self.terms_
        fits = is_array(terms, "i", (None,)) and (np.diff(terms) > 0).all()
        fits = fits and terms.size > 0 and terms[0] >= 0 and terms[-1] < self.n_features_in_
        require(fits, self, "terms_ are no columns of the weights.")
        shape = (self.n_components_, terms.size)
        fits = is_array(self.components_, "f", shape) and is_finite(self.components_)
        require(fits, self, "components_ are not numbers for every term.")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


def _most_frequent(weights):
    """Columns of the terms of most rows, in order, all if they are not too many."""
    frequency = np.bincount(weights.indices, minlength=weights.shape[1])
    if frequency.size <= _MOST_TERMS:
        return np.arange(frequency.size)
    return np.sort(np.argsort(-frequency, kind="stable")[:_MOST_TERMS])


def fit_lsa(weights, n_components, random_state):
    """A TruncatedSVD of weighted terms; ValueError if there cannot be so many components."""
    n_texts, n_terms = weights.shape
    if n_terms == 1:
        raise ValueError("one term has no components; pass n_components=None to keep the term.")
    if n_components > min(n_texts, n_terms):
        raise ValueError(
            f"n_components={n_components} is more than {n_texts} text(s) with {n_terms} terms "
            f"allow; pass at most {min(n_texts, n_terms)}, or None to keep the terms."
        )
    # Not centred, as a PCA would be: that makes sparse weights dense.
    # Equal texts have no variance; only the share of it, which nobody reads, is 0 / 0.
    with np.errstate(invalid="ignore"):
        return TruncatedSVD(n_components, random_state=random_state).fit(weights)


def project(svd, weights):
    """Weighted terms in components, float32 rows of length 1, or 0 without a part in any."""
    if weights.shape[0] == 0:
        return np.zeros((0, svd.components_.shape[0]), dtype=np.float32)
    block = svd.transform(weights).astype(np.float32, copy=False)
    return _unit(block, row_norms(weights))


def _unit(block, before):
    """Projected rows of length 1; `before` are the lengths that they had."""
    # Length 1, as the weights of TF-IDF have: what is left of a text after the projection says how
    # much of it the components know, and not how much a neighbour should count.
    norms = row_norms(block)
    meant = norms > _NOISE * before
    return scale_rows(block, np.divide(1.0, norms, out=np.zeros_like(norms), where=meant))
