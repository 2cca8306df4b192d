"""The baseline: what everybody likes."""

import numpy as np

from mmclassic.recommend._base import BaseRecommender


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
    Of `X` only the number of rows is looked at, and `fit` also takes None for it. A new item
    scores 0. Items a user has seen are left out, so lists still differ between users.

    Examples
    --------
    >>> import pandas as pd
    >>> from mmclassic.recommend import Interactions, PopularRecommender
    >>> frame = pd.DataFrame({"user_id": [1, 2, 3], "item_id": ["a", "b", "b"]})
    >>> interactions = Interactions.from_frame(frame, items=["a", "b", "c"])
    >>> PopularRecommender().fit(None, interactions).recommend([1], k=2)
       user_id item_id  rank  score
    0        1       b     1    2.0
    1        1       c     2    0.0
    """

    def _validate_items(self, X, *, reset):
        return X

    def _prepare_features(self, views):
        return None

    def _fit_items(self):
        self.popularity_ = np.asarray(self.interactions_.sum(axis=0), dtype=np.float64).ravel()

    def _profile_width(self):
        return 0

    def _score_block(self, user_index, candidates):
        known = candidates.positions >= 0
        scores = np.zeros(known.size)
        scores[known] = self.popularity_[candidates.positions[known]]
        return np.tile(scores, (user_index.size, 1))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.no_validation = True
        return tags
