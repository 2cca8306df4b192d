"""Values of metrics by user, model and fold, as tables."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mmclassic.interactions import USER

NO_LENGTH = 0  # the k of what has no lists


@dataclass(frozen=True, eq=False)
class Record:
    """What was measured: the judge of every fold, and by model the answers of every fold."""

    measures: dict
    lengths: tuple[int, ...]
    judges: tuple
    answers: dict


def cases_of(measure, lengths):
    """The lengths that a measure has values for."""
    return (NO_LENGTH,) if measure.kind == "rating" else lengths


def measure_users(judge, answers, measures, lengths):
    """Values by user (rows), metric and k (columns)."""
    values = {
        (name, k): measure.function(judge, answers, k)
        for name, measure in measures.items()
        if measure.kind == "list" or (measure.kind == "rating" and answers.predicted is not None)
        for k in cases_of(measure, lengths)
    }
    columns = pd.MultiIndex.from_tuples(list(values) or [], names=["metric", "k"])
    data = np.column_stack(list(values.values())) if values else np.empty((len(judge.users), 0))
    return pd.DataFrame(data, index=judge.users, columns=columns)


def tidy(values, **case):
    """One row per user, metric and k, averaged over the tables of several folds."""
    means = pd.concat(values).groupby(level=0).mean()
    n_users = len(means)
    return pd.DataFrame(
        {
            **case,
            USER: np.tile(means.index.to_numpy(), means.shape[1]),
            "metric": np.repeat(means.columns.get_level_values(0).to_numpy(), n_users),
            "k": np.repeat(means.columns.get_level_values(1).to_numpy(np.int64), n_users),
            "value": means.to_numpy().T.ravel(),
        }
    )


def per_user(record):
    """The values of every model."""
    return pd.concat(
        [
            tidy(
                [
                    measure_users(judge, answers, record.measures, record.lengths)
                    for judge, answers in zip(record.judges, by_fold)
                ],
                model=model,
            )
            for model, by_fold in record.answers.items()
        ],
        ignore_index=True,
    )


def over_all_lists(record):
    """Values that belong to no user, by model and fold."""
    columns = ["model", "fold", "metric", "k", "value", "n_users"]
    n_users = len(set().union(*(judge.users.tolist() for judge in record.judges)))
    rows = [
        (model, fold, name, k, measure.function(judge, answers, k), n_users)
        for model, by_fold in record.answers.items()
        for name, measure in record.measures.items()
        if measure.kind == "catalog"
        for k in record.lengths
        for fold, (judge, answers) in enumerate(zip(record.judges, by_fold))
    ]
    return pd.DataFrame(rows, columns=columns)
