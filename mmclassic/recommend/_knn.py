"""Content-based nearest neighbours, by profiles, with scores that add up over views."""

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_is_fitted

from mmclassic.interactions import CONTRIBUTION, ITEM, QUERY_ID, VIEW, name_rows
from mmclassic.match import CalibratedSimilarity
from mmclassic.recommend._additive import additive_scores, common_weight
from mmclassic.recommend._base import BaseRecommender, Candidates
from mmclassic.recommend._ranking import block_rows, make_lists, rank_blocks, round_scores
from mmclassic.utils import check_k, normalize_rows, scale_rows, view_weights
from mmclassic.views import Views


class KNNRecommender(BaseRecommender):
    """Recommend the items nearest to what a user liked, view by view.

    A user's profile in a view is the weighted mean of the unit-length rows of the items the
    user interacted with. The score of an item is the weighted mean, over the views that the
    profile and the item both have, of their inner product. It is thus a weighted mean of the
    cosines between the item and the liked items, in [-1, 1], and falls apart into one term
    for each liked item and view (see `explain`).

    That is the metric "cosine". With "calibrated" the views are brought to one unit, and what is
    missing adds 0: over the items l that a user interacted with, with weights r_l,

        score(user, i) = sum_a w_a sum_l r_l z_a(l, i) / sum_l abs(r_l),

    where z_a is the similarity by view a in its deviations from chance (see
    `mmclassic.match.CalibratedSimilarity`), and 0 where l or i lacks the view.

    Parameters
    ----------
    weights : dict of str to float, default=None
        Weight of every view, at least 0; every fitted view must be named, and 0 leaves one
        out. None weighs all alike, with "calibrated" by how far the views agree.
    metric : {"cosine", "calibrated"}, default="cosine"
        What a view says of two items: the cosine, or how far above chance it lies.

    Attributes
    ----------
    view_weights_ : dict of str to float
        Weight of every view, scaled to sum to 1; with "calibrated" the largest is 1.
    features_ : Views
        The fitted items with rows of length 1; rows of zeros stay zero. With "calibrated" what
        ``similarity_.prepare`` makes of them: float64, dense views centred.
    similarity_ : CalibratedSimilarity or None
        The centres, scales and weights of the views; None with "cosine".
    user_ids_ : ndarray of shape (n_users,)
        The users that have interactions.
    item_ids_ : ndarray of shape (n_items,)
        The fitted items.
    interactions_ : CSR of shape (n_users, n_items)
        Summed weights.
    view_widths_in_ : dict
        Width of every fitted view.
    n_features_in_ : int
        Total width of the fitted views.

    Warns
    -----
    UserWarning
        In `fit` with "calibrated" and without weights, if no view agrees with another.

    See Also
    --------
    mmclassic.match.CalibratedSimilarity : The similarity that "calibrated" adds up.
    PopularRecommender : The baseline that ignores content and user.

    Notes
    -----
    A negative interaction weight is a dislike: it pushes the profile away from the item. A
    liked item that lacks a view does not enter that view's profile, and an item is compared
    in the views it has; where profile and item have no view in common the score is 0. With
    "calibrated" a liked item that lacks a view adds 0 to the view's mean over all liked
    items, and scores are not bounded by 1: they count deviations.

    With the features F_m of n items and q users asked at a time, `recommend` costs
    O(q n width) for the products, O(n_interactions width) for the profiles, and a float64
    copy of the candidates. There is no item-item matrix and no concatenation; CSR views
    are never densified. "calibrated" costs the same, and in `fit` what `CalibratedSimilarity`
    does. Scores are rounded to float32 before ranking, so that a user's
    list does not depend on who else is asked for.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from mmclassic.recommend import KNNRecommender
    >>> X = np.array([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0]])
    >>> liked = pd.DataFrame({"user_id": ["u"], "item_id": ["mug"]})
    >>> knn = KNNRecommender().fit(X, liked, ids=["mug", "cup", "sock"])
    >>> knn.recommend("u", k=2)["item_id"].tolist()
    ['cup', 'sock']
    >>> knn.similar("sock", k=1)["item_id"].tolist()
    ['cup']
    """

    _parameter_constraints: dict = {
        "weights": [dict, None],
        "metric": [StrOptions({"cosine", "calibrated"})],
    }

    def __init__(self, weights=None, *, metric="cosine"):
        self.weights = weights
        self.metric = metric

    def similar(self, items, k=10, *, ids=None):
        """Find the nearest fitted items of some items.

        Parameters
        ----------
        items : str, int, array-like of these, Views, DataFrame or {array-like, CSR} of shape \
(n_queries, n_features)
            One id or several ids of fitted items, or rows of new ones: what has one dimension is
            ids, what has two is rows.
        k : int > 0, default=10
            Items per query.
        ids : array-like of str or of int of shape (n_queries,), default=None
            Names of the rows; None takes a table's column "item_id" or its index.

        Returns
        -------
        neighbours : DataFrame
            Columns query_id, item_id, rank (from 1) and score: `k` rows per query or as many as
            there are other items, by decreasing score, ties in the order of the fitted items. An
            item is not its own neighbour.

        Raises
        ------
        UnknownIdError
            If an id was not fitted.

        Warns
        -----
        ShortListWarning
            Once, if there are fewer than `k` other items.
        """
        check_is_fitted(self)
        check_k(k)
        return self._rank_neighbours(items, k, ids).to_frame(QUERY_ID)

    def _rank_neighbours(self, items, k, ids):
        queries = self._queries(items, ids)
        known_items = _as_float64(self.features_)

        def own_place(rows):
            known = np.flatnonzero(queries.positions[rows] >= 0)
            return known, queries.positions[rows][known]

        order, values = rank_blocks(
            lambda rows: round_scores(
                self._scores(_as_float64(queries.features[rows]), known_items)
            ),
            own_place,
            shape=(queries.ids.size, self.item_ids_.size),
            k=k,
            step=block_rows(max(self.item_ids_.size, self.n_features_in_)),
        )
        return make_lists(
            order,
            values,
            k=k,
            width=0,
            askers=queries.ids,
            items=self.item_ids_,
            who="queries",
        )

    def explain(self, user, item, *, items=None):
        """Split a score into the parts of every liked item and view.

        Parameters
        ----------
        user : str or int
            A user id.
        item : str or int
            A fitted item, or with `items` the name of its row.
        items : Views, DataFrame or {array-like, CSR} of shape (1, n_features), default=None
            Features of a new item.

        Returns
        -------
        explanation : DataFrame
            Columns item_id (what the user interacted with), view and contribution, largest
            magnitude first. The contributions sum to the score; there are no rows where user
            and item have no view in common.

        Raises
        ------
        UnknownIdError
            If the user, or the item without `items`, was not fitted.

        Notes
        -----
        Rows are brought to length 1 first. Up to that the contributions by "cosine" are linear in
        the item's row: those of a sum of rows are the sums of theirs, each times its row's length.
        Those by "calibrated" are so up to a term for the centre.
        """
        check_is_fitted(self)
        (row,) = self._locate_users([user])
        if items is None:
            asked = self._known_rows(self._locate_items([item]))
        else:
            asked = self._queries(items, [item])
        parts = self._cosine_parts if self.similarity_ is None else self._calibrated_parts
        found = parts(row, _as_float64(asked.features))
        tables = [_explanation(self.item_ids_[liked], view, c) for view, liked, c in found]
        nothing = [_explanation(self.item_ids_[:0], "", np.empty(0))]
        table = pd.concat(tables or nothing, ignore_index=True)
        order = np.argsort(-table[CONTRIBUTION].abs().to_numpy(), kind="stable")
        return table.iloc[order].reset_index(drop=True)

    def _cosine_parts(self, row, target):
        """View, liked items and their contributions to the score of one item."""
        profile = self._profiles(np.array([row]), target.names)
        shared = {name: self.view_weights_[name] for name in target.names}
        support = common_weight(profile, target, shared)[0, 0]
        for view in target.names:
            if shared[view] > 0 and profile.mask(view)[0] and target.mask(view)[0]:
                liked, shares = self._liked(row, view)
                cosines = _products(self.features_[view][liked], target[view])
                yield view, liked, shared[view] / support * shares * cosines

    def _calibrated_parts(self, row, target):
        """The same by "calibrated", where what a liked item lacks takes its share of the mean."""
        history = self._shares([row])
        liked = self.features_[history.indices]
        for view, term in self.similarity_.terms(liked, target):
            has = liked.mask(view) & target.mask(view)[0]
            if has.any():
                yield view, history.indices[has], (history.data * term[:, 0])[has]

    def _liked(self, row, view):
        """What a user's profile in a view is made of: items, and their signed shares."""
        history = self.interactions_[[row]]
        has = self.features_.mask(view)[history.indices]
        ratings = history.data[has]
        return history.indices[has], ratings / np.abs(ratings).sum()

    def _fit_features(self, views):
        self.similarity_ = None
        if self.metric == "calibrated":
            self.similarity_ = CalibratedSimilarity(self.weights).fit(views)

    def _prepare_features(self, views):
        if self.similarity_ is not None:
            return self.similarity_.prepare(views)
        return Views({name: normalize_rows(views[name]) for name in views.names}, views.present)

    def _fit_items(self):
        if self.similarity_ is None:
            self.view_weights_ = view_weights(self.weights, self.features_.names)
        else:
            self.view_weights_ = dict(self.similarity_.view_weights_)

    def _queries(self, items, ids):
        """The rows asked about, named by ids; they may repeat."""
        if not _are_rows(items):
            if ids is not None:
                raise ValueError("ids name rows of features; items are ids already.")
            return self._known_rows(self._locate_items(items))
        return self._new_rows(items, name_rows(items, ids, repeats=True))

    def _candidates(self, items, ids):
        found = super()._candidates(items, ids)
        # Converted once for all blocks of users; a product of mixed types would convert each time.
        return Candidates(found.ids, found.positions, _as_float64(found.features))

    def _score_block(self, user_index, candidates):
        items, support = candidates.features, None
        if self.similarity_ is None:
            profiles = self._profiles(user_index, items.names)
        else:
            profiles, support = self._calibrated_profiles(user_index, items.names)
        return round_scores(self._scores(profiles, items, support))

    def _scores(self, queries, items, support=None):
        """Scores (n_queries, n_items) of prepared items, for prepared rows or profiles of such."""
        if self.similarity_ is None:
            return additive_scores(queries, items, self.view_weights_)
        total = np.zeros((len(queries), len(items)))
        for _, term in self.similarity_.terms(queries, items, support=support):
            total += term
        return total

    def _shares(self, user_index):
        """Signed share of every item in what each user interacted with, CSR."""
        ratings = self.interactions_[user_index]
        mass = np.asarray(abs(ratings).sum(axis=1)).ravel()
        return scale_rows(ratings, np.divide(1.0, mass, out=np.zeros_like(mass), where=mass > 0))

    def _calibrated_profiles(self, user_index, names):
        """Mean row over all that each user has, absent rows being zeros, and the shares of a view.

        The shares, (n_users, n_views), are of those of the items that have the view.
        """
        shares, features = self._shares(user_index), self.features_.select(*names)
        support = shares @ features.present.astype(np.float64)
        return Views({name: shares @ block for name, block in features.items()}), support

    def _profiles(self, user_index, names):
        """Weighted mean row of what each user has in every view, float64."""
        ratings = self.interactions_[user_index]
        magnitudes = abs(ratings)
        blocks, present = {}, []
        for name in names:
            mass = magnitudes @ self.features_.mask(name).astype(np.float64)
            inverse = np.divide(1.0, mass, out=np.zeros_like(mass), where=mass > 0)
            blocks[name] = scale_rows(ratings @ self.features_[name], inverse)
            present.append(mass > 0)
        return Views(blocks, np.column_stack(present))


def _are_rows(items):
    """Whether items are rows of features and not ids."""
    if isinstance(items, (Views, pd.DataFrame)) or sp.issparse(items):
        return True
    return not isinstance(items, (str, pd.Series, pd.Index)) and np.ndim(items) == 2


def _as_float64(views):
    blocks = {name: views[name].astype(np.float64, copy=False) for name in views.names}
    return Views(blocks, views.present)


def _products(rows, row):
    """Inner products of rows with a single row."""
    products = rows.astype(np.float64) @ row.T
    return (products.toarray() if sp.issparse(products) else products).ravel()


def _explanation(ids, label, contributions):
    return pd.DataFrame({ITEM: ids, VIEW: label, CONTRIBUTION: contributions})
