"""Run models over folds and metrics."""

import warnings
from collections.abc import Mapping
from numbers import Integral

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.utils import check_random_state

from mmclassic.evaluate._asking import ask, fit_clone
from mmclassic.evaluate._evaluation import Evaluation
from mmclassic.evaluate._measuring import Record, over_all_lists, per_user
from mmclassic.evaluate._metrics import choose_measures, errors_over_all
from mmclassic.evaluate._prepare import prepare_fold, read_folds
from mmclassic.evaluate._ranking import predicts
from mmclassic.exceptions import ShortListWarning, UnknownIdError
from mmclassic.interactions import (
    ITEM,
    Interactions,
    locate_ids,
    read_ids_with,
    read_interactions,
)
from mmclassic.utils import check_k, measure
from mmclassic.views import Views


def evaluate(
    models,
    items,
    interactions,
    split,
    *,
    k=10,
    metrics=None,
    min_rating=None,
    features=None,
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
        One with ``predict(users, items)``, a rating for each pair, is measured by its errors, too.
        Every fold fits a fresh clone.
    items : DataFrame, Views or {array-like, CSR} of shape (n_items, n_columns)
        The catalogue; it holds every item of `interactions`. Rows that are not a table are those
        of ``interactions.items`` if these are Interactions of as many items; else ids are row
        numbers. None is the items of `interactions`, for models that read nothing of them.
    interactions : DataFrame or Interactions
        All interactions.
    split : splitter or iterable of Fold or of (array-like, array-like)
        `RandomSplit`, `LeaveLastOut`, `TimeSplit`, `ColdItemSplit`, `UserFolds` or anything whose
        ``split(interactions)`` yields `Fold`; folds themselves; or a splitter of scikit-learn or
        pairs of row numbers (train, test) of the interactions, as `GivenSplit` reads them.
    k : int > 0 or sequence of these, default=10
        Lengths of the lists. Models rank once, as many as the largest.
    metrics : sequence of str or dict of str to callable, default=None
        Names among "precision", "recall", "f1", "ndcg", "hit_rate", "map", "map_cut" (divided as
        trec_eval does), "mrr", "r_precision", "auc", "graded_ndcg", "serendipity", "novelty",
        "popularity_bias", "diversity", "coverage" and "gini", and of ratings "satisfaction",
        "satisfied", "rmse" and "mae"; or functions with the signature of
        `mmclassic.metrics.recall_at_k`, called with CSR and `RankedLists`. None is the first four,
        and of ratings "satisfaction" and, if a model predicts, "rmse" and "mae".
    min_rating : float, default=None
        The least rating of an item that counts as liked, see `Interactions.likes`.
    features : Views or {array-like, CSR} of shape (n_items, n_columns), default=None
        Rows of the items that "diversity" compares. None takes `items` if they are no table.
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
        If a fold has nothing to test, a model gives a list with gaps or repeats, or a metric asks
        for what is not there.

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
    seen in training. Relevant is what a user has in the test part and likes, see
    `Interactions.likes`; users without such items have no value of metrics that ask for them. A
    user's values are averaged over the folds first, and intervals come from resampling users.

    Graded gains are the weights or ratings of what is liked. Users are as satisfied as
    `mmclassic.metrics.satisfaction_at_k` says, on the scale of all their ratings, training and
    test. Popularity is the number of users in training; "serendipity" expects the most popular
    items that a user has not had. "rmse" and "mae" are means over users, have no k (0 stands
    there), and none for new items or users; over all ratings at once they are in ``runs``.

    What a fold gives of users that are not in its training part (`UserFolds`) goes to a model as
    ``rank(users, k, history=...)``, and replaces what it knows of them. Where a fold has pools, a
    model ranks everything and the lists are cut to them.

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
    lengths = check_lengths(k)
    _check_models(models)
    items, catalog, interactions = read_catalog(items, interactions, item_id, columns)
    features = _read_features(features, items)
    measures = choose_measures(
        metrics,
        explicit=interactions.explicit,
        predicting=any(map(predicts, models.values())),
        has_features=features is not None,
    )
    folds = read_folds(split, interactions)
    prepared = [
        prepare_fold(fold, items, catalog, min_rating=min_rating, features=features)
        for fold in folds
    ]
    seed = check_random_state(random_state).randint(np.iinfo(np.int32).max)
    answers, runs = {}, []
    for name, model in models.items():
        answers[name] = []
        for number, fold in enumerate(prepared):
            found, run = _answer(name, model, fold, catalog, max(lengths))
            runs.append({"model": name, "fold": number, **run})
            answers[name].append(found)
    runs = pd.DataFrame(runs)
    _warn_short(runs, max(lengths))
    judges = tuple(fold["judge"] for fold in prepared)
    record = Record(measures, lengths, judges, answers)
    return Evaluation(
        per_user=per_user(record),
        runs=runs,
        metrics=tuple(measures),
        k=lengths,
        n_folds=len(folds),
        n_dropped=sum(fold.n_dropped for fold in folds),
        confidence=confidence,
        n_resamples=n_resamples,
        seed=int(seed),
        over_all=over_all_lists(record),
        record=record,
    )


def check_lengths(k):
    lengths = [k] if isinstance(k, Integral) or np.ndim(k) == 0 else list(k)
    for length in lengths:
        check_k(length)
    if not lengths or len(set(lengths)) < len(lengths):
        raise ValueError(f"k must be one length or several different ones; got {k!r}.")
    return tuple(int(length) for length in lengths)


def _check_models(models):
    if not isinstance(models, Mapping) or not models:
        raise TypeError(f"models must be a non-empty dict of name to model; got {models!r}.")


def read_catalog(items, interactions, item_id, columns):
    """Items whose rows can be selected, their ids, and the interactions."""
    if items is None:
        interactions = read_interactions(interactions, columns=columns)
        items = pd.DataFrame({item_id: interactions.items})
    if not isinstance(items, (pd.DataFrame, Views)):
        items = items.tocsr() if sp.issparse(items) else np.asarray(items)
    catalog = read_ids_with(items, interactions, item_id)
    if not isinstance(interactions, Interactions):
        return items, catalog, read_interactions(interactions, catalog, columns=columns)
    locate_ids(catalog, interactions.items, name="item id", where="the catalogue")
    return items, catalog, interactions


def _read_features(features, items):
    """Rows that lists are varied by: those given, or the items if they are rows of numbers."""
    if features is None:
        return None if isinstance(items, pd.DataFrame) else items
    features = (
        features if isinstance(features, Views) or sp.issparse(features) else np.asarray(features)
    )
    if features.shape[0] != items.shape[0]:
        raise ValueError(
            f"features must have a row for each of {items.shape[0]} items; got {features.shape[0]}."
        )
    return features


def _answer(name, model, fold, catalog, k):
    """A model's answers over the catalogue, and what they took."""
    with measure("fit") as fitting:
        model = fit_clone(model, fold["items"], fold["train"], fold["ids"])
    judge = fold["judge"]
    try:
        with measure("rank") as ranking:
            answers = ask(model, fold, catalog, k)
    except (UnknownIdError, ValueError, TypeError) as error:
        raise _named(error, name) from error
    return answers, {
        "n_users": judge.users.size,
        "n_short": int(np.count_nonzero(answers.lists.lengths < k)),
        "fit_seconds": fitting.seconds,
        "fit_mib": fitting.peak_mib,
        "rank_seconds": ranking.seconds,
        "rank_mib": ranking.peak_mib,
        "rank_seconds_per_1000_users": 1000 * ranking.seconds / judge.users.size,
        **errors_over_all(judge, answers),
    }


def _named(error, name):
    """The same kind of error with the model's name in front."""
    kinds = (UnknownIdError, ValueError, TypeError)
    kind = next(kind for kind in kinds if isinstance(error, kind))
    return kind(f"model {name!r}: {error}")


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
