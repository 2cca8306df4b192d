"""What the benchmark of defaults is asked: planted and real views, and their splits."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.preprocessing import StandardScaler

from benchmarks import _fusion_tasks
from benchmarks._planted import planted_views, planted_words
from benchmarks._retrieval import extractor
from mmclassic.datasets import fetch_countries_flags, fetch_uci_mfeat, fetch_wikipedia
from mmclassic.metrics import retrieval_map, retrieval_recall_at_k
from mmclassic.views import PerView, Views

N_FOLDS, N_SHUFFLES, N_DRAWS, N_QUICK = 5, 2, 5, 1
POOL = 500  # held-out rows of a planted set
K = 10


@dataclass(frozen=True, eq=False)
class Split:
    """Rows to learn from and rows to ask, in random order; labels where rows have classes."""

    train: Views
    test: Views
    train_labels: np.ndarray | None = None
    test_labels: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Question:
    """A measure of how well views find one another; `views` are those that ask, None is all."""

    measure: Callable
    by_class: bool = False
    views: tuple | None = None


@dataclass(frozen=True, eq=False)
class Task:
    """Splits, made one at a time, and what is measured on their held-out rows.

    `test_share` is held-out over training rows where splits share rows, 0 for draws of their own.
    """

    title: str
    splits: Callable
    questions: dict
    note: str
    test_share: float = 0.0


RECALL, MAP = f"recall@{K}", "mAP"
ONE_RIGHT = Question(partial(retrieval_recall_at_k, k=K))
SAME_CLASS = Question(retrieval_map, by_class=True)
FOLDS = f"{N_FOLDS} folds, {N_SHUFFLES} shuffles"


def tasks(quick):
    """Makers of all tasks, real and planted, in the order of the tables."""
    sizes = (200, 1000) if quick else (200, 1000, 5000, 20_000)
    return [
        flags,
        weak_third_view,
        openmoji,
        documents,
        mfeat,
        digits,
        wikipedia,
        *(partial(planted, n_rows=n) for n in sizes),
        private_factors,
        noise_view,
        more_columns,
        generated_documents,
    ]


def flags(quick):
    """Flags and what is said of them."""
    return _flags("flags, picture and description", ("picture", "description"), quick)


def weak_third_view(quick):
    """The same with a view that says little of a flag."""
    strong = Question(ONE_RIGHT.measure, views=("picture", "description"))
    return _flags(
        "flags, picture, description and exports (weak)",
        ("picture", "description", "exports"),
        quick,
        {f"{RECALL}, picture and description": strong},
    )


def _flags(title, names, quick, more=None):
    task = _fusion_tasks.flags(quick)
    columns = {name: task.columns[name] for name in names}
    table = task.table[[column for _, column in columns.values()]].dropna()
    return _table_task(title, table.reset_index(drop=True), columns, quick, more)


def openmoji(quick):
    """Emoji with a picture, an English name and Chinese keywords."""
    task = _fusion_tasks.openmoji(quick)
    table = task.table.sample(200 if quick else 500, random_state=0).reset_index(drop=True)
    title = "openmoji, picture, English name and Chinese keywords"
    return _table_task(title, table, task.columns, quick)


def documents(quick):
    """Every other sentence of a country's history looks for the sentences between."""
    halves = fetch_countries_flags()["background"].map(sentences)
    halves = [half for half in halves if len(half) > 1]
    table = pd.DataFrame({f"half {i}": [" ".join(h[i::2]) for h in halves] for i in (0, 1)})
    columns = {name: ("text", name) for name in table}
    return _table_task("documents, sentences in two halves", table, columns, quick)


def sentences(text):
    """The sentences of a text."""
    return [part for part in re.split(r"(?<=[.!?])\s+", text.strip()) if part]


def digits(quick):
    """Spoken and written digits; each speaker is held out once."""
    task = _fusion_tasks.digits(quick)
    parts = task.splits(np.arange(len(task.table)), N_FOLDS)[: N_QUICK if quick else None]
    return Task(
        "digits, spoken and written",
        lambda: _table_splits(task.table, task.columns, parts, task.labels),
        {MAP: SAME_CLASS},
        _note(parts, "one of six speakers held out at a time; the same digit is right"),
        _share(parts),
    )


def mfeat(quick, *, scaled=True):
    """Handwritten digits in six numeric views."""
    data = fetch_uci_mfeat()
    questions = {MAP: SAME_CLASS, RECALL: ONE_RIGHT} if scaled else {MAP: SAME_CLASS}
    title = "mfeat, six views"
    return _labelled_task(title, data.data, data.target, quick, questions, scaled)


def wikipedia(quick, *, scaled=True):
    """Pictures and texts of the training part; the test part is not touched."""
    data = fetch_wikipedia()
    title = "wikipedia, training part"
    return _labelled_task(title, data.train, data.train_target, quick, {MAP: SAME_CLASS}, scaled)


def _labelled_task(title, views, labels, quick, questions, scaled):
    parts = folds(labels, quick, labels)

    def splits():
        for train, test in parts:
            known, new = views[train], views[test]
            if scaled:
                scale = PerView(dict.fromkeys(views.names, StandardScaler())).fit(known)
                known, new = scale.transform(known), scale.transform(new)
            yield Split(known, new, labels[train], labels[test])

    how = f"{FOLDS}; columns {'standardised' if scaled else 'as they are'}; the same class is right"
    return Task(title, splits, questions, _note(parts, how), _share(parts))


def _table_task(title, table, columns, quick, more=None):
    """A task of one right answer."""
    parts = folds(table, quick)
    questions = {RECALL: ONE_RIGHT, **(more or {})}
    return Task(
        title,
        lambda: _table_splits(table, columns, parts),
        questions,
        _note(parts, FOLDS),
        _share(parts),
    )


def folds(rows, quick, labels=None):
    """(training rows, test rows) of every fold of every shuffle, in random order.

    The order matters where folds within the training rows are every fifth of them.
    """
    kind = KFold if labels is None else StratifiedKFold
    parts = [
        part
        for seed in range(N_SHUFFLES)
        for part in kind(N_FOLDS, shuffle=True, random_state=seed).split(rows, labels)
    ]
    rng = np.random.default_rng(0)
    used = parts[: N_QUICK if quick else None]
    return [tuple(rng.permutation(some) for some in part) for part in used]


def _table_splits(table, columns, parts, labels=None):
    """Features that learn from rows are fitted on the training rows of each split."""
    for train, test in parts:
        model = extractor(columns).fit(table.iloc[train])
        known, new = (model.transform(table.iloc[rows]) for rows in (train, test))
        own = (None, None) if labels is None else (labels[train], labels[test])
        yield Split(known, new, *own)


def planted(quick, *, n_rows):
    """Two views of few shared components in noise."""
    make = partial(planted_views, widths=(100, 80), n_components=10)
    return _drawn_task("planted, two views", quick, n_rows, make)


def private_factors(quick):
    """Every view has loud factors of its own, so its leading axes say nothing of the other."""
    return _drawn_task("planted, loud private factors", quick, 1000, with_private)


def noise_view(quick):
    """The same draws with a third view, of noise, that neither asks nor answers."""
    title = "planted, loud private factors and a view of noise"
    return _drawn_task(title, quick, 1000, with_noise, views=("a", "b"))


def more_columns(quick):
    """More columns than rows."""
    make = partial(planted_views, widths=(800, 500), n_components=10)
    return _drawn_task("planted, more columns (800, 500) than rows", quick, 300, make)


def with_private(n_rows, *, seed, n_factors=10, loudness=3.0):
    """Two views of shared factors, louder private ones, and as much noise as there is shared."""
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=(n_rows, n_factors))
    return [
        shared @ rng.normal(size=(n_factors, width))
        + loudness * _factors(rng, n_rows, n_factors, width)
        + np.sqrt(n_factors) * rng.normal(size=(n_rows, width))
        for width in (60, 50)
    ]


def with_noise(n_rows, *, seed, n_factors=10):
    """These two views and one that has factors, but none of theirs."""
    rng = np.random.default_rng((seed, 1))
    noise = _factors(rng, n_rows, n_factors, 60) + rng.normal(size=(n_rows, 60))
    return [*with_private(n_rows, seed=seed), noise]


def _factors(rng, n_rows, n_factors, width):
    return rng.normal(size=(n_rows, n_factors)) @ rng.normal(size=(n_factors, width))


def _drawn_task(title, quick, n_rows, make, views=None):
    """A task whose every split is a draw of its own: training rows and POOL others."""

    def splits():
        for seed in range(N_QUICK if quick else N_DRAWS):
            drawn = Views(dict(zip("abc", make(n_rows + POOL, seed=seed))))
            yield Split(drawn[:n_rows], drawn[n_rows:])

    return Task(
        f"{title}, {n_rows:,} rows",
        splits,
        {RECALL: Question(ONE_RIGHT.measure, views=views)},
        f"draws: {N_QUICK if quick else N_DRAWS}, pool of {POOL}",
    )


def generated_documents(quick):
    """Words of topics; a document is parted by the two halves of the vocabulary."""
    n_rows = 300 if quick else 500

    def splits():
        for seed in range(N_QUICK if quick else N_DRAWS):
            words = planted_words(n_rows + POOL, 4000, 1, n_topics=30, seed=seed)[0]
            halves = Views({"even words": words[:, ::2], "odd words": words[:, 1::2]})
            weigh = PerView(dict.fromkeys(halves.names, TfidfTransformer()))
            yield Split(weigh.fit_transform(halves[:n_rows]), weigh.transform(halves[n_rows:]))

    title = f"generated documents, words in two halves, {n_rows} rows"
    note = f"draws: {N_QUICK if quick else N_DRAWS}, pool of {POOL}"
    return Task(title, splits, {RECALL: ONE_RIGHT}, note)


def _note(parts, how):
    sizes = sorted({len(test) for _, test in parts})
    pool = f"{sizes[0]}" if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"
    return f"{how}; splits used: {len(parts)}, pool of {pool}"


def _share(parts):
    return float(np.mean([len(test) / len(train) for train, test in parts]))
