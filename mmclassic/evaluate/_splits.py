"""Ways to hold interactions out."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from mmclassic.interactions import Interactions
from mmclassic.utils import OPEN_UNIT_REAL, POSITIVE_INTEGER, RANDOM_STATE


@dataclass(frozen=True, eq=False)
class Fold:
    """One division of the interactions.

    Parameters
    ----------
    train : Interactions
        What a model may learn from.
    test : Interactions
        What it is asked to find; every user has interactions in `train`.
    candidates : ndarray of item ids, default=None
        Items to be ranked, which a model must not have been fitted on; None ranks all items
        that the user has not seen in `train`.
    n_dropped : int, default=0
        Held-out interactions that are in neither part, because their user (or, for the warm
        splits, their item) has no interaction left in `train`.
    """

    train: Interactions
    test: Interactions
    candidates: np.ndarray | None = None
    n_dropped: int = 0


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
    >>> from mmclassic.recommend import Interactions
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
        pair_of_row, users = _distinct_pairs(interactions)
        sizes = np.bincount(users, minlength=interactions.users.size)
        n_held = np.minimum(np.floor(self.test_size * sizes + 0.5).astype(np.int64), sizes - 1)
        for _ in range(self.n_splits):
            held = _rank_within(users, rng.random_sample(users.size)) < n_held[users]
            yield _warm_fold(interactions, held[pair_of_row])


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
    >>> from mmclassic.recommend import Interactions
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
        pair_of_row, users = _distinct_pairs(interactions)
        age = np.empty(interactions.n_interactions, dtype=np.int64)
        age[np.argsort(interactions.timestamp, kind="stable")] = np.arange(
            interactions.n_interactions
        )
        last = np.full(users.size, -1, dtype=np.int64)
        np.maximum.at(last, pair_of_row, age)
        sizes = np.bincount(users, minlength=interactions.users.size)
        held = (_rank_within(users, -last) < self.n_last) & (sizes[users] > self.n_last)
        yield _warm_fold(interactions, held[pair_of_row])


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
    >>> from mmclassic.recommend import Interactions
    >>> frame = pd.DataFrame({"user_id": [1] * 4, "item_id": ["a", "b", "c", "d"]})
    >>> (fold,) = ColdItemSplit(0.5, random_state=0).split(Interactions.from_frame(frame))
    >>> len(fold.candidates), fold.train.n_interactions, fold.test.n_interactions
    (2, 2, 2)
    """

    _parameter_constraints: dict = RandomSplit._parameter_constraints

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
        n_held = int(np.clip(np.floor(self.test_size * n_items + 0.5), 1, n_items - 1))
        rng = check_random_state(self.random_state)
        for _ in range(self.n_splits):
            is_held = np.zeros(n_items, dtype=bool)
            is_held[rng.permutation(n_items)[:n_held]] = True
            held = is_held[interactions.item_index]
            candidates = interactions.items[is_held]
            known = _occurring(interactions.user_index[~held], interactions.users.size)
            yield _fold(interactions, held, known[interactions.user_index], candidates)


def _distinct_pairs(interactions):
    """Number of the (user, item) pair of every row, and the user of every pair."""
    n_items = max(1, interactions.items.size)
    codes, pairs = pd.factorize(interactions.user_index * n_items + interactions.item_index)
    return codes, pairs // n_items


def _rank_within(groups, keys):
    """Rank (from 0) of every entry by key among those of its group."""
    order = np.lexsort((keys, groups))
    ordered = groups[order]
    starts = np.searchsorted(ordered, ordered, side="left")
    ranks = np.empty(groups.size, dtype=np.int64)
    ranks[order] = np.arange(groups.size) - starts
    return ranks


def _occurring(index, size):
    return np.bincount(index, minlength=size) > 0


def _warm_fold(interactions, held):
    known = _occurring(interactions.item_index[~held], interactions.items.size)
    return _fold(interactions, held, known[interactions.item_index], None)


def _fold(interactions, held, testable, candidates):
    test = held & testable
    return Fold(
        train=interactions.select(~held),
        test=interactions.select(test),
        candidates=candidates,
        n_dropped=int(np.count_nonzero(held & ~testable)),
    )
