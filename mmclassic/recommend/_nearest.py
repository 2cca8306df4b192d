"""The rows most similar to each row of a sparse matrix."""

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator

from mmclassic.recommend._ranking import block_rows
from mmclassic.recommend._similarity import column_means, compare, find_formula, prepare_rows
from mmclassic.utils import is_array, is_finite, require, sparse_product, top_k


class NearestRows(BaseEstimator):
    """Find the fitted rows that are most similar to each row, by what both have.

    Parameters
    ----------
    similarity : str, AsymmetricCosine or Tversky, default="cosine"
        One of `SIMILARITIES`, see Notes.
    shrink : float >= 0, default=0.0
        Added to the denominator.

    Attributes
    ----------
    columns_ : CSR of shape (n_features, n_rows)
        The fitted rows as they are compared, transposed.
    lengths_ : ndarray of float64 of shape (n_rows,)
        Their squared lengths.
    column_means_ : ndarray of float64 of shape (n_features,) or None
        Means of the fitted columns, by "adjusted_cosine".

    Notes
    -----
    For rows x and y, or the sets X and Y of their features above zero:

    - "cosine": x . y / (abs(x) abs(y) + shrink); "dot": x . y / (1 + shrink),
    - "pearson": the cosine of deviations from the mean of each row, "adjusted_cosine" from that
      of each column, means being over stored entries,
    - "euclidean": 1 / (1 + abs(x - y) + shrink) where x . y is not 0,
    - "jaccard": abs(X & Y) / (abs(X | Y) + shrink); "dice": 2 abs(X & Y) / (abs(X) + abs(Y) +
      shrink),
    - "asymmetric_cosine" and "tversky": see `AsymmetricCosine` and `Tversky`.

    This is how Ferrari Dacrema et al. (2021) shrink. Only what is similar by more than 0 is a
    neighbour. Cost: a multiplication for every two rows and feature that both have, and O(n m) to
    choose among m rows for n, in blocks; memory O(k n) and one block.
    """

    def __init__(self, similarity="cosine", *, shrink=0.0):
        self.similarity = similarity
        self.shrink = shrink

    def fit(self, X):
        """Keep canonical CSR rows."""
        formula = find_formula(self.similarity)
        self.column_means_ = column_means(X) if formula._centered == "columns" else None
        rows, self.lengths_ = prepare_rows(X, formula, self.column_means_)
        if X.nnz and formula._centered and not rows.nnz:
            raise ValueError(
                f"similarity={self.similarity!r} compares deviations from the means of "
                f"{formula._centered}, and there are none: all weights are alike. Use 'cosine'."
            )
        self.columns_ = rows.T.tocsr()
        return self

    def nearest(self, k, X=None, *, own=None):
        """The `k` fitted rows most similar to each row of `X`, CSR (n, n_rows), ties by position.

        Without `X` they are those of the fitted rows, none of which is its own neighbour. `own`
        holds the position of a fitted row that is not to be found for each row of `X`, or -1.
        """
        if X is None:
            rows, lengths, own = self.columns_.T.tocsr(), self.lengths_, np.arange(self.n_rows)
        else:
            rows, lengths = self.prepare(X)
        return best_of_blocks(
            lambda block: self.similarities(rows[block], lengths[block]),
            shape=(rows.shape[0], self.n_rows),
            k=k,
            own=own,
        )

    def prepare(self, X):
        """Canonical CSR rows as they are compared, and their squared lengths."""
        return prepare_rows(X, find_formula(self.similarity), self.column_means_)

    def fitted(self, positions):
        """The same of fitted rows."""
        return self.columns_[:, positions].T.tocsr(), self.lengths_[positions]

    def similarities(self, rows, lengths):
        """Dense (n, n_rows), of rows from `prepare` or `fitted` to all fitted rows."""
        products = sparse_product(rows, self.columns_)
        target = lengths[:, None].astype(products.dtype)
        other = self.lengths_[None].astype(products.dtype)
        formula = find_formula(self.similarity)
        return compare(products, target, other, formula=formula, shrink=self.shrink)

    @property
    def n_rows(self):
        """How many rows there are to be found."""
        return self.lengths_.size

    def _check_state(self):
        n_features, n_rows = self.columns_.shape
        fits = is_finite(self.columns_) and is_array(self.lengths_, "f", (n_rows,))
        require(fits and is_finite(self.lengths_), self, "lengths_ are not those of the rows.")
        means = self.column_means_
        fits = means is None or (is_array(means, "f", (n_features,)) and is_finite(means))
        require(fits, self, "column_means_ are not those of the columns.")


def best_of_blocks(score, *, shape, k, own=None):
    """CSR of the `k` largest scores above 0 of every row, ties by lower column.

    `score` takes a slice of rows and gives fresh scores (rows, n_columns); `own` is a column of
    every row that is left out, or -1.
    """
    n_rows, n_columns = shape
    step = block_rows(n_columns)
    counts, indices, data = [np.zeros(1, dtype=np.int64)], [], []
    for start in range(0, n_rows, step):
        block = slice(start, min(start + step, n_rows))
        scores = score(block)
        if own is not None:
            hidden = np.flatnonzero(own[block] >= 0)
            scores[hidden, own[block][hidden]] = 0
        kept = _best(scores, k)
        counts.append(np.count_nonzero(kept, axis=1))
        flat = np.flatnonzero(kept)
        indices.append((flat % n_columns).astype(np.int32))
        data.append(scores.ravel()[flat])
    if not data:
        return sp.csr_matrix(shape, dtype=np.float32)
    ends = np.cumsum(np.concatenate(counts))
    return sp.csr_matrix((np.concatenate(data), np.concatenate(indices), ends), shape=shape)


def _best(scores, k):
    """Mask of the `k` largest above 0 in every row, or of all of them if they are fewer."""
    kept = scores > 0
    crowded = np.count_nonzero(kept, axis=1) > k
    if crowded.any():
        order = top_k(scores if crowded.all() else scores[crowded], k)
        kept[crowded] = False
        kept[np.flatnonzero(crowded)[:, None], order] = True
    return kept
