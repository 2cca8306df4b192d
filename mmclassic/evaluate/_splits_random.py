"""Hold out a random share of every user's items."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from mmclassic.evaluate._folds import rank_within, share_of, warm_fold
from mmclassic.utils import OPEN_UNIT_REAL, POSITIVE_INTEGER, RANDOM_STATE


class RandomSplit(BaseEstimator):
    """Hold out a random share of every user's items.

    Parameters
    ----------
    test_size : float in (0, 1), default=0.2
        Share of a user's distinct items to hold out, rounded to the nearest number (halves
        up); at least one stays in the training part.
    n_splits : int > 0, default=1
        Number of independent folds.
    random_state : int, RandomState instance or None, default=None
        Seed of the drawing.

    Notes
    -----
    All interactions of one user with one item go to the same part: an item seen in training
    is never recommended, so a repeat of it could not be found. Held-out interactions with
    items that nobody has in the training part are dropped and counted.

    Examples
    --------
    >>> import pandas as pd
    >>> from mmclassic.interactions import Interactions
    >>> frame = pd.DataFrame({"user_id": [1] * 4 + [2] * 4, "item_id": [1, 2, 3, 4] * 2})
    >>> split = RandomSplit(test_size=0.25, random_state=0)
    >>> for fold in split.split(Interactions.from_frame(frame)):
    ...     print(fold.train.n_interactions, fold.test.n_interactions + fold.n_dropped)
    6 2
    """

    _parameter_constraints: dict = {
        "test_size": OPEN_UNIT_REAL,
        "n_splits": POSITIVE_INTEGER,
        "random_state": RANDOM_STATE,
    }

    def __init__(self, test_size=0.2, *, n_splits=1, random_state=None):
        self.test_size = test_size
        self.n_splits = n_splits
        self.random_state = random_state

    def split(self, interactions):
        """Yield the folds.

        Parameters
        ----------
        interactions : Interactions
            All interactions.

        Yields
        ------
        fold : Fold
            A division.
        """
        self._validate_params()
        rng = check_random_state(self.random_state)
        pair_of_row, users, _ = interactions.distinct_pairs()
        sizes = np.bincount(users, minlength=interactions.users.size)
        n_held = np.minimum(share_of(sizes, self.test_size), sizes - 1)
        for _ in range(self.n_splits):
            held = rank_within(users, rng.random_sample(users.size)) < n_held[users]
            yield warm_fold(interactions, held[pair_of_row])
