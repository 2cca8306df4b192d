"""Content-based nearest neighbours, by profiles, with scores that add up over views."""

import warnings

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_is_fitted

from mmclassic.interactions import (
    CONTRIBUTION,
    ITEM,
    QUERY,
    QUERY_ID,
    VIEW,
    n_dimensions,
    name_rows,
)
from mmclassic.match import CalibratedSimilarity
from mmclassic.recommend._additive import additive_scores, common_weight, mean_rows, shares_of
from mmclassic.recommend._base import BaseRecommender
from mmclassic.recommend._candidates import Candidates
from mmclassic.recommend._learned import learn_weights, made_of_several, weight_columns
from mmclassic.recommend._ranking import block_rows, make_lists, rank_blocks, round_scores
from mmclassic.utils import (
    are_numbers,
    balance_rows,
    check_k,
    normalize_rows,
    require,
    scale_rows,
    view_weights,
)
from mmclassic.views import Views

_NO_GAIN = 0.01  # of NDCG: an interval that ends below says that there is none worth having


class KNNRecommender(BaseRecommender):
    """Recommend the items nearest to what a user liked, view by view.

    The score of an item is the sum over the views a, and the mean over the items l that the user
    interacted with, with weights r_l, of what the view says of the two:

        score(user, i) = sum_a w_a sum_l r_l z_a(l, i) / sum_l abs(r_l),

    where z_a is the similarity by view a in its deviations from chance (see
    `mmclassic.match.CalibratedSimilarity`), and 0 where l or i lacks the view. It falls apart
    into one term for each liked item and view (see `explain`).

    With the metric "cosine" a user's profile in a view is the weighted mean of the unit-length
    rows of the items that have it, and the score is the weighted mean, over the views that the
    profile and the item both have, of their inner product: a mean of cosines, in [-1, 1].

    Parameters
    ----------
    weights : dict of str to float or "agreement", default=None
        Weight of every view, at least 0; every fitted view must be named, and 0 leaves one
        out. "agreement" weighs a view by how far the others agree with it. None learns the
        weights from the interactions (see Notes), and is "agreement" where they do not tell;
        with "cosine" it weighs all alike.
    metric : {"calibrated", "cosine"}, default="calibrated"
        What a view says of two items: how far above chance their cosine lies, or the cosine.
    derived : sequence of str or dict of str to str or None, default=()
        Views that are made of the others, such as a shared space: these take no part in the
        agreement, and weigh 1 by it. A dict names the one view that each is made of, or None: one
        of a single view weighs half of it by agreement, and where `weights` does not name it. With
        "cosine" they are views like the others.

    Attributes
    ----------
    view_weights_ : dict of str to float
        Weight of every view, the largest 1; with "cosine" they sum to 1.
    weights_ : DataFrame or None
        A line for every view: its `weight`; the ends `low` and `high` of its 95 % bootstrap
        interval over users, NaN where it keeps the ratios of agreement; NDCG@10 `alone`, NaN where
        users are too few to tell; the weight by `agreement`, NaN where weights were given. None
        with "cosine".
    held_out_ : dict or None
        What items that were held back say of learned weights: n_users, NDCG@10 of all views
        `together`, the `best_view` alone and the `gain` over it with its interval `low`, `high`.
        None where weights were not learned.
    features_ : Views
        The fitted items as ``similarity_.prepare`` gives them: float64 rows of length 1, dense
        views centred. With "cosine" rows of length 1; rows of zeros stay zero.
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
        In `fit` without given weights, if no view agrees with another, or if held-out items say
        that one view alone ranks as well as all together: the interval of the gain ends below .01.

    See Also
    --------
    mmclassic.match.CalibratedSimilarity : The similarity that "calibrated" adds up.
    PopularRecommender : The baseline that ignores content and user.

    Notes
    -----
    A negative interaction weight is a dislike: it pushes the profile away from the item. A
    liked item that lacks a view adds 0 to the view's mean over all liked items. Scores are not
    bounded by 1: they count deviations. With "cosine" a liked item that lacks a view does not
    enter that view's profile, and an item is compared in the views it has.

    **Learned weights.** Items are held back, a fifth at a time; users rank those by what they
    liked of the others. Pairs of a held-back item that a user likes and one that the user does
    not like are told apart by a logistic regression on the differences of the views' terms [1]_,
    of weights of at least 0 that are pulled to those by agreement. How strongly, and how much more
    or less the derived views weigh beside the others, is what ranks best the likes of users that
    were not learned from. Where that is no better by two standard errors than the weights by
    agreement, these stay. Fewer than 10 users with likes in several fifths do not tell, and the
    weights are those by agreement. At most 500 users and 1,000 items of a fifth are looked at.

    With the features F_m of n items and q users asked at a time, `recommend` costs
    O(q n width) for the products, O(n_interactions width) for the profiles, and a float64
    copy of the candidates. There is no item-item matrix and no concatenation; CSR views
    are never densified. `fit` costs what `CalibratedSimilarity` does, and seconds to learn weights.
    Scores are rounded to float32 before ranking, so that a user's list does not depend on who
    else is asked for.

    References
    ----------
    .. [1] Rendle, S. et al. (2009). BPR: Bayesian personalized ranking from implicit feedback.
       UAI 2009.

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
        "weights": [dict, StrOptions({"agreement"}), None],
        "metric": [StrOptions({"cosine", "calibrated"})],
        "derived": [list, tuple, dict],
    }

    def __init__(self, weights=None, *, metric="calibrated", derived=()):
        self.weights = weights
        self.metric = metric
        self.derived = derived

    @property
    def weights_(self):
        """What every view weighs, how sure that is, and what it is worth alone."""
        check_is_fitted(self)
        if self._weight_columns is None:
            return None
        index = pd.Index(list(self.view_weights_), name=VIEW)
        return pd.DataFrame(self._weight_columns, index=index)

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
        queries = self._queries(items, ids)
        order, values = self._order_rows(queries.features, k, self.features_, queries.positions)
        return make_lists(
            order,
            values,
            k=k,
            width=0,
            askers=queries.ids,
            items=self.item_ids_,
            who="queries",
        ).to_frame(QUERY_ID)

    def search(self, queries, k=10, *, among=None):
        """Find the nearest fitted items of rows that are none of them.

        Views of weight 0 say nothing of what users like, but can be asked by: where all common
        views of queries and items weigh 0 they weigh 1, and without given weights so do the derived
        and the other ones apart.

        Parameters
        ----------
        queries : Views, DataFrame or {array-like, CSR} of shape (n_queries, n_features)
            Rows with some or all of the fitted views.
        k : int > 0, default=10
            Items per query.
        among : Views of n_items rows, default=None
            What to compare with in the place of `features_`: prepared rows of the fitted items in
            their order, such as ``features_.select("image")``.

        Returns
        -------
        found : DataFrame
            Columns query (row number), item_id, rank (from 1) and score: `k` rows per query by
            decreasing score, ties in the order of the fitted items. Items that have none of the
            views that a query is compared in are left out.

        Raises
        ------
        ValueError
            If `among` is not of as many rows as there are fitted items, or a query has no view
            that says anything of them.

        Warns
        -----
        ShortListWarning
            Once, if there are fewer than `k` such items.
        """
        check_is_fitted(self)
        check_k(k)
        among = self.features_ if among is None else among
        if len(among) != self.item_ids_.size:
            raise ValueError(
                f"among must have a row for each of the {self.item_ids_.size} fitted items; got "
                f"{len(among)}."
            )
        rows = self._prepare_features(self._validate_items(queries, reset=False))
        width = min(k, len(among))
        order, values = np.full((len(rows), width), -1), np.full((len(rows), width), np.nan)
        patterns, which = np.unique(rows.present, axis=0, return_inverse=True)
        for number, pattern in enumerate(patterns):
            asked = np.flatnonzero(which.ravel() == number)
            names = [n for n, has in zip(rows.names, pattern) if has and self._tells(n, among)]
            if not names:
                raise ValueError(
                    f"query {asked[0]} says nothing that the items could be compared with: they "
                    f"have {list(among.names)}."
                )
            found = self._search_by(names, rows[asked], among, k)
            order[asked, : found[0].shape[1]], values[asked, : found[0].shape[1]] = found
        return make_lists(
            order,
            values,
            k=k,
            width=0,
            askers=np.arange(len(rows)),
            items=self.item_ids_,
            who="queries",
        ).to_frame(QUERY)

    def _tells(self, name, among):
        return name in among and (self.similarity_ is None or self.similarity_.scales_[name] > 0)

    def _search_by(self, names, queries, among, k):
        """Positions and scores of the items nearest to queries that all have these views."""
        weights = self._weights_of_query(names)
        names = [name for name in names if weights[name] > 0]
        among = among.select(*names)
        there = np.flatnonzero(among.present.any(axis=1))
        nobody = np.full(len(queries), -1)
        order, values = self._order_rows(
            queries.select(*names), k, among[there], nobody, weights=weights
        )
        return np.where(order >= 0, there[order] if there.size else -1, -1), values

    def _weights_of_query(self, names):
        """The weights, but views that were asked by weigh alike where they weigh nothing."""
        several = made_of_several(self.derived)
        native = [name for name in names if name not in several]
        derived = [name for name in names if name in several]
        # What users like may leave the shared space out, and words still have to find pictures.
        groups = [names] if isinstance(self.weights, dict) else [native, derived]
        mute = [g for g in groups if not any(self.view_weights_[name] > 0 for name in g)]
        return self.view_weights_ | {name: 1.0 for group in mute for name in group}

    def _order_rows(self, queries, k, among, own, *, weights=None):
        """Positions and scores of the best rows for queries; `own` is the place of each, or -1."""
        among = _as_float64(among)

        def own_place(rows):
            known = np.flatnonzero(own[rows] >= 0)
            return known, own[rows][known]

        return rank_blocks(
            lambda rows: round_scores(
                self._scores(_as_float64(queries[rows]), among, weights=weights)
            ),
            own_place,
            shape=(len(queries), len(among)),
            k=k,
            step=block_rows(max(len(among), self.n_features_in_)),
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
        profile = self._profiles(self.interactions_[[row]], target.names)
        shared = {name: self.view_weights_[name] for name in target.names}
        support = common_weight(profile, target, shared)[0, 0]
        for view in target.names:
            if shared[view] > 0 and profile.mask(view)[0] and target.mask(view)[0]:
                liked, shares = self._liked(row, view)
                cosines = _products(self.features_[view][liked], target[view])
                yield view, liked, shared[view] / support * shares * cosines

    def _calibrated_parts(self, row, target):
        """The same by "calibrated", where what a liked item lacks takes its share of the mean."""
        history = shares_of(self.interactions_[[row]])
        liked = self.features_[history.indices]
        for view, term in self.similarity_.terms(liked, target, weights=self.view_weights_):
            has = liked.mask(view) & target.mask(view)[0]
            if has.any():
                yield view, history.indices[has], (history.data * term[:, 0])[has]

    def _liked(self, row, view):
        """What a user's profile in a view is made of: items, and their signed shares."""
        history = balance_rows(self.interactions_[[row]])
        has = self.features_.mask(view)[history.indices]
        ratings = history.data[has]
        return history.indices[has], ratings / np.abs(ratings).sum()

    def _fit_features(self, views):
        self.similarity_ = None
        if self.metric == "cosine" and isinstance(self.weights, str):
            raise ValueError(
                "weights='agreement' is in the unit of metric='calibrated'; with 'cosine' give a "
                "dict of weights, or None."
            )
        if self.metric == "calibrated":
            given = self.weights if isinstance(self.weights, dict) else None
            self.similarity_ = CalibratedSimilarity(given, derived=self.derived).fit(views)

    def _prepare_features(self, views):
        if self.similarity_ is not None:
            return self.similarity_.prepare(views)
        return Views({name: normalize_rows(views[name]) for name in views.names}, views.present)

    def _fit_items(self, interactions):
        self._weight_columns = self.held_out_ = None
        if self.similarity_ is None:
            self.view_weights_ = view_weights(self.weights, self.features_.names)
            return
        self.view_weights_ = dict(self.similarity_.view_weights_)
        learned = None
        if self.weights is None and len(self.view_weights_) > 1:
            # Ordered by id: what is drawn of users must not hang on the order of the table.
            by_name = self.interactions_[np.argsort(self.user_ids_, kind="stable")]
            learned = learn_weights(self.similarity_, self.features_, by_name)
        if learned is not None:
            self.view_weights_ = dict.fromkeys(self.view_weights_, 0.0) | learned.weights
            self.held_out_ = learned.held_out
            if len(set(self.view_weights_) - set(self.derived)) > 1:
                _warn_of_best(self.held_out_)
        by_agreement = None if isinstance(self.weights, dict) else self.similarity_.view_weights_
        self._weight_columns = weight_columns(self.view_weights_, by_agreement, learned)

    def _check_state(self):
        super()._check_state()
        names = self.features_.names
        fits = self.features_.widths == self.view_widths_in_
        require(fits, self, f"features_ has not the widths {self.view_widths_in_}.")
        require(are_numbers(self.view_weights_, names), self, "view_weights_ are no weights.")
        if self.metric == "calibrated":
            fits = isinstance(self.similarity_, CalibratedSimilarity)
            fits = fits and self.similarity_.view_widths_in_ == self.view_widths_in_
            require(fits, self, "similarity_ is not of the fitted views.")
        else:
            require(self.similarity_ is None, self, "similarity_ belongs to another metric.")
        columns = self._weight_columns or {}
        fits = all(len(column) == len(self.view_weights_) for column in columns.values())
        require(fits, self, "weights_ has not a row for every view.")

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

    def _score_block(self, history, candidates):
        items, support = candidates.features, None
        if self.similarity_ is None:
            profiles = self._profiles(history, items.names)
        else:
            shares = shares_of(history)
            profiles, support = mean_rows(shares, self.features_.select(*items.names))
        return round_scores(self._scores(profiles, items, support))

    def _scores(self, queries, items, support=None, weights=None):
        """Scores (n_queries, n_items) of prepared items, for prepared rows or profiles of such."""
        weights = self.view_weights_ if weights is None else weights
        if self.similarity_ is None:
            return additive_scores(queries, items, weights)
        total = None
        for _, term in self.similarity_.terms(queries, items, support=support, weights=weights):
            # Added in place to the first: a sum begun with zeros reads and writes them once more.
            total = term if total is None else np.add(total, term, out=total)
        return np.zeros((len(queries), len(items))) if total is None else total

    def _profiles(self, history, names):
        """Weighted mean row of what each history has in every view, float64."""
        ratings = balance_rows(history)
        magnitudes = abs(ratings)
        blocks, present = {}, []
        for name in names:
            mass = magnitudes @ self.features_.mask(name).astype(np.float64)
            inverse = np.divide(1.0, mass, out=np.zeros_like(mass), where=mass > 0)
            blocks[name] = scale_rows(ratings @ self.features_[name], inverse)
            present.append(mass > 0)
        return Views(blocks, np.column_stack(present))


def _warn_of_best(held_out):
    if held_out["high"] < _NO_GAIN:
        alone = held_out["together"] - held_out["gain"]
        warnings.warn(
            f"on held-out items of {held_out['n_users']} users {held_out['best_view']!r} alone "
            f"ranks as well as all views together (NDCG@10 {alone:.3f} and "
            f"{held_out['together']:.3f}, a gain of {held_out['high']:.3f} at most); the others "
            "serve searches and items that lack it.",
            UserWarning,
            stacklevel=4,
        )


def _are_rows(items):
    """Whether items are rows of features and not ids."""
    if isinstance(items, (Views, pd.DataFrame)) or sp.issparse(items):
        return True
    return not isinstance(items, (str, pd.Series, pd.Index)) and n_dimensions(items) == 2


def _as_float64(views):
    blocks = {name: views[name].astype(np.float64, copy=False) for name in views.names}
    return Views(blocks, views.present)


def _products(rows, row):
    """Inner products of rows with a single row."""
    products = rows.astype(np.float64) @ row.T
    return (products.toarray() if sp.issparse(products) else products).ravel()


def _explanation(ids, label, contributions):
    return pd.DataFrame({ITEM: ids, VIEW: label, CONTRIBUTION: contributions})
