"""Changing what a fitted recommender knows of items and users, but not what it has learned."""

import numpy as np
import scipy.sparse as sp
from sklearn.utils.validation import check_is_fitted

from mmclassic.interactions import (
    Interactions,
    check_same_kind,
    find_ids,
    name_rows,
    read_interactions,
)
from mmclassic.recommend._preferences import fit_preferences
from mmclassic.utils import all_or_nothing
from mmclassic.views import Views


class ChangingMixin:
    """`update`, `add_items` and `remove_items` of recommenders.

    What is learned stays. `_refresh` makes the rest from `features_`, `interactions_` and the ids,
    as `fit` does, so that it is as if all had been there from the start. A change that fails
    changes nothing.
    """

    def update(self, interactions, *, columns=None):
        """Take in what users did since, with all that was learned kept.

        Parameters
        ----------
        interactions : DataFrame or Interactions
            New interactions with the fitted items, by known users and new ones. Weights are added
            to those of before; a rating takes the place of an earlier one.
        columns : dict of str to str, default=None
            Names of the columns of a table, see `Interactions.from_frame`.

        Returns
        -------
        self : object
            The recommender. What is not learned but counted, such as who likes what, is as if all
            interactions had come to `fit`, to the last bit.

        Raises
        ------
        UnknownIdError
            If an item was not fitted or added, or users are int and those before str, or the other
            way round.
        ValueError
            If ratings come where weights were fitted, or the other way round.

        Notes
        -----
        Not while other threads ask the same object.
        """
        check_is_fitted(self)
        new = read_interactions(interactions, self.item_ids_, columns=columns)
        if self.interactions_.nnz and new.explicit != self._are_ratings():
            were, are = ("ratings", "weights") if self._are_ratings() else ("weights", "ratings")
            raise ValueError(f"the interactions before had {were}; these have {are}.")
        where = f"the fitted {type(self).__name__}"
        check_same_kind(self.user_ids_, new.users, name="user id", where=where)
        with all_or_nothing(self):
            self.user_ids_, self.interactions_ = _with_interactions(
                self.user_ids_, self.interactions_, new
            )
            self._refresh(same_items=True)
        return self

    def add_items(self, items, *, ids=None):
        """Take in new items, with all that was learned kept.

        Parameters
        ----------
        items : Views, DataFrame or {array-like, CSR} of shape (n_new, n_features)
            Their rows, with some or all of the fitted views; a table may have none.
        ids : array-like of str or of int of shape (n_new,), default=None
            Their ids; None takes a table's column "item_id" or its index.

        Returns
        -------
        self : object
            The recommender, in which they are items like the others, after these.

        Raises
        ------
        ValueError
            If an id is known already.
        """
        check_is_fitted(self)
        ids = name_rows(items, ids)
        if not ids.size:
            return self
        new = self._new_rows(items, ids)
        known = new.ids[new.positions >= 0]
        if known.size:
            raise ValueError(
                f"{known.size} of the items to add are known already, first "
                f"{known.tolist()[0]!r}; remove_items takes such out."
            )
        with all_or_nothing(self):
            self.features_ = _with_rows(self.features_, new.features)
            self.item_ids_ = np.concatenate([self.item_ids_, new.ids])
            self.interactions_ = _with_items(self.interactions_, new.ids.size)
            self._rated = None if self._rated is None else self._rated.with_items(new.ids.size)
            self._refresh()
        return self

    def remove_items(self, ids):
        """Take items out, and what users did with them, with all that was learned kept.

        Parameters
        ----------
        ids : str, int or array-like of these
            Fitted items; at least one must stay.

        Returns
        -------
        self : object
            The recommender. Users who did nothing else are not known any more.

        Raises
        ------
        UnknownIdError
            If an item was not fitted.
        """
        check_is_fitted(self)
        kept = np.ones(self.item_ids_.size, dtype=bool)
        kept[self._locate_items(ids)] = False
        if not kept.any():
            raise ValueError("all items would be removed; at least one must stay.")
        with all_or_nothing(self):
            self.features_ = None if self.features_ is None else self.features_[kept]
            self.user_ids_, self.interactions_ = _without_items(
                self.user_ids_, self.interactions_, kept
            )
            self.item_ids_ = self.item_ids_[kept]
            self._rated = None if self._rated is None else self._rated.of_items(kept)
            self._refresh()
        return self

    def _refresh(self, *, same_items=False):
        """Make anew what follows from the items and interactions, which are others now."""
        interactions = self._as_interactions()
        self._rated = fit_preferences(interactions)
        self._fit_items(interactions)

    def _as_interactions(self):
        scale = (self._rated.low, self._rated.high) if self._are_ratings() else None
        return _as_interactions(self.user_ids_, self.item_ids_, self.interactions_, scale)

    def _are_ratings(self):
        return self._rated is not None


def _with_interactions(user_ids, matrix, new):
    """Users and CSR (n_users, n_items) once new Interactions with the same items have come.

    Weights are summed; of ratings the new one counts. Users stay in their order, new ones follow.
    """
    added = sp.csr_matrix(new.to_csr())
    came = np.diff(added.indptr) > 0
    users, added = new.users[came], added[came]
    rows = find_ids(user_ids, users) if user_ids.size else np.full(users.size, -1)
    unknown = np.flatnonzero(rows < 0)
    rows[unknown] = user_ids.size + np.arange(unknown.size)
    everybody = np.concatenate([user_ids, users[unknown]]) if user_ids.size else users
    shape = (everybody.size, matrix.shape[1])
    before, after = matrix.tocoo(), added.tocoo()
    keys = np.concatenate(
        [_keys(before.row, before.col, shape), _keys(rows[after.row], after.col, shape)]
    )
    values = np.concatenate([before.data, after.data])
    # Stored zeros count as seen, and a sum of matrices would drop them.
    distinct, place = np.unique(keys, return_inverse=True)
    total = np.zeros(distinct.size)
    if new.explicit:
        total[place] = values
    else:
        np.add.at(total, place, values)
    pointers = np.searchsorted(distinct, np.arange(shape[0] + 1) * max(1, shape[1]))
    columns = distinct % max(1, shape[1])
    return everybody, sp.csr_matrix((total, columns, pointers), shape=shape)


def _with_items(matrix, n_new):
    """CSR with empty columns for new items."""
    shape = (matrix.shape[0], matrix.shape[1] + n_new)
    return sp.csr_matrix((matrix.data, matrix.indices, matrix.indptr), shape=shape)


def _without_items(user_ids, matrix, kept):
    """Users that still have interactions, and CSR of the items that are kept."""
    matrix = sp.csr_matrix(matrix[:, np.flatnonzero(kept)])
    left = np.diff(matrix.indptr) > 0
    return user_ids[left], matrix[left]


def _with_rows(features, new):
    """Prepared features of items and, below them, of new ones."""
    return None if features is None else Views.concat([features, new], missing="absent")


def _as_interactions(users, items, matrix, scale):
    """Interactions of a CSR; `scale` is that of ratings, None for weights."""
    entries = matrix.tocoo()
    return Interactions(
        users,
        items,
        entries.row.astype(np.int64),
        entries.col.astype(np.int64),
        entries.data.astype(np.float64),
        explicit=scale is not None,
        scale=scale,
    )


def _keys(rows, columns, shape):
    return rows.astype(np.int64) * max(1, shape[1]) + columns
