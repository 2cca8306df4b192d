"""Recommenders whose score is a history times a matrix of items by items."""

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.utils.validation import check_is_fitted

from mmclassic.interactions import CONTRIBUTION, ITEM, VIEW, as_ids, find_ids
from mmclassic.recommend._base import BaseRecommender
from mmclassic.recommend._candidates import with_boost
from mmclassic.recommend._signals import COLLABORATIVE
from mmclassic.utils import (
    in_float32,
    is_finite,
    is_weight,
    normalize_rows,
    per_view,
    require,
    sparse_product,
)
from mmclassic.views import Views


class ItemWeightsRecommender(BaseRecommender):
    """Base: a subclass gives `_fit_weights(signed)`, which says what liking an item speaks for.

    `signed` is CSR (n_users, n_items) of likes and dislikes; `_start(signed)` may turn histories of
    that kind into what is multiplied. Features are not read, unless a parameter `content` says how
    much they count.

    Attributes
    ----------
    weights_ : CSR or ndarray of shape (n_items, n_items)
        What a liked item (row) adds to the score of every item (column).
    """

    content: float | dict = 0.0

    def explain(self, user, item, *, items=None, boost=None):
        """Split a score into the parts of every item that a user interacted with.

        Parameters
        ----------
        user : str or int
            A user id.
        item : str or int
            A fitted item, or with `items` the name of its row.
        items : Views, DataFrame or {array-like, CSR} of shape (1, n_features), default=None
            A new item, which has no parts; features are not read.
        boost : dict of float by item id or array-like of shape (n_items,), default=None
            What `recommend` was given: the last line, without an item of the history.

        Returns
        -------
        explanation : DataFrame
            Columns item_id (what the user interacted with), view ("collaborative") and
            contribution, largest magnitude first; items that contribute nothing are left out. The
            contributions sum to the score.

        Raises
        ------
        UnknownIdError
            If the user, or the item without `items`, was not fitted.
        """
        check_is_fitted(self)
        row, column = self._locate_users([user]), position_if_fitted(self, item, items)
        start = self._start(sp.csr_matrix(self._preferences(self.interactions_[row])))
        parts = start.multiply(column_of(self.weights_, column).T).tocsr()
        parts.eliminate_zeros()
        order = np.argsort(-np.abs(parts.data), kind="stable")
        found = pd.DataFrame(
            {
                ITEM: self.item_ids_[parts.indices[order]],
                VIEW: COLLABORATIVE,
                CONTRIBUTION: parts.data[order].astype(np.float64),
            }
        )
        return with_boost(found, boost, self.item_ids_ if items is None else [item], item)

    def _fit_items(self, interactions):
        self.weights_ = self._fit_weights(sp.csr_matrix(self._preferences(self.interactions_)))

    def _start(self, signed):
        return signed

    def _score_block(self, history, candidates):
        start = in_float32(self._start(sp.csr_matrix(history)))
        if sp.issparse(self.weights_):
            scores = sparse_product(start, self.weights_)
        else:
            scores = start @ self.weights_
        if candidates.are_all:
            return scores
        known = candidates.positions >= 0
        found = np.zeros((history.shape[0], known.size), dtype=scores.dtype)
        found[:, known] = scores[:, candidates.positions[known]]
        return found

    def _reads_features(self):
        return isinstance(self.content, dict) or self.content > 0

    def _validate_items(self, items, *, reset):
        return super()._validate_items(items, reset=reset) if self._reads_features() else items

    def _prepare_features(self, views):
        if not self._reads_features():
            return None
        return Views({name: normalize_rows(block) for name, block in views.items()}, views.present)

    def _profile_width(self):
        return self.item_ids_.size

    def _check_state(self):
        super()._check_state()
        size = self.item_ids_.size
        fits = getattr(self.weights_, "shape", None) == (size, size) and is_finite(self.weights_)
        require(fits, self, f"weights_ is no matrix of shape {(size, size)}.")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.no_validation = not self._reads_features()
        return tags


def content_counts(content, features):
    """By view of the features how much it counts, those that do; none without features."""
    if features is None:
        return {}
    counts = per_view(
        content,
        features.names,
        parameter="content",
        accepts=is_weight,
        expected="a finite number of at least 0",
    )
    return {name: count for name, count in counts.items() if count > 0}


def position_if_fitted(model, item, items):
    """Position of an item, or -1 for a new one that comes with `items`."""
    if items is None:
        return model._locate_items([item])[0]
    return find_ids(model.item_ids_, as_ids([item], name="item id"))[0]


def column_of(weights, column):
    """CSR (n, 1) of a column of a dense or CSR matrix (n, m); empty for -1."""
    if column < 0:
        return sp.csr_matrix((weights.shape[0], 1))
    return sp.csr_matrix(weights[:, [column]])
