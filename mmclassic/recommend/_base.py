"""What all recommenders share: checks, candidates, exclusion of seen items, ranking."""

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from mmclassic.interactions import (
    USER,
    PackedIdsMixin,
    as_ids,
    check_same_kind,
    check_stored_ids,
    find_ids,
    locate_ids,
    name_rows,
    read_interactions,
)
from mmclassic.recommend._answer import answer
from mmclassic.recommend._askers import ask
from mmclassic.recommend._candidates import Candidates, Rules, chosen_by_id
from mmclassic.recommend._changing import ChangingMixin
from mmclassic.recommend._preferences import Preferences, fit_preferences
from mmclassic.recommend._ranking import make_lists
from mmclassic.recommend._rows import name_fitted_rows, numeric_columns
from mmclassic.utils import check_k, is_finite, require
from mmclassic.views import Views, validate_views

POPULARITY = "popularity"


class BaseRecommender(ChangingMixin, PackedIdsMixin, BaseEstimator):
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
        Summed weights, or the latest ratings; what is stored, zeros included, counts as seen.
    features_ : Views or None
        The prepared features of the fitted items.
    view_widths_in_ : dict
        Width of every fitted view.
    n_features_in_ : int
        Total width of the fitted views.
    """

    _parameter_constraints: dict = {}
    _basis = "history"  # what scores say, of those who have one

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
        self._rated = fit_preferences(interactions)
        self._fit_features(views)
        self.features_ = self._prepare_features(views)
        self._fit_items(interactions)
        return self

    def rank(
        self,
        users=None,
        k=10,
        *,
        history=None,
        items=None,
        ids=None,
        candidates=None,
        exclude=None,
        where=None,
        popularity=None,
        boost=None,
        diversity=0.0,
        at_most=None,
        include_seen=False,
    ):
        """Rank the best items that each user has not interacted with, by position.

        Parameters
        ----------
        users : str, int or array-like of these, default=None
            One user id or several; None is every user. Those that were not fitted have no
            history, and get what most users interacted with.
        k : int > 0, default=10
            Items per user.
        history : list of item ids, dict of float by item id, DataFrame, Interactions, Views or \
{array, CSR} of shape (n_askers, n_features), default=None
            What those who ask did, in the place of what is known of `users`: nothing is learned
            from it. A list of liked items, or a dict of weights (below 0: disliked), is of one
            asker, whose id is 0; a table is of the users that it names. Rows of features are
            liked things that are no items, one for each asker, whose ids are 0, 1, ...
        items : Views, DataFrame or {array-like, CSR} of shape (n_candidates, n_features), \
default=None
            Rank these rows, new items or known ones, instead of the fitted items.
        ids : array-like of str or of int of shape (n_candidates,), default=None
            Names of the rows of `items`; None takes a table's column "item_id" or its index.
            Without `items` the same as `candidates`.
        candidates : array-like of str or of int, default=None
            The items to rank, by id; None is all.
        exclude : array-like of str or of int, default=None
            Items that nobody gets, by id.
        where : array-like of bool of shape (n_items,), default=None
            Which items may be ranked, in the order of the fitted items or of the rows `items`.
        popularity : (int or None, int or None), default=None
            Fewest and most users who rated an item, or gave it a weight above 0; None is no bound.
        boost : dict of float by item id or array-like of shape (n_items,), default=None
            What is added to the score of an item, whoever asks; a term of its own in `explain`.
        diversity : float in [0, 1), default=0.0
            How much an item's likeness to those before it counts against its score: maximal
            marginal relevance over the 10 k best (see Notes). Scores stay as they are.
        at_most : (array-like of shape (n_items,), int), default=None
            Group of every item, and how many of one group a list may hold.
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
            If an item was not fitted, or an unknown user is a fitted one in another spelling.

        Warns
        -----
        ShortListWarning
            Once, if users have fewer than `k` items left; it counts them.

        Notes
        -----
        Users go through in blocks, so that memory does not grow with users times items. What is
        ruled out is so before the best are chosen: k items come wherever k are left.

        Of the candidates not chosen yet the next is that of the largest ``(1 - diversity) * s -
        diversity * m``, s being its score, from 0 to 1 over the list, and m its largest cosine to
        those before it [1]_.

        References
        ----------
        .. [1] Carbonell, J. and Goldstein, J. (1998). The use of MMR, diversity-based reranking
           for reordering documents and producing summaries. SIGIR 1998.
        """
        check_is_fitted(self)
        check_k(k)
        asked = ask(self, users, history)
        rules = Rules(
            chosen_by_id(items, ids, candidates),
            exclude,
            where,
            popularity,
            boost,
            diversity,
            at_most,
        )
        return self._answer(asked, k, items, ids, rules, include_seen, width=k)

    def recommend(
        self,
        users=None,
        k=10,
        *,
        history=None,
        items=None,
        ids=None,
        candidates=None,
        exclude=None,
        where=None,
        popularity=None,
        boost=None,
        diversity=0.0,
        at_most=None,
        include_seen=False,
    ):
        """Recommend the best items that each user has not interacted with, as a table.

        Parameters
        ----------
        users, k, history, items, ids, candidates, exclude, where, popularity, boost, diversity, \
at_most, include_seen : as in `rank`
            What is asked for.

        Returns
        -------
        recommendations : DataFrame
            Columns user_id, item_id, rank (from 1), score and basis: `k` rows per user or as many
            as there are items left, by decreasing score, ties in the order of the candidates. A
            user who has seen everything has no rows. `basis` is "history" where a score says what
            the user's history says of the item, and "popularity" where it is how many users the
            item has.

        Raises
        ------
        UnknownIdError
            If an item was not fitted, or an unknown user is a fitted one in another spelling.

        Warns
        -----
        ShortListWarning
            Once, if users have fewer than `k` items left; it counts them.
        """
        check_is_fitted(self)
        check_k(k)
        asked = ask(self, users, history)
        rules = Rules(
            chosen_by_id(items, ids, candidates),
            exclude,
            where,
            popularity,
            boost,
            diversity,
            at_most,
        )
        lists = self._answer(asked, k, items, ids, rules, include_seen, width=0)
        basis = np.where(asked.told, self._basis, POPULARITY).astype(object)
        return lists.to_frame(USER).assign(basis=np.repeat(basis, lists.lengths))

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

    def _read_rows(self, rows):
        """Prepare rows that are asked by; a subclass with `_score_rows` for such overrides it."""
        raise TypeError(
            f"{type(self).__name__} does not compare content; give a history of items by id."
        )

    def _shared_scores(self, candidates):
        """Scores (n_candidates,) that hold for every user, or None; a subclass may override it."""

    def _check_state(self):
        """Raise ValueError unless the loaded state fits together."""
        check_stored_ids(self.user_ids_, name="user id")
        check_stored_ids(self.item_ids_, name="item id")
        seen, shape = self.interactions_, (self.user_ids_.size, self.item_ids_.size)
        fits = sp.issparse(seen) and seen.format == "csr" and seen.shape == shape
        require(fits and is_finite(seen), self, f"interactions_ is no matrix of shape {shape}.")
        fits = self._rated is None or isinstance(self._rated, Preferences)
        fits = fits and (self._rated is None or self._rated.biases.items.size == shape[1])
        require(fits, self, "it reads ratings of other items.")
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

    def _answer(self, asked, k, items, ids, rules, include_seen, *, width):
        """Lists of `width` places, or at least as many as are filled."""
        found, candidates, seen = answer(
            self, asked, self._candidates(items, ids), rules, k, include_seen
        )
        return make_lists(
            *found,
            k=k,
            width=width,
            askers=asked.ids,
            items=candidates.ids,
            seen=seen,
            who="users",
        )

    def _preferences(self, history, *, are_ratings=True):
        """Signed weights of CSR histories: what ratings say of likes, or the weights they are."""
        rated = self._rated if are_ratings else None
        return history if rated is None else rated.of(history)

    def _counts(self):
        """How many users rated every fitted item, or gave it a weight above 0."""
        counted = slice(None) if self._rated is not None else self.interactions_.data > 0
        return np.bincount(self.interactions_.indices[counted], minlength=self.item_ids_.size)

    def _alike(self, candidates, rows):
        """Similarities (n, n) of candidates to each other, for `diversity`: of who likes them."""
        return candidates[rows].alike_by_users(self.interactions_)

    def _locate_users(self, users):
        users = as_ids(users, name="user id", one_or_many=True)
        where = f"the fitted {type(self).__name__}"
        return locate_ids(self.user_ids_, users, name="user id", where=where)

    def _locate_items(self, ids):
        ids = as_ids(ids, name="item id", one_or_many=True)
        where = f"the fitted {type(self).__name__}"
        return locate_ids(self.item_ids_, ids, name="item id", where=where)

    def _candidates(self, items, ids):
        """The fitted items, or the rows given."""
        if items is not None:
            return self._new_rows(items, name_rows(items, ids))
        positions = np.arange(self.item_ids_.size)
        return Candidates(self.item_ids_, positions, self.features_, are_all=True)

    def _known_rows(self, positions):
        features = None if self.features_ is None else self.features_[positions]
        return Candidates(self.item_ids_[positions], positions, features)

    def _new_rows(self, items, ids):
        views = self._validate_items(items, reset=False)
        where = f"the fitted {type(self).__name__}"
        check_same_kind(self.item_ids_, ids, name="item id", where=where)
        return Candidates(ids, find_ids(self.item_ids_, ids), self._prepare_features(views))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
