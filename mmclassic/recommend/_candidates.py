"""Items to be ranked: all, some by id, rows of features, and which of them a request leaves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Real

import numpy as np
import pandas as pd
import scipy.sparse as sp

from mmclassic.interactions import CONTRIBUTION, ITEM, VIEW, as_ids, check_distinct, locate_ids
from mmclassic.utils import normalize_rows, scale_rows
from mmclassic.views import Views

BOOST = "boost"


@dataclass(frozen=True, eq=False)
class Candidates:
    """Items to be ranked: ids, positions among the fitted items (-1: new), prepared features."""

    ids: np.ndarray
    positions: np.ndarray
    features: Views | None
    are_all: bool = False  # the fitted items in their order
    _made: dict = field(default_factory=dict)

    def __getitem__(self, rows):
        features = None if self.features is None else self.features[rows]
        return Candidates(self.ids[rows], self.positions[rows], features)

    def of(self, values):
        """Numbers of the fitted items as those of the candidates; 0 of new ones."""
        known = self.positions >= 0
        found = np.zeros(self.positions.size)
        found[known] = values[self.positions[known]]
        return found

    def once(self, make):
        """What ``make()`` gives, made for the first block of askers and kept for the others."""
        if not self._made:
            self._made["it"] = make()
        return self._made["it"]

    def columns(self, matrix):
        """CSR (n, n_candidates) of the columns of fitted items in CSR (n, n_items)."""
        n_items = matrix.shape[1]
        if self.are_all:
            return matrix
        places = np.full(n_items, -1, dtype=np.int64)
        known = np.flatnonzero(self.positions >= 0)
        places[self.positions[known]] = known
        moved = places[matrix.indices]
        among = moved >= 0
        kept = np.concatenate([[0], np.cumsum(among)])
        shape = (matrix.shape[0], self.positions.size)
        return sp.csr_matrix((matrix.data[among], moved[among], kept[matrix.indptr]), shape=shape)

    def alike_by_users(self, interactions):
        """Cosines (n, n) of who uses the candidates, in CSR (n_users, n_items); 0 of new ones."""
        known = self.positions >= 0
        users = interactions.T.tocsr()[np.maximum(self.positions, 0)]
        users = normalize_rows(scale_rows(users, known.astype(np.float64)))
        return (users @ users.T).toarray()


@dataclass(frozen=True, eq=False)
class Rules:
    """What a request asks for besides a good score; see `BaseRecommender.rank`."""

    candidates: object = None
    exclude: object = None
    where: object = None
    popularity: tuple | None = None
    boost: object = None
    diversity: float = 0.0
    at_most: tuple | None = None

    def choose(self, candidates, counts):
        """Positions of the candidates that may be ranked, in order; None is all of them.

        ``counts()`` gives the users of every fitted item.
        """
        if all(v is None for v in (self.candidates, self.exclude, self.where, self.popularity)):
            return None
        order = np.arange(candidates.ids.size)
        if self.candidates is not None:
            asked = as_ids(self.candidates, name="item id", one_or_many=True)
            order = _places(candidates, asked)
            check_distinct(asked, name="item id")
        allowed = self._where(candidates.ids)
        if self.popularity is not None:
            allowed &= self._popular(candidates, counts)
        if self.exclude is not None:
            banned = as_ids(self.exclude, name="item id", one_or_many=True)
            allowed[_places(candidates, banned)] = False
        return order[allowed[order]]

    def boosts(self, candidates):
        """What is added to the score of every candidate (n_candidates,); None is nothing."""
        if self.boost is None:
            return None
        if isinstance(self.boost, Mapping):
            ids = as_ids(list(self.boost), name="item id")
            added = np.zeros(candidates.ids.size)
            added[_places(candidates, ids)] = np.asarray(list(self.boost.values()), dtype=float)
        else:
            added = _one_each(self.boost, candidates.ids, "boost", "number").astype(np.float64)
        with np.errstate(over="ignore"):
            fits = np.isfinite(added.astype(np.float32))
        if not fits.all():
            raise ValueError(
                f"boost must be finite numbers, as float32 holds them; got {added[~fits][0]}."
            )
        return added

    def groups(self, candidates):
        """Group of every candidate as a number from 0 (n_candidates,), and how many may come."""
        if self.at_most is None:
            return None, None
        if not isinstance(self.at_most, tuple) or len(self.at_most) != 2:
            raise ValueError(
                f"at_most must be (group of every item to rank, number); got {self.at_most!r}."
            )
        labels, most = self.at_most
        if isinstance(most, bool) or not isinstance(most, (int, np.integer)) or most < 1:
            raise ValueError(f"at_most allows an integer number of 1 or more; got {most!r}.")
        labels = _one_each(labels, candidates.ids, "at_most", "group")
        return np.unique(labels.astype(str), return_inverse=True)[1], int(most)

    def _where(self, ids):
        if self.where is None:
            return np.ones(ids.size, dtype=bool)
        mask = _one_each(self.where, ids, "where", "True or False")
        if mask.dtype != bool:
            raise ValueError(f"where must be True or False for each item; got {mask.dtype}.")
        return mask.copy()

    def _popular(self, candidates, counts):
        if not isinstance(self.popularity, (tuple, list)) or len(self.popularity) != 2:
            raise ValueError(
                "popularity must be (fewest, most) users of an item, None for no bound; got "
                f"{self.popularity!r}."
            )
        fewest, most = self.popularity
        for bound in self.popularity:
            if bound is not None and not (isinstance(bound, Real) and bound == bound):
                raise ValueError(
                    f"popularity must be numbers of users, None for no bound; got {bound!r}."
                )
        users = candidates.of(counts())
        fewest, most = -np.inf if fewest is None else fewest, np.inf if most is None else most
        return (users >= fewest) & (users <= most)


def chosen_by_id(items, ids, candidates):
    """The candidates of a request: those named, which without `items` the ids may do."""
    if items is not None or ids is None:
        return candidates
    if candidates is not None:
        raise ValueError(
            "ids name the rows of items, and there are no items; candidates alone choose by id."
        )
    return ids


def _places(candidates, ids):
    return locate_ids(candidates.ids, ids, name="item id", where="the items to rank")


def _one_each(values, ids, name, what):
    """Values by position, or by id if a Series has ids as its index."""
    if isinstance(values, pd.Series) and not values.index.equals(pd.RangeIndex(ids.size)):
        if len(values) != ids.size or set(values.index) != set(ids.tolist()):
            raise ValueError(
                f"{name} is a Series whose index is neither ids nor positions of the {ids.size} "
                f"items to rank; pass {name}.to_numpy() for values in the order of the items."
            )
        values = values.loc[ids.tolist()]
    values = np.asarray(values)
    if values.shape != ids.shape:
        raise ValueError(
            f"{name} must give one {what} for each of the {ids.size} items to rank, in their "
            f"order; got {values.shape}."
        )
    return values


def with_boost(explanation, boost, ids, item):
    """An explanation with a line for a boost, by id or by position among `ids`, of one item."""
    if boost is None:
        return explanation
    asked, ids = (as_ids(some, name="item id") for some in ([item], ids))
    if isinstance(boost, Mapping):
        boost, ids = {item: boost.get(item, 0.0)}, asked
    candidates = Candidates(ids, np.full(ids.size, -1), None)
    added = Rules(boost=boost).boosts(candidates)[_places(candidates, asked)]
    line = pd.DataFrame({ITEM: pd.Series([None], dtype=object), VIEW: BOOST, CONTRIBUTION: added})
    return pd.concat([explanation.astype({ITEM: object}), line], ignore_index=True)
