"""What the lists of a fold are measured by, and the answers of a model."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from mmclassic.evaluate._ranking import over_catalog
from mmclassic.interactions import find_ids, locate_ids
from mmclassic.metrics import RankedLists


@dataclass(frozen=True, eq=False)
class Answers:
    """What a model said in a fold: lists, and predictions (CSR) of the held-out ratings."""

    lists: RankedLists
    predicted: sp.csr_array | None = None

    def limited(self, mask):
        """The same lists, and predictions of some items alone."""
        if self.predicted is None:
            return self
        return replace(self, predicted=only_columns(self.predicted, mask))


@dataclass(frozen=True, eq=False)
class Judge:
    """What is known of a fold's users (rows) and of the items of the catalogue (columns).

    `relevant` and `gains` (weights or ratings of what is relevant) are of the test part,
    `ratings` too, where there are any. `seen` is what the users had in training or, if they are
    `told` of when a model ranks, what is said then; `ratings_of_users` are all ratings of theirs.
    `popularity` counts the users of every item in training, `n_learnt` those users. `rankable`
    marks the items that models rank, `pools` those that they rank for a user.
    """

    users: np.ndarray
    items: np.ndarray
    relevant: sp.csr_array
    gains: sp.csr_array
    ratings: sp.csr_array | None
    ratings_of_users: sp.csr_array | None
    seen: sp.csr_array
    popularity: np.ndarray
    n_learnt: int
    told: np.ndarray
    rankable: np.ndarray
    pools: sp.csr_array | None = None
    features: object = None

    def limited(self, mask):
        """The same, with some items alone held out."""
        return replace(
            self,
            relevant=only_columns(self.relevant, mask),
            gains=only_columns(self.gains, mask),
            ratings=None if self.ratings is None else only_columns(self.ratings, mask),
        )

    def of_users(self, rows):
        """The same of some users alone."""
        by_user = ("users", "relevant", "gains", "seen", "told", "ratings", "ratings_of_users")
        parts = {name: getattr(self, name) for name in (*by_user, "pools")}
        return replace(self, **{n: p if p is None else p[rows] for n, p in parts.items()})

    @property
    def n_tested(self):
        """How many held-out likes and ratings there are to measure by."""
        return self.relevant.nnz + (0 if self.ratings is None else self.ratings.nnz)

    @property
    def n_rankable(self):
        return int(np.count_nonzero(self.rankable))

    def among_rankable(self, order):
        """Lists by positions among the items that models rank."""
        places = np.append(np.cumsum(self.rankable) - 1, -1)
        return places[order]

    @cached_property
    def n_candidates(self):
        """How many items could have been ranked for every user."""
        if self.pools is not None:
            return np.diff(self.pools.indptr)
        seen = only_columns(self.seen, self.rankable)
        again = seen.multiply(self.relevant).tocsr()
        return self.n_rankable - np.diff(seen.indptr) + np.diff(again.indptr)

    @cached_property
    def activity(self):
        """How many items every user had in training."""
        return np.diff(self.seen.indptr)

    def popular(self, k):
        """Lists of the k most popular items that models rank and a user has not had."""
        order = np.argsort(-self.popularity, kind="stable")
        order = order[self.rankable[order] & (self.popularity[order] > 0)]
        place = np.full(self.popularity.size, order.size)
        place[order] = np.arange(order.size)
        users = np.repeat(np.arange(len(self.users)), self.activity)
        places = place[self.seen.indices]
        sorting = np.lexsort((places, users))
        sorting = sorting[places[sorting] < order.size]
        users, places = users[sorting], places[sorting]
        # The unseen before the i-th seen place are that place less i.
        numbers = np.arange(users.size) - np.searchsorted(users, users)
        unseen_before = places - numbers
        met = unseen_before < k
        keys = users[met] * k + unseen_before[met]
        shifts = np.bincount(keys, minlength=len(self.users) * k).reshape(-1, k).cumsum(axis=1)
        return np.append(order, -1)[np.minimum(np.arange(k) + shifts, order.size)]


def only_columns(matrix, mask):
    """The entries of a CSR in some of its columns; the shape stays."""
    kept = mask[matrix.indices]
    starts = np.concatenate([[0], np.cumsum(kept)])[matrix.indptr]
    parts = (matrix.data[kept], matrix.indices[kept], starts)
    return sp.csr_array(parts, shape=matrix.shape)


def make_judge(fold, catalog, *, min_rating, features):
    """What a fold's lists are measured by."""
    test, explicit = fold.test, fold.test.explicit
    tested = over_catalog(test.to_csr(), test.items, catalog)
    relevant = over_catalog(test.likes(min_rating), test.items, catalog)
    # Of ratings, who liked nothing may be discontented all the same.
    asked = np.flatnonzero(np.diff((tested if explicit else relevant).indptr))
    users, tested, relevant = test.users[asked], tested[asked], relevant[asked]
    learnt = over_catalog(fold.train.to_csr(), fold.train.items, catalog)
    seen = _rows_of(learnt, fold.train.users, users)
    told = np.zeros(users.size, dtype=bool)
    if fold.given is not None:
        given = over_catalog(fold.given.to_csr(), fold.given.items, catalog)
        given = _rows_of(given, fold.given.users, users)
        told = np.diff(given.indptr) > 0
        seen = _with_rows(seen, np.flatnonzero(told), given[told])
    return Judge(
        users=users,
        items=catalog,
        relevant=relevant,
        gains=tested.multiply(relevant).tocsr(),
        ratings=tested if explicit else None,
        ratings_of_users=sp.hstack([seen, tested], format="csr") if explicit else None,
        seen=seen.astype(bool),
        popularity=np.bincount(learnt.indices, minlength=catalog.size),
        n_learnt=int(np.count_nonzero(np.diff(learnt.indptr))),
        told=told,
        rankable=_rankable(fold, catalog),
        pools=_pools(fold, catalog, users),
        features=features,
    )


def _rankable(fold, catalog):
    """Which items of the catalogue models rank."""
    if fold.candidates is None:
        return np.ones(catalog.size, dtype=bool)
    rankable = np.zeros(catalog.size, dtype=bool)
    where = "the catalogue"
    rankable[locate_ids(catalog, np.asarray(fold.candidates), name="item id", where=where)] = True
    return rankable


def _pools(fold, catalog, users):
    """Which items are to be ranked for every user, where that is said."""
    if fold.pools is None:
        return None
    pools = over_catalog(sp.csr_array(fold.pools), fold.test.items, catalog)
    return _rows_of(pools, fold.test.users, users)


def _with_rows(matrix, rows, others):
    """A CSR with other rows in the place of some."""
    places = np.arange(matrix.shape[0])
    places[rows] = matrix.shape[0] + np.arange(rows.size)
    return sp.vstack([matrix, others], format="csr")[places]


def _rows_of(matrix, ids, users):
    """Rows of a CSR for these users, empty ones for those that it lacks."""
    rows = find_ids(ids, users)
    empty = sp.csr_array((1, matrix.shape[1]), dtype=matrix.dtype)
    return sp.vstack([matrix, empty], format="csr")[np.where(rows < 0, matrix.shape[0], rows)]
