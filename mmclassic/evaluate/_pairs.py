"""Without interactions: does one view of an item find the other?"""

from itertools import permutations

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state

from mmclassic.evaluate._cross_fit import cross_fit, divide, name_models, read_rows
from mmclassic.evaluate._evaluate import check_lengths
from mmclassic.evaluate._evaluation import Evaluation
from mmclassic.evaluate._measuring import NO_LENGTH
from mmclassic.interactions import ITEM
from mmclassic.match import similarity
from mmclassic.metrics import label_relevance, median_rank, retrieval_map, retrieval_recall_at_k
from mmclassic.views import Views

METRICS = ("recall", "median_rank", "map")


def evaluate_pairs(
    models,
    items,
    *,
    k=(1, 5, 10),
    labels=None,
    cv=5,
    item_id=ITEM,
    confidence=0.95,
    n_resamples=1000,
    random_state=None,
):
    """Measure how well each view of held-out items finds the same items by each other view.

    Parameters
    ----------
    models : model or dict of str to model
        An aligner of Views, a pipeline that ends in one, or a `mmclassic.MultimodalRecommender`.
        Every fold fits a fresh clone on the other folds.
    items : DataFrame or Views of shape (n_items, n_columns)
        The items, one row each.
    k : int > 0 or sequence of these, default=(1, 5, 10)
        Lengths of the lists; no more than there are items with a view in any fold.
    labels : array-like of shape (n_items,), default=None
        Classes: all items of the class answer a query. None asks for the item itself. They are not
        shown to the models; evaluate pipelines that need them by `evaluate_labels`.
    cv : int, splitter or iterable of (array-like, array-like), default=5
        Folds of the items, as scikit-learn has them; a number divides at random.
    item_id : str, default="item_id"
        Column of the item ids in a table; if it is "item_id" and not there, the index serves.
    confidence : float in (0, 1), default=0.95
        Confidence of the intervals.
    n_resamples : int > 0, default=1000
        Resamples of items behind the intervals.
    random_state : int, RandomState instance or None, default=None
        Seed of the folds and of the resampling.

    Returns
    -------
    evaluation : Evaluation
        Values by model, query (the view that asks), gallery (the view that answers), item, metric
        and k: "recall", "median_rank" (k is 0) and "map" (over the whole gallery, k is 0). Its
        ``per_user`` holds items, and `compare` takes it.

    Raises
    ------
    ValueError
        If a model gives no two views, or `k` is longer than a gallery.

    Notes
    -----
    The gallery is the held-out part alone, so figures of other numbers of folds are not to be
    compared: chance finds k of n. Items that lack either view have no value. Ties count as in
    `mmclassic.metrics.retrieval_recall_at_k`. O(n_items^2 / n_folds) for each pair of views.

    Examples
    --------
    >>> from mmclassic.align import CCA
    >>> from mmclassic.evaluate import evaluate_pairs
    >>> from mmclassic.testing import make_views
    >>> views = make_views(90).select("image", "text")
    >>> found = evaluate_pairs(CCA(), views, k=5, cv=3, random_state=0)
    >>> found.summary()[["query", "gallery", "metric", "k", "n_items"]]
       query gallery       metric  k  n_items
    0  image    text       recall  5       90
    1  image    text  median_rank  0       90
    2  image    text          map  0       90
    3   text   image       recall  5       90
    4   text   image  median_rank  0       90
    5   text   image          map  0       90
    """
    lengths = check_lengths(k)
    models = name_models(models)
    items, ids = read_rows(items, item_id)
    labels = np.arange(ids.size) if labels is None else np.asarray(labels)
    if labels.shape != ids.shape:
        raise ValueError(f"labels must be one for each of {ids.size} items; got {labels.shape}.")
    seed = check_random_state(random_state).randint(np.iinfo(np.int32).max)
    folds = divide(ids.size, None, cv, seed)
    tables, runs = [], []
    for name, model in models.items():
        for _, test, _, space, metric, run in cross_fit(name, model, items, folds):
            _check_views(space, name)
            runs.append(run)
            tables += _ask_each(name, space, metric, labels[test], ids[test], lengths)
    if not tables:
        raise ValueError("no held-out item has two views, so none can be asked for by another.")
    keys = ["model", "query", "gallery", "metric", "k", ITEM]
    means = pd.concat(tables).groupby(keys, sort=False)["value"].mean().reset_index()
    return Evaluation(
        per_user=_in_order(means),
        runs=pd.DataFrame(runs),
        metrics=METRICS,
        k=lengths,
        n_folds=len(folds),
        n_dropped=0,
        confidence=confidence,
        n_resamples=n_resamples,
        seed=int(seed),
    )


def _check_views(space, name):
    if not isinstance(space, Views) or len(space.names) < 2:
        got = repr(space) if isinstance(space, Views) else type(space).__name__
        raise ValueError(
            f"model {name!r}: views can ask one another only if transform gives two at least, as "
            f"that of an aligner does; got {got}."
        )


def _ask_each(name, space, metric, labels, ids, lengths):
    """Values of every item by query and gallery view."""
    tables = []
    for query, gallery in permutations(space.names, 2):
        asking, answering = space.mask(query), space.mask(gallery)
        relevance = label_relevance(labels[asking], labels[answering])
        if not relevance.any():
            continue
        found = similarity(space[query][asking], space[gallery][answering], metric=metric)
        options = {"relevance": relevance, "per_query": True}
        values = {("recall", k): retrieval_recall_at_k(found, k, **options) for k in lengths}
        values["median_rank", NO_LENGTH] = median_rank(found, **options)
        values["map", NO_LENGTH] = retrieval_map(found, **options)
        case = {"model": name, "query": query, "gallery": gallery}
        tables += [
            pd.DataFrame({**case, "metric": measure, "k": k, ITEM: ids[asking], "value": value})
            for (measure, k), value in values.items()
        ]
    return tables


def _in_order(table):
    """Cases together, in the order in which they came."""
    cases = [name for name in table.columns if name not in (ITEM, "value")]
    return table.iloc[np.argsort(table.groupby(cases, sort=False).ngroup(), kind="stable")]
