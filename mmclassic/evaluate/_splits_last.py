"""Hold out what every user turned to last."""

import numpy as np
from sklearn.base import BaseEstimator

from mmclassic.evaluate._folds import rank_within, warm_fold
from mmclassic.utils import POSITIVE_INTEGER


class LeaveLastOut(BaseEstimator):
    """Hold out what every user turned to last.

    Parameters
    ----------
    n_last : int > 0, default=1
        Number of distinct items to hold out for each user. Users with no more items than
        that stay in the training part only.

    Notes
    -----
    An item's time is that of the user's last interaction with it, and all interactions of
    the pair go to the same part, so nothing a user did after the held-out items is learnt
    from. Of equal times the later row counts as later. Held-out interactions with items that
    nobody has in the training part are dropped and counted.

    Examples
    --------
    >>> import pandas as pd
    >>> from mmclassic.interactions import Interactions
    >>> frame = pd.DataFrame({"user_id": [1, 1, 2], "item_id": [7, 8, 8],
    ...                       "timestamp": [10, 20, 5]})
    >>> (fold,) = LeaveLastOut().split(Interactions.from_frame(frame))
    >>> fold.test.to_frame()["item_id"].tolist()
    [8]
    """

    _parameter_constraints: dict = {"n_last": POSITIVE_INTEGER}

    def __init__(self, n_last=1):
        self.n_last = n_last

    def split(self, interactions):
        """Yield the one fold.

        Parameters
        ----------
        interactions : Interactions
            All interactions, with timestamps.

        Yields
        ------
        fold : Fold
            The division.
        """
        self._validate_params()
        if interactions.timestamp is None:
            raise ValueError(
                "LeaveLastOut needs timestamps, and these interactions have none; name their "
                "column with columns={'timestamp': ...}."
            )
        yield warm_fold(interactions, last_of_users(interactions, self.n_last))


def last_of_users(interactions, n_last):
    """Mark what users with more than `n_last` items turned to last."""
    pair, users, _ = interactions.distinct_pairs()
    age = np.empty(interactions.n_interactions, dtype=np.int64)
    age[np.argsort(interactions.timestamp, kind="stable")] = np.arange(age.size)
    last = np.full(users.size, -1, dtype=np.int64)
    np.maximum.at(last, pair, age)
    sizes = np.bincount(users, minlength=interactions.users.size)
    held = (rank_within(users, -last) < n_last) & (sizes[users] > n_last)
    return held[pair]
