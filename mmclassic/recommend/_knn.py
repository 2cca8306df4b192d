"""Nearest neighbours: of profiles view by view, of items, of users."""

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_is_fitted

from mmclassic.interactions import VIEW
from mmclassic.match import CalibratedSimilarity
from mmclassic.recommend._base import BaseRecommender
from mmclassic.recommend._content import CalibratedContent, CosineContent
from mmclassic.recommend._finding import FindingMixin
from mmclassic.recommend._learned import learn_weights, warn_of_best, weight_columns
from mmclassic.recommend._neighbour_modes import (
    ItemsAlike,
    UsersAlike,
    fit_neighbours,
    rows_in_float32,
)
from mmclassic.recommend._profile_mode import ProfileScores, check_profile
from mmclassic.recommend._signal_weights import CONTENT, can_tell, learn_signals
from mmclassic.recommend._signals import derive_signals, nearest_items
from mmclassic.recommend._similarity import SIMILARITY, find_formula
from mmclassic.recommend._weighting import WEIGHTING
from mmclassic.utils import (
    NON_NEGATIVE_REAL,
    POSITIVE_INTEGER,
    normalize_rows,
    require,
    view_weights,
)
from mmclassic.views import Views


class KNNRecommender(FindingMixin, BaseRecommender):
    """Recommend what is near to what a user liked, or what users nearby liked.

    By mode "profile" the score of an item is the sum over the views a, and the mean over the items
    l that the user interacted with, with weights r_l, of what the view says of the two:

        score(user, i) = sum_a w_a sum_l r_l z_a(l, i) / sum_l abs(r_l),

    where z_a is the similarity by view a in its deviations from chance (see
    `mmclassic.match.CalibratedSimilarity`), and 0 where l or i lacks the view. It falls apart
    into one term for each liked item and view (see `explain`).

    With the metric "cosine" a user's profile in a view is the weighted mean of the unit-length
    rows of the items that have it, and the score is the weighted mean, over the views that the
    profile and the item both have, of their inner product: a mean of cosines, in [-1, 1].

    By mode "neighbours" it is the sum over the liked items l among the `n_neighbors` most similar
    to i of r_l times their similarity. Items are compared by who used them and by their views, side
    by side as one row [2]_. By mode "users" it is the sum over the `n_neighbors` users most similar
    to the one who asks, by what they did, of their similarity times the weight that they gave i.

    Parameters
    ----------
    weights : dict of str to float or "agreement", default=None
        Weight of every view, at least 0; every fitted view must be named, and 0 leaves one
        out. "agreement" weighs a view by how far the others agree with it. None learns the
        weights from the interactions (see Notes), and is "agreement" where they do not tell;
        with "cosine" it weighs all alike. By mode "neighbours" they are what rows are multiplied
        by, those of who used an item, called "interactions", among them; None is 1 for all. By mode
        "users" they are not read.
    mode : {"profile", "neighbours", "users"}, default="profile"
        What is compared: an item's content and the user's profile, items, or users.
    metric : {"calibrated", "cosine"}, default="calibrated"
        By mode "profile", as `derived`: what a view says of two items: how far above chance their
        cosine lies, or the cosine.
    derived : sequence of str or dict of str to str or None, default=()
        Views that are made of the others, such as a shared space: these take no part in the
        agreement, and weigh 1 by it. A dict names the one view that each is made of, or None: one
        of a single view weighs half of it by agreement, and where `weights` does not name it. With
        "cosine" they are views like the others.
    similarity : str, AsymmetricCosine or Tversky, default="cosine"
        By the other modes, as all that follow: how alike two rows are. "cosine", "dot", "pearson",
        "adjusted_cosine", "asymmetric_cosine", "euclidean", or of sets, what is above 0, "jaccard",
        "dice", "tversky".
    n_neighbors : int > 0, default=100
        How many items each item is scored by at most, or users each user.
    shrink : float >= 0, default=0.0
        Added to the denominator of the similarity, so that what is seen little counts little.
    weighting : {"tfidf", "bm25"} or dict of these or None, default=None
        How the features are weighed before, once multiplied by their weights: as one row, or by
        mode "neighbours" each view by its own, named as in `weights`. By "tfidf" roots are taken.

    Attributes
    ----------
    view_weights_ : dict of str to float or None
        Weight of every view, the largest 1; with "cosine" they sum to 1, by mode "neighbours" they
        are as given. None by mode "users".
    weights_ : DataFrame or None
        A line for every view: its `weight`; the ends `low` and `high` of its 95 % bootstrap
        interval over users, NaN where it keeps the ratios of agreement; NDCG@10 `alone`, NaN where
        users are too few to tell; the weight by `agreement`, NaN where weights were given. None
        with "cosine" and by other modes.
    neighbours_ : CSR of float32 of shape (n_items, n_items) or None
        By mode "neighbours" the similarity of what is liked (row) to a candidate (column).
    held_out_ : dict or None
        What items that were held back say of learned weights: n_users, NDCG@10 of all views
        `together`, the `best_view` alone and the `gain` over it with its interval `low`, `high`.
        None where weights were not learned.
    signals_ : DataFrame or None
        A line for the content and each signal: its `weight`, what the term is multiplied by, and
        NDCG@10 of held-back likes `alone`. None where users are too few, or weights were given.
    held_out_likes_ : dict or None
        What likes that were held back say of the signals: n_users, NDCG@10 of all `together` and
        its `gain` over the content alone with the interval `low`, `high`.
    features_ : Views or None
        The fitted items: by mode "neighbours" as they came, in float32, None without. None by mode
        "users". Else as ``similarity_.prepare`` gives them, in float32: rows of length 1, dense
        views centred. With "cosine" rows of length 1; rows of zeros stay zero.
    similarity_ : CalibratedSimilarity or None
        The centres, scales and weights of the views; None with "cosine" and by other modes.
    user_ids_, item_ids_ : ndarray of shape (n_users,) and (n_items,)
        The users that have interactions, and the fitted items.
    interactions_ : CSR of shape (n_users, n_items)
        Summed weights, or the latest ratings.
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

    **Signals.** Where users tell, terms of what they did are added: "collaborative", the products
    of who likes an item, c users, and who likes l, the 100 largest of each item, where likers are
    blended with those of its 50 nearest by content by the share 5 / (c + 5); the same of items that
    nobody likes yet; "users alike", the mean like of the eighth of the users, 100 at least and
    1,000 at most, of the most similar profiles; "popularity", the logarithm of an item's users;
    that expected of items that nobody likes yet, a ridge regression on their content; "liking", the
    share of likes, shrunk. Ratings are likes and dislikes of different strength. A fifth of every
    user's likes is held back, of 3,000 users at most and ranked among 2,000 items, and weights are
    learned as those of the views, or even, or 0 where that ranks as well; of new items, apart.

    With the features F_m of n items and q users asked at a time, `recommend` costs
    O(q n width) for the products, in float32, and O(n_interactions width) for the profiles. There
    is no item-item matrix, no concatenation and no copy of the items; CSR views are never
    densified. `fit` costs what `CalibratedSimilarity` does, and seconds to learn weights. What
    rounding might have moved among the k best is scored again in float64, and scores are rounded to
    float32 before ranking, so that a user's list does not depend on who else is asked for.

    **Neighbours.** Both modes take dislikes, and ratings, which are read as likes and dislikes.
    "neighbours" reads dense views as sparse ones and an absent row as zeros. `fit` takes None for
    the items where interactions alone are to count, and "users" reads no items. A new item is
    reached by its content, one that is fitted by its id, whatever row comes with it; where no
    content is compared new items score 0. `fit` costs a multiplication for every two items (users)
    and feature of both, and memory for `n_neighbors` of each.

    References
    ----------
    .. [1] Rendle, S. et al. (2009). BPR: Bayesian personalized ranking from implicit feedback.
       UAI 2009.
    .. [2] Ferrari Dacrema, M., Boglio, S., Cremonesi, P. and Jannach, D. (2021). A troubling
       analysis of reproducibility and progress in recommender systems research. ACM Transactions
       on Information Systems 39(2). Its hybrids CFCBF.

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
    >>> bought = pd.DataFrame({"user_id": [1, 1, 2], "item_id": ["mug", "sock", "mug"]})
    >>> KNNRecommender(mode="neighbours").fit(None, bought).recommend(2, k=1).round(3)
       user_id item_id  rank  score    basis
    0        2    sock     1  0.707  history
    """

    _parameter_constraints: dict = {
        "weights": [dict, StrOptions({"agreement"}), None],
        "metric": [StrOptions({"cosine", "calibrated"})],
        "derived": [list, tuple, dict],
        "mode": [StrOptions({"profile", "neighbours", "users"})],
        "similarity": SIMILARITY,
        "n_neighbors": POSITIVE_INTEGER,
        "shrink": NON_NEGATIVE_REAL,
        "weighting": [*WEIGHTING, dict],
    }

    def __init__(
        self,
        weights=None,
        *,
        mode="profile",
        metric="calibrated",
        derived=(),
        similarity="cosine",
        n_neighbors=100,
        shrink=0.0,
        weighting=None,
    ):
        self.weights = weights
        self.mode = mode
        self.metric = metric
        self.derived = derived
        self.similarity = similarity
        self.n_neighbors = n_neighbors
        self.shrink = shrink
        self.weighting = weighting

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

    @property
    def neighbours_(self):
        """What items say for each other, by mode "neighbours"."""
        check_is_fitted(self)
        return self._neighbours.neighbours.weights_ if self.mode == "neighbours" else None

    def _validate_params(self):
        super()._validate_params()
        find_formula(self.similarity)

    def _validate_items(self, items, *, reset):
        if reset:
            by_items = self.mode == "neighbours" and items is not None
            self._reads_features = self.mode == "profile" or by_items
            for name in ("view_widths_in_", "n_features_in_", "feature_names_in_"):
                vars(self).pop(name, None)
        return super()._validate_items(items, reset=reset) if self._reads_features else items

    def _fit_features(self, views):
        self.similarity_ = self._neighbours = None
        if self.mode != "profile":
            return
        if self.metric == "cosine" and isinstance(self.weights, str):
            raise ValueError(
                "weights='agreement' is in the unit of metric='calibrated'; with 'cosine' give a "
                "dict of weights, or None."
            )
        if self.metric == "calibrated":
            given = self.weights if isinstance(self.weights, dict) else None
            self.similarity_ = CalibratedSimilarity(given, derived=self.derived).fit(views)

    def _prepare_features(self, views):
        if not self._reads_features:
            return None
        if self.similarity_ is not None:
            views = self.similarity_.prepare(views)
        elif self.mode == "profile":
            units = {name: normalize_rows(block) for name, block in views.items()}
            views = Views(units, views.present)
        return rows_in_float32(views)

    def _fit_items(self, interactions):
        self._weight_columns = self.held_out_ = None
        self._signal_columns = self._signals = self.held_out_likes_ = None
        if self.mode != "profile":
            preferences = sp.csr_matrix(self._preferences(self.interactions_))
            self._neighbours, self.view_weights_ = fit_neighbours(self, preferences)
            return
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
                warn_of_best(self.held_out_)
        by_agreement = None if isinstance(self.weights, dict) else self.similarity_.view_weights_
        self._weight_columns = weight_columns(self.view_weights_, by_agreement, learned)
        if self.weights is None:
            self._learn_signals(preferences)

    def _learn_signals(self, preferences):
        """Weights of what users say beside the content; nothing where they do not tell."""
        if not can_tell(preferences):
            return
        near = self._near_items()
        learned = learn_signals(self._content(), self.features_, preferences, near)
        if learned is None:
            return
        self._signal_columns = {"weight": learned.weights, "alone": learned.alone}
        self.held_out_likes_ = learned.held_out
        self._derive(near)

    def _derive(self, near):
        """What follows from the items and interactions, with all that is learned at hand."""
        weights = (self._signal_columns or {}).get("weight", {})
        if not any(weights[name] > 0 for name in weights if name != CONTENT):
            return
        near = self._near_items() if near is None else near
        preferences = self._preferences(self.interactions_)
        self._signals = derive_signals(self._content(), self.features_, preferences, near)

    def _near_items(self):
        places = np.arange(len(self.features_))
        return nearest_items(self._content(), self.features_, self.features_, places)

    def _refresh(self, *, same_items=False):
        if self._neighbours is None:
            self._derive(self._signals.near if self._signals and same_items else None)
        else:
            super()._refresh()

    def _check_state(self):
        super()._check_state()
        kind = {"neighbours": ItemsAlike, "users": UsersAlike}.get(self.mode, type(None))
        reads = [True] if self.mode == "profile" else [True, False]
        fits = isinstance(self._neighbours, kind) and type(self._reads_features) is bool
        fits = fits and self._reads_features in reads
        require(fits, self, f"what it compares is not that of mode={self.mode!r}.")
        check_profile(self) if self._neighbours is None else self._neighbours.check(self)

    def _content(self, weights=None):
        """What compares prepared rows, by these weights or the fitted ones."""
        weights = self.view_weights_ if weights is None else weights
        if self.similarity_ is None:
            return CosineContent(weights)
        return CalibratedContent(self.similarity_, weights)

    def _scores(self):
        """What scores histories and explains the scores."""
        if self._neighbours is not None:
            return self._neighbours
        weights = (self._signal_columns or {}).get("weight")
        return ProfileScores(self._content(), self.features_, self._signals, weights)

    def _profile_width(self):
        return super()._profile_width() if self._neighbours is None else 0

    def _score_block(self, history, candidates):
        return self._scores().score(history, candidates)

    def _score_rows(self, rows, candidates):
        return self._scores().score_rows(rows, candidates)

    def _contributions(self, history, asked):
        return self._scores().explain(history, asked)

    def _read_rows(self, rows):
        if self._neighbours is not None:
            raise TypeError(
                f"mode={self.mode!r} reads a history of items by id; mode='profile' takes rows."
            )
        return self._prepare_features(self._validate_items(rows, reset=False))

    def _alike(self, candidates, rows):
        if isinstance(self._neighbours, UsersAlike):
            return super()._alike(candidates, rows)
        return self._scores().alike(candidates[rows])

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.no_validation = self.mode == "users"
        return tags
