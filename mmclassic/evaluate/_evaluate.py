"""Run models over folds and metrics."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.utils import check_random_state

from mmclassic.interactions import (
    ITEM,
    RANK,
    USER,
    Interactions,
    as_ids,
    check_distinct,
    find_ids,
    locate_ids,
)
from mmclassic.metrics import (
    bootstrap_interval,
    f1_at_k,
    hit_rate_at_k,
    map_at_k,
    mrr,
    ndcg_at_k,
    precision_at_k,
    recall_at_k,
)
from mmclassic.utils import check_k

METRICS = {
    "precision": precision_at_k,
    "recall": recall_at_k,
    "f1": f1_at_k,
    "ndcg": ndcg_at_k,
    "hit_rate": hit_rate_at_k,
    "map": map_at_k,
    "mrr": mrr,
}
_DEFAULT_METRICS = ("precision", "recall", "f1", "ndcg")


def evaluate(
    models,
    items,
    interactions,
    split,
    *,
    k=10,
    metrics=None,
    item_id=ITEM,
    confidence=0.95,
    n_resamples=1000,
    random_state=None,
):
    """Compare models on held-out interactions.

    Parameters
    ----------
    models : dict of str to model
        A model has ``fit(items, interactions)``, both DataFrames, and
        ``recommend(users, k, items=None)``, a DataFrame with user_id, item_id and rank; such
        as `mmclassic.MultimodalRecommender`. Every fold fits a fresh clone.
    items : DataFrame
        The catalogue, with a column of item ids; it holds every item of `interactions`.
    interactions : Interactions
        All interactions.
    split : splitter
        `RandomSplit`, `LeaveLastOut`, `ColdItemSplit`, or anything whose
        ``split(interactions)`` yields `Fold`.
    k : int > 0, default=10
        Length of the lists.
    metrics : sequence of str or dict of str to callable, default=None
        Names among "precision", "recall", "f1", "ndcg", "hit_rate", "map" and "mrr", or
        functions with the signature of `mmclassic.metrics.recall_at_k`. None is the first
        four.
    item_id : str, default="item_id"
        Column of the item ids in `items`.
    confidence : float in (0, 1), default=0.95
        Confidence of the intervals.
    n_resamples : int > 0, default=1000
        Resamples of users behind the intervals.
    random_state : int, RandomState instance or None, default=None
        Seed of the resampling; all models and metrics see the same resamples.

    Returns
    -------
    results : DataFrame
        Columns model, metric, k, value, low, high and n_users, one row per model and metric.

    Raises
    ------
    UnknownIdError
        If `items` lacks an item of the interactions, or a model recommends an unknown one.
    ValueError
        If `k` exceeds the candidates of a fold, a fold has nothing to test, or a model does
        not give exactly `k` items per user.

    Notes
    -----
    Where a fold has candidates (cold items), the model is fitted on the catalogue without
    their rows and then asked to rank them alone, so nothing of them leaks into its features
    or its alignment. Otherwise it is fitted on all items and ranks all that the user has not
    seen in training. Relevant is what a user has in the test part with a positive summed
    weight; users without such items are left out. A user's values are averaged over the
    folds first, and intervals come from resampling users.
    """
    check_k(k)
    metrics = check_metrics(metrics)
    catalogue = _check_catalogue(items, interactions, item_id)
    _check_models(models)
    folds = list(split.split(interactions))
    for fold in folds:
        _check_fold(fold, k)
    seed = check_random_state(random_state).randint(np.iinfo(np.int32).max)
    rows = []
    for model_name, model in models.items():
        tables = [
            _evaluate_fold(model_name, model, items, catalogue, fold, k, metrics) for fold in folds
        ]
        per_user = pd.concat(tables).groupby(level=0).mean()
        for metric, values in per_user.items():
            low, high = bootstrap_interval(
                values.to_numpy(),
                confidence=confidence,
                n_resamples=n_resamples,
                random_state=seed,
            )
            rows.append((model_name, metric, k, values.mean(), low, high, values.count()))
    columns = ["model", "metric", "k", "value", "low", "high", "n_users"]
    return pd.DataFrame(rows, columns=columns)


def _evaluate_fold(name, model, items, catalogue, fold, k, metrics):
    """Values of every metric by user."""
    relevant, users = relevant_items(fold.test, catalogue)
    fitted = clone(model, safe=False)
    if fold.candidates is None:
        fitted.fit(items, fold.train.to_frame())
        ranked = fitted.recommend(users, k)
    else:
        cold = np.isin(catalogue, fold.candidates)
        fitted.fit(items[~cold], fold.train.to_frame())
        ranked = fitted.recommend(users, k, items=items[cold])
    recommended = as_index_matrix(ranked, users, catalogue, k, name)
    values = {n: f(relevant, recommended, k, per_user=True) for n, f in metrics.items()}
    return pd.DataFrame(values, index=users)


def relevant_items(test, catalogue):
    """Look up what counts as found.

    Parameters
    ----------
    test : Interactions
        Held-out interactions with items of the catalogue.
    catalogue : ndarray of shape (n_items,)
        Item ids.

    Returns
    -------
    relevant : CSR of shape (n_users, n_items)
        Items with a positive summed weight, columns in the order of the catalogue.
    users : ndarray of shape (n_users,)
        The users that have such items.
    """
    wanted = test.matrix
    wanted.data = np.maximum(wanted.data, 0)
    wanted.eliminate_zeros()
    rows = np.flatnonzero(np.diff(wanted.indptr) > 0)
    wanted = wanted[rows].tocoo()
    columns = find_ids(catalogue, test.items)[wanted.col]
    shape = (rows.size, catalogue.size)
    return sp.coo_array((wanted.data, (wanted.row, columns)), shape=shape).tocsr(), test.users[rows]


def as_index_matrix(ranked, users, catalogue, k, name):
    """Check a model's recommendations and give them as positions in the catalogue.

    Parameters
    ----------
    ranked : DataFrame
        Columns user_id, item_id and rank.
    users : ndarray of shape (n_users,)
        The users that were asked for.
    catalogue : ndarray of shape (n_items,)
        Item ids.
    k : int > 0
        Length of every list.
    name : str
        The model, for the errors.

    Returns
    -------
    recommended : ndarray of int64 of shape (n_users, k)
        Positions, best first.
    """
    where = f"model {name!r}: "
    missing = [column for column in (USER, ITEM, RANK) if column not in ranked.columns]
    if missing:
        raise ValueError(f"{where}recommend gave no column {missing}; got {list(ranked.columns)}.")
    if len(ranked) != users.size * k:
        raise ValueError(
            f"{where}recommend gave {len(ranked)} rows for {users.size} users and k={k}; "
            f"expected exactly {users.size * k}."
        )
    asked = as_ids(ranked[USER], name="user id")
    row = locate_ids(users, asked, name="user id", where="the users asked for")
    found = as_ids(ranked[ITEM], name="item id")
    column = locate_ids(catalogue, found, name="item id", where="the catalogue")
    matrix = np.full((users.size, k), -1, dtype=np.int64)
    rank = ranked[RANK].to_numpy()
    if np.isin(rank, np.arange(1, k + 1)).all():
        matrix[row, rank - 1] = column
    if (matrix < 0).any():
        user = users[np.flatnonzero((matrix < 0).any(axis=1))[0]].item()
        raise ValueError(f"{where}user {user!r} did not get the ranks 1 to {k} once each.")
    return matrix


def check_metrics(metrics):
    """Give metrics as functions.

    Parameters
    ----------
    metrics : sequence of str, dict of str to callable, or None
        As in `evaluate`.

    Returns
    -------
    functions : dict of str to callable
        Metrics by name.
    """
    if isinstance(metrics, Mapping):
        return dict(metrics)
    names = _DEFAULT_METRICS if metrics is None else metrics
    unknown = [name for name in names if name not in METRICS]
    if isinstance(names, str) or unknown:
        raise ValueError(f"metrics must be a list of names among {list(METRICS)}; got {metrics!r}.")
    return {name: METRICS[name] for name in names}


def _check_catalogue(items, interactions, item_id):
    """Item ids in the order of the rows of the catalogue."""
    if not isinstance(interactions, Interactions):
        raise TypeError(
            f"evaluate takes Interactions; got {type(interactions).__name__}. "
            "From a table: Interactions.from_frame(frame, items=items[item_id])."
        )
    if item_id not in items.columns:
        raise ValueError(f"items have no column {item_id!r}; got {list(items.columns)}.")
    catalogue = as_ids(items[item_id], name="item id")
    check_distinct(catalogue, name="item id")
    locate_ids(catalogue, interactions.items, name="item id", where="the catalogue")
    return catalogue


def _check_models(models):
    if not isinstance(models, Mapping) or not models:
        raise TypeError(f"models must be a non-empty dict of name to model; got {models!r}.")


def _check_fold(fold, k):
    if not (fold.test.weight > 0).any():
        raise ValueError(
            "the split leaves nothing to test: no held-out interaction has a positive weight, a "
            f"user and an item that can be ranked ({fold.n_dropped} dropped)."
        )
    candidates = fold.train.items if fold.candidates is None else fold.candidates
    if k > candidates.size:
        raise ValueError(f"k={k} exceeds the {candidates.size} candidates of a fold.")
