"""Choosing parameters by the quality of recommendations."""

import numpy as np
import pandas as pd

from mmclassic.evaluate._metrics import check_metrics
from mmclassic.evaluate._ranking import over_catalog, rank_items
from mmclassic.interactions import ITEM, find_ids, read_ids, read_interactions
from mmclassic.utils import check_k


def cold_item_scorer(interactions, *, k=10, metric="ndcg", item_id=ITEM, columns=None):
    """Make a scikit-learn scorer that asks for held-out items.

    For ``GridSearchCV(model, grid, scoring=cold_item_scorer(interactions))``, which splits the
    rows of the catalogue: a model fitted on some items ranks the others for every user.

    Parameters
    ----------
    interactions : DataFrame or Interactions
        All interactions.
    k : int > 0, default=10
        Length of the lists; shorter where a held-out part has fewer items.
    metric : str, default="ndcg"
        One of "precision", "recall", "f1", "ndcg", "hit_rate", "map", "map_cut" (divided as
        trec_eval does), "mrr" and "r_precision".
    item_id : str, default="item_id"
        Column of the item ids in the catalogue. If it is "item_id" and not there, the index
        serves.
    columns : dict of str to str, default=None
        Names of the columns of a table of interactions, see `Interactions.from_frame`.

    Returns
    -------
    scorer : callable
        Called as ``scorer(model, items)`` with a fitted model and the DataFrame of held-out
        items; gives the mean over users as a float. The model needs ``item_ids_``, the items
        it was fitted on, and ``rank(users, k, items=items)`` or ``recommend`` with the same.

    Notes
    -----
    Users count who have a held-out item that they like, see `Interactions.likes`, and an
    interaction with a fitted item. Scoring the training part is refused: its items are no news to
    the users.
    """
    interactions = read_interactions(interactions, columns=columns)
    return _ColdItemScorer(interactions, k=k, metric=metric, item_id=item_id)


class _ColdItemScorer:
    """The callable; a class, so that workers of a parallel search can receive it."""

    def __init__(self, interactions, *, k, metric, item_id):
        check_k(k)
        (self.metric,) = check_metrics([metric]).values()
        self.interactions = interactions
        self.k = k
        self.item_id = item_id

    def __call__(self, model, items, y=None):
        if not isinstance(items, pd.DataFrame):
            raise TypeError(
                "cold_item_scorer reads the ids of held-out items from a table; got "
                f"{type(items).__name__}, whose rows have none."
            )
        ids = read_ids(items, self.item_id)
        if np.any(find_ids(model.item_ids_, ids) >= 0):
            raise ValueError(
                "cold_item_scorer scores held-out items, and the model was fitted on some of "
                "these; leave return_train_score off."
            )
        test = self._test_part(model.item_ids_, ids)
        liked = test.likes()
        rows = np.flatnonzero(np.diff(liked.indptr))
        users, relevant = test.users[rows], over_catalog(liked[rows], test.items, ids)
        if users.size == 0:
            raise ValueError(
                "no user has interactions with both the fitted and the held-out items."
            )
        lists = rank_items(model, users, self.k, catalog=ids, items=items, ids=ids)
        return self.metric(relevant, lists, self.k)

    def _test_part(self, fitted_ids, ids):
        every = self.interactions
        in_fit = (find_ids(fitted_ids, every.items) >= 0)[every.item_index]
        held = (find_ids(ids, every.items) >= 0)[every.item_index]
        known = np.bincount(every.user_index[in_fit], minlength=every.users.size) > 0
        return every.select(held & known[every.user_index])
