"""Hold out what came after a moment."""

import numpy as np
from sklearn.base import BaseEstimator

from mmclassic.evaluate._folds import make_fold, occurring, share_of, warm_fold
from mmclassic.utils import OPEN_UNIT_REAL


class TimeSplit(BaseEstimator):
    """Hold out what came after a moment, the same for all users.

    Parameters
    ----------
    test_size : float in (0, 1), default=0.2
        Share of the interactions after the moment; more where several have its time.
    time : number or date, default=None
        The moment instead, in the kind of the timestamps: the first that is held out.
    new_items : bool, default=False
        Keep held-out interactions with items that nobody has in the training part, for models that
        know items by their content.

    Notes
    -----
    Nothing in the training part is later than anything in the test part. Held-out interactions are
    dropped and counted if their user has none in the training part, or has the item there already
    (an item seen in training is never recommended), or, without `new_items`, nobody has it there.

    Models are fitted on the content of all items, later ones too.

    Examples
    --------
    >>> import pandas as pd
    >>> from mmclassic.evaluate import TimeSplit
    >>> from mmclassic.interactions import Interactions
    >>> frame = pd.DataFrame({"user_id": [1, 2, 2, 1, 3], "item_id": list("abcba"),
    ...                       "timestamp": [10, 10, 20, 30, 40]})
    >>> (fold,) = TimeSplit(time=30).split(Interactions.from_frame(frame))
    >>> fold.test.to_frame()["item_id"].tolist(), fold.n_dropped  # user 3 is new
    (['b'], 1)
    """

    _parameter_constraints: dict = {
        "test_size": OPEN_UNIT_REAL,
        "time": "no_validation",
        "new_items": ["boolean"],
    }

    def __init__(self, test_size=0.2, *, time=None, new_items=False):
        self.test_size = test_size
        self.time = time
        self.new_items = new_items

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

        Raises
        ------
        ValueError
            If there are no timestamps, or no interactions on one side of the moment.
        """
        self._validate_params()
        held = interactions.between(since=self._moment(interactions))
        if held.all() or not held.any():
            side = "before" if held.all() else "after"
            raise ValueError(
                f"TimeSplit leaves no interactions {side} the moment {self._moment(interactions)} "
                f"({interactions.n_interactions} in all); choose another time=... or test_size=..."
            )
        pair, users, _ = interactions.distinct_pairs()
        has_history = occurring(interactions.user_index[~held], interactions.users.size)
        seen = occurring(pair[~held], users.size)
        testable = has_history[interactions.user_index] & ~seen[pair]
        yield (make_fold if self.new_items else warm_fold)(interactions, held, testable)

    def _moment(self, interactions):
        """The first moment that is held out."""
        times = interactions.timestamp
        if self.time is not None or times is None or times.size == 0:
            return self.time
        n_held = int(np.clip(share_of(times.size, self.test_size), 1, times.size))
        return np.sort(times)[-n_held]
