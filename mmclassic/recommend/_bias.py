"""The baseline of ratings: the mean and the biases of users and items."""

from dataclasses import replace

import numpy as np
from sklearn.utils.validation import check_is_fitted

from mmclassic.interactions import Biases, as_ids, check_same_kind, find_ids
from mmclassic.recommend._base import POPULARITY
from mmclassic.recommend._content_free import ContentFreeRecommender
from mmclassic.utils import NON_NEGATIVE_REAL, require


class BiasRecommender(ContentFreeRecommender):
    """Predict ratings by the mean and the biases of users and items, and rank by them.

    Parameters
    ----------
    damping : float >= 0, default=5.0
        Number of ratings at the mean that every user and item is given besides.

    Attributes
    ----------
    biases_ : Biases
        The mean, and the biases of `user_ids_` and `item_ids_`.
    features_ : None
        Features are not read.
    user_ids_ : ndarray of shape (n_users,)
        The users that have ratings.
    item_ids_ : ndarray of shape (n_items,)
        The fitted items.
    interactions_ : CSR of shape (n_users, n_items)
        The latest ratings.

    See Also
    --------
    PopularRecommender : By the number of users, too.
    mmclassic.interactions.Interactions.biases : How the biases are fitted.

    Notes
    -----
    All users get the items in one order, that of the items' biases, without those they have rated;
    the score is the mean plus the item's bias, and `predict` adds the user's. New items score the
    mean.

    References
    ----------
    Koren, Factor in the neighbors: scalable and accurate collaborative filtering, ACM TKDD 4
    (2010), section 2.1.

    Examples
    --------
    >>> import pandas as pd
    >>> from mmclassic.recommend import BiasRecommender
    >>> rated = pd.DataFrame(
    ...     {"user_id": ["u", "u", "v"], "item_id": ["a", "b", "a"], "rating": [5, 3, 4]}
    ... )
    >>> model = BiasRecommender(damping=1).fit(None, rated)
    >>> model.predict(["v", "v", "new"], ["b", "new", "b"]).round(2)
    array([3.33, 3.83, 3.5 ])
    >>> model.recommend("v", k=1)
      user_id item_id  rank  score       basis
    0       v       b     1    3.5  popularity
    """

    _basis = POPULARITY
    _parameter_constraints: dict = {"damping": NON_NEGATIVE_REAL}

    def __init__(self, damping=5.0):
        self.damping = damping

    def predict(self, users, items):
        """Predict ratings of pairs.

        Parameters
        ----------
        users : str, int or array-like of shape (n_pairs,)
            User ids; one stands for all pairs. Of one that was not fitted the bias is 0.
        items : str, int or array-like of shape (n_pairs,)
            Item ids, as for `users`.

        Returns
        -------
        ratings : ndarray of float64 of shape (n_pairs,)
            The mean plus both biases, not cut to the scale.

        Raises
        ------
        ValueError
            If there are several users and several items, and not as many of both.
        UnknownIdError
            If ids are str where the fitted ones are int, or the other way round.
        """
        check_is_fitted(self)
        return self.biases_.predict(*pair_positions(self, users, items))

    def _fit_items(self, interactions):
        self.biases_ = known_biases(self, interactions)

    def _shared_scores(self, candidates):
        return self.biases_.mean + candidates.of(self.biases_.items)

    def _check_state(self):
        super()._check_state()
        check_biases(self)


def known_biases(model, interactions):
    """Biases of ratings, those of the users that a recommender keeps."""
    biases = interactions.biases(model.damping)
    known = find_ids(interactions.users, model.user_ids_)
    return replace(biases, users=biases.users[known])


def pair_positions(model, users, items):
    """Positions of pairs of ids among those of a fitted recommender, -1 of others, of one size."""
    users = _positions(model, model.user_ids_, users, "user id")
    items = _positions(model, model.item_ids_, items, "item id")
    if users.size != items.size and 1 not in (users.size, items.size):
        raise ValueError(
            f"users and items must be pairs; got {users.size} users and {items.size} items."
        )
    return np.broadcast_arrays(users, items)


def check_biases(model):
    """Raise ValueError unless the biases of a loaded recommender fit."""
    require(isinstance(model.biases_, Biases), model, "biases_ is something else.")
    sizes = model.biases_.users.size, model.biases_.items.size
    fits = sizes == (model.user_ids_.size, model.item_ids_.size)
    require(fits, model, "biases_ are not those of the users and items.")


def _positions(model, known, ids, name):
    ids = as_ids(ids, name=name, one_or_many=True)
    check_same_kind(known, ids, name=name, where=f"the fitted {type(model).__name__}")
    return find_ids(known, ids)
