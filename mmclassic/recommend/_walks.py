"""Random walks on the graph of users and items."""

import numpy as np
import scipy.sparse as sp

from mmclassic.recommend._additive import shares_of
from mmclassic.recommend._item_weights import ItemWeightsRecommender
from mmclassic.recommend._nearest import best_of_blocks
from mmclassic.utils import (
    NON_NEGATIVE_REAL,
    POSITIVE_INTEGER,
    POSITIVE_REAL,
    in_float32,
    sparse_product,
)


class RandomWalkRecommender(ItemWeightsRecommender):
    """Recommend where a short random walk from what a user liked comes out: P3alpha, RP3beta.

    A walk goes from the user to an item that the user liked, from there to a user who liked it, and
    on to an item that this user liked, each step being as probable as its weight is a share of
    those at its start. The score of an item is the probability of the three steps, each raised to
    the power `alpha` [1]_, divided by the popularity of the item to the power `beta` [2]_.

    Parameters
    ----------
    alpha : float > 0, default=1.0
        Below 1 the steps are more alike, above 1 the probable ones count more.
    beta : float >= 0, default=0.0
        How much popular items are held back; 0 is P3alpha, above it RP3beta.
    n_neighbors : int > 0, default=100
        To how many items, the most probable ones, a walk gets from each liked item.

    Attributes
    ----------
    weights_ : CSR of float32 of shape (n_items, n_items)
        What a walk adds to the score of every item (column) that starts at a liked item (row).
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
    EASE : Weighs what was liked by regression.

    Notes
    -----
    Walks go along likes alone: weights above zero, or ratings above the middle of the scale, which
    weigh more the further they are above what is expected. The first step also starts from what the
    user disliked, and what is found from there is taken off: a score is the sum over the user's
    items l of sign(r_l) abs(share of r_l)^alpha times the weight of l for the item. New items score
    0. The popularity of an item is the sum of its likes, in units of the strongest like of all.

    Cost of `fit`: a multiplication for every two likes of a user, and O(n_items^2) to choose the
    most probable, in blocks; memory O(n_neighbors n_items).

    References
    ----------
    .. [1] Cooper, C., Lee, S. H., Radzik, T. and Siantos, Y. (2014). Random walks in recommender
       systems: exact computation and simulations. WWW.
    .. [2] Paudel, B., Christoffel, F., Newell, C. and Bernstein, A. (2017). Updatable, accurate,
       diverse, and scalable recommendations for interactive applications. ACM TiiS 7(1).

    Examples
    --------
    >>> import pandas as pd
    >>> from mmclassic.recommend import RandomWalkRecommender
    >>> bought = pd.DataFrame({"user_id": [1, 1, 2, 2, 3], "item_id": ["a", "b", "b", "c", "b"]})
    >>> walks = RandomWalkRecommender().fit(None, bought)
    >>> walks.recommend(3, k=1).round(3)
       user_id item_id  rank  score    basis
    0        3       a     1  0.167  history
    >>> walks.explain(3, "a").round(3)
      item_id           view  contribution
    0       b  collaborative         0.167
    """

    _parameter_constraints: dict = {
        "alpha": POSITIVE_REAL,
        "beta": NON_NEGATIVE_REAL,
        "n_neighbors": POSITIVE_INTEGER,
    }

    def __init__(self, alpha=1.0, *, beta=0.0, n_neighbors=100):
        self.alpha = alpha
        self.beta = beta
        self.n_neighbors = n_neighbors

    def _fit_weights(self, signed):
        likes = signed.copy()
        largest = likes.data.max(initial=0.0)
        # Of huge weights the sums overflow; shares are the same of any multiple.
        likes.data = np.maximum(likes.data, 0) / (largest if largest > 0 else 1.0)
        likes.eliminate_zeros()
        if not likes.nnz:
            return sp.csr_matrix((likes.shape[1],) * 2, dtype=np.float32)
        popularity = np.asarray(likes.sum(axis=0)).ravel()
        to_items = shares_of(likes).power(self.alpha)
        held_back = np.where(popularity > 0, popularity, 1.0) ** -self.beta
        to_items.data *= held_back[to_items.indices]
        to_users = shares_of(sp.csr_matrix(likes.T)).power(self.alpha)
        left, right = in_float32(to_users), in_float32(to_items)
        n_items = likes.shape[1]
        return best_of_blocks(
            lambda block: sparse_product(left[block], right),
            shape=(n_items, n_items),
            k=self.n_neighbors,
            own=np.arange(n_items),
        )

    def _start(self, signed):
        shares = shares_of(signed)
        shares.data = np.sign(shares.data) * np.abs(shares.data) ** self.alpha
        return shares
