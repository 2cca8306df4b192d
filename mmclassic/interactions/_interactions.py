"""Who used which item, how much and when."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mmclassic.interactions._columns import ITEM, RATING, TIME, USER, WEIGHT
from mmclassic.interactions._feedback import FeedbackMixin
from mmclassic.interactions._ids import check_stored_ids, plain_id
from mmclassic.interactions._packing import PackedIdsMixin
from mmclassic.interactions._reading import (
    column_names,
    ends,
    number,
    read_axis,
    read_entries,
    read_strength,
    read_time,
)
from mmclassic.interactions._selection import SelectionMixin
from mmclassic.utils import is_array, is_finite, require


@dataclass(frozen=True, eq=False, repr=False)
class Interactions(SelectionMixin, FeedbackMixin, PackedIdsMixin):
    """Interactions of users with items.

    Build it with `from_frame` or `from_csr`, which check everything. The arrays are not to be
    changed.

    Parameters
    ----------
    users : ndarray of str (object) or of int64 of shape (n_users,)
        Distinct user ids.
    items : ndarray of str (object) or of int64 of shape (n_items,)
        Distinct item ids in the order of the catalogue; some may have no interaction.
    user_index : ndarray of int64 of shape (n_interactions,)
        Position in `users` of every interaction.
    item_index : ndarray of int64 of shape (n_interactions,)
        Position in `items` of every interaction.
    weight : ndarray of float64 of shape (n_interactions,)
        How much it counts, or the rating.
    timestamp : ndarray of shape (n_interactions,), default=None
        When it happened: numbers or datetime64.
    items_given : bool, default=True
        Whether the order of `items` is that of a catalog. False after `from_frame` without
        `items`: then it is the order of first appearance, and rows are not matched by it where
        the ids might number them.
    explicit : bool, default=False
        Whether `weight` holds ratings on a scale and not how much an interaction counts.
    scale : tuple of (float, float), default=None
        The least and the largest rating that were read, which a part of them keeps; None for
        weights, or to take those there are.

    Notes
    -----
    Weights of a user and an item that come more than once are summed. A sum of zero says that the
    user has seen the item, and nothing else; below zero is a dislike.

    Of ratings of a user and an item the latest counts, by time, else by row; of equal times the
    later row. What a rating says depends on its scale and on who gave it: zero is a rating like any
    other, see `likes` and `preferences`.

    Examples
    --------
    >>> import pandas as pd
    >>> from mmclassic.recommend import Interactions
    >>> frame = pd.DataFrame({"user_id": ["u", "u", "v"], "item_id": [3, 5, 3]})
    >>> interactions = Interactions.from_frame(frame, items=[3, 4, 5])
    >>> interactions
    Interactions(3 interactions, 2 users, 3 items)
    >>> interactions.to_csr().toarray()
    array([[1., 0., 1.],
           [1., 0., 0.]])
    """

    users: np.ndarray
    items: np.ndarray
    user_index: np.ndarray
    item_index: np.ndarray
    weight: np.ndarray
    timestamp: np.ndarray | None = None
    items_given: bool = True
    explicit: bool = False
    scale: tuple[float, float] | None = None

    @classmethod
    def from_frame(cls, frame, *, items=None, users=None, columns=None, unknown="raise"):
        """Check a table of interactions and number its users and items.

        Parameters
        ----------
        frame : DataFrame
            One row per interaction.
        items : array-like of str or of int, default=None
            The catalogue: distinct ids, in the order of the rows of the item features. None
            takes the ids of the table in order of first appearance.
        users : array-like of str or of int, default=None
            Distinct user ids; None as for `items`.
        columns : dict of str to str, default=None
            Names of the table's columns where they differ from "user_id", "item_id", "weight",
            "rating" and "timestamp", such as ``{"user_id": "customer", "rating": "stars"}``. A
            weight, rating or timestamp of None is not read. Without such a column every interaction
            weighs 1 and has no time, unless it is named here: then it must exist. A column of
            ratings makes the interactions explicit; of weights and ratings the one is read that is
            named here.
        unknown : {"raise", "ignore"}, default="raise"
            What happens to rows whose item is not in `items`.

        Returns
        -------
        interactions : Interactions
            The checked interactions, in the order of the rows. Weights and ratings must be finite
            numbers; times numbers, datetimes or ISO 8601 text, those with a zone become UTC.

        Raises
        ------
        UnknownIdError
            If the table names an item or user that `items` or `users` do not hold.
        ValueError
            If a column or an id is missing, an id holds a NUL character, a weight, rating or time
            is not usable, the table has weights and ratings and none is named, or ids in `items`
            or `users` repeat.
        TypeError
            If ids are neither all str nor all int, or weights or ratings are not
            numbers.
        """
        if not isinstance(frame, pd.DataFrame):
            raise TypeError(f"interactions must be a DataFrame; got {type(frame).__name__}.")
        names = column_names(frame, columns)
        items_given = items is not None
        items, item_index = number(
            frame[names[ITEM]], items, name="item id", where="the catalogue", unknown=unknown
        )
        if (item_index < 0).any():
            frame, item_index = frame[item_index >= 0], item_index[item_index >= 0]
        users, user_index = number(
            frame[names[USER]], users, name="user id", where="the given users", unknown="raise"
        )
        weight, explicit, scale = read_strength(frame, names)
        return cls(
            users=users,
            items=items,
            user_index=user_index,
            item_index=item_index,
            weight=weight,
            timestamp=read_time(frame, names),
            items_given=items_given,
            explicit=explicit,
            scale=scale,
        )

    @classmethod
    def from_csr(cls, matrix, *, users=None, items=None, explicit=False):
        """Take the stored entries of a sparse matrix for interactions.

        Parameters
        ----------
        matrix : sparse matrix or array of shape (n_users, n_items)
            Weights or ratings, real and finite. What is stored is an interaction, a zero as well;
            entries of one place that are stored apart are summed, as SciPy reads them.
        users, items : array-like of str or of int, default=None
            Distinct ids of the rows and of the columns; None numbers them.
        explicit : bool, default=False
            Whether they are ratings.

        Returns
        -------
        interactions : Interactions
            Row by row, without timestamps.

        Raises
        ------
        TypeError
            If the matrix is not sparse or not of numbers.
        ValueError
            If an entry is not finite, the matrix is damaged, or there are more or fewer ids than
            rows or columns.

        Examples
        --------
        >>> import scipy.sparse as sp
        >>> from mmclassic.interactions import Interactions
        >>> matrix = sp.csr_array([[0, 2.0], [1.0, 0]])
        >>> Interactions.from_csr(matrix, users=["u", "v"]).to_frame()
          user_id  item_id  weight
        0       u        1     2.0
        1       v        0     1.0
        """
        user_index, item_index, weight = read_entries(matrix)
        users = read_axis(users, matrix.shape[0], name="user id", axis="rows")
        items = read_axis(items, matrix.shape[1], name="item id", axis="columns")
        bad = np.flatnonzero(~np.isfinite(weight))
        if bad.size:
            user, item = user_index[bad[0]], item_index[bad[0]]
            raise ValueError(
                f"user {plain_id(users, user)!r} and item {plain_id(items, item)!r}: the "
                f"{RATING if explicit else WEIGHT} must be a finite number (got "
                f"{weight[bad[0]]}; {bad.size} such entries)."
            )
        scale = ends(weight) if explicit else None
        return cls(
            users, items, user_index, item_index, weight, explicit=bool(explicit), scale=scale
        )

    def to_frame(self):
        """Give the interactions as a table.

        Returns
        -------
        frame : DataFrame
            Columns user_id, item_id, weight or rating and, where known, timestamp.
        """
        columns = {
            USER: self.users[self.user_index],
            ITEM: self.items[self.item_index],
            RATING if self.explicit else WEIGHT: self.weight,
        }
        if self.timestamp is not None:
            columns[TIME] = self.timestamp
        return pd.DataFrame(columns)

    # Not __len__: scikit-learn's searches cut every fit argument whose length happens to be the
    # number of rows, and the interactions must reach each fold whole.
    @property
    def n_interactions(self):
        """Number of interactions."""
        return self.weight.size

    def _check_state(self):
        """Raise ValueError unless loaded arrays fit together."""
        check_stored_ids(self.users, name="user id")
        check_stored_ids(self.items, name="item id")
        n = len(self.weight)
        for name, ids in (("user_index", self.users), ("item_index", self.items)):
            index = getattr(self, name)
            inside = is_array(index, "i", (n,)) and np.all((index >= 0) & (index < ids.size))
            require(inside, self, f"{name} does not number the ids.")
        finite = is_array(self.weight, "f", (n,)) and is_finite(self.weight)
        require(finite, self, "weight is not an array of numbers.")
        require(isinstance(self.explicit, bool), self, "explicit is not True or False.")
        require(self.scale is None or _is_scale(self.scale), self, "scale is not two numbers.")
        timed = self.timestamp is None or is_array(self.timestamp, "fiuM", (n,))
        require(timed, self, "timestamp does not fit the interactions.")

    def __repr__(self):
        return (
            f"Interactions({self.n_interactions} interactions, {self.users.size} users, "
            f"{self.items.size} items)"
        )


def _is_scale(scale):
    numbers = isinstance(scale, tuple) and len(scale) == 2 and {*map(type, scale)} <= {float, int}
    return numbers and bool(np.isfinite(scale).all())
