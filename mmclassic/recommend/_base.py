"""What all recommenders share: checks, candidates, exclusion of seen items, ranking."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.utils.validation import check_is_fitted

from mmclassic.interactions import (
    USER,
    PackedIdsMixin,
    as_ids,
    check_distinct,
    check_same_kind,
    check_stored_ids,
    find_ids,
    locate_ids,
    name_rows,
    read_interactions,
)
from mmclassic.recommend._ranking import block_rows, make_lists, rank_blocks, rank_shared
from mmclassic.recommend._rows import name_fitted_rows, numeric_columns
from mmclassic.utils import check_k, is_finite, require
from mmclassic.views import Views, ViewsEstimator, validate_views


@dataclass(frozen=True, eq=False)
class Candidates:
    """Items to be ranked: ids, positions among the fitted items (-1: new), prepared features."""

    ids: np.ndarray
    positions: np.ndarray
    features: Views | None


class BaseRecommender(PackedIdsMixin, ViewsEstimator):
    """Base of recommenders: a subclass says how to score items for histories.

    A subclass gives `_score_block(history, candidates)`, a fresh float array of shape
    (n_askers, n_candidates) without NaN, of CSR histories (n_askers, n_items), or
    `_shared_scores(candidates)` where all askers have the same. It may prepare features in
    `_prepare_features(views)`, which the fitted items and new ones go through alike, learn what
    that needs in `_fit_features(views)`, and learn more in `_fit_items(interactions)`.

    Attributes
    ----------
    user_ids_ : ndarray of shape (n_users,)
        The users that have interactions to learn from.
    item_ids_ : ndarray of shape (n_items,)
        The fitted items, in the order of their rows.
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

    def fit(self, items, interactions=None, *, ids=None, columns=None):
        """Learn from items and what users did with them.

        Parameters
        ----------
        items : Views, DataFrame or {array-like, CSR} of shape (n_items, n_features)
            The items, one row each. Of a table the numeric columns are features. None, for
            recommenders that read no features.
        interactions : DataFrame or Interactions, default=None
            What users did. None fits the items alone, without users.
        ids : array-like of str or of int of shape (n_items,), default=None
            Distinct item ids in the order of the rows. None takes a table's column "item_id" or
            its index; else the items of `interactions` if these are Interactions of as many items;
            else row numbers.
        columns : dict of str to str, default=None
            Names of the columns of a table of interactions, see `Interactions.from_frame`.

        Returns
        -------
        self : object
            The fitted recommender.

        Raises
        ------
        UnknownIdError
            If an interaction names an item that is not among the ids.
        ValueError
            If the number of rows is not that of the ids, or ids repeat.
        """
        self._validate_params()
        views = self._validate_items(items, reset=True)
        ids = name_fitted_rows(items, ids, interactions)
        interactions = read_interactions(interactions, ids, columns=columns)
        matrix = interactions.to_csr()
        known = np.diff(matrix.indptr) > 0
        self.user_ids_ = interactions.users[known]
        self.item_ids_ = interactions.items
        self.interactions_ = sp.csr_matrix(matrix if known.all() else matrix[known])
        self._fit_features(views)
        self.features_ = self._prepare_features(views)
        self._fit_items(interactions)
        return self

    def rank(self, users=None, k=10, *, items=None, ids=None, include_seen=False):
        """Rank the best items that each user has not interacted with, by position.

        Parameters
        ----------
        users : str, int or array-like of these, default=None
            One user id or several; None is every user.
        k : int > 0, default=10
            Items per user.
        items : Views, DataFrame or {array-like, CSR} of shape (n_candidates, n_features), \
default=None
            Rank these rows, new items or known ones, instead of the fitted items.
        ids : array-like of str or of int of shape (n_candidates,), default=None
            Names of the rows of `items`; None takes a table's column "item_id" or its index.
            Without `items`, the fitted items to rank; None is all of them.
        include_seen : bool, default=False
            Rank items that the user has interacted with, too.

        Returns
        -------
        lists : RankedLists
            `k` items per user or all that are left, by decreasing score, ties in the order of the
            candidates.

        Raises
        ------
        UnknownIdError
            If a user, or an item of `ids` without `items`, was not fitted.

        Warns
        -----
        ShortListWarning
            Once, if users have fewer than `k` items left; it counts them.

        Notes
        -----
        Users go through in blocks, so that memory does not grow with users times items.
        """
        check_is_fitted(self)
        check_k(k)
        return self._rank(users, k, items, ids, include_seen, width=k)

    def recommend(self, users=None, k=10, *, items=None, ids=None, include_seen=False):
        """Recommend the best items that each user has not interacted with, as a table.

        Parameters
        ----------
        users : str, int or array-like of these, default=None
            One user id or several; None is every user.
        k : int > 0, default=10
            Items per user.
        items : Views, DataFrame or {array-like, CSR} of shape (n_candidates, n_features), \
default=None
            Rank these rows, new items or known ones, instead of the fitted items.
        ids : array-like of str or of int of shape (n_candidates,), default=None
            Names of the rows of `items`; None takes a table's column "item_id" or its index.
            Without `items`, the fitted items to rank; None is all of them.
        include_seen : bool, default=False
            Rank items that the user has interacted with, too.

        Returns
        -------
        recommendations : DataFrame
            Columns user_id, item_id, rank (from 1) and score: `k` rows per user or as many as
            there are items left, by decreasing score, ties in the order of the candidates. A user
            who has seen everything has no rows.

        Raises
        ------
        UnknownIdError
            If a user, or an item of `ids` without `items`, was not fitted.

        Warns
        -----
        ShortListWarning
            Once, if users have fewer than `k` items left; it counts them.
        """
        check_is_fitted(self)
        check_k(k)
        return self._rank(users, k, items, ids, include_seen, width=0).to_frame(USER)

    def _fit_features(self, views):
        """Learn what features are prepared with; a subclass may override it."""

    def _fit_items(self, interactions):
        """Learn more from the fitted state; a subclass may override it."""

    def _prepare_features(self, views):
        """Turn checked features into what `_score_block` needs; a subclass may override it."""
        return views

    def _score_block(self, history, candidates):
        """Score candidates for some histories; a subclass must override it."""
        raise NotImplementedError(f"{type(self).__name__} must define _score_block.")

    def _shared_scores(self, candidates):
        """Scores (n_candidates,) that hold for every user, or None; a subclass may override it."""

    def _check_state(self):
        """Raise ValueError unless the loaded state fits together."""
        check_stored_ids(self.user_ids_, name="user id")
        check_stored_ids(self.item_ids_, name="item id")
        seen, shape = self.interactions_, (self.user_ids_.size, self.item_ids_.size)
        fits = sp.issparse(seen) and seen.format == "csr" and seen.shape == shape
        require(fits and is_finite(seen), self, f"interactions_ is no matrix of shape {shape}.")
        if self.features_ is not None:
            fits = isinstance(self.features_, Views) and len(self.features_) == shape[1]
            require(fits, self, f"features_ has not {shape[1]} rows.")
            finite = all(map(is_finite, self.features_.blocks.values()))
            require(finite, self, "features_ is not finite.")
            width = sum(self.view_widths_in_.values())
            require(self.n_features_in_ == width, self, "n_features_in_ is no sum of widths.")

    def _profile_width(self):
        """Columns that a block of users needs besides its scores."""
        return self.n_features_in_

    def _validate_items(self, items, *, reset):
        """Check the features of items; a recommender that reads none may override it."""
        if items is None:
            raise ValueError(f"{type(self).__name__} ranks by features of items; got items=None.")
        if isinstance(items, pd.DataFrame):
            items = numeric_columns(self, items, reset=reset)
        return validate_views(self, items, reset=reset)

    def _rank(self, users, k, items, ids, include_seen, *, width):
        """Lists of `width` places, or at least as many as are filled."""
        user_index = self._locate_users(users)
        candidates = self._candidates(items, ids)
        seen = self._seen(user_index, candidates)
        order, values = self._order(
            user_index, candidates, sp.csr_matrix(seen.shape) if include_seen else seen, k
        )
        return make_lists(
            order,
            values,
            k=k,
            width=width,
            askers=self.user_ids_[user_index],
            items=candidates.ids,
            seen=seen,
            who="users",
        )

    def _order(self, user_index, candidates, hidden, k):
        """Positions and scores of the best candidates that are not hidden."""
        shared = self._shared_scores(candidates)
        if shared is not None:
            return rank_shared(shared, hidden, k)

        def exclude(rows):
            starts = hidden.indptr[rows.start : rows.stop + 1]
            return np.repeat(np.arange(starts.size - 1), np.diff(starts)), hidden.indices[
                starts[0] : starts[-1]
            ]

        return rank_blocks(
            lambda rows: self._score_block(self.interactions_[user_index[rows]], candidates),
            exclude,
            shape=hidden.shape,
            k=k,
            step=block_rows(max(candidates.ids.size, self._profile_width())),
        )

    def _locate_users(self, users):
        if users is None:
            return np.arange(self.user_ids_.size)
        users = as_ids(users, name="user id", one_or_many=True)
        where = f"the fitted {type(self).__name__}"
        return locate_ids(self.user_ids_, users, name="user id", where=where)

    def _locate_items(self, ids):
        ids = as_ids(ids, name="item id", one_or_many=True)
        where = f"the fitted {type(self).__name__}"
        return locate_ids(self.item_ids_, ids, name="item id", where=where)

    def _candidates(self, items, ids):
        """The fitted items, some of them, or the rows given."""
        if items is not None:
            return self._new_rows(items, name_rows(items, ids))
        if ids is None:
            return Candidates(self.item_ids_, np.arange(self.item_ids_.size), self.features_)
        candidates = self._known_rows(self._locate_items(ids))
        check_distinct(candidates.ids, name="item id")
        return candidates

    def _known_rows(self, positions):
        features = None if self.features_ is None else self.features_[positions]
        return Candidates(self.item_ids_[positions], positions, features)

    def _new_rows(self, items, ids):
        views = self._validate_items(items, reset=False)
        where = f"the fitted {type(self).__name__}"
        check_same_kind(self.item_ids_, ids, name="item id", where=where)
        return Candidates(ids, find_ids(self.item_ids_, ids), self._prepare_features(views))

    def _seen(self, user_index, candidates):
        """CSR (n_users, n_candidates) of the users' interactions with the candidates."""
        seen = self.interactions_[user_index]
        if candidates.ids is self.item_ids_:
            return seen
        columns = np.full(self.item_ids_.size, -1, dtype=np.int64)
        known = np.flatnonzero(candidates.positions >= 0)
        columns[candidates.positions[known]] = known
        moved = columns[seen.indices]
        among = moved >= 0
        kept = np.concatenate([[0], np.cumsum(among)])
        shape = (user_index.size, candidates.ids.size)
        return sp.csr_matrix((seen.data[among], moved[among], kept[seen.indptr]), shape=shape)
