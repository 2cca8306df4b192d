"""What all recommenders share: checks, candidates, exclusion of seen items, ranking."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from sklearn.utils.validation import _num_samples, check_is_fitted

from mmclassic.interactions import (
    USER,
    Interactions,
    as_ids,
    check_distinct,
    check_same_kind,
    find_ids,
    locate_ids,
)
from mmclassic.recommend._ranking import block_rows, rank_blocks, ranking_frame
from mmclassic.utils import check_k
from mmclassic.views import Views, ViewsEstimator, validate_views


@dataclass(frozen=True, eq=False)
class Candidates:
    """Items to be ranked.

    Attributes
    ----------
    ids : ndarray of shape (n_candidates,)
        Item ids.
    positions : ndarray of int64 of shape (n_candidates,)
        Position of each among the fitted items; -1 for a new item.
    features : Views or None
        Their features as the recommender prepared them.
    """

    ids: np.ndarray
    positions: np.ndarray
    features: Views | None


class BaseRecommender(ViewsEstimator):
    """Base of recommenders: a subclass says how to score a block of users.

    A subclass gives `_score_block(user_index, candidates)`, a fresh float array of shape
    (n_users, n_candidates) without NaN. It may prepare features in `_prepare_features(views)`,
    which the fitted items and new ones go through alike, and learn more in `_fit_items()`.

    Attributes
    ----------
    user_ids_ : ndarray of shape (n_users,)
        The users that have interactions to learn from.
    item_ids_ : ndarray of shape (n_items,)
        The fitted items, in the order of the rows of `X`.
    interactions_ : CSR of shape (n_users, n_items)
        Summed weights; what is stored, zeros included, counts as seen.
    features_ : Views or None
        The prepared features of the fitted items.
    view_widths_in_ : dict
        Width of every fitted view.
    n_features_in_ : int
        Total width of the fitted views.
    """

    _parameter_constraints: dict = {}

    def fit(self, X, interactions=None):
        """Learn from items and what users did with them.

        Parameters
        ----------
        X : Views or {array-like, CSR} of shape (n_items, n_features)
            Features of the items, rows in the order of ``interactions.items``.
        interactions : Interactions, default=None
            None fits the items alone, with row numbers as ids and no users.

        Returns
        -------
        self : object
            The fitted recommender.

        Raises
        ------
        ValueError
            If the number of rows is not the number of items.
        """
        self._validate_params()
        views = self._validate_items(X, reset=True)
        interactions = self._check_interactions(interactions, views)
        matrix = interactions.matrix
        known = np.diff(matrix.indptr) > 0
        self.user_ids_ = interactions.users[known]
        self.item_ids_ = interactions.items
        self.interactions_ = sp.csr_matrix(matrix[known])
        self.features_ = self._prepare_features(views)
        self._fit_items()
        return self

    def recommend(self, users=None, k=10, *, X=None, ids=None):
        """Rank the best items that each user has not interacted with.

        Parameters
        ----------
        users : array-like of str or of int, default=None
            User ids; None is every user.
        k : int > 0, default=10
            Items per user.
        X : Views or {array-like, CSR} of shape (n_candidates, n_features), default=None
            Features of the candidates that `ids` names, new or known.
        ids : array-like of str or of int of shape (n_candidates,), default=None
            The candidates. Without `X` they must be fitted items; None is all of these.

        Returns
        -------
        recommendations : DataFrame
            Columns user_id, item_id, rank (from 1) and score: exactly `k` rows per user, by
            decreasing score, ties in the order of the candidates.

        Raises
        ------
        UnknownIdError
            If a user, or an item of `ids` without `X`, was not fitted.
        ValueError
            If a user has fewer than `k` unseen candidates.

        Notes
        -----
        Users go through in blocks, so that memory does not grow with their number.
        """
        check_is_fitted(self)
        check_k(k)
        user_index = self._locate_users(users)
        candidates = self._candidates(X, ids)
        columns = self._columns_of_items(candidates)
        self._check_enough(user_index, candidates, columns, k)
        order, values = rank_blocks(
            lambda rows: self._score_block(user_index[rows], candidates),
            lambda rows: self._seen_pairs(user_index[rows], columns),
            n_rows=user_index.size,
            k=k,
            step=block_rows(max(candidates.ids.size, self._profile_width())),
        )
        return ranking_frame(USER, self.user_ids_[user_index], candidates.ids, order, values)

    def _fit_items(self):
        """Learn more from the fitted state; a subclass may override it."""

    def _prepare_features(self, views):
        """Turn checked features into what `_score_block` needs; a subclass may override it."""
        return views

    def _score_block(self, user_index, candidates):
        """Score candidates for some users; a subclass must override it."""
        raise NotImplementedError(f"{type(self).__name__} must define _score_block.")

    def _profile_width(self):
        """Columns that a block of users needs besides its scores."""
        return self.n_features_in_

    def _validate_items(self, X, *, reset):
        """Check the features of items; a recommender that reads none may override it."""
        return validate_views(self, X, reset=reset)

    def _check_interactions(self, interactions, views):
        if interactions is None:
            return _no_interactions(_num_samples(views))
        name = type(self).__name__
        if not isinstance(interactions, Interactions):
            raise TypeError(
                f"{name}.fit takes Interactions; got {type(interactions).__name__}. "
                "From a table: Interactions.from_frame(frame, items=ids)."
            )
        if views is not None and _num_samples(views) != interactions.items.size:
            raise ValueError(
                f"{name}: X has {_num_samples(views)} rows and interactions have "
                f"{interactions.items.size} items; rows must be the items in the same order."
            )
        return interactions

    def _locate_users(self, users):
        if users is None:
            return np.arange(self.user_ids_.size)
        users = as_ids(users, name="user id")
        where = f"the fitted {type(self).__name__}"
        return locate_ids(self.user_ids_, users, name="user id", where=where)

    def _locate_items(self, ids):
        ids = as_ids(ids, name="item id")
        where = f"the fitted {type(self).__name__}"
        return locate_ids(self.item_ids_, ids, name="item id", where=where)

    def _candidates(self, X, ids):
        """The fitted items, some of them, or the rows of X."""
        if X is not None:
            return self._new_candidates(X, ids)
        if ids is None:
            positions = np.arange(self.item_ids_.size)
            return Candidates(self.item_ids_, positions, self.features_)
        positions = self._locate_items(ids)
        check_distinct(self.item_ids_[positions], name="item id")
        features = None if self.features_ is None else self.features_[positions]
        return Candidates(self.item_ids_[positions], positions, features)

    def _new_candidates(self, X, ids):
        if ids is None:
            raise ValueError("X holds candidates without names; pass their item ids as ids=...")
        views = self._validate_items(X, reset=False)
        ids = as_ids(ids, name="item id")
        check_distinct(ids, name="item id")
        where = f"the fitted {type(self).__name__}"
        check_same_kind(self.item_ids_, ids, name="item id", where=where)
        if _num_samples(views) != ids.size:
            raise ValueError(
                f"X has {_num_samples(views)} rows and ids {ids.size}; each row needs its item id."
            )
        return Candidates(ids, find_ids(self.item_ids_, ids), self._prepare_features(views))

    def _columns_of_items(self, candidates):
        """Column of every fitted item among the candidates; -1 for the others."""
        columns = np.full(self.item_ids_.size, -1, dtype=np.int64)
        known = np.flatnonzero(candidates.positions >= 0)
        columns[candidates.positions[known]] = known
        return columns

    def _seen_pairs(self, user_index, columns):
        """(row, column) of the candidates that each user has interacted with."""
        seen = self.interactions_[user_index]
        rows = np.repeat(np.arange(user_index.size), np.diff(seen.indptr))
        seen_columns = columns[seen.indices]
        among = seen_columns >= 0
        return rows[among], seen_columns[among]

    def _check_enough(self, user_index, candidates, columns, k):
        """Refuse to fill a list up with seen items or to cut it short."""
        owners = np.repeat(np.arange(self.user_ids_.size), np.diff(self.interactions_.indptr))
        among = columns[self.interactions_.indices] >= 0
        n_seen = np.bincount(owners[among], minlength=self.user_ids_.size)[user_index]
        short = np.flatnonzero(candidates.ids.size - n_seen < k)
        if short.size:
            user = self.user_ids_[user_index[short[0]]].item()
            raise ValueError(
                f"user {user!r} has seen {n_seen[short[0]]} of {candidates.ids.size} candidates, "
                f"so {k} unseen ones do not exist ({short.size} such user(s)); ask for a smaller k."
            )


def _no_interactions(n_items):
    nothing = np.empty(0, dtype=np.int64)
    return Interactions(
        users=nothing,
        items=np.arange(n_items),
        user_index=nothing,
        item_index=nothing,
        weight=np.empty(0),
    )
