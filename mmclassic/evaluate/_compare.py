"""Whether one model is better than another, or the users are too few to tell."""

from itertools import combinations
from numbers import Integral, Real

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions, validate_params

from mmclassic.evaluate._evaluation import Evaluation
from mmclassic.evaluate._metrics import LOWER_IS_BETTER, NEITHER_IS_BETTER
from mmclassic.metrics import bootstrap_interval

_BLOCK_ELEMENTS = 1 << 22


@validate_params(
    {
        "evaluation": [Evaluation],
        "baseline": [str, None],
        "metric": [str, "array-like", None],
        "k": [Integral, "array-like", None],
        "correction": [StrOptions({"holm"}), None],
        "worth": [Interval(Real, 0, None, closed="left")],
        "n_resamples": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def compare(
    evaluation,
    baseline=None,
    metric=None,
    k=None,
    *,
    correction="holm",
    worth=0.01,
    n_resamples=10_000,
    random_state=None,
):
    """Compare models user by user, with intervals, tests and a verdict in words.

    Parameters
    ----------
    evaluation : Evaluation
        Values of two models at least.
    baseline : str, default=None
        The model that all others are compared with; None compares every model with those before
        it.
    metric : str or sequence of str, default=None
        Which metrics; None is all that have values by user.
    k : int or sequence of int, default=None
        Which lengths of lists; None is all.
    correction : {"holm"} or None, default="holm"
        How the p of all rows are corrected for their number.
    worth : float >= 0, default=0.01
        The least difference worth having, as a share of the baseline's mean.
    n_resamples : int > 0, default=10000
        Random assignments of signs behind every p; the intervals use ``evaluation.n_resamples``.
    random_state : int, RandomState instance or None, default=None
        Seed of the resampling; None takes ``evaluation.seed``.

    Returns
    -------
    table : DataFrame
        Columns stratum (after `Evaluation.by`), metric, k, model, baseline, difference (mean over
        users), low, high, p, p_adjusted, n_users (those with a value of both models) and verdict.

    Raises
    ------
    ValueError
        If there are no two models, or a model, metric or k is not in the evaluation.

    Notes
    -----
    The interval is a percentile bootstrap of the users' differences, of
    ``evaluation.confidence``. The test is a paired randomisation: were the models alike, each
    user's difference could as well have the other sign. p is two-sided and at least
    1 / (n_resamples + 1). `correction` holds the chance of a single false "better" or "worse" in
    the whole table below 1 - confidence; ask for the metric and k that matter, for every row makes
    the others harder to prove.

    The verdict is the first of these that is true:

    - "no difference worth having": the whole interval lies within `worth` of the baseline's mean,
      and so does the mean that users of whom none was drawn could make: -log(1 - confidence) in
      n_users of them (the rule of three [3]_), who differ as much as any user did, or as any value
      is large where no user differed;
    - "better" or "worse": p_adjusted is below 1 - confidence ("higher" or "lower" of
      "popularity_bias", of which neither is better; lower errors and ranks are better, and of
      "median_rank" the ranks are compared by their mean difference);
    - "too few users to tell" (items, of `evaluate_pairs` and `evaluate_labels`).

    O(n_users n_resamples) time, in blocks.

    References
    ----------
    .. [1] Smucker, M., Allan, J. and Carterette, B. (2007). A comparison of statistical
       significance tests for information retrieval evaluation. CIKM.
    .. [2] Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian
       Journal of Statistics 6(2).
    .. [3] Hanley, J. and Lippman-Hand, A. (1983). If nothing goes wrong, is everything all right?
       Journal of the American Medical Association 249(13).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from mmclassic.evaluate import RandomSplit, compare, evaluate
    >>> from mmclassic.recommend import KNNRecommender, PopularRecommender
    >>> rng = np.random.default_rng(0)
    >>> features, users = rng.normal(size=(60, 3)), np.repeat(range(40), 8)
    >>> tastes = rng.normal(size=(40, 3)) @ features.T
    >>> liked = pd.DataFrame({"user_id": users, "item_id": np.argsort(-tastes)[:, :8].ravel()})
    >>> models = {"popular": PopularRecommender(), "knn": KNNRecommender()}
    >>> found = evaluate(models, features, liked, RandomSplit(random_state=0), random_state=0)
    >>> compare(found, "popular", "ndcg", k=10)[["model", "n_users", "verdict"]]
      model  n_users verdict
    0   knn       40  better
    """
    cases, columns, baseline_means, largest = _differences(evaluation, baseline, metric, k)
    seed = evaluation.seed if random_state is None else random_state
    low, high = bootstrap_interval(
        columns,
        confidence=evaluation.confidence,
        n_resamples=evaluation.n_resamples,
        random_state=seed,
    )
    table = cases.assign(difference=np.nanmean(columns, axis=0), low=low, high=high)
    table["p"] = _sign_flip_test(columns, n_resamples, check_random_state(seed))
    table["p_adjusted"] = _holm(table["p"].to_numpy()) if correction else table["p"]
    n_users = np.count_nonzero(~np.isnan(columns), axis=0)
    table[evaluation.count] = n_users
    bounds = worth * np.abs(baseline_means)
    unseen = -np.log(1 - evaluation.confidence) / n_users * largest
    bounds[unseen >= bounds] = np.nan
    unsure = f"too few {evaluation.count.removeprefix('n_')} to tell"
    table["verdict"] = _verdicts(table, bounds, 1 - evaluation.confidence, unsure)
    return table


def _differences(evaluation, baseline, metric, k):
    """The cases, and of each a column of differences, the baseline's mean, the largest difference.

    Where no user differs that is the largest value.
    """
    values = _choose(evaluation, metric, k)
    models = list(dict.fromkeys(values["model"]))
    if len(models) < 2:
        raise ValueError(f"a comparison needs two models; these values are of {models}.")
    if baseline is not None and baseline not in models:
        raise ValueError(f"baseline must be one of {models}; got {baseline!r}.")
    pairs = [(b, a) for a, b in combinations(models, 2)]
    if baseline is not None:
        pairs = [(model, baseline) for model in models if model != baseline]
    keys = [name for name in evaluation.cases if name != "model"]
    rows, columns, means, largest = [], [], [], []
    for case, part in values.groupby(keys, sort=False):
        wide = part.pivot(index=evaluation.unit, columns="model", values="value")
        for model, other in pairs:
            if not {model, other} <= set(wide.columns):
                continue
            differences = (wide[model] - wide[other]).to_numpy()
            known = ~np.isnan(differences)
            if known.any():
                rows.append((*case, model, other))
                columns.append(differences)
                means.append(wide[other].to_numpy()[known].mean())
                most = np.abs(differences[known]).max()
                largest.append(most if most > 0 else wide[other].abs().max())
    if not rows:
        raise ValueError("no user has a value of two models, so there is nothing to compare.")
    cases = pd.DataFrame(rows, columns=[*keys, "model", "baseline"])
    return cases, _side_by_side(columns), np.array(means), np.array(largest)


def _choose(evaluation, metric, k):
    values = evaluation.per_user
    for name, asked in (("metric", metric), ("k", k)):
        if asked is None:
            continue
        asked = [asked] if np.ndim(asked) == 0 else list(asked)
        known = values[name].unique().tolist()
        unknown = [value for value in asked if value not in known]
        if unknown:
            raise ValueError(
                f"there are no values by user of {name} {unknown[0]!r}; there are {known}."
            )
        values = values[values[name].isin(asked)]
    return values


def _side_by_side(columns):
    """One matrix of columns of different lengths, filled up with NaN."""
    table = np.full((max(map(len, columns)), len(columns)), np.nan)
    for place, column in enumerate(columns):
        table[: column.size, place] = column
    return table


def _sign_flip_test(columns, n_resamples, rng):
    """Two-sided p of every column: how often random signs give a mean as far from 0."""
    differences = np.nan_to_num(columns)
    observed = np.abs(differences.sum(axis=0))
    # Sums in another order differ in the last digits, and ties count.
    observed -= 1e-12 * np.abs(differences).sum(axis=0)
    n_users = len(differences)
    reached = np.zeros(differences.shape[1], dtype=np.int64)
    step = max(1, _BLOCK_ELEMENTS // n_users)
    for start in range(0, n_resamples, step):
        n = min(step, n_resamples - start)
        bits = np.unpackbits(rng.randint(256, size=(n, -(-n_users // 8)), dtype=np.uint8), axis=1)
        signs = bits[:, :n_users].astype(np.float64) * 2 - 1
        reached += np.count_nonzero(np.abs(signs @ differences) >= observed, axis=0)
    return (1 + reached) / (1 + n_resamples)


def _holm(p):
    """Holm's step-down correction of several p."""
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1))
    adjusted = np.empty(p.size)
    adjusted[order] = np.minimum(stepped, 1)
    return adjusted


def _verdicts(table, bounds, alpha, unsure):
    within = (-bounds <= table["low"]) & (table["high"] <= bounds)
    sure = table["p_adjusted"] < alpha
    rises = table["difference"] > 0
    neither = table["metric"].isin(NEITHER_IS_BETTER)
    good = rises ^ table["metric"].isin(LOWER_IS_BETTER)
    return np.select(
        [within, sure & neither & rises, sure & neither, sure & good, sure],
        ["no difference worth having", "higher", "lower", "better", "worse"],
        unsure,
    )
