"""EASE: every item by all others, in closed form."""

from numbers import Real

import numpy as np
import scipy.linalg as la
import scipy.sparse as sp
from sklearn.utils._param_validation import Interval

from mmclassic.recommend._item_weights import ItemWeightsRecommender, content_counts
from mmclassic.utils import POSITIVE_REAL, is_finite, mirror_lower, one_blas_thread

_MOST_ITEMS = 20_000  # 3.2 GB for the matrix
_BLOCK_ROWS = 512
_MOST_INFLATION = 1e12  # leaves four digits of float64


class EASE(ItemWeightsRecommender):
    """Recommend by the linear model that tells every item from all others, in closed form.

    The weights B, zero on the diagonal, minimise

        norm(X - X B)^2 + sum_a c_a norm(Z_a' - Z_a' B)^2 + ridge norm(B)^2

    for the interactions X (users by items) and the rows Z_a (items by features) of the views,
    brought to length 1: what items are like counts as more users, one a feature [1]_. With
    P = (X'X + sum_a c_a Z_a Z_a' + ridge I)^-1 they are B = I - P diag(1 / diag(P)). The score of
    an item is the sum over what a user interacted with of the weight times B.

    Parameters
    ----------
    ridge : float > 0, default=500.0
        How much weights are held back, in the unit of X'X: numbers of users.
    content : float >= 0 or dict of str to float, default=0.0
        How much the content of the items counts, one for all views or one for each. 0 reads no
        features, and `fit` takes None for the items.

    Attributes
    ----------
    weights_ : ndarray of float32 of shape (n_items, n_items)
        B: what a liked item (row) adds to the score of every item (column).
    features_ : Views or None
        Rows of the items of length 1, with content.
    user_ids_ : ndarray of shape (n_users,)
        The users that have interactions.
    item_ids_ : ndarray of shape (n_items,)
        The fitted items.
    interactions_ : CSR of shape (n_users, n_items)
        Summed weights, or the latest ratings.
    view_widths_in_ : dict
        Width of every fitted view, with content.
    n_features_in_ : int
        Total width of the fitted views, with content.

    Raises
    ------
    ValueError
        In `fit`, if there are more than 20,000 items.

    See Also
    --------
    KNNRecommender : No matrix of items by items, new items as well.

    Notes
    -----
    X holds weights, below zero for dislikes; ratings above the middle of the scale are likes that
    weigh more the further they are above what is expected, the others are at most 0. Pairs without
    an interaction are zeros, so that a dislike is further away than what is unknown.

    An item without interactions is reached by content alone: without it, it scores 0. With it, the
    score is that of a regression in which all users count as not interested, so that such items are
    ranked among one another rather than beside items with interactions. Items that come after
    `fit` score 0.

    For small catalogues: `fit` takes O(n_items^3), 8 n_items^2 bytes and half as much for the
    weights (10,000 items: 800 + 400 MB), whatever the number of users; 4,000 items took 2 s.

    References
    ----------
    .. [1] Steck, H. (2019). Embarrassingly shallow autoencoders for sparse data. WWW. Content as
       more rows: Jeunen, O., Van Balen, J. and Goethals, B. (2020). Closed-form models for
       collaborative filtering with side-information. RecSys.

    Examples
    --------
    >>> import pandas as pd
    >>> from mmclassic.recommend import EASE
    >>> bought = pd.DataFrame({"user_id": [1, 1, 2, 2, 3], "item_id": ["a", "b", "b", "c", "b"]})
    >>> ease = EASE(ridge=1.0).fit(None, bought)
    >>> ease.recommend(3, k=1).round(3)
       user_id item_id  rank  score    basis
    0        3       a     1  0.286  history
    >>> ease.explain(1, "c").round(3)
      item_id           view  contribution
    0       b  collaborative         0.286
    1       a  collaborative        -0.143
    """

    _parameter_constraints: dict = {
        "ridge": POSITIVE_REAL,
        "content": [Interval(Real, 0, None, closed="left"), dict],
    }

    def __init__(self, ridge=500.0, *, content=0.0):
        self.ridge = ridge
        self.content = content

    def _fit_weights(self, signed):
        n_items = signed.shape[1]
        if n_items > _MOST_ITEMS:
            raise ValueError(
                f"EASE inverts a matrix of n_items x n_items, which for {n_items:,} items takes "
                f"{8 * n_items**2 / 1e9:.0f} GB; it is for at most {_MOST_ITEMS:,}. Use "
                "RandomWalkRecommender or KNNRecommender."
            )
        gram = _gram(signed.T.tocsr())
        for name, count in content_counts(self.content, self.features_).items():
            gram += _gram(self.features_[name], count)
        gram.flat[:: n_items + 1] += self.ridge
        if not is_finite(gram):
            raise ValueError(
                "the squares of the weights sum to more than float64 holds; divide all by one "
                "number."
            )
        return _others(gram)


def _gram(rows, factor=1.0):
    """Inner products of all rows times a factor, float64."""
    rows = rows.astype(np.float64)
    if not sp.issparse(rows):
        return (factor * rows) @ rows.T
    columns, found = rows.T.tocsr(), np.empty((rows.shape[0],) * 2)
    for start in range(0, rows.shape[0], _BLOCK_ROWS):
        block = slice(start, start + _BLOCK_ROWS)
        found[block] = (factor * rows[block] @ columns).toarray()
    return found


def _others(gram):
    """Weights by which every row of a positive definite matrix is told from the others.

    The matrix is overwritten.
    """
    size = len(gram)
    if not size:
        return np.zeros((0, 0), dtype=np.float32)
    diagonal = np.diag(gram).copy()
    # Factor and inverse take its place: LAPACK fills the upper triangle by columns, the lower by
    # rows.
    with one_blas_thread():
        factor, info = la.lapack.dpotrf(gram.T, lower=0, overwrite_a=1, clean=0)
        if info == 0:
            inverse, info = la.lapack.dpotri(factor, lower=0, overwrite_c=1)
    # How many times more an item varies than what the others leave of it.
    if info or (diagonal * np.diag(inverse)).max() > _MOST_INFLATION:
        raise ValueError("the ridge vanishes beside the weights; raise it, or divide the weights.")
    inverse = mirror_lower(inverse.T)
    weights = np.empty(inverse.shape, dtype=np.float32)
    np.divide(inverse, -np.diag(inverse), out=weights, casting="same_kind")
    np.fill_diagonal(weights, 0)
    return weights
