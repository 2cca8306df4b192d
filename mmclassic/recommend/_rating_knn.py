"""Ratings by biases and by what a user thought of items that are rated alike."""

from numbers import Real

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted

from mmclassic.interactions import CONTRIBUTION, ITEM, VIEW
from mmclassic.recommend._bias import check_biases, known_biases, pair_positions
from mmclassic.recommend._candidates import with_boost
from mmclassic.recommend._item_weights import (
    ItemWeightsRecommender,
    column_of,
    content_counts,
    position_if_fitted,
)
from mmclassic.recommend._nearest import best_of_blocks
from mmclassic.recommend._signals import COLLABORATIVE
from mmclassic.utils import (
    NON_NEGATIVE_REAL,
    POSITIVE_INTEGER,
    in_float32,
    scale_rows,
    sparse_product,
)

_BLOCK_PAIRS = 4096
# Weight, beside the similarities of what a user rated, of there being nothing to add to the biases:
# a single neighbour would otherwise decide. A tenth and three tenths were level on inner splits of
# DBbook and of MovieLens latest-small.
_PULL = 0.3
_NOISE = 64 * np.finfo(np.float64).eps


class RatingKNN(ItemWeightsRecommender):
    """Predict ratings by biases and the nearest items that a user rated, and rank by them.

    Of a rating r_ui the mean, the item's bias and the user's are b_ui, and what is left is e_ui,
    of mean square v. Items are alike if the same users rate them, and rate them alike:

        s_ij = (sum_u (e_ui e_uj / v + implicit) + sum_a c_a z_ai . z_aj) / (l_i l_j),
        l_i^2 = sum_u (e_ui^2 / v + implicit) + sum_a c_a z_ai . z_ai + shrink (1 + implicit)

    over the users u who rated both, or i: the cosine of vectors that hold for every user what is
    left and that the item was rated, likes and dislikes alike, and in the views a what the items
    are, rows z_a brought to length 1. The prediction is

        b_ui + sum_j s_ij e_uj / (sum_j s_ij + 0.3)

    over the items j that the user rated among the `n_neighbors` nearest of i, with s_ij > 0.

    Parameters
    ----------
    n_neighbors : int > 0, default=200
        How many items, the most similar ones, each item is predicted by at most.
    implicit : float >= 0, default=2.0
        How much it counts that a user rated both items, beside how; the unit is two ratings that
        both deviate as ratings do. 0 compares ratings alone, for those who rate nearly everything.
    shrink : float >= 0, default=3.0
        Number of ratings that every item is given besides and that no other item has, so that items
        of few ratings are not alike by chance.
    damping : float >= 0, default=5.0
        Of the biases: number of ratings at the mean that every user and item is given besides.
    content : float >= 0 or dict of str to float, default=0.0
        How much the content of the items counts, c_a: one for all views or one for each. 0 reads no
        features, and `fit` takes None for the items.

    Attributes
    ----------
    weights_ : CSR of float32 of shape (n_items, n_items)
        Similarity s_ij of what was rated (row) to what is predicted (column).
    biases_ : Biases
        The mean, and the biases of `user_ids_` and `item_ids_`.
    features_ : Views or None
        Rows of the items of length 1, with content.
    user_ids_ : ndarray of shape (n_users,)
        The users that have ratings.
    item_ids_ : ndarray of shape (n_items,)
        The fitted items.
    interactions_ : CSR of shape (n_users, n_items)
        The latest ratings.
    view_widths_in_ : dict
        Width of every fitted view, with content.
    n_features_in_ : int
        Total width of the fitted views, with content.

    Raises
    ------
    ValueError
        In `fit`, if the interactions are weights and not ratings.

    See Also
    --------
    BiasRecommender : The biases alone.

    Notes
    -----
    The score of an item is the prediction without the user's bias, which orders nothing; `predict`
    adds it. New items score the mean. A history of weights, without ratings, counts as that much
    above expectation.

    Which items people rate at all says what they are like (Bell and Koren's implicit feedback). On
    two random fifths of the ratings of MovieLens latest-small the error (RMSE) was .861 with both,
    .874 by ratings alone and .890 by the biases.

    `fit` takes two multiplications for every two ratings of a user, and O(n_items^2) to choose
    the most similar, in blocks; memory O(n_neighbors n_items).

    References
    ----------
    .. [1] Koren, Y. (2010). Factor in the neighbors: scalable and accurate collaborative
       filtering. ACM TKDD 4(1), sections 2.2 and 3.

    Examples
    --------
    >>> import pandas as pd
    >>> from mmclassic.recommend import RatingKNN
    >>> rated = pd.DataFrame(
    ...     {
    ...         "user_id": ["u", "u", "v", "v", "w", "w", "w", "x"],
    ...         "item_id": ["a", "b", "a", "b", "a", "b", "c", "a"],
    ...         "rating": [5, 5, 1, 2, 3, 3, 4, 5],
    ...     }
    ... )
    >>> model = RatingKNN(shrink=1).fit(None, rated)
    >>> model.predict("x", ["b", "c", "new"]).round(2)
    array([4.54, 4.32, 3.75])
    >>> model.recommend("x", k=1).round(2)
      user_id item_id  rank  score    basis
    0       x       b     1   4.29  history
    """

    _parameter_constraints: dict = {
        "n_neighbors": POSITIVE_INTEGER,
        "implicit": NON_NEGATIVE_REAL,
        "shrink": NON_NEGATIVE_REAL,
        "damping": NON_NEGATIVE_REAL,
        "content": [Interval(Real, 0, None, closed="left"), dict],
    }

    def __init__(self, n_neighbors=200, *, implicit=2.0, shrink=3.0, damping=5.0, content=0.0):
        self.n_neighbors = n_neighbors
        self.implicit = implicit
        self.shrink = shrink
        self.damping = damping
        self.content = content

    def predict(self, users, items):
        """Predict ratings of pairs.

        Parameters
        ----------
        users : str, int or array-like of shape (n_pairs,)
            User ids; one stands for all pairs. Of one that was not fitted nothing is known.
        items : str, int or array-like of shape (n_pairs,)
            Item ids, as for `users`.

        Returns
        -------
        ratings : ndarray of float64 of shape (n_pairs,)
            Predictions, not cut to the scale.

        Raises
        ------
        ValueError
            If there are several users and several items, and not as many of both.
        UnknownIdError
            If ids are str where the fitted ones are int, or the other way round.
        """
        check_is_fitted(self)
        users, items = pair_positions(self, users, items)
        ratings = self.biases_.predict(users, items)
        known = np.flatnonzero((users >= 0) & (items >= 0))
        similar = self.weights_.T.tocsr()
        for start in range(0, known.size, _BLOCK_PAIRS):
            pairs = known[start : start + _BLOCK_PAIRS]
            left = self._left(self.interactions_[users[pairs]])
            near = similar[items[pairs]].astype(np.float64)
            sums = near.multiply(left).sum(axis=1)
            total = near.multiply(_ones(left)).sum(axis=1)
            ratings[pairs] += np.ravel(sums) / (np.ravel(total) + _PULL)
        return ratings

    def explain(self, user, item, *, items=None, boost=None):
        """Split a score into the mean, the item's bias and the parts of every rated item.

        Parameters
        ----------
        user : str or int
            A user id.
        item : str or int
            A fitted item, or with `items` the name of its row.
        items : Views, DataFrame or {array-like, CSR} of shape (1, n_features), default=None
            A new item, whose score is the mean; features are not read.
        boost : dict of float by item id or array-like of shape (n_items,), default=None
            What `recommend` was given: the last line, without an item of the history.

        Returns
        -------
        explanation : DataFrame
            Columns item_id (what the user rated; None for the other parts), view ("mean", "item" or
            "collaborative") and contribution: the mean, the item's bias, then what was rated,
            largest magnitude first. The contributions sum to the score.

        Raises
        ------
        UnknownIdError
            If the user, or the item without `items`, was not fitted.
        """
        check_is_fitted(self)
        row, column = self._locate_users([user]), position_if_fitted(self, item, items)
        left = self._left(self.interactions_[row])
        near = column_of(self.weights_, column).T.astype(np.float64)
        parts = near.multiply(left).tocsr()
        total = near.multiply(_ones(left)).sum() + _PULL
        order = np.argsort(-np.abs(parts.data), kind="stable")
        bias = self.biases_.items[column] if column >= 0 else 0.0
        ids = [None, None, *self.item_ids_[parts.indices[order]].tolist()]
        found = pd.DataFrame(
            {
                ITEM: pd.Series(ids, dtype=object),
                VIEW: ["mean", "item", *[COLLABORATIVE] * order.size],
                CONTRIBUTION: [self.biases_.mean, bias, *(parts.data[order] / total)],
            }
        )
        return with_boost(found, boost, self.item_ids_ if items is None else [item], item)

    def _fit_items(self, interactions):
        self.biases_ = known_biases(self, interactions)
        items = in_float32(self._compared())
        columns, n_items = items.T.tocsr(), items.shape[0]
        self.weights_ = best_of_blocks(
            lambda block: sparse_product(items[block], columns),
            shape=(n_items, n_items),
            k=self.n_neighbors,
            own=np.arange(n_items),
        ).T.tocsr()

    def _compared(self):
        """Rows of the items whose inner products are their similarities."""
        left = _in_unit_variance(sp.csr_matrix(self._left(self.interactions_).T))
        parts = [left, np.sqrt(self.implicit) * _ones(left)]
        for name, count in content_counts(self.content, self.features_).items():
            parts.append(np.sqrt(count) * sp.csr_matrix(self.features_[name]))
        rows = sp.hstack(parts, format="csr", dtype=np.float64)
        squares = np.ravel(rows.multiply(rows).sum(axis=1)) + self.shrink * (1 + self.implicit)
        return scale_rows(rows, np.divide(1, np.sqrt(squares), out=squares, where=squares > 0))

    def _left(self, ratings):
        left = sp.csr_matrix(self.biases_.center(ratings))
        # What rounding left of ratings that are as expected would correlate perfectly.
        left.data[np.abs(left.data) <= _NOISE * np.abs(ratings.data).max(initial=0.0)] = 0
        return left

    def _preferences(self, history, *, are_ratings=True):
        return self._left(history) if are_ratings else history

    def _score_block(self, history, candidates):
        left = in_float32(sp.csr_matrix(history))
        sums = sparse_product(left, self.weights_)
        sums /= sparse_product(_ones(left), self.weights_) + np.float32(_PULL)
        sums += self.biases_.items.astype(np.float32)
        found = np.zeros((history.shape[0], candidates.positions.size), dtype=sums.dtype)
        known = candidates.positions >= 0
        found[:, known] = sums[:, candidates.positions[known]]
        return found + np.float32(self.biases_.mean)

    def _check_state(self):
        super()._check_state()
        check_biases(self)


def _in_unit_variance(left):
    """CSR with a mean square of 1 over what is stored, unless all of it is 0."""
    largest = np.abs(left.data).max(initial=0.0)
    if largest == 0:
        return left
    left = left / largest  # whose square may be more than float64 holds
    return left / np.sqrt(np.mean(left.data**2))


def _ones(X):
    """A one wherever something is stored."""
    return sp.csr_matrix((np.ones_like(X.data), X.indices, X.indptr), shape=X.shape)
