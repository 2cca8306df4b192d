"""Choosing parameters by the quality of recommendations."""

import numpy as np

from mmclassic.evaluate._evaluate import as_index_matrix, check_metrics, relevant_items
from mmclassic.interactions import ITEM, Interactions, as_ids
from mmclassic.utils import check_k


def cold_item_scorer(interactions, *, k=10, metric="ndcg", item_id=ITEM):
    """Make a scikit-learn scorer that asks for held-out items.

    For ``GridSearchCV(model, grid, scoring=cold_item_scorer(interactions))``, which splits the
    rows of the catalogue: a model fitted on some items ranks the others for every user.

    Parameters
    ----------
    interactions : Interactions
        All interactions.
    k : int > 0, default=10
        Length of the lists; every held-out part must have as many items.
    metric : str, default="ndcg"
        One of "precision", "recall", "f1", "ndcg", "hit_rate", "map" and "mrr".
    item_id : str, default="item_id"
        Column of the item ids in the catalogue.

    Returns
    -------
    scorer : callable
        Called as ``scorer(model, items)`` with a fitted model and the DataFrame of held-out
        items; gives the mean over users as a float. The model needs ``item_ids_``, the items
        it was fitted on, and ``recommend(users, k, items=items)``.

    Notes
    -----
    Users count who have a held-out item with a positive summed weight and an interaction with
    a fitted item. Scoring the training part is refused: its items are no news to the users.
    """
    return _ColdItemScorer(interactions, k=k, metric=metric, item_id=item_id)


class _ColdItemScorer:
    """The callable; a class, so that workers of a parallel search can receive it."""

    def __init__(self, interactions, *, k, metric, item_id):
        if not isinstance(interactions, Interactions):
            raise TypeError(
                f"cold_item_scorer takes Interactions; got {type(interactions).__name__}."
            )
        check_k(k)
        (self.metric,) = check_metrics([metric]).values()
        self.interactions = interactions
        self.k = k
        self.item_id = item_id

    def __call__(self, model, items, y=None):
        ids = as_ids(items[self.item_id], name="item id")
        if np.isin(ids, model.item_ids_).any():
            raise ValueError(
                "cold_item_scorer scores held-out items, and the model was fitted on some of "
                "these; leave return_train_score off."
            )
        test = self._test_part(model.item_ids_, ids)
        relevant, users = relevant_items(test, ids)
        if users.size == 0:
            raise ValueError(
                "no user has interactions with both the fitted and the held-out items."
            )
        ranked = model.recommend(users, self.k, items=items)
        recommended = as_index_matrix(ranked, users, ids, self.k, type(model).__name__)
        return self.metric(relevant, recommended, self.k)

    def _test_part(self, fitted_ids, ids):
        every = self.interactions
        in_fit = np.isin(every.items, fitted_ids)[every.item_index]
        held = np.isin(every.items, ids)[every.item_index]
        known = np.bincount(every.user_index[in_fit], minlength=every.users.size) > 0
        return every.select(held & known[every.user_index])
