"""What a comparison of models found."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from mmclassic.evaluate._measuring import Record
from mmclassic.evaluate._median import MEDIANS, median_interval
from mmclassic.evaluate._strata import by_stratum
from mmclassic.interactions import ITEM, USER
from mmclassic.metrics import bootstrap_interval


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation:
    """Values of models on what was held out, as `evaluate` gives them.

    `evaluate_pairs` and `evaluate_labels` give values by item instead of user, and have columns
    query and gallery, or view, to tell the cases apart.

    Parameters
    ----------
    per_user : DataFrame
        Columns model, user_id, metric, k and value, one row for each; a user's values are
        averaged over the folds. After `by` there is a column stratum, too.
    runs : DataFrame
        One row per model and fold: model, fold, n_users, n_short (lists shorter than the largest
        k, for want of items to rank), fit_seconds, fit_mib (peak memory of the process), the same
        for rank, rank_seconds_per_1000_users, and for models that predict ratings rmse and mae over
        all of them at once.
    metrics : tuple of str
        Names of the metrics.
    k : tuple of int
        Lengths of the lists.
    n_folds : int
        Number of folds.
    n_dropped : int
        Held-out interactions in neither part of a fold, over all folds (see `Fold`).
    confidence : float
        Confidence of the intervals.
    n_resamples : int
        Resamples of users behind the intervals.
    seed : int
        Seed of the resampling.
    over_all : DataFrame, default=None
        Values that belong to no user: columns model, fold, metric, k, value and n_users, and low
        and high where they have an interval.
    record : object, default=None
        The lists and what they were measured by, for `by`.

    See Also
    --------
    evaluate : Gives it.

    Examples
    --------
    >>> import pandas as pd
    >>> from mmclassic.evaluate import RandomSplit, evaluate
    >>> from mmclassic.recommend import PopularRecommender
    >>> bought = pd.DataFrame({"user_id": [1, 1, 1, 2, 2, 2], "item_id": list("abcabd")})
    >>> items = pd.DataFrame({"item_id": list("abcd")})
    >>> split = RandomSplit(0.4, random_state=0)
    >>> models = {"popular": PopularRecommender()}
    >>> found = evaluate(models, items, bought, split, k=[1, 2], metrics=["recall"], random_state=0)
    >>> found.summary()[["metric", "k", "n_users"]]
       metric  k  n_users
    0  recall  1        2
    1  recall  2        2
    >>> found.models, found.n_folds
    (('popular',), 1)
    """

    per_user: pd.DataFrame
    runs: pd.DataFrame
    metrics: tuple[str, ...]
    k: tuple[int, ...]
    n_folds: int
    n_dropped: int
    confidence: float
    n_resamples: int
    seed: int
    over_all: pd.DataFrame | None = None
    record: Record | None = None

    @property
    def models(self):
        """Names of the models."""
        return tuple(dict.fromkeys(self.runs["model"].tolist()))

    @property
    def unit(self):
        """The column of those whose values are averaged, the users."""
        return USER if USER in self.per_user.columns else ITEM

    @property
    def count(self):
        """The column of how many of them have a value."""
        return f"n_{self.unit.removesuffix('_id')}s"

    @property
    def cases(self):
        """The columns that tell one mean from another."""
        return [name for name in self.per_user.columns if name not in (self.unit, "value")]

    def summary(self):
        """Average over users.

        Returns
        -------
        table : DataFrame
            Columns model, metric, k, value, low, high (bootstrap interval over users) and n_users,
            one row per model, metric and k; stratum first, after `by`. Values that belong to no
            user come last. k is 0 for what has none, such as errors of ratings. Of "median_rank" it
            is the median, with its interval.
        """
        return self._summary.copy()

    def by(self, stratum, *, of="items", edges=None):
        """Look at some users or some held-out items apart.

        Parameters
        ----------
        stratum : {"activity", "cold", "missing"} or array-like of shape (n_items,) or Series
            Users by how many items they had in training; held-out items by whether anybody had
            them in training; by the views that they lack. Or a label for every row of the
            catalogue, a column or a mask; with ``of="users"`` a Series or dict by user id.
        of : {"items", "users"}, default="items"
            Whose labels are given.
        edges : array-like of increasing numbers, default=None
            Where numbers are cut: below the first, from the first to below the second, and so on.
            None cuts "activity" into thirds of the users and takes labels as they are.

        Returns
        -------
        evaluation : Evaluation
            With a column stratum in `per_user` and in the summary.

        Notes
        -----
        Of some items only these count as relevant or rated, in the lists that were ranked among
        all; a user counts in every stratum with such an item. Metrics that do not look at what is
        relevant or rated are left out, and those of no user always.

        Examples
        --------
        >>> import numpy as np
        >>> from mmclassic.evaluate import RandomSplit, evaluate
        >>> from mmclassic.recommend import PopularRecommender
        >>> rng = np.random.default_rng(0)
        >>> users = np.repeat(range(30), rng.integers(3, 12, 30))
        >>> liked = pd.DataFrame({"user_id": users, "item_id": rng.integers(0, 20, users.size)})
        >>> found = evaluate({"popular": PopularRecommender()}, np.eye(20), liked,
        ...                  RandomSplit(random_state=0), k=5, metrics=["recall"], random_state=0)
        >>> found.by("activity", edges=[5]).summary()[["stratum", "n_users"]]
          stratum  n_users
        0      <5        9
        1     >=5       21
        """
        if self.record is None:
            raise ValueError("this evaluation keeps no lists, so it cannot be divided.")
        if of not in ("items", "users"):
            raise ValueError(f"of must be 'items' or 'users'; got {of!r}.")
        table = by_stratum(self.record, stratum, of=of, edges=edges)
        return replace(self, per_user=table, over_all=None, record=None)

    def distribution(self, metric, k=None, *, quantiles=(0.1, 0.25, 0.5, 0.75, 0.9)):
        """Tell how a metric is spread over the users, not its mean alone.

        Parameters
        ----------
        metric : str
            One of `metrics`.
        k : int, default=None
            One of the lengths; None takes all.
        quantiles : sequence of float in [0, 1], default=(0.1, 0.25, 0.5, 0.75, 0.9)
            Which shares of the users lie below.

        Returns
        -------
        table : DataFrame
            One row per case of the summary, a column for every quantile.
        """
        chosen = self.per_user[self.per_user["metric"] == metric]
        if k is not None:
            chosen = chosen[chosen["k"] == k]
        if chosen.empty:
            raise ValueError(
                f"there are no values by user of {metric!r}{'' if k is None else f' at k={k}'}; "
                f"metrics are {self.metrics}, lengths {self.k}."
            )
        groups = chosen.groupby(self.cases, sort=False)["value"]
        return groups.quantile(list(quantiles)).unstack().rename_axis(columns=None).reset_index()

    def _columns(self, groups):
        """A column of values for every case, filled up with NaN."""
        columns = [values.to_numpy() for _, values in groups]
        table = np.full((max(map(len, columns), default=0), len(columns)), np.nan)
        for place, values in enumerate(columns):
            table[: values.size, place] = values
        return table

    # Kept, for the resampling takes a second with 50,000 users.
    @cached_property
    def _summary(self):
        groups = list(self.per_user.groupby(self.cases, sort=False)["value"])
        columns = self._columns(groups)
        table = pd.DataFrame([case for case, _ in groups], columns=self.cases)
        by_median = table["metric"].isin(MEDIANS).to_numpy()
        for name in ("value", "low", "high"):
            table[name] = np.nan
        for chosen, center, bound in (
            (~by_median, np.nanmean, bootstrap_interval),
            (by_median, np.nanmedian, median_interval),
        ):
            some = np.flatnonzero(chosen & ~np.isnan(columns).all(axis=0))
            if some.size:
                values = columns[:, some]
                options = {"confidence": self.confidence, "n_resamples": self.n_resamples}
                low, high = bound(values, **options, random_state=self.seed)
                table.loc[some, "value"] = center(values, axis=0)
                table.loc[some, "low"], table.loc[some, "high"] = low, high
        table[self.count] = np.count_nonzero(~np.isnan(columns), axis=0)
        return self._with_over_all(table)

    def _with_over_all(self, table):
        if self.over_all is None or not len(self.over_all):
            return table
        groups = self.over_all.groupby(self.cases, sort=False)
        kept = [name for name in table.columns if name in self.over_all and name not in self.cases]
        rest = groups[kept].mean().reset_index().reindex(columns=table.columns)
        rest[self.count] = rest[self.count].astype(np.int64)
        return pd.concat([table, rest], ignore_index=True) if len(table) else rest

    def __repr__(self):
        return (
            f"Evaluation of {len(self.models)} model(s) on {self.n_folds} fold(s)\n"
            f"{self._summary.to_string(index=False)}"
        )

    def _repr_html_(self):
        return self._summary.to_html(index=False)
