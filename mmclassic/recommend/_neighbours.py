"""Scores by neighbours: items like those of a history, and what users like the asker did."""

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator

from mmclassic.recommend._nearest import NearestRows
from mmclassic.recommend._similarity import SIMILARITY
from mmclassic.recommend._weighting import WEIGHTING, FeatureWeighting
from mmclassic.utils import (
    NON_NEGATIVE_REAL,
    POSITIVE_INTEGER,
    canonical_csr,
    in_float32,
    is_array,
    is_finite,
    require,
    sparse_product,
)

_ODD = np.uint64(0x9E3779B97F4A7C15)


class _Neighbours(BaseEstimator):
    """What both have: their parameters, and rows that are weighed and compared."""

    _parameter_constraints: dict = {
        "similarity": SIMILARITY,
        "n_neighbors": POSITIVE_INTEGER,
        "shrink": NON_NEGATIVE_REAL,
        "weighting": WEIGHTING,
    }

    def __init__(self, similarity="cosine", *, n_neighbors=100, shrink=0.0, weighting=None):
        self.similarity = similarity
        self.n_neighbors = n_neighbors
        self.shrink = shrink
        self.weighting = weighting

    def _fit_rows(self, rows):
        self._validate_params()
        rows = canonical_csr(rows, "features")
        self.weighting_ = FeatureWeighting(self.weighting).fit(rows)
        weighed = self.weighting_.transform(rows)
        self.nearest_ = NearestRows(self.similarity, shrink=self.shrink).fit(weighed)

    def _weighed(self, rows):
        return self.weighting_.transform(canonical_csr(rows, "features"))

    def _near(self, rows, own=None):
        return self.nearest_.nearest(self.n_neighbors, self._weighed(rows), own=own)


class ItemNeighbours(_Neighbours):
    """Score an item by how alike what somebody liked is to it.

    The score of item i is the sum over the liked items l that are among the `n_neighbors` most
    similar to i of the weight of l times its similarity to i. A disliked item weighs less than 0.

    Parameters
    ----------
    similarity : str, AsymmetricCosine or Tversky, default="cosine"
        See `NearestRows`.
    n_neighbors : int > 0, default=100
        How many items each item is scored by at most.
    shrink : float >= 0, default=0.0
        Added to the denominator of the similarity.
    weighting : {"tfidf", "bm25"}, default=None
        How features are weighed before, see `FeatureWeighting`.

    Attributes
    ----------
    weights_ : CSR of float32 of shape (n_items, n_items)
        Similarity of what is liked (row) to a candidate (column).
    """

    def fit(self, features):
        """Learn from features of items, CSR (n_items, n_features)."""
        self._fit_rows(features)
        self.weights_ = self.nearest_.nearest(self.n_neighbors).T.tocsr()
        return self

    def compared(self, features):
        """Rows of new items as they are compared, and their squared lengths."""
        return self.nearest_.prepare(self._weighed(features))

    def weights_of(self, features):
        """`weights_` of new items, CSR (n_items, n_new), by their features (n_new, n_features)."""
        return self._near(features).T.tocsr()

    def score(self, history, weights=None):
        """Scores (n_askers, n_candidates) for CSR histories (n_askers, n_items).

        `weights` are those of the candidates, columns of `weights_` or `weights_of` new ones; None
        takes all fitted items.
        """
        weights = self.weights_ if weights is None else weights
        return sparse_product(in_float32(history), weights)

    def explain(self, history, weights):
        """Liked items and their parts of a score, for one history and one column of weights."""
        parts = history.multiply(weights.T).tocsr()
        return parts.indices, parts.data

    def _check_state(self):
        size = self.nearest_.n_rows
        fits = self.weights_.shape == (size, size) and is_finite(self.weights_)
        require(fits, self, f"weights_ is no matrix of shape {(size, size)}.")


class UserNeighbours(_Neighbours):
    """Score an item by what users did whose history is like that of the asker.

    The score of an item is the sum over the `n_neighbors` most similar users of their similarity
    times the weight they gave it.

    Parameters
    ----------
    similarity : str, AsymmetricCosine or Tversky, default="cosine"
        See `NearestRows`.
    n_neighbors : int > 0, default=100
        How many users an asker is answered by at most.
    shrink : float >= 0, default=0.0
        Added to the denominator of the similarity.
    weighting : {"tfidf", "bm25"}, default=None
        How what users did is weighed before they are compared, see `FeatureWeighting`.

    Attributes
    ----------
    interactions_ : CSR of float32 of shape (n_users, n_items)
        What the fitted users did.

    Notes
    -----
    A fitted user with the very history that is asked with is taken for the asker and is no
    neighbour: somebody known gets the same answer by name and by history.
    """

    def fit(self, interactions):
        """Learn from what users did, CSR (n_users, n_items)."""
        self._fit_rows(interactions)
        self.interactions_ = in_float32(sp.csr_matrix(interactions))
        self._marks = _marks(interactions)
        return self

    def score(self, history, weights=None):
        """Scores (n_askers, n_candidates) for CSR histories (n_askers, n_items).

        `weights` are what the fitted users gave the candidates, columns of `interactions_`; None
        takes all items.
        """
        weights = self.interactions_ if weights is None else weights
        return sparse_product(self.neighbours(history), weights)

    def explain(self, history, weights):
        """What the asker did and its parts of a score, for one history and one column of weights.

        How alike two users are is a sum over what both did, by which their part of the score is
        divided; by "euclidean" it is so in proportion.
        """
        said = self.neighbours(history).multiply(weights.T).tocsr()
        rows, _ = self.nearest_.prepare(self._weighed(history))
        shared = self.nearest_.columns_[:, said.indices].multiply(rows.T).astype(np.float64).tocsr()
        total = np.asarray(shared.sum(axis=0)).ravel()
        parts = shared @ np.divide(said.data, total, out=np.zeros_like(total), where=total != 0)
        items = np.flatnonzero(parts)
        return items, parts[items]

    def neighbours(self, history):
        """Similarities (n_askers, n_users) of the nearest users, CSR."""
        order = np.argsort(self._marks, kind="stable")
        marks = _marks(history)
        place = np.searchsorted(self._marks, marks, sorter=order)
        first = order[np.minimum(place, order.size - 1)] if order.size else place
        own = np.where(self._marks[first] == marks, first, -1) if order.size else None
        return self._near(history, own)

    def _check_state(self):
        n_items, n_users = self.nearest_.columns_.shape
        fits = self.interactions_.shape == (n_users, n_items) and is_finite(self.interactions_)
        require(fits, self, f"interactions_ is no matrix of shape {(n_users, n_items)}.")
        require(is_array(self._marks, "u", (n_users,)), self, "_marks are not those of the users.")


def _marks(X):
    """A number for every row of a sparse matrix, the same for rows that are the same."""
    X = canonical_csr(X, "history")
    with np.errstate(over="ignore"):
        bits = X.data.astype(np.float64).view(np.uint64)
        mixed = (bits ^ (X.indices.astype(np.uint64) + np.uint64(1)) * _ODD) * _ODD
        mixed ^= mixed >> np.uint64(29)
        sums = np.concatenate([[np.uint64(0)], np.cumsum(mixed * _ODD, dtype=np.uint64)])
        return sums[X.indptr[1:]] - sums[X.indptr[:-1]]
