"""Which interactions stay."""

from dataclasses import replace
from numbers import Integral, Real

import numpy as np
import pandas as pd

from mmclassic.interactions._ids import (
    as_ids,
    check_distinct,
    check_same_kind,
    raise_unknown,
    same_ids,
)
from mmclassic.interactions._lookup import find_ids
from mmclassic.interactions._reading import check_unknown
from mmclassic.interactions._times import ages, duration, is_before


class SelectionMixin:
    """Give other interactions of the same users."""

    def for_items(self, ids, unknown="raise"):
        """Number the interactions by another catalogue.

        Parameters
        ----------
        ids : array-like of str or of int of shape (n_items,)
            Distinct item ids.
        unknown : {"raise", "ignore"}, default="raise"
            What happens to interactions with items that are not in `ids`.

        Returns
        -------
        interactions : Interactions
            With ``items`` equal to `ids`, in that order; users keep their numbers. The same
            object if `ids` are its items already.

        Raises
        ------
        UnknownIdError
            If an interaction's item is not in `ids`, and `unknown` is "raise". Items without
            interactions may be left out freely.

        Examples
        --------
        >>> import pandas as pd
        >>> from mmclassic.interactions import Interactions
        >>> frame = pd.DataFrame({"user_id": ["u", "v"], "item_id": ["a", "b"]})
        >>> interactions = Interactions.from_frame(frame)
        >>> interactions.for_items(["c", "b"], unknown="ignore").to_frame()["item_id"].tolist()
        ['b']
        """
        check_unknown(unknown)
        if ids is self.items:
            return self
        ids = as_ids(ids, name="item id")
        if same_ids(ids, self.items):
            return self
        check_distinct(ids, name="item id")
        check_same_kind(ids, self.items, name="item id", where="the given items")
        item_index = find_ids(ids, self.items)[self.item_index]
        moved = replace(self, items=ids, item_index=item_index, items_given=True)
        known = item_index >= 0
        if known.all():
            return moved
        if unknown == "raise":
            lost = self.items[self.item_index[~known]]
            raise_unknown(lost, known=ids, name="item id", where="the given items")
        return moved.select(known)

    def select(self, mask):
        """Keep some interactions; users and items keep their numbers.

        Parameters
        ----------
        mask : array-like of bool of shape (n_interactions,)
            True for the interactions to keep.

        Returns
        -------
        interactions : Interactions
            The chosen ones, in the same order.
        """
        mask = np.asarray(mask)
        if mask.dtype != bool or mask.shape != self.weight.shape:
            raise ValueError(
                f"mask must be bool of shape {self.weight.shape}; got {mask.dtype} of shape "
                f"{mask.shape}."
            )
        return replace(
            self,
            user_index=self.user_index[mask],
            item_index=self.item_index[mask],
            weight=self.weight[mask],
            timestamp=None if self.timestamp is None else self.timestamp[mask],
        )

    def distinct_pairs(self):
        """Number the pairs of a user and an item.

        Returns
        -------
        pair : ndarray of int64 of shape (n_interactions,)
            The number of each interaction's pair, in order of first appearance.
        user_index, item_index : ndarray of int64 of shape (n_pairs,)
            The user and the item of every pair.
        """
        n_items = max(1, self.items.size)
        pair, codes = pd.factorize(self.user_index * n_items + self.item_index)
        return pair, codes // n_items, codes % n_items

    def between(self, since=None, until=None):
        """Mark the interactions of a period.

        Parameters
        ----------
        since, until : number, or date as `pandas.Timestamp` takes it, default=None
            The first moment of the period, and the first after it, in the kind of the timestamps;
            dates without a zone are UTC. None is no bound.

        Returns
        -------
        mask : ndarray of bool of shape (n_interactions,)
            True for those with since <= timestamp < until.

        Raises
        ------
        ValueError
            If there are no timestamps, or a bound is no date.
        TypeError
            If a bound is a number and the timestamps are dates, or the other way round.

        Examples
        --------
        >>> import pandas as pd
        >>> from mmclassic.interactions import Interactions
        >>> days = ["2026-01-30", "2026-02-01", "2026-02-28"]
        >>> frame = pd.DataFrame({"user_id": ["u"] * 3, "item_id": [1, 2, 3], "timestamp": days})
        >>> Interactions.from_frame(frame).between("2026-02-01", "2026-02-28").tolist()
        [False, True, False]
        """
        self._check_timed("a period")
        inside = np.ones(self.n_interactions, dtype=bool)
        if since is not None:
            inside &= ~is_before(self.timestamp, since, "since")
        if until is not None:
            inside &= is_before(self.timestamp, until, "until")
        return inside

    def filter(self, min_user=1, min_item=1, *, min_weight=None, since=None, until=None):
        """Keep a period, strong interactions, and the core of users and items with many.

        Parameters
        ----------
        min_user, min_item : int > 0, default=1
            Least number of distinct items of every user, and of distinct users of every item, that
            are left in the end.
        min_weight : float, default=None
            Least weight or rating, of what counts of a user and an item within the period: the sum
            of the weights, or the latest rating.
        since, until : number or date, default=None
            The period, see `between`.

        Returns
        -------
        interactions : Interactions
            The interactions that are left, in the same order; users and items keep their numbers.

        Raises
        ------
        ValueError
            If nothing is left.

        Notes
        -----
        First come period and weight. Then all users and items with too few others are taken out
        at once, again and again until there are none: what is left is the largest part in which
        all have enough, whatever the order. O(n_interactions) a round.

        Examples
        --------
        >>> import pandas as pd
        >>> from mmclassic.interactions import Interactions
        >>> frame = pd.DataFrame({"user_id": list("uuvvw"), "item_id": list("ababa")})
        >>> core = Interactions.from_frame(frame).filter(min_user=2, min_item=2)
        >>> core.to_frame()["user_id"].tolist()
        ['u', 'u', 'v', 'v']
        """
        for name, least in (("min_user", min_user), ("min_item", min_item)):
            if not isinstance(least, Integral) or least < 1:
                raise ValueError(f"{name} must be an int of at least 1; got {least!r}.")
        if min_weight is not None and not (
            isinstance(min_weight, Real) and min_weight == min_weight
        ):
            raise ValueError(f"min_weight must be a number; got {min_weight!r}.")
        kept = self
        if since is not None or until is not None:
            kept = kept.select(kept.between(since, until))
        left = [f"{kept.n_interactions} in the period"]
        if min_weight is not None:
            kept = kept.select(kept._strengths() >= min_weight)
            left.append(f"{kept.n_interactions} of min_weight={min_weight}")
        kept = kept.select(_core(kept, min_user, min_item))
        if not kept.n_interactions:
            raise ValueError(
                f"filter leaves nothing of {self.n_interactions} interactions: {', '.join(left)}, "
                f"none in the core of min_user={min_user} and min_item={min_item}."
            )
        return kept

    def decay(self, half_life, *, now=None):
        """Let old interactions weigh less: half as much after every half-life.

        Parameters
        ----------
        half_life : number > 0, or duration as `pandas.Timedelta` takes it
            In the unit of numeric timestamps; with its own for dates, such as ``"30 days"``.
        now : number or date, default=None
            The moment from which ages count. None is that of the last interaction.

        Returns
        -------
        interactions : Interactions
            The same with ``weight * 0.5 ** (age / half_life)``.

        Raises
        ------
        ValueError
            If there are no timestamps, ratings instead of weights, or an interaction is later than
            `now`.

        Examples
        --------
        >>> import pandas as pd
        >>> from mmclassic.interactions import Interactions
        >>> days = ["2026-01-01", "2026-01-31"]
        >>> frame = pd.DataFrame({"user_id": ["u", "u"], "item_id": [1, 2], "timestamp": days})
        >>> Interactions.from_frame(frame).decay("30 days").weight.tolist()
        [0.5, 1.0]
        """
        self._check_timed("decay")
        if self.explicit:
            raise ValueError(
                "decay is for weights: a rating says how good an item is, however long ago it was "
                "given. Keep a period with filter(since=...)."
            )
        if not self.n_interactions:
            return self
        age = ages(self.timestamp, now) / duration(half_life, self.timestamp, "half_life")
        return replace(self, weight=self.weight * 0.5 ** age.to_numpy())

    def _check_timed(self, what):
        if self.timestamp is None:
            raise ValueError(
                f"{what} needs timestamps, and these interactions have none; name their column "
                "with columns={'timestamp': ...}."
            )

    def _strengths(self):
        """Of every interaction what counts of its user and item."""
        pair, users, _ = self.distinct_pairs()
        if not self.explicit:
            return np.bincount(pair, weights=self.weight, minlength=users.size)[pair]
        latest = self._latest()
        values = np.empty(users.size)
        values[pair[latest]] = self.weight[latest]
        return values[pair]


def _core(interactions, min_user, min_item):
    """Mark the interactions of the largest part whose users and items all have enough others."""
    pair, users, items = interactions.distinct_pairs()
    inside = np.arange(users.size)
    while inside.size:
        n_items = np.bincount(users[inside])
        n_users = np.bincount(items[inside])
        enough = (n_items[users[inside]] >= min_user) & (n_users[items[inside]] >= min_item)
        if enough.all():
            break
        inside = inside[enough]
    kept = np.zeros(users.size, dtype=bool)
    kept[inside] = True
    return kept[pair]
