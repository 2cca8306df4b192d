"""Hold out users wholly."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval

from mmclassic.evaluate._folds import Fold, occurring, rank_within, share_of
from mmclassic.utils import OPEN_UNIT_REAL, POSITIVE_INTEGER, RANDOM_STATE


class UserFolds(BaseEstimator):
    """Hold out users wholly, as if they were new to the shop, and show a part of their history.

    Parameters
    ----------
    n_splits : int > 1, default=5
        Number of folds; every user is held out in one of them.
    test_size : float in (0, 1), default=0.2
        Share of a held-out user's distinct items to be found, rounded to the nearest number (halves
        up), at least one; at least one is shown.
    n_given : int > 0, default=None
        Number of items that are shown instead; the rest is to be found.
    random_state : int, RandomState instance or None, default=None
        Seed of the drawing.

    Notes
    -----
    Models learn from the other users alone. ``Fold.given`` is what they are shown of the held-out
    ones when they rank. All interactions of one user with one item go to the same part.

    Held-out users of whom nothing is left to be found are dropped with all their interactions, as
    are interactions to be found with items that nobody has in the training part; both are counted.

    References
    ----------
    Marlin, Collaborative filtering: a machine learning perspective, 2004 ("strong generalization").

    Examples
    --------
    >>> import pandas as pd
    >>> from mmclassic.evaluate import UserFolds
    >>> from mmclassic.interactions import Interactions
    >>> frame = pd.DataFrame({"user_id": [1] * 3 + [2] * 3, "item_id": list("abc") * 2})
    >>> fold, other = UserFolds(2, n_given=2, random_state=0).split(Interactions.from_frame(frame))
    >>> fold.train.n_interactions, fold.given.n_interactions, fold.test.n_interactions
    (3, 2, 1)
    """

    _parameter_constraints: dict = {
        "n_splits": [Interval(POSITIVE_INTEGER[0].type, 2, None, closed="left")],
        "test_size": OPEN_UNIT_REAL,
        "n_given": [*POSITIVE_INTEGER, None],
        "random_state": RANDOM_STATE,
    }

    def __init__(self, n_splits=5, *, test_size=0.2, n_given=None, random_state=None):
        self.n_splits = n_splits
        self.test_size = test_size
        self.n_given = n_given
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

        Raises
        ------
        ValueError
            If there are fewer users than folds.
        """
        self._validate_params()
        pair, users, _ = interactions.distinct_pairs()
        active = np.unique(users)
        if active.size < self.n_splits:
            raise ValueError(
                f"UserFolds needs a user for each of n_splits={self.n_splits} folds; got "
                f"{active.size} with interactions."
            )
        rng = check_random_state(self.random_state)
        parts = np.array_split(rng.permutation(active), self.n_splits)
        to_find = self._to_find(users, interactions.users.size, rng)
        for part in parts:
            held = occurring(part, interactions.users.size)[interactions.user_index]
            yield _user_fold(interactions, held, to_find[pair])

    def _to_find(self, users, n_users, rng):
        """Mark the pairs of every user that are to be found if the user is held out."""
        sizes = np.bincount(users, minlength=n_users)
        if self.n_given is None:
            n_found = np.minimum(np.maximum(share_of(sizes, self.test_size), 1), sizes - 1)
        else:
            n_found = sizes - self.n_given
        return rank_within(users, rng.random_sample(users.size)) < n_found[users]


def _user_fold(interactions, held, to_find):
    """The fold without the held-out users, of whom a part is to be found."""
    index = interactions.user_index
    known = occurring(interactions.item_index[~held], interactions.items.size)
    test = held & to_find & known[interactions.item_index]
    served = occurring(index[test], interactions.users.size)
    given = held & ~to_find & served[index]
    return Fold(
        train=interactions.select(~held),
        test=interactions.select(test),
        n_dropped=int(np.count_nonzero(held & ~test & ~given)),
        given=interactions.select(given),
    )
