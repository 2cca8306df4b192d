"""Run models over folds and metrics."""

import time
import warnings
from collections.abc import Mapping
from numbers import Integral

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.utils import check_random_state

from mmclassic.evaluate._evaluation import Evaluation
from mmclassic.evaluate._metrics import check_metrics
from mmclassic.evaluate._ranking import rank_items, relevant_items, takes
from mmclassic.exceptions import ShortListWarning, UnknownIdError
from mmclassic.interactions import (
    ITEM,
    USER,
    Interactions,
    locate_ids,
    read_ids_with,
    read_interactions,
)
from mmclassic.utils import check_k
from mmclassic.views import Views


def evaluate(
    models,
    items,
    interactions,
    split,
    *,
    k=10,
    metrics=None,
    item_id=ITEM,
    columns=None,
    confidence=0.95,
    n_resamples=1000,
    random_state=None,
):
    """Compare models on held-out interactions.

    Parameters
    ----------
    models : dict of str to model
        A recommender or `mmclassic.MultimodalRecommender`; or anything with ``fit(items,
        interactions)`` and ``rank(users, k, items=None)``, which gives `RankedLists` of `k`
        places, or ``recommend(users, k, items=None)``, a DataFrame with user_id, item_id and rank.
        Every fold fits a fresh clone.
    items : DataFrame, Views or {array-like, CSR} of shape (n_items, n_columns)
        The catalogue; it holds every item of `interactions`. Rows that are not a table are those
        of ``interactions.items`` if these are Interactions of as many items; else ids are row
        numbers.
    interactions : DataFrame or Interactions
        All interactions.
    split : splitter
        `RandomSplit`, `LeaveLastOut`, `ColdItemSplit`, or anything whose
        ``split(interactions)`` yields `Fold`.
    k : int > 0 or sequence of these, default=10
        Lengths of the lists. Models rank once, as many as the largest.
    metrics : sequence of str or dict of str to callable, default=None
        Names among "precision", "recall", "f1", "ndcg", "hit_rate", "map" and "mrr", or
        functions with the signature of `mmclassic.metrics.recall_at_k`, called with CSR and
        `RankedLists`. None is the first four.
    item_id : str, default="item_id"
        Column of the item ids in a table of items. If it is "item_id" and not there, the index
        serves.
    columns : dict of str to str, default=None
        Names of the columns of a table of interactions, see `Interactions.from_frame`.
    confidence : float in (0, 1), default=0.95
        Confidence of the intervals.
    n_resamples : int > 0, default=1000
        Resamples of users behind the intervals.
    random_state : int, RandomState instance or None, default=None
        Seed of the resampling; all models and metrics see the same resamples.

    Returns
    -------
    evaluation : Evaluation
        Values by model, user, metric and k, their means with intervals, and what it took.

    Raises
    ------
    UnknownIdError
        If `items` lacks an item of the interactions, or a model recommends an unknown one.
    ValueError
        If a fold has nothing to test, or a model gives a list with gaps or repeats.

    Warns
    -----
    ShortListWarning
        Once, if users had fewer items left to rank than the largest `k`; ``Evaluation.runs`` counts
        them by model and fold.

    Notes
    -----
    Where a fold has candidates (cold items), the model is fitted on the catalogue without
    their rows and then asked to rank them alone, so nothing of them leaks into its features
    or its alignment. Otherwise it is fitted on all items and ranks all that the user has not
    seen in training. Relevant is what a user has in the test part with a positive summed
    weight; users without such items are left out. A user's values are averaged over the
    folds first, and intervals come from resampling users.

    `fit` receives `Interactions` whose items are those of the rows it receives, never a
    table: a model that reads tables takes ``interactions.to_frame()``. Where `fit` or `rank` has
    a parameter `ids`, the ids of the rows go there.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from mmclassic.evaluate import ColdItemSplit, evaluate
    >>> from mmclassic.recommend import KNNRecommender, PopularRecommender
    >>> rng = np.random.default_rng(0)
    >>> users = np.repeat(range(20), 6)
    >>> liked = pd.DataFrame({"user_id": users, "item_id": rng.integers(0, 40, users.size)})
    >>> models = {"knn": KNNRecommender(), "popular": PopularRecommender()}
    >>> split = ColdItemSplit(0.5, random_state=0)
    >>> found = evaluate(models, rng.normal(size=(40, 3)), liked, split, k=5, random_state=0)
    >>> found.summary().columns.tolist()
    ['model', 'metric', 'k', 'value', 'low', 'high', 'n_users']
    """
    lengths = _check_lengths(k)
    metrics = check_metrics(metrics)
    _check_models(models)
    items, catalog, interactions = _read_catalog(items, interactions, item_id, columns)
    folds = list(split.split(interactions))
    prepared = [_prepare_fold(fold, items, catalog) for fold in folds]
    seed = check_random_state(random_state).randint(np.iinfo(np.int32).max)
    tables, runs = [], []
    for name, model in models.items():
        values = []
        for number, fold in enumerate(prepared):
            lists, run = _run_fold(name, model, fold, catalog, max(lengths))
            runs.append({"model": name, "fold": number, **run})
            values.append(_measure_lists(lists, fold["relevant"], metrics, lengths))
        tables.append(_tidy(name, values))
    runs = pd.DataFrame(runs)
    _warn_short(runs, max(lengths))
    return Evaluation(
        per_user=pd.concat(tables, ignore_index=True),
        runs=runs,
        metrics=tuple(metrics),
        k=lengths,
        n_folds=len(folds),
        n_dropped=sum(fold.n_dropped for fold in folds),
        confidence=confidence,
        n_resamples=n_resamples,
        seed=int(seed),
    )


def _check_lengths(k):
    lengths = [k] if isinstance(k, Integral) or np.ndim(k) == 0 else list(k)
    for length in lengths:
        check_k(length)
    if not lengths or len(set(lengths)) < len(lengths):
        raise ValueError(f"k must be one length or several different ones; got {k!r}.")
    return tuple(int(length) for length in lengths)


def _check_models(models):
    if not isinstance(models, Mapping) or not models:
        raise TypeError(f"models must be a non-empty dict of name to model; got {models!r}.")


def _read_catalog(items, interactions, item_id, columns):
    """Items whose rows can be selected, their ids, and the interactions."""
    if not isinstance(items, (pd.DataFrame, Views)):
        items = items.tocsr() if sp.issparse(items) else np.asarray(items)
    catalog = read_ids_with(items, interactions, item_id)
    if not isinstance(interactions, Interactions):
        return items, catalog, read_interactions(interactions, catalog, columns=columns)
    locate_ids(catalog, interactions.items, name="item id", where="the catalogue")
    return items, catalog, interactions


def _prepare_fold(fold, items, catalog):
    """What every model is shown in a fold, and what counts as found."""
    if not (fold.test.weight > 0).any():
        raise ValueError(
            "the split leaves nothing to test: no held-out interaction has a positive weight, a "
            f"user and an item that can be ranked ({fold.n_dropped} dropped)."
        )
    relevant, users = relevant_items(fold.test, catalog)
    shown = {"relevant": relevant, "users": users}
    if fold.candidates is None:
        return {**shown, "items": items, "ids": catalog, "train": fold.train.for_items(catalog)}
    cold = np.zeros(catalog.size, dtype=bool)
    where = "the catalogue"
    cold[locate_ids(catalog, np.asarray(fold.candidates), name="item id", where=where)] = True
    return {
        **shown,
        "items": items[~cold],
        "ids": catalog[~cold],
        "train": fold.train.for_items(catalog[~cold]),
        "cold_items": items[cold],
        "cold_ids": catalog[cold],
    }


def _run_fold(name, model, fold, catalog, k):
    """A model's lists over the catalogue, and what they took."""
    model = clone(model, safe=False)
    options = {"ids": fold["ids"]} if takes(model.fit, "ids") else {}
    start = time.perf_counter()
    model.fit(fold["items"], fold["train"], **options)
    fitted = time.perf_counter()
    try:
        lists = rank_items(
            model,
            fold["users"],
            k,
            catalog=catalog,
            items=fold.get("cold_items"),
            ids=fold.get("cold_ids"),
        )
    except (UnknownIdError, ValueError, TypeError) as error:
        raise _named(error, name) from error
    ranked = time.perf_counter()
    return lists, {
        "n_users": fold["users"].size,
        "n_short": int(np.count_nonzero(lists.lengths < k)),
        "fit_seconds": fitted - start,
        "rank_seconds": ranked - fitted,
    }


def _named(error, name):
    """The same kind of error with the model's name in front."""
    kinds = (UnknownIdError, ValueError, TypeError)
    kind = next(kind for kind in kinds if isinstance(error, kind))
    return kind(f"model {name!r}: {error}")


def _measure_lists(lists, relevant, metrics, lengths):
    """Values by user (rows), metric and k (columns)."""
    values = {
        (name, k): metric(relevant, lists, k, per_user=True)
        for name, metric in metrics.items()
        for k in lengths
    }
    return pd.DataFrame(values, index=lists.askers)


def _tidy(name, values):
    """One row per user, metric and k, averaged over folds."""
    means = pd.concat(values).groupby(level=0).mean()
    n_users = len(means)
    return pd.DataFrame(
        {
            "model": name,
            USER: np.tile(means.index.to_numpy(), means.shape[1]),
            "metric": np.repeat([metric for metric, _ in means.columns], n_users),
            "k": np.repeat([k for _, k in means.columns], n_users),
            "value": means.to_numpy().T.ravel(),
        }
    )


def _warn_short(runs, k):
    short = runs.groupby("model", sort=False)[["n_short", "n_users"]].sum()
    short = short[short["n_short"] > 0]
    if len(short):
        counts = ", ".join(
            f"{name!r} {row.n_short} of {row.n_users}" for name, row in short.iterrows()
        )
        warnings.warn(
            f"lists of fewer than k={k} items, because their users had no more left to rank: "
            f"{counts}. They count as they are.",
            ShortListWarning,
            stacklevel=3,
        )
