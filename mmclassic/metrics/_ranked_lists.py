"""Ranked lists by position: what recommenders give and metrics take."""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import scipy.sparse as sp

from mmclassic.interactions import (
    ITEM,
    RANK,
    SCORE,
    USER,
    PackedIdsMixin,
    as_ids,
    locate_ids,
)
from mmclassic.metrics._hits import (
    check_length,
    check_order,
    locate_entries,
    match_lists,
    read_ratings,
)


@dataclass(frozen=True, eq=False, repr=False)
class RankedLists(PackedIdsMixin):
    """Lists of items, best first, one for everybody who asked.

    Parameters
    ----------
    order : ndarray of int64 of shape (n_lists, k)
        Positions in `items`, best first; -1 where a list has ended.
    scores : ndarray of float64 of shape (n_lists, k)
        Their scores; NaN where a list has ended or a score is not known.
    askers : ndarray of shape (n_lists,)
        Ids of the users, items or queries that the lists are for.
    items : ndarray of shape (n_items,)
        Distinct ids of all items that could be ranked.
    seen : CSR of shape (n_lists, n_items), default=None
        Training interactions of the askers with these items, where there are any.

    Raises
    ------
    ValueError
        If shapes do not fit, a position is out of range, a list names an item twice or goes on
        after its end.
    TypeError
        If `order` does not hold integers.

    Notes
    -----
    The arrays are not to be changed. ``numpy.asarray(lists)`` is `order`.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.metrics import RankedLists, recall_at_k
    >>> lists = RankedLists(
    ...     order=np.array([[2, 0], [1, -1]]),
    ...     scores=np.array([[0.9, 0.5], [0.7, np.nan]]),
    ...     askers=np.array([7, 8]),
    ...     items=np.array(["a", "b", "c"], dtype=object),
    ... )
    >>> lists
    RankedLists(2 lists of up to 2 among 3 items)
    >>> lists.lengths
    array([2, 1])
    >>> recall_at_k([[0, 1], [1]], lists, k=2, per_user=True)
    array([0.5, 1. ])
    >>> lists.to_frame()["item_id"].tolist()
    ['c', 'a', 'b']
    """

    order: np.ndarray
    scores: np.ndarray
    askers: np.ndarray
    items: np.ndarray
    seen: sp.csr_matrix | sp.csr_array | None = None
    _matched: list = field(default_factory=list, init=False)

    def __post_init__(self):
        order = check_order(self.order, "order")
        scores = np.asarray(self.scores, dtype=np.float64)
        askers, items = np.asarray(self.askers), np.asarray(self.items)
        if askers.shape != order.shape[:1] or scores.shape != order.shape or items.ndim != 1:
            raise ValueError(
                "order and scores must be (n_lists, k), askers (n_lists,) and items 1-D; got "
                f"{order.shape}, {scores.shape}, {askers.shape} and {items.shape}."
            )
        if order.size and order.max() >= items.size:
            raise ValueError(f"order holds position {order.max()} among {items.size} items.")
        ended = order < 0
        if (ended[:, :-1] & ~ended[:, 1:]).any() or not np.isnan(scores[ended]).all():
            raise ValueError("-1 in order, with a score of NaN, may only stand at a list's end.")
        if self.seen is not None and self.seen.shape != (askers.size, items.size):
            raise ValueError(
                f"seen must be of shape {(askers.size, items.size)}; got {self.seen.shape}."
            )
        values = {"order": order, "scores": scores, "askers": askers, "items": items}
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @classmethod
    def from_frame(cls, frame, askers, items, k):
        """Read a table of recommendations.

        Parameters
        ----------
        frame : DataFrame
            Columns user_id, item_id, rank (from 1) and, if known, score.
        askers : ndarray of shape (n_lists,)
            Distinct ids of the users that were asked for; one without rows has an empty list.
        items : ndarray of shape (n_items,)
            Distinct ids of the items that could be ranked.
        k : int > 0
            Longest length of a list.

        Returns
        -------
        lists : RankedLists
            In the order of `askers`.

        Raises
        ------
        UnknownIdError
            If the table names other users or items.
        ValueError
            If a column is missing, or a user's ranks are not 1, 2, ... up to `k` at most.
        """
        missing = [column for column in (USER, ITEM, RANK) if column not in frame.columns]
        if missing:
            raise ValueError(f"recommend gave no column {missing}; got {list(frame.columns)}.")
        users = as_ids(frame[USER], name="user id")
        rows = locate_ids(askers, users, name="user id", where="the users asked for")
        found = as_ids(frame[ITEM], name="item id")
        columns = locate_ids(items, found, name="item id", where="the items to rank")
        places = _places(frame[RANK], rows, askers, k)
        order = np.full((askers.size, k), -1, dtype=np.int64)
        scores = np.full((askers.size, k), np.nan)
        order[rows, places] = columns
        if SCORE in frame.columns:
            scores[rows, places] = frame[SCORE].to_numpy(dtype=np.float64)
        return cls(order, scores, askers, items)

    @property
    def lengths(self):
        """Number of items of every list."""
        return np.count_nonzero(self.order >= 0, axis=1)

    def hits(self, relevant):
        """Compare the lists with what is relevant.

        Parameters
        ----------
        relevant : sparse matrix of shape (n_lists, n_items) or list of sequences of int
            Nonzero entries are relevant; or the positions in `items` that are, for every list.

        Returns
        -------
        hits : ndarray of bool of shape (n_lists, k)
            True where the ranked item is relevant.
        n_relevant : ndarray of int64 of shape (n_lists,)
            Number of relevant items of every list's asker.

        Notes
        -----
        The last sparse matrix is remembered with its hits, so that several metrics and lengths
        cost one comparison; it must not be changed in between.
        """
        for known, found in self._matched:
            if known is relevant:
                return found
        found = match_lists(relevant, self.order, self.items.size)
        if sp.issparse(relevant):
            self._matched[:] = [(relevant, found)]
        return found

    def head(self, k):
        """Cut the lists to their first places.

        Parameters
        ----------
        k : int, 1 <= k <= length of the lists
            Places to keep.

        Returns
        -------
        lists : RankedLists
            The shorter lists.
        """
        check_length(k, self.order)
        head = replace(self, order=self.order[:, :k], scores=self.scores[:, :k])
        for relevant, (hits, n_relevant) in self._matched:
            head._matched.append((relevant, (hits[:, :k], n_relevant)))
        return head

    def to_frame(self, key=USER):
        """Give the lists as a table.

        Parameters
        ----------
        key : str, default="user_id"
            Name of the column of askers.

        Returns
        -------
        frame : DataFrame
            Columns `key`, item_id, rank (from 1) and score, a row for every ranked item.
        """
        filled = self.order >= 0
        lists, places = np.nonzero(filled)
        return pd.DataFrame(
            {
                key: self.askers[lists],
                ITEM: self.items[self.order[filled]],
                RANK: places + 1,
                SCORE: self.scores[filled],
            }
        )

    def _check_state(self):
        """Raise ValueError unless loaded arrays fit together."""
        self.__post_init__()

    def __array__(self, dtype=None, copy=None):
        return np.array(self.order, dtype=dtype, copy=copy)

    def __getstate__(self):
        return {**super().__getstate__(), "_matched": []}

    def __repr__(self):
        n_lists, k = self.order.shape
        return f"RankedLists({n_lists} lists of up to {k} among {self.items.size} items)"


def _places(ranks, rows, askers, k):
    """Place from 0 of every row of a table; every list must hold 1, 2, ... once each."""
    ranks = ranks.to_numpy()
    lengths = np.bincount(rows, minlength=askers.size)
    good = np.isin(ranks, np.arange(1, k + 1)) & (ranks <= lengths[rows])
    places = np.where(good, ranks, 1).astype(np.int64) - 1
    taken = np.bincount(rows * k + places, minlength=askers.size * k)
    bad = ~good | (taken[rows * k + places] > 1)
    if bad.any():
        (user,) = askers[rows[np.flatnonzero(bad)[:1]]].tolist()
        raise ValueError(
            f"user {user!r} did not get the ranks 1 to at most {k} once each; a list starts at "
            "rank 1 and leaves none out."
        )
    return places


def find_hits(relevant, recommended, k):
    """Hits (n_users, k) and numbers of relevant items of RankedLists or an array of indices."""
    if isinstance(recommended, RankedLists):
        check_length(k, recommended.order)
        hits, n_relevant = recommended.hits(relevant)
        return hits[:, :k], n_relevant
    recommended = np.asarray(recommended)
    if recommended.ndim == 2:
        check_length(k, recommended)
        recommended = recommended[:, :k]
    return match_lists(relevant, check_order(recommended, "recommended"))


def find_order(recommended, k):
    """Item positions (n_users, k) of RankedLists or an array, and the number of items or None."""
    if isinstance(recommended, RankedLists):
        check_length(k, recommended.order)
        return recommended.order[:, :k], recommended.items.size
    order = check_order(recommended, "recommended")
    check_length(k, order)
    return order[:, :k], None


def find_ratings(ratings, recommended, k):
    """Ratings of the listed items (n_users, k), NaN where not known, and all ratings as CSR."""
    order, n_items = find_order(recommended, k)
    n_items = np.shape(ratings)[-1] if n_items is None and sp.issparse(ratings) else n_items
    ratings = read_ratings(ratings, (len(order), n_items))
    if order.max(initial=-1) >= n_items:
        raise ValueError(f"recommended holds position {order.max()} among {n_items} items.")
    places = locate_entries(ratings, order)
    return np.where(places < 0, np.nan, np.append(ratings.data, np.nan)[places]), ratings
