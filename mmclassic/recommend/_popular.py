"""The baseline: what everybody likes."""

import numpy as np

from mmclassic.recommend._base import POPULARITY, BaseRecommender
from mmclassic.utils import is_array, require


class PopularRecommender(BaseRecommender):
    """Recommend the items with the most interactions, the same to everybody.

    Attributes
    ----------
    popularity_ : ndarray of float64 of shape (n_items,)
        Sum of the interaction weights of every fitted item; its score.
    features_ : None
        Features are not read.
    user_ids_ : ndarray of shape (n_users,)
        The users that have interactions.
    item_ids_ : ndarray of shape (n_items,)
        The fitted items.
    interactions_ : CSR of shape (n_users, n_items)
        Summed weights.

    See Also
    --------
    KNNRecommender : Ranks by content.

    Notes
    -----
    Of `items` only the ids are read, from a table of any kind, and `fit` also takes None. A new
    item scores 0. Items a user has seen are left out, so lists still differ between users.
    Ranking costs O(n log n) for n items and O(k) a user, besides the items seen.

    Examples
    --------
    >>> import pandas as pd
    >>> from mmclassic.recommend import PopularRecommender
    >>> bought = pd.DataFrame({"user_id": [1, 2, 3], "item_id": ["a", "b", "b"]})
    >>> model = PopularRecommender().fit(pd.DataFrame({"item_id": ["a", "b", "c"]}), bought)
    >>> model.recommend(1, k=2)
       user_id item_id  rank  score
    0        1       b     1    2.0
    1        1       c     2    0.0
    """

    _basis = POPULARITY

    def _validate_items(self, items, *, reset):
        return items

    def _prepare_features(self, views):
        return None

    def _fit_items(self, interactions):
        with np.errstate(over="ignore"):
            totals = np.asarray(self.interactions_.sum(axis=0), dtype=np.float64).ravel()
        wrong = np.flatnonzero(~np.isfinite(totals))
        if wrong.size:
            item = self.item_ids_.tolist()[wrong[0]]
            raise ValueError(
                f"item {item!r}: the weights of its interactions sum to more than float64 holds; "
                "divide all weights by one number."
            )
        self.popularity_ = totals

    def _shared_scores(self, candidates):
        known = candidates.positions >= 0
        scores = np.zeros(known.size)
        scores[known] = self.popularity_[candidates.positions[known]]
        return scores

    def _check_state(self):
        super()._check_state()
        fits = is_array(self.popularity_, "f", (self.item_ids_.size,))
        require(fits, self, f"popularity_ has not {self.item_ids_.size} numbers.")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.no_validation = True
        return tags
