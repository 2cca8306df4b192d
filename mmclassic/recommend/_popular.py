"""The baseline: what everybody likes."""

from numbers import Real

import numpy as np
from sklearn.utils._param_validation import StrOptions

from mmclassic.recommend._base import POPULARITY
from mmclassic.recommend._content_free import ContentFreeRecommender
from mmclassic.utils import NON_NEGATIVE_REAL, is_array, require


class PopularRecommender(ContentFreeRecommender):
    """Recommend what is popular, the same to everybody.

    Parameters
    ----------
    by : {"weight", "users", "mean"}, default="weight"
        What makes an item popular: the sum of its weights, or of ratings the number of users who
        liked it (see `Interactions.likes`); the number of users that have interactions with it; or
        the mean weight or rating they gave.
    damping : float >= 0, default=5.0
        For the mean: number of weights at the mean of all that every item is given besides, so that
        an item is not the best by one good rating.
    since : number or date, default=None
        Count only interactions from this moment on, in the kind of their timestamps.
    half_life : number > 0 or duration, default=None
        For weights: let them halve with age, see `Interactions.decay`. The last training
        interaction is of now.

    Attributes
    ----------
    popularity_ : ndarray of float64 of shape (n_items,)
        The score of every fitted item.
    prior_ : float
        The score of a new item, and of one without interactions: 0, or the mean of all.
    features_ : None
        Features are not read.
    user_ids_ : ndarray of shape (n_users,)
        The users that have interactions.
    item_ids_ : ndarray of shape (n_items,)
        The fitted items.
    interactions_ : CSR of shape (n_users, n_items)
        Summed weights, or the latest ratings.

    See Also
    --------
    BiasRecommender : Ratings by the mean and the biases of users and items.
    KNNRecommender : Ranks by content.

    Notes
    -----
    Of `items` only the ids are read, from a table of any kind, and `fit` also takes None. Items a
    user has seen are left out, so lists still differ between users. Ranking costs O(n log n) for n
    items and O(k) a user, besides the items seen.

    Popularity over a short time (`since`, `half_life`) is a stronger baseline than over all time
    where tastes move [1]_. No times are kept, so such a one is fitted anew rather than changed.

    References
    ----------
    .. [1] Ji, Sun, Zhang and Li, A re-visit of the popularity baseline in recommender systems,
       SIGIR 2020.

    Examples
    --------
    >>> import pandas as pd
    >>> from mmclassic.recommend import PopularRecommender
    >>> bought = pd.DataFrame({"user_id": [1, 2, 3], "item_id": ["a", "b", "b"]})
    >>> model = PopularRecommender().fit(pd.DataFrame({"item_id": ["a", "b", "c"]}), bought)
    >>> model.recommend(1, k=2)
       user_id item_id  rank  score       basis
    0        1       b     1    2.0  popularity
    1        1       c     2    0.0  popularity
    """

    _basis = POPULARITY
    _parameter_constraints: dict = {
        "by": [StrOptions({"weight", "users", "mean"})],
        "damping": NON_NEGATIVE_REAL,
        "since": "no_validation",
        "half_life": "no_validation",
    }

    def __init__(self, by="weight", *, damping=5.0, since=None, half_life=None):
        self.by = by
        self.damping = damping
        self.since = since
        self.half_life = half_life

    def _refresh(self, *, same_items=False):
        if self.since is not None or self.half_life is not None:
            raise ValueError(
                "PopularRecommender keeps no times, by which since and half_life count; fit it "
                "anew with all interactions."
            )
        super()._refresh(same_items=same_items)

    def _fit_items(self, interactions):
        if self.half_life is not None and self.by != "weight":
            raise ValueError(
                f"half_life lets weights fade, and by={self.by!r} does not add them up; leave one "
                "of them out."
            )
        if self.since is not None:
            interactions = interactions.filter(since=self.since)
        if self.half_life is not None:
            interactions = interactions.decay(self.half_life)
        with np.errstate(over="ignore"):
            popularity, prior = self._popularity(interactions)
        wrong = np.flatnonzero(~np.isfinite(popularity))
        if wrong.size:
            item = self.item_ids_.tolist()[wrong[0]]
            raise ValueError(
                f"item {item!r}: the weights of its interactions sum to more than float64 holds; "
                "divide all weights by one number."
            )
        self.popularity_, self.prior_ = popularity, float(prior)

    def _popularity(self, interactions):
        """The score of every item, and that of an item of which nothing is known."""
        likes = self.by == "weight" and interactions.explicit
        matrix = interactions.likes() if likes else interactions.to_csr()
        n_items = matrix.shape[1]
        if self.by == "weight":
            return np.asarray(matrix.sum(axis=0), dtype=np.float64).ravel(), 0.0
        counts = np.bincount(matrix.indices, minlength=n_items)
        if self.by == "users":
            return counts.astype(np.float64), 0.0
        mean = matrix.data.mean() if matrix.nnz else 0.0
        sums = np.bincount(matrix.indices, weights=matrix.data - mean, minlength=n_items)
        above = np.divide(sums, counts + self.damping, out=np.zeros(n_items), where=counts > 0)
        return mean + above, mean

    def _shared_scores(self, candidates):
        return self.prior_ + candidates.of(self.popularity_ - self.prior_)

    def _check_state(self):
        super()._check_state()
        fits = is_array(self.popularity_, "f", (self.item_ids_.size,))
        require(fits, self, f"popularity_ has not {self.item_ids_.size} numbers.")
        require(isinstance(self.prior_, Real), self, "prior_ is no number.")
