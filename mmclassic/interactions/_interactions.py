"""Who used which item, how much and when."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import scipy.sparse as sp

from mmclassic.interactions._columns import ITEM, TIME, USER, WEIGHT
from mmclassic.interactions._ids import (
    as_ids,
    check_distinct,
    check_same_kind,
    check_stored_ids,
    encode_ids,
    find_ids,
    locate_ids,
    raise_unknown,
    same_ids,
)
from mmclassic.interactions._packing import PackedIdsMixin
from mmclassic.utils import are_missing_dates, is_array, is_finite, require

_COLUMNS = (USER, ITEM, WEIGHT, TIME)


@dataclass(frozen=True, eq=False, repr=False)
class Interactions(PackedIdsMixin):
    """Interactions of users with items.

    Build it with `from_frame`, which checks everything. The arrays are not to be changed.

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
        How much it counts; below zero for a dislike.
    timestamp : ndarray of shape (n_interactions,), default=None
        When it happened: numbers or datetime64.
    items_given : bool, default=True
        Whether the order of `items` is that of a catalog. False after `from_frame` without
        `items`: then it is the order of first appearance, and rows are not matched by it where
        the ids might number them.

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
            Names of the table's columns where they differ from "user_id", "item_id", "weight"
            and "timestamp", such as ``{"user_id": "customer", "weight": "stars"}``. A weight or
            timestamp of None is not read. Without such a column every interaction weighs 1 and
            has no time, unless it is named here: then it must exist.
        unknown : {"raise", "ignore"}, default="raise"
            What happens to rows whose item is not in `items`.

        Returns
        -------
        interactions : Interactions
            The checked interactions, in the order of the rows. Weights must be numbers; times
            numbers, datetimes or ISO 8601 text, those with a zone become UTC.

        Raises
        ------
        UnknownIdError
            If the table names an item or user that `items` or `users` do not hold.
        ValueError
            If a column or an id is missing, an id holds a NUL character, a weight or time is not
            usable, or ids in `items` or `users` repeat.
        TypeError
            If ids are neither all str nor all int, or weights are not numbers.
        """
        if not isinstance(frame, pd.DataFrame):
            raise TypeError(f"interactions must be a DataFrame; got {type(frame).__name__}.")
        names = _column_names(frame, columns)
        items_given = items is not None
        items, item_index = _number(
            frame[names[ITEM]], items, name="item id", where="the catalogue", unknown=unknown
        )
        if (item_index < 0).any():
            frame, item_index = frame[item_index >= 0], item_index[item_index >= 0]
        users, user_index = _number(
            frame[names[USER]], users, name="user id", where="the given users", unknown="raise"
        )
        return cls(
            users=users,
            items=items,
            user_index=user_index,
            item_index=item_index,
            weight=_read_weight(_optional(frame, names[WEIGHT]), n_rows=len(frame)),
            timestamp=_read_time(_optional(frame, names[TIME])),
            items_given=items_given,
        )

    def to_csr(self):
        """Sum the weights by user and item.

        Returns
        -------
        matrix : CSR of shape (n_users, n_items)
            float64; pairs that repeat are summed, and a sum of zero stays stored.

        Raises
        ------
        ValueError
            If a sum exceeds float64.
        """
        shape = (self.users.size, self.items.size)
        pairs = (self.user_index, self.item_index)
        matrix = sp.coo_array((self.weight, pairs), shape=shape).tocsr()
        wrong = np.flatnonzero(~np.isfinite(matrix.data))
        if wrong.size:
            row = np.searchsorted(matrix.indptr, wrong[0], side="right") - 1
            user, item = self.users.tolist()[row], self.items.tolist()[matrix.indices[wrong[0]]]
            raise ValueError(
                f"the weights of user {user!r} and item {item!r} sum to more than float64 "
                "holds; divide all weights by one number."
            )
        return matrix

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
        _check_unknown(unknown)
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
        timed = self.timestamp is None or is_array(self.timestamp, "fiuM", (n,))
        require(timed, self, "timestamp does not fit the interactions.")

    def __repr__(self):
        return (
            f"Interactions({self.n_interactions} interactions, {self.users.size} users, "
            f"{self.items.size} items)"
        )


def _column_names(frame, columns):
    """The table's name of each of our columns; None for one that is not to be read."""
    columns = {} if columns is None else columns
    if not isinstance(columns, Mapping) or set(columns) - set(_COLUMNS):
        raise ValueError(
            "columns must be a dict from some of 'user_id', 'item_id', 'weight' and 'timestamp' "
            f"to names of the table's columns; got {columns!r}."
        )
    names = {name: columns.get(name, name) for name in _COLUMNS}
    for name in (WEIGHT, TIME):
        if name not in columns and name not in frame.columns:
            names[name] = None
    needed = [name for ours, name in names.items() if name is not None or ours in (USER, ITEM)]
    missing = [name for name in needed if name not in frame.columns]
    if missing:
        raise ValueError(
            f"interactions have no column {missing}; the columns are {list(frame.columns)}. "
            "Name them with columns={'user_id': ..., 'item_id': ..., 'weight': ..., "
            "'timestamp': ...}."
        )
    twice = [name for name in needed if not isinstance(frame[name], pd.Series)]
    if twice:
        raise ValueError(f"interactions have more than one column of the name {twice[0]!r}.")
    return names


def _optional(frame, name):
    return None if name is None else frame[name]


def _check_unknown(unknown):
    if unknown not in ("raise", "ignore"):
        raise ValueError(f"unknown must be 'raise' or 'ignore'; got {unknown!r}.")


def _number(column, known, *, name, where, unknown):
    """The distinct ids and the position of every row's id among them; -1 to be ignored."""
    _check_unknown(unknown)
    codes, distinct = encode_ids(column, name=name)
    if known is None:
        return distinct, codes
    known = as_ids(known, name=name)
    check_distinct(known, name=name)
    if unknown == "raise":
        return known, locate_ids(known, distinct, name=name, where=where)[codes]
    check_same_kind(known, distinct, name=name, where=where)
    return known, find_ids(known, distinct)[codes]


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
    bad = times.isna().to_numpy()
    if times.dtype.kind == "f":
        bad = bad | np.isinf(times.to_numpy(dtype=np.float64, na_value=np.nan))
    _refuse_first(column, bad, "the time is missing, infinite or cannot be read")
    if times.dtype.kind in "if":
        _refuse_first(
            column,
            are_missing_dates(times.to_numpy()),
            "the time is a missing date (NaT) turned into a number",
        )
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
