"""The metrics by name, and what each is measured by."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from mmclassic.metrics import (
    auc_at_k,
    catalog_coverage_at_k,
    f1_at_k,
    gini_at_k,
    graded_ndcg_at_k,
    hit_rate_at_k,
    intra_list_diversity_at_k,
    mae,
    map_at_k,
    mrr,
    ndcg_at_k,
    novelty_at_k,
    popularity_bias_at_k,
    precision_at_k,
    r_precision,
    recall_at_k,
    rmse,
    satisfaction_at_k,
    satisfied_at_k,
    serendipity_at_k,
)

# Functions of what is relevant, the lists and k.
RANKING_METRICS: dict[str, Callable] = {
    "precision": precision_at_k,
    "recall": recall_at_k,
    "f1": f1_at_k,
    "ndcg": ndcg_at_k,
    "hit_rate": hit_rate_at_k,
    "map": map_at_k,
    "map_cut": partial(map_at_k, divisor="relevant"),
    "mrr": mrr,
    "r_precision": r_precision,
}
_DEFAULT = ("precision", "recall", "f1", "ndcg")
LOWER_IS_BETTER = ("rmse", "mae", "median_rank")
NEITHER_IS_BETTER = ("popularity_bias",)


@dataclass(frozen=True)
class Measure:
    """A metric: values by user and k, by user alone ("rating") or one of all lists ("catalog").

    ``function(judge, answers, k)`` gives them. What looks at single relevant or rated items can
    be limited to some of them (`of_items`).
    """

    function: Callable
    kind: str = "list"
    of_items: bool = True


def _binary(function, judge, answers, k):
    return function(judge.relevant, answers.lists, k, per_user=True)


def _auc(judge, answers, k):
    n_candidates = judge.n_candidates
    return auc_at_k(judge.relevant, answers.lists, k, n_candidates=n_candidates, per_user=True)


def _graded(judge, answers, k):
    return graded_ndcg_at_k(judge.gains, answers.lists, k, per_user=True)


def _content(function, judge, answers, k):
    history = judge.ratings_of_users
    return function(judge.ratings, answers.lists, k, history=history, per_user=True)


def _novelty(judge, answers, k):
    return novelty_at_k(answers.lists, judge.popularity, judge.n_learnt, k, per_user=True)


def _popularity_bias(judge, answers, k):
    return popularity_bias_at_k(answers.lists, judge.popularity, judge.seen, k, per_user=True)


def _serendipity(judge, answers, k):
    return serendipity_at_k(judge.relevant, answers.lists, judge.popular(k), k, per_user=True)


def _diversity(judge, answers, k):
    return intra_list_diversity_at_k(answers.lists, judge.features, k, per_user=True)


def _of_catalog(function, judge, answers, k):
    order = judge.among_rankable(answers.lists.order)
    return function(order, k, n_items=judge.n_rankable)


def _error(function, judge, answers, _):
    pairs = judge.ratings.tocoo()
    values = np.full(len(judge.users), np.nan)
    if pairs.nnz:
        found = function(pairs.data, answers.predicted.data, pairs.row, per_user=True)
        values[: found.size] = found
    return values


def errors_over_all(judge, answers):
    """Errors over all held-out ratings of a fold at once, if they were predicted."""
    if answers.predicted is None:
        return {}
    pairs = (judge.ratings.data, answers.predicted.data)
    return {"rmse": rmse(*pairs), "mae": mae(*pairs)}


MEASURES = {
    **{name: Measure(partial(_binary, function)) for name, function in RANKING_METRICS.items()},
    "auc": Measure(_auc),
    "graded_ndcg": Measure(_graded),
    "satisfaction": Measure(partial(_content, satisfaction_at_k)),
    "satisfied": Measure(partial(_content, satisfied_at_k)),
    "serendipity": Measure(_serendipity),
    "novelty": Measure(_novelty, of_items=False),
    "popularity_bias": Measure(_popularity_bias, of_items=False),
    "diversity": Measure(_diversity, of_items=False),
    "coverage": Measure(partial(_of_catalog, catalog_coverage_at_k), "catalog", of_items=False),
    "gini": Measure(partial(_of_catalog, gini_at_k), "catalog", of_items=False),
    "rmse": Measure(partial(_error, rmse), "rating"),
    "mae": Measure(partial(_error, mae), "rating"),
}
_OF_RATINGS = ("satisfaction", "satisfied", "rmse", "mae")


def check_metrics(metrics):
    """Functions of what is relevant, lists and k by name, from names or functions by name."""
    if isinstance(metrics, Mapping):
        return dict(metrics)
    return {name: RANKING_METRICS[name] for name in _check_names(metrics, RANKING_METRICS)}


def choose_measures(metrics, *, explicit, predicting, has_features):
    """Measures by name: those asked for, or by default those that the data allow."""
    if isinstance(metrics, Mapping):
        return {name: Measure(partial(_binary, function)) for name, function in metrics.items()}
    if metrics is None:
        metrics = [*_DEFAULT, *(["satisfaction"] if explicit else [])]
        metrics += ["rmse", "mae"] if explicit and predicting else []
    names = _check_names(metrics, MEASURES)
    for name in names:
        if name in _OF_RATINGS and not explicit:
            raise ValueError(
                f"{name!r} is measured by ratings, and these interactions have weights; name their "
                "column with columns={'rating': ...}."
            )
    if not predicting and {"rmse", "mae"} & set(names):
        raise ValueError("'rmse' and 'mae' need a model with predict(users, items); none has it.")
    if not has_features and "diversity" in names:
        raise ValueError("'diversity' compares rows of items; give features, Views or a matrix.")
    return {name: MEASURES[name] for name in names}


def _check_names(metrics, known):
    names = list(dict.fromkeys(metrics)) if not isinstance(metrics, str) else []
    unknown = [name for name in names if name not in known]
    if not names or unknown:
        raise ValueError(f"metrics must be a list of names among {list(known)}; got {metrics!r}.")
    return names
