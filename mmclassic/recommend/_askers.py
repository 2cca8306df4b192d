"""Who recommendations are for: users that are known, and histories that are given."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import scipy.sparse as sp

from mmclassic.exceptions import UnknownIdError
from mmclassic.interactions import ITEM, USER, Interactions, as_ids, find_ids, refuse_misspelt
from mmclassic.recommend._rows import are_rows
from mmclassic.views import Views


@dataclass(frozen=True, eq=False)
class Askers:
    """Ids (n_askers,) and what each did, CSR (n_askers, n_items) of weights or of ratings.

    `rows` are prepared rows, of what is no fitted item and each asker likes; None is no such.
    """

    ids: np.ndarray
    history: sp.csr_matrix
    are_ratings: bool = False
    rows: Views | None = None

    def __getitem__(self, chosen):
        rows = None if self.rows is None else self.rows[chosen]
        return Askers(self.ids[chosen], self.history[chosen], self.are_ratings, rows)

    @property
    def told(self):
        """Whether an asker's history says anything: bool (n_askers,). A weight of 0 does not."""
        if self.rows is not None:
            return self.rows.present.any(axis=1)
        if self.are_ratings or np.all(self.history.data):
            return np.diff(self.history.indptr) > 0
        telling = sp.csr_matrix(self.history, copy=True)
        telling.eliminate_zeros()
        return np.diff(telling.indptr) > 0


def ask(model, users, history):
    """Those who ask a fitted recommender: users that it knows, or whose history is given."""
    where = f"the fitted {type(model).__name__}"
    if history is None:
        if users is not None and not model.user_ids_.size:
            raise UnknownIdError(f"{where} has no interactions, so it knows no users.")
        asked = _known(model.user_ids_, model.interactions_, users, where)
        return replace(asked, are_ratings=model._are_ratings())
    if are_rows(history):
        if users is not None:
            raise ValueError("users name those of a table; rows of content have none.")
        rows = model._read_rows(history)
        nothing = sp.csr_matrix((len(rows), model.item_ids_.size))
        return Askers(np.arange(len(rows)), nothing, rows=rows)
    given = _read(history, model.item_ids_)
    if given.explicit and not model._are_ratings():
        raise ValueError(
            f"the history has ratings, and {where} knows weights alone; pass weights, below 0 for "
            "dislikes."
        )
    asked = _known(given.users, sp.csr_matrix(given.to_csr()), users, "the history")
    return replace(asked, are_ratings=given.explicit)


def _known(user_ids, interactions, users, where):
    """Fitted users by id, all of them for None; of those that are not known the history is empty.

    Raises UnknownIdError if an id is a fitted one that is written otherwise.
    """
    if users is None:
        return Askers(user_ids, interactions)
    users = as_ids(users, name="user id", one_or_many=True)
    rows = find_ids(user_ids, users)
    if (rows >= 0).all():
        return Askers(users, interactions[rows])
    refuse_misspelt(user_ids, users, name="user id", where=where)
    nobody = sp.csr_matrix((1, interactions.shape[1]), dtype=interactions.dtype)
    with_nobody = sp.vstack([interactions[rows[rows >= 0]], nobody], format="csr")
    places = np.full(rows.size, with_nobody.shape[0] - 1)
    places[rows >= 0] = np.arange(np.count_nonzero(rows >= 0))
    return Askers(users, sp.csr_matrix(with_nobody[places]))


def _read(history, item_ids):
    """Interactions with the fitted items of askers that need not be users, by any of the forms.

    A table or Interactions hold those of several. The ids of liked items, or a dict of weights by
    id, are of one asker, whose id is 0.
    """
    if isinstance(history, Interactions):
        return history.for_items(item_ids)
    if isinstance(history, pd.DataFrame):
        return Interactions.from_frame(history, items=item_ids)
    return Interactions.from_frame(_of_one(history), items=item_ids, users=[0])


def _of_one(history):
    if isinstance(history, Mapping):
        ids, weights = list(history), list(history.values())
    else:
        ids = as_ids(history, name="item id", one_or_many=True)
        weights = np.ones(ids.size)
    weights = np.asarray(weights, dtype=np.float64)
    return pd.DataFrame(
        {USER: np.zeros(len(weights), dtype=np.int64), ITEM: ids, "weight": weights}
    )
