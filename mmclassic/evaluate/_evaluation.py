"""What a comparison of models found."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from mmclassic.metrics import bootstrap_interval

_CASE = ["model", "metric", "k"]


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation:
    """Values of models on held-out interactions, as `evaluate` gives them.

    Parameters
    ----------
    per_user : DataFrame
        Columns model, user_id, metric, k and value, one row for each; a user's values are
        averaged over the folds.
    runs : DataFrame
        Columns model, fold, n_users, n_short (lists shorter than the largest k, for want of items
        to rank), fit_seconds and rank_seconds, one row per model and fold.
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

    @property
    def models(self):
        """Names of the models."""
        return tuple(dict.fromkeys(self.runs["model"].tolist()))

    def summary(self):
        """Average over users.

        Returns
        -------
        table : DataFrame
            Columns model, metric, k, value, low, high (bootstrap interval over users) and n_users,
            one row per model, metric and k.
        """
        return self._summary.copy()

    # Kept, for the resampling takes a second with 50,000 users.
    @cached_property
    def _summary(self):
        groups = self.per_user.groupby(_CASE, sort=False)["value"]
        columns = pd.concat(
            [values.reset_index(drop=True) for _, values in groups], axis=1, ignore_index=True
        ).to_numpy()
        low, high = bootstrap_interval(
            columns,
            confidence=self.confidence,
            n_resamples=self.n_resamples,
            random_state=self.seed,
        )
        table = pd.DataFrame([case for case, _ in groups], columns=_CASE)
        return table.assign(
            value=np.nanmean(columns, axis=0),
            low=low,
            high=high,
            n_users=np.count_nonzero(~np.isnan(columns), axis=0),
        )

    def __repr__(self):
        return (
            f"Evaluation of {len(self.models)} model(s) on {self.n_folds} fold(s)\n"
            f"{self._summary.to_string(index=False)}"
        )

    def _repr_html_(self):
        return self._summary.to_html(index=False)
