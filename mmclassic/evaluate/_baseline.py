"""Baselines that look at no item features, behind the same contract as full models."""

from sklearn.base import BaseEstimator, clone

from mmclassic.interactions import ITEM, Interactions
from mmclassic.recommend import PopularRecommender


class ContentFreeModel(BaseEstimator):
    """A recommender that reads no features, as a model that `evaluate` can compare.

    Parameters
    ----------
    recommender : recommender, default=None
        Must take None for the item features; None is `PopularRecommender`.
    item_id : str, default="item_id"
        Column of the item identifiers.

    Attributes
    ----------
    recommender_ : recommender
        The fitted recommender.

    Examples
    --------
    >>> import pandas as pd
    >>> from mmclassic.evaluate import ContentFreeModel
    >>> items = pd.DataFrame({"item_id": ["a", "b", "c"]})
    >>> bought = pd.DataFrame({"user_id": [1, 2, 3], "item_id": ["a", "b", "b"]})
    >>> ContentFreeModel().fit(items, bought).recommend([1], k=1)["item_id"].tolist()
    ['b']
    """

    def __init__(self, recommender=None, *, item_id=ITEM):
        self.recommender = recommender
        self.item_id = item_id

    def fit(self, items, interactions):
        """Learn from the interactions alone.

        Parameters
        ----------
        items : DataFrame
            The catalogue; only its identifiers are read.
        interactions : DataFrame
            Columns user_id, item_id and optionally weight and timestamp.

        Returns
        -------
        self : object
            The fitted model.
        """
        recommender = PopularRecommender() if self.recommender is None else clone(self.recommender)
        known = Interactions.from_frame(interactions, items=items[self.item_id])
        self.recommender_ = recommender.fit(None, known)
        return self

    def recommend(self, users=None, k=10, *, items=None):
        """Rank items that each user has not interacted with.

        Parameters
        ----------
        users : array-like of str or of int, default=None
            User identifiers; None is every user.
        k : int > 0, default=10
            Items per user.
        items : DataFrame, default=None
            Rank these rows instead of the fitted items.

        Returns
        -------
        recommendations : DataFrame
            Columns user_id, item_id, rank and score.
        """
        if items is None:
            return self.recommender_.recommend(users, k)
        # The rows carry no features: a recommender that reads none never looks at X.
        return self.recommender_.recommend(users, k, X=items, ids=items[self.item_id])
