"""Choosing parameters by the quality of recommendations, with most users for the best alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral, Real

import pandas as pd
from sklearn.base import clone
from sklearn.utils._param_validation import Interval, validate_params

from mmclassic.evaluate._asking import fit_clone
from mmclassic.evaluate._evaluate import read_catalog
from mmclassic.evaluate._halving import Task, search_table
from mmclassic.evaluate._measuring import NO_LENGTH
from mmclassic.interactions import ITEM
from mmclassic.utils import check_k


@dataclass(frozen=True, eq=False, repr=False)
class Tuning:
    """What a search for parameters found, as `tune` gives it.

    Parameters
    ----------
    table : DataFrame
        One row per candidate and round: round (from 0), n_users, a column for every parameter,
        score (mean over folds), fit_seconds and rank_seconds (means over folds), and error: what
        went wrong, or None.
    best_params : dict
        The parameters that scored best in the last round.
    best_score : float
        Their score there.
    best_model : object
        A model with them, fitted on all items and interactions.
    metric : str
        What was scored.
    k : int
        Length of the lists; 0 for errors of ratings.

    See Also
    --------
    tune : Gives it.
    """

    table: pd.DataFrame
    best_params: dict
    best_score: float
    best_model: object
    metric: str
    k: int

    def __repr__(self):
        at = f"@{self.k}" if self.k else ""
        return (
            f"Tuning of {self.table['round'].eq(0).sum()} candidates in "
            f"{self.table['round'].nunique()} rounds: {self.metric}{at} {self.best_score:.4f} with "
            f"{self.best_params}"
        )

    def _repr_html_(self):
        return self.table.to_html(index=False)


@validate_params(
    {
        "space": [Mapping, list],
        "metric": [str],
        "n_candidates": [Interval(Integral, 1, None, closed="left")],
        "factor": [Interval(Real, 1, None, closed="neither")],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def tune(
    model,
    space,
    items,
    interactions,
    split,
    *,
    metric="ndcg",
    k=10,
    n_candidates=20,
    factor=3,
    min_rating=None,
    features=None,
    item_id=ITEM,
    columns=None,
    random_state=None,
):
    """Choose parameters by successive halving over the users, on held-out interactions.

    Parameters
    ----------
    model : model
        As for `evaluate`, with ``set_params``.
    space : dict of str to list or distribution, or list of these
        Values of every parameter, or a distribution with ``rvs`` as scikit-learn's searches take
        it.
    items : DataFrame, Views or {array-like, CSR} of shape (n_items, n_columns)
        The catalogue, as for `evaluate`.
    interactions : DataFrame or Interactions
        What may be learnt from: the training part alone, if a test part is to be reported on.
    split : splitter or iterable of Fold or of (array-like, array-like)
        The inner split, as for `evaluate`: `ColdItemSplit` for new items, `RandomSplit`,
        `LeaveLastOut` or `TimeSplit` for known ones. With a seed of its own all candidates see the
        same folds.
    metric : str, default="ndcg"
        One of the names of `evaluate` that have values by user.
    k : int > 0, default=10
        Length of the lists.
    n_candidates : int > 0, default=20
        How many points of the space are drawn; all of a smaller grid.
    factor : float > 1, default=3
        The best 1 / `factor` of the candidates go on, with `factor` times as many users.
    min_rating : float, default=None
        The least rating of an item that counts as liked, see `Interactions.likes`.
    features : Views or {array-like, CSR} of shape (n_items, n_columns), default=None
        Rows of the items that the metric "diversity" compares, see `evaluate`.
    item_id : str, default="item_id"
        Column of the item ids in a table of items.
    columns : dict of str to str, default=None
        Names of the columns of a table of interactions, see `Interactions.from_frame`.
    random_state : int, RandomState instance or None, default=None
        Seed of the candidates and of the order in which users come in.

    Returns
    -------
    tuning : Tuning
        All candidates and rounds as a table, the best parameters, and a model with them that is
        fitted on everything.

    Raises
    ------
    ValueError
        If no candidate could be fitted and measured, or a name is unknown.

    Notes
    -----
    scikit-learn's ``HalvingRandomSearchCV`` draws and discards; the resource is the number of
    users, and the users of a round are among those of the next. In every fold a model is fitted
    to what these users have in its training part and asked for those of them that have something
    held out, so scores of different rounds are not to be compared. A parameter whose best value
    depends on the number of users (shrinkage of item counts, for instance) is judged too early by
    the first rounds: a larger `factor` with fewer candidates helps.

    A candidate that raises an error scores NaN, goes no further, and tells why in the table.

    References
    ----------
    .. [1] Jamieson, K. and Talwalkar, A. (2016). Non-stochastic best arm identification and
       hyperparameter optimization. AISTATS.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from mmclassic.evaluate import RandomSplit, tune
    >>> from mmclassic.recommend import KNNRecommender
    >>> rng = np.random.default_rng(0)
    >>> features, users = rng.normal(size=(60, 3)), np.repeat(range(40), 8)
    >>> tastes = rng.normal(size=(40, 3)) @ features.T
    >>> liked = pd.DataFrame({"user_id": users, "item_id": np.argsort(-tastes)[:, :8].ravel()})
    >>> found = tune(KNNRecommender(), {"metric": ["calibrated", "cosine", "dot"]}, features, liked,
    ...              RandomSplit(random_state=0), random_state=0)
    >>> found.table[["round", "n_users"]].value_counts(sort=False).tolist()
    [3, 1]
    >>> found.best_model.metric == found.best_params["metric"]
    True
    """
    check_k(k)
    items, catalog, interactions = read_catalog(items, interactions, item_id, columns)
    task = Task.prepare(
        model, items, catalog, interactions, split, metric, k, min_rating, features, random_state
    )
    table, candidates = search_table(model, space, task, n_candidates, factor)
    last = table[table["round"] == table["round"].max()]
    if last["score"].isna().all():
        raise ValueError(
            f"no candidate could be measured in round {last['round'].iloc[0]}; the first said: "
            f"{last['error'].iloc[0]}"
        )
    best = (last["score"] * task.sign).idxmax()
    chosen = clone(model).set_params(**clone(candidates[best], safe=False))
    return Tuning(
        table=table,
        best_params=candidates[best],
        best_score=float(table.loc[best, "score"]),
        best_model=fit_clone(chosen, items, interactions.for_items(catalog), catalog),
        metric=metric,
        k=task.k if task.measure.kind == "list" else NO_LENGTH,
    )
