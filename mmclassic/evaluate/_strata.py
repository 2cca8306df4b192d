"""Parts of the users or of the held-out items, to be looked at apart."""

from itertools import pairwise

import numpy as np
import pandas as pd

from mmclassic.evaluate._measuring import measure_users, tidy
from mmclassic.interactions import as_ids, find_ids
from mmclassic.views import Views

_NAMES = ("activity", "cold", "missing")


def by_stratum(record, stratum, *, of, edges):
    """Values by stratum, user, metric and k."""
    labels, of = _labels(record, stratum, of, edges)
    parts = _by_user if of == "users" else _by_item
    tables = list(parts(record, labels))
    if not tables:
        raise ValueError("no stratum holds a user or a held-out item.")
    return pd.concat(tables, ignore_index=True)


def _by_user(record, labels):
    every = [
        (model, [measure_users(j, a, record.measures, record.lengths)
                 for j, a in zip(record.judges, by_fold)])
        for model, by_fold in record.answers.items()
    ]  # fmt: skip
    for label in _ordered(labels):
        for model, values in every:
            chosen = [v[where == label] for v, where in zip(values, labels)]
            if any(len(part) for part in chosen):
                yield tidy(chosen, stratum=str(label), model=model)


def _by_item(record, labels):
    measures = {name: m for name, m in record.measures.items() if m.of_items}
    if not measures:
        raise ValueError(f"none of {list(record.measures)} looks at single items.")
    for label in _ordered(labels):
        judges = [j.limited(where == label) for j, where in zip(record.judges, labels)]
        if not any(judge.n_tested for judge in judges):
            continue
        for model, by_fold in record.answers.items():
            values = [
                measure_users(judge, answers.limited(where == label), measures, record.lengths)
                for judge, answers, where in zip(judges, by_fold, labels)
            ]
            yield tidy(values, stratum=str(label), model=model)


def _labels(record, stratum, of, edges):
    """The label of every user or item of every fold, and of which they are."""
    judges = record.judges
    if isinstance(stratum, str):
        if stratum not in _NAMES:
            raise ValueError(
                f"stratum must be one of {_NAMES}, or the label of every item of the catalogue "
                f"(items['{stratum}'], say); got {stratum!r}."
            )
        if stratum == "activity":
            return _activity(judges, edges), "users"
        if edges is not None:
            raise ValueError(f"edges are for numbers; {stratum!r} has none.")
        return (_cold if stratum == "cold" else _missing)(judges), "items"
    given = _of_users(judges, stratum) if of == "users" else _of_items(judges, stratum)
    return [_cut(labels, edges) for labels in given], of


def _activity(judges, edges):
    counts = [judge.activity for judge in judges]
    if edges is None:  # terciles of the users, the same for all folds
        edges = np.unique(np.quantile(np.concatenate(counts), [1 / 3, 2 / 3], method="higher"))
        edges = edges[edges > min(map(np.min, counts))]
    return [_cut(values, edges) for values in counts]


def _cold(judges):
    return [np.where(judge.popularity > 0, "warm", "cold") for judge in judges]


def _missing(judges):
    features = judges[0].features
    if not isinstance(features, Views):
        raise ValueError(
            "'missing' needs Views, whose rows know what they lack, as items or features; of a "
            "table give a column's mask: items['picture'].isna()."
        )
    patterns, which = np.unique(features.present, axis=0, return_inverse=True)
    names = [
        "complete" if has.all() else "without " + ", ".join(np.array(features.names)[~has])
        for has in patterns
    ]
    return [np.array(names)[which.ravel()]] * len(judges)


def _of_items(judges, given):
    labels = np.asarray(given)
    if labels.shape != judges[0].items.shape:
        raise ValueError(
            f"stratum must hold a label for each of the {judges[0].items.size} items of the "
            f"catalogue; got shape {labels.shape}. With of='users' a Series by user id."
        )
    return [labels] * len(judges)


def _of_users(judges, given):
    if not isinstance(given, (pd.Series, dict)):
        raise TypeError(
            f"labels of users must be a Series or dict by user id; got {type(given).__name__}."
        )
    given = pd.Series(given)
    known = as_ids(given.index, name="user id")
    found = []
    for judge in judges:
        rows = find_ids(known, judge.users)
        if np.any(rows < 0):
            missing = judge.users[rows < 0]
            raise ValueError(
                f"stratum lacks {missing.size} user(s), such as {missing.tolist()[0]!r}."
            )
        found.append(given.to_numpy()[rows])
    return found


def _cut(labels, edges):
    """Labels as they are, or numbers as intervals: below the first edge, from it on, and so on."""
    if edges is None:
        return np.where(pd.isna(labels), "missing", labels.astype(str))
    edges = np.asarray(edges, dtype=np.float64)
    if edges.ndim != 1 or np.any(np.diff(edges) <= 0) or not np.isfinite(edges).all():
        raise ValueError(f"edges must be increasing numbers; got {edges.tolist()}.")
    if labels.dtype.kind not in "fiu":
        raise TypeError(f"edges are for numbers; the labels are of dtype {labels.dtype}.")
    shown = [f"{edge:g}" for edge in edges]
    names = [f"{a} to <{b}" for a, b in pairwise(shown)]
    names = [f"<{shown[0]}", *names, f">={shown[-1]}"] if shown else ["all"]
    return np.where(np.isnan(labels), "missing", np.array(names)[np.digitize(labels, edges)])


def _ordered(labels):
    """The distinct labels of all folds; intervals in the order of their numbers."""
    distinct = {label for part in labels for label in part.tolist()}
    return sorted(distinct, key=_rank_of)


def _rank_of(label):
    start = label.removeprefix("<").removeprefix(">=").partition(" ")[0]
    try:
        return (0, float(start), not label.startswith("<"), label)
    except ValueError:
        return (1, 0.0, False, label)
