"""Content-based nearest neighbours, by profiles, with scores that add up over views."""

import warnings

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_is_fitted

from mmclassic.interactions import CONTRIBUTION, ITEM, VIEW
from mmclassic.match import CalibratedSimilarity
from mmclassic.recommend._base import BaseRecommender
from mmclassic.recommend._content import CalibratedContent, CosineContent, cosines
from mmclassic.recommend._exact import nothing_said
from mmclassic.recommend._finding import FindingMixin
from mmclassic.recommend._learned import learn_weights, weight_columns
from mmclassic.recommend._signal_weights import CONTENT, can_tell, learn_signals
from mmclassic.recommend._signals import derive_signals, nearest_items, signal_terms
from mmclassic.utils import are_numbers, normalize_rows, require, view_weights
from mmclassic.views import Views

_NO_GAIN = 0.01  # of NDCG: an interval that ends below says that there is none worth having


class KNNRecommender(FindingMixin, BaseRecommender):
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
        The fitted items as ``similarity_.prepare`` gives them, in float32: rows of length 1, dense
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
    O(q n width) for the products, in float32, and O(n_interactions width) for the profiles. There
    is no item-item matrix, no concatenation and no copy of the items; CSR views are never
    densified. `fit` costs what `CalibratedSimilarity` does, and seconds to learn weights. What
    rounding might have moved among the k best is scored again in float64, and scores are rounded to
    float32 before ranking, so that a user's list does not depend on who else is asked for.

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

    @property
    def signals_(self):
        """What users say beside the content: the weight of each term, and its worth alone."""
        check_is_fitted(self)
        if self._signal_columns is None:
            return None
        return pd.DataFrame(self._signal_columns).rename_axis("term")

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
        history = sp.csr_matrix(self._preferences(self.interactions_[[row]]))
        tables = [
            _explanation(self.item_ids_[liked], view, c)
            for view, liked, c in self._contributions(history, asked)
        ]
        nothing = [_explanation(self.item_ids_[:0], "", np.empty(0))]
        table = pd.concat(tables or nothing, ignore_index=True)
        order = np.argsort(-table[CONTRIBUTION].abs().to_numpy(), kind="stable")
        return table.iloc[order].reset_index(drop=True)

    def _contributions(self, history, asked):
        """Yield view, liked items and their contributions; those of users come without items."""
        content = self._content()
        found = content.explain(history, self.features_, asked.features)
        if self._signals is None:
            yield from found
            return
        share = self._signal_columns["weight"][CONTENT]
        for view, liked, parts in found:
            yield view, liked, share * parts
        profiles = content.profiles(history, self.features_)
        for name, term in self._said_by_users(history, profiles, asked):
            if term[0, 0] != 0:
                yield name, np.empty(0, dtype=np.int64), term[0]

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
            views = self.similarity_.prepare(views)
            blocks = views.blocks
        else:
            blocks = {name: normalize_rows(block) for name, block in views.items()}
        blocks = {n: block.astype(np.float32, copy=False) for n, block in blocks.items()}
        return Views(blocks, views.present)

    def _fit_items(self, interactions):
        self._weight_columns = self.held_out_ = None
        self._signal_columns = self._signals = self.held_out_likes_ = None
        if self.similarity_ is None:
            self.view_weights_ = view_weights(self.weights, self.features_.names)
            return
        self.view_weights_ = dict(self.similarity_.view_weights_)
        learned = None
        # Ordered by id: what is drawn of users must not hang on the order of the table.
        by_name = np.argsort(self.user_ids_, kind="stable")
        preferences = sp.csr_matrix(self._preferences(self.interactions_))[by_name]
        if self.weights is None and len(self.view_weights_) > 1:
            learned = learn_weights(self.similarity_, self.features_, preferences)
        if learned is not None:
            self.view_weights_ = dict.fromkeys(self.view_weights_, 0.0) | learned.weights
            self.held_out_ = learned.held_out
            if len(set(self.view_weights_) - set(self.derived)) > 1:
                _warn_of_best(self.held_out_)
        by_agreement = None if isinstance(self.weights, dict) else self.similarity_.view_weights_
        self._weight_columns = weight_columns(self.view_weights_, by_agreement, learned)
        if self.weights is None:
            self._learn_signals(preferences)

    def _learn_signals(self, preferences):
        """Weights of what users say beside the content; nothing where they do not tell."""
        if not can_tell(preferences):
            return
        content = self._content()
        near = nearest_items(
            content, self.features_, self.features_, np.arange(len(self.features_))
        )
        learned = learn_signals(content, self.features_, preferences, near)
        if learned is None:
            return
        self._signal_columns = {"weight": learned.weights, "alone": learned.alone}
        self.held_out_likes_ = learned.held_out
        self._derive(near)

    def _derive(self, near=None):
        """What follows from the items and interactions, with all that is learned at hand."""
        if not self._weighs_signals():
            return
        content = self._content()
        if near is None:
            places = np.arange(len(self.features_))
            near = nearest_items(content, self.features_, self.features_, places)
        preferences = self._preferences(self.interactions_)
        self._signals = derive_signals(content, self.features_, preferences, near)

    def _refresh(self):
        self._derive()

    def _weighs_signals(self):
        weights = (self._signal_columns or {}).get("weight", {})
        return any(weights[name] > 0 for name in weights if name != CONTENT)

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

    def _content(self, weights=None):
        """What compares prepared rows, by these weights or the fitted ones."""
        weights = self.view_weights_ if weights is None else weights
        if self.similarity_ is None:
            return CosineContent(weights)
        return CalibratedContent(self.similarity_, weights)

    def _score_block(self, history, candidates):
        profiles = self._content().profiles(history, self.features_)
        return self._score(history, profiles, candidates)

    def _score_rows(self, rows, candidates):
        history = sp.csr_matrix((len(rows), self.item_ids_.size))
        return self._score(history, self._content().of_rows(rows), candidates)

    def _read_rows(self, rows):
        return self._prepare_features(self._validate_items(rows, reset=False))

    def _score(self, history, profiles, candidates):
        content, items = self._content(), candidates.features
        common = [name for name in items.names if name in profiles.rows]
        if common:
            found = content.scores(profiles.select(common), items.select(*common))
        else:
            found = nothing_said(len(profiles.rows), len(items))
        if self._signals is None:
            return found
        total = np.zeros(found.scores.shape, dtype=np.float32)
        for _, term in self._said_by_users(history, profiles, candidates):
            total += term
        return found.blended(self._signal_columns["weight"][CONTENT], total)

    def _said_by_users(self, history, profiles, candidates):
        """Yield name and weighted term (n_askers, n_candidates) of the signals."""
        weights = self._signal_columns["weight"]
        names = [name for name in weights if name != CONTENT and weights[name] > 0]
        content = self._content()
        terms = signal_terms(
            self._signals, content, self.features_, history, profiles, candidates, names
        )
        for name, term in terms:
            yield name, np.float32(weights[name]) * term

    def _alike(self, candidates, rows):
        items = candidates.features[rows]
        total = np.zeros((rows.size, rows.size))
        for name, block in items.items():
            total += self.view_weights_[name] * cosines(block)
        return total / sum(self.view_weights_.values())


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


def _explanation(ids, label, contributions):
    if not ids.size and contributions.size:
        ids = np.full(contributions.size, None)
    return pd.DataFrame({ITEM: ids, VIEW: label, CONTRIBUTION: contributions})
