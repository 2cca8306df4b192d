"""Hold out items wholly."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from mmclassic.evaluate._folds import make_fold, occurring, share_of
from mmclassic.utils import OPEN_UNIT_REAL, POSITIVE_INTEGER, RANDOM_STATE


class ColdItemSplit(BaseEstimator):
    """Hold out items wholly, as if they were new to the shop.

    Parameters
    ----------
    test_size : float in (0, 1), default=0.2
        Share of the catalogue to hold out, whether an item has interactions or not.
    n_splits : int > 0, default=1
        Number of independent folds.
    random_state : int, RandomState instance or None, default=None
        Seed of the drawing.

    Notes
    -----
    The held-out items are the candidates of the fold, and models rank these alone. Users
    whose every item is held out cannot be served; their interactions are dropped and counted.

    Examples
    --------
    >>> import pandas as pd
    >>> from mmclassic.interactions import Interactions
    >>> frame = pd.DataFrame({"user_id": [1] * 4, "item_id": ["a", "b", "c", "d"]})
    >>> (fold,) = ColdItemSplit(0.5, random_state=0).split(Interactions.from_frame(frame))
    >>> len(fold.candidates), fold.train.n_interactions, fold.test.n_interactions
    (2, 2, 2)
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
            A division; its candidates are in the order of the catalogue.
        """
        self._validate_params()
        n_items = interactions.items.size
        if n_items < 2:
            raise ValueError(f"ColdItemSplit needs at least 2 items; got {n_items}.")
        n_held = int(np.clip(share_of(n_items, self.test_size), 1, n_items - 1))
        rng = check_random_state(self.random_state)
        for _ in range(self.n_splits):
            is_held = np.zeros(n_items, dtype=bool)
            is_held[rng.permutation(n_items)[:n_held]] = True
            held = is_held[interactions.item_index]
            candidates = interactions.items[is_held]
            known = occurring(interactions.user_index[~held], interactions.users.size)
            testable = known[interactions.user_index]
            yield make_fold(interactions, held, testable, candidates=candidates)
