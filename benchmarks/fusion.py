"""Do several views together recommend better than the best of them alone?"""

import warnings
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from benchmarks import _fusion_tasks as tasks
from benchmarks._report import Row, split_row
from benchmarks._retrieval import drop_cells, extractor
from mmclassic.exceptions import EmptyRowWarning, ShortListWarning
from mmclassic.fuse import ConcatFusion
from mmclassic.metrics import ndcg_at_k
from mmclassic.pipeline import MultimodalRecommender
from mmclassic.recommend import KNNRecommender, PopularRecommender
from mmclassic.views import Views

DESCRIPTION = "cold items by one view, several views and fused views, with and without gaps"

K = 10
MISSING = 0.4
N_QUERIES = 50
NDCG, SIMILAR = f"NDCG@{K}", f"similar: class in first {K}"
OVER_CHOSEN, OVER_BEST = "less best single, chosen", "less best single, hindsight"
SIMILAR_OVER_BEST = "similar less best single, hindsight"
CHOSEN, HINDSIGHT = "best single view, chosen", "best single view, hindsight"
PLAIN = "plain TF-IDF"
DEFAULT = "native and shared (default)"
SEARCH, SEARCH_OVER_PLAIN = f"class in first {K}", f"less {PLAIN}"


@dataclass(frozen=True)
class Method:
    """A recommender that reads all views."""

    make: object
    note: str


@dataclass(frozen=True, eq=False)
class Split:
    """Rows to learn from and rows to rank, as rows of the task and as views."""

    task: tasks.Task
    train: np.ndarray
    test: np.ndarray
    known: Views
    new: Views

    def part(self, names):
        """The same rows with some of the views."""
        return replace(self, known=self.known.select(*names), new=self.new.select(*names))


def run(quick):
    """Rank held-out items for users, by every method on the same splits.

    A quick run has two splits instead of five, and fewer items.
    """
    rows = []
    for make in (tasks.openmoji, tasks.flags, tasks.digits, tasks.mfeat, tasks.wikipedia):
        task = make(quick)
        rows += measure(task, f"{task.title}, all cells", 0.0, quick)
        title = f"{task.title}, {MISSING:.0%} of the cells missing"
        rows += measure(task, title, MISSING, quick)
    films = tasks.films(quick)
    if films is None:
        reason = "the data are private and not in the folder that MMCLASSIC_DATA names"
        rows.append(Row(tasks.FILMS, "all methods", NDCG, None, note=reason))
    else:
        rows += measure(films, films.title, 0.0, quick)
    task = tasks.shop(quick)
    return rows + measure(task, task.title, 0.0, quick)


def measure(task, case, share, quick):
    """All rows of a task whose cells miss in part: recommendations, neighbours and searches."""
    with warnings.catch_warnings():
        for kind in (EmptyRowWarning, ShortListWarning):
            warnings.simplefilter("ignore", kind)
        warnings.filterwarnings("ignore", message="on held-out items")
        splits = make_splits(task, share, n_used=2 if quick else None)
        rows = recommendation_rows(task, case, splits)
        if task.text is not None:
            rows += search_rows(task, f"{case}: search by {task.text}", splits)
    return rows


def methods(task):
    """What reads all views of a task, by name."""
    terms = [name for name, (kind, _) in task.columns.items() if kind in ("text", "names")]
    return {
        "concatenated, not aligned": Method(
            lambda: MultimodalRecommender(
                aligner="passthrough", fuser=ConcatFusion(), similarity="shared"
            ),
            "ConcatFusion, cosine.",
        ),
        "fused, aligned": Method(
            lambda: MultimodalRecommender(similarity="shared"),
            "CCA and WeightedFusion, cosine.",
        ),
        "native views, cosine": Method(_single, "KNNRecommender(metric='cosine') on all views."),
        "native views, by agreement": Method(
            lambda: KNNRecommender("agreement"), "KNNRecommender('agreement') on all views."
        ),
        "native and shared, by agreement": Method(
            lambda: MultimodalRecommender(recommender=KNNRecommender("agreement"), latent=terms),
            "MultimodalRecommender, weights by agreement.",
        ),
        DEFAULT: Method(
            lambda: MultimodalRecommender(latent=terms),
            "MultimodalRecommender, all defaults, as on a table: weights learned from the training "
            "items where "
            "there are 10 users or more, else by agreement, as in searches.",
        ),
    }


def _single():
    """Cosine by view, whatever the default is."""
    return KNNRecommender(metric="cosine")


def make_splits(task, share, n_used=None):
    """Every split of a task with its own gaps; features are fitted on its training rows."""
    columns = [column for _, column in task.columns.values()]
    parts = task.splits(np.arange(len(task.table)), tasks.N_SPLITS)[:n_used]
    splits = []
    for seed, (train, test) in enumerate(parts):
        table = drop_cells(task.table, columns, share, seed) if share else task.table
        model = extractor(task.columns).fit(table.iloc[train])
        known, new = (model.transform(table.iloc[rows]) for rows in (train, test))
        splits.append(Split(task, train, test, known, new))
    return splits


def choose_view(split):
    """The view that alone recommends best in inner splits of the training rows.

    The features are those of the split: fitted on all its training rows, never on its test rows.
    """
    task, scores = split.task, Counter()
    place = np.empty(len(task.table), dtype=int)
    place[split.train] = np.arange(split.train.size)
    for known, held_out in task.splits(np.sort(split.train), tasks.N_INNER_SPLITS):
        rows = [split.known[place[part]] for part in (known, held_out)]
        inner = Split(task, known, held_out, *rows)
        for name in split.known.names:
            scores[name] += recommended(_single(), inner.part([name]))[0]
    return max(scores, key=scores.get)


def answer(model, split):
    """Mean NDCG over users, and where items have a class, that of `similar`."""
    value, model = recommended(model, split)
    found = {NDCG: value}
    if split.task.labels is not None and hasattr(model, "similar"):
        queries = np.arange(split.test.size)
        lists = model.similar(split.new, K, ids=split.test)
        found[SIMILAR] = _class_share(lists["item_id"], split, queries)
    return found


def recommended(model, split):
    """Mean NDCG over the users who like both training and test items, and the fitted model."""
    likes = split.task.likes
    liked, wanted = likes[:, split.train], likes[:, split.test]
    users = np.flatnonzero((np.diff(liked.indptr) > 0) & (np.diff(wanted.indptr) > 0))
    who, what = liked.nonzero()
    shown = pd.DataFrame({"user_id": who, "item_id": split.train[what]})
    model = model.fit(split.known, shown, ids=split.train)
    lists = model.rank(users, K, items=split.new, ids=split.test)
    return float(ndcg_at_k(wanted[users], lists, K)), model


def _class_share(items, split, queries):
    """Mean share of a query's class among its K items; `items` are ids, query by query."""
    labels = split.task.labels
    items = items.to_numpy().reshape(queries.size, K)
    return float(np.mean(labels[items] == labels[split.test[queries]][:, None]))


def search_rows(task, case, splits):
    """Held-out texts search the training items; what has the class of the text is right."""
    share = _test_share(splits)
    plain = np.array([searched(_single(), s.part([task.text]), task.text) for s in splits])
    note = f"KNNRecommender on {task.text} alone; {N_QUERIES} held-out texts a split."
    rows = [split_row(case, PLAIN, SEARCH, plain, share, note)]
    for name, method in methods(task).items():
        values = np.array([searched(method.make(), split, task.text) for split in splits])
        rows.append(split_row(case, name, SEARCH, values, share, method.note))
        rows.append(split_row(case, name, SEARCH_OVER_PLAIN, values - plain, share, method.note))
    return rows


def searched(model, split, view):
    """Share of the class in the first items for the texts of up to N_QUERIES held-out rows."""
    queries = np.flatnonzero(split.new.mask(view))[:N_QUERIES]
    texts = split.new.select(view)[queries]
    model.fit(split.known, ids=split.train)
    if isinstance(model, MultimodalRecommender):
        found = model.search(k=K, **{view: texts[view]})
    else:
        found = model.similar(texts, K, ids=split.test[queries])
    return _class_share(found["item_id"], split, queries)


def recommendation_rows(task, case, splits):
    """Rows of every method, and the differences of those that read all views to the best single."""
    share = _test_share(splits)
    single = {
        name: [answer(_single(), split.part([name])) for split in splits] for name in task.columns
    }
    found, notes = _baselines(single, splits)
    rows = []
    for name, values in found.items():
        note = notes.get(name, "KNNRecommender on this view.")
        rows += _answer_rows(case, name, values, share, note)
    others = {OVER_CHOSEN: (NDCG, found[CHOSEN]), OVER_BEST: (NDCG, found[HINDSIGHT])}
    if task.labels is not None:
        others[SIMILAR_OVER_BEST] = SIMILAR, single[best_of(single, SIMILAR)]
    for name, method in methods(task).items():
        values = [answer(method.make(), split) for split in splits]
        rows += _answer_rows(case, name, values, share, method.note)
        for title, (metric, other) in others.items():
            gains = _column(values, metric) - _column(other, metric)
            rows.append(split_row(case, name, title, gains, share, method.note))
    return rows


def _baselines(single, splits):
    """Answers of what a fused method has to beat, and how each came about."""
    choices, best = [choose_view(split) for split in splits], best_of(single, NDCG)
    found = {
        "popular": [answer(PopularRecommender(), split) for split in splits],
        **{f"{name} alone": values for name, values in single.items()},
        CHOSEN: [single[name][i] for i, name in enumerate(choices)],
        HINDSIGHT: single[best],
    }
    counts = ", ".join(f"{name} ({n})" for name, n in Counter(choices).most_common())
    return found, {
        "popular": "knows nothing of new items: all tie, in one random order for all users.",
        CHOSEN: f"by {NDCG} of inner splits of the training items; chosen in {len(splits)} "
        f"splits: {counts}.",
        HINDSIGHT: f"{best}; seen on the test items, and so in its favour.",
    }


def best_of(answers, metric):
    """The view of the highest mean; `answers` is by view, a dict of metrics for every split."""
    return max(answers, key=lambda name: _column(answers[name], metric).mean())


def _answer_rows(case, name, values, test_share, note):
    return [
        split_row(case, name, metric, _column(values, metric), test_share, note)
        for metric in values[0]
    ]


def _column(values, metric):
    return np.array([value[metric] for value in values])


def _test_share(splits):
    return float(np.mean([split.test.size / split.train.size for split in splits]))
