"""Who used which item, how much and when."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp

from mmclassic.interactions._columns import ITEM, TIME, USER, WEIGHT
from mmclassic.interactions._ids import as_ids, check_distinct, encode_ids, locate_ids


@dataclass(frozen=True, eq=False, repr=False)
class Interactions:
    """Interactions of users with items.

    Build it with `from_frame`, which checks everything. The arrays are not to be changed.

    Parameters
    ----------
    users : ndarray of str or of int64 of shape (n_users,)
        Distinct user ids.
    items : ndarray of str or of int64 of shape (n_items,)
        Distinct item ids in the order of the catalogue; some may have no interaction.
    user_index : ndarray of int64 of shape (n_interactions,)
        Position in `users` of every interaction.
    item_index : ndarray of int64 of shape (n_interactions,)
        Position in `items` of every interaction.
    weight : ndarray of float64 of shape (n_interactions,)
        How much it counts; below zero for a dislike.
    timestamp : ndarray of shape (n_interactions,), default=None
        When it happened: numbers or datetime64.

    Examples
    --------
    >>> import pandas as pd
    >>> from mmclassic.recommend import Interactions
    >>> frame = pd.DataFrame({"user_id": ["u", "u", "v"], "item_id": [3, 5, 3]})
    >>> interactions = Interactions.from_frame(frame, items=[3, 4, 5])
    >>> interactions
    Interactions(3 interactions, 2 users, 3 items)
    >>> interactions.matrix.toarray()
    array([[1., 0., 1.],
           [1., 0., 0.]])
    """

    users: np.ndarray
    items: np.ndarray
    user_index: np.ndarray
    item_index: np.ndarray
    weight: np.ndarray
    timestamp: np.ndarray | None = None

    @classmethod
    def from_frame(
        cls, frame, *, items=None, users=None, user=USER, item=ITEM, weight=WEIGHT, time=TIME
    ):
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
        user : str, default="user_id"
            Column of the user ids, all str or all int.
        item : str, default="item_id"
            Column of the item ids, all str or all int.
        weight : str or None, default="weight"
            Column of the weights. Without a column of the default name, or with None, every
            interaction weighs 1.
        time : str or None, default="timestamp"
            Column of the times: numbers, datetimes, or ISO 8601 text; times with a zone become
            UTC. Optional in the same way.

        Returns
        -------
        interactions : Interactions
            The checked interactions, in the order of the rows.

        Raises
        ------
        UnknownIdError
            If the table names an item or user that `items` or `users` do not hold.
        ValueError
            If a column or an id is missing, a weight or time is not usable, or ids in `items`
            or `users` repeat.
        TypeError
            If ids are neither all str nor all int, or weights are not numbers.
        """
        if not isinstance(frame, pd.DataFrame):
            raise TypeError(f"interactions must be a DataFrame; got {type(frame).__name__}.")
        _check_columns(frame, [user, item])
        users, user_index = _number(frame[user], users, name="user id", where="the given users")
        items, item_index = _number(frame[item], items, name="item id", where="the catalogue")
        return cls(
            users=users,
            items=items,
            user_index=user_index,
            item_index=item_index,
            weight=_read_weight(_optional_column(frame, weight, WEIGHT), n_rows=len(frame)),
            timestamp=_read_time(_optional_column(frame, time, TIME)),
        )

    @property
    def matrix(self):
        """Weights by user and item, CSR float64, repeated pairs summed; built at every access."""
        shape = (self.users.size, self.items.size)
        pairs = (self.user_index, self.item_index)
        return sp.coo_array((self.weight, pairs), shape=shape).tocsr()

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
        return Interactions(
            users=self.users,
            items=self.items,
            user_index=self.user_index[mask],
            item_index=self.item_index[mask],
            weight=self.weight[mask],
            timestamp=None if self.timestamp is None else self.timestamp[mask],
        )

    def to_frame(self):
        """Give the interactions as a table.

        Returns
        -------
        frame : DataFrame
            Columns user_id, item_id, weight and, where known, timestamp.
        """
        columns = {
            USER: self.users[self.user_index],
            ITEM: self.items[self.item_index],
            WEIGHT: self.weight,
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

    def __repr__(self):
        return (
            f"Interactions({self.n_interactions} interactions, {self.users.size} users, "
            f"{self.items.size} items)"
        )


def _check_columns(frame, names):
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise ValueError(
            f"interactions have no column {missing}; the columns are {list(frame.columns)}. "
            "Name them with user=..., item=..., weight=..., time=..."
        )


def _optional_column(frame, name, default):
    """The column, or None; a name that the caller chose must exist."""
    if name is None or (name == default and name not in frame.columns):
        return None
    _check_columns(frame, [name])
    return frame[name]


def _number(column, known, *, name, where):
    """The distinct ids and the position of every row's id among them."""
    codes, distinct = encode_ids(column, name=name)
    if known is None:
        return distinct, codes
    known = as_ids(known, name=name)
    check_distinct(known, name=name)
    positions = locate_ids(known, distinct, name=name, where=where)
    return known, positions[codes]


def _read_weight(column, *, n_rows):
    if column is None:
        return np.ones(n_rows)
    if column.dtype.kind not in "fiub":
        raise TypeError(f"column {column.name!r} must hold numbers; got dtype {column.dtype}.")
    weight = column.to_numpy(dtype=np.float64, na_value=np.nan)
    _refuse_first(column, ~np.isfinite(weight), "the weight must be a finite number")
    return weight


def _read_time(column):
    if column is None:
        return None
    times = column
    if column.dtype.kind not in "fiuM":
        times = pd.to_datetime(column, format="ISO8601", errors="coerce", utc=True)
    _refuse_first(column, times.isna().to_numpy(), "the time is missing or cannot be read")
    if isinstance(times.dtype, pd.DatetimeTZDtype):
        times = times.dt.tz_convert("UTC").dt.tz_localize(None)
    return times.to_numpy()


def _refuse_first(column, bad, reason):
    if bad.any():
        position = int(np.flatnonzero(bad)[0])
        raise ValueError(
            f"row {column.index[position]!r}, column {column.name!r}: {reason} "
            f"(got {column.iloc[position]!r}; {int(bad.sum())} such row(s))."
        )
