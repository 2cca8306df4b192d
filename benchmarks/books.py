"""Books that readers liked and disliked: published lists and our own, judged by one code."""

import numpy as np
import pandas as pd

from benchmarks._books_data import books_folder, read_content, read_published, read_ratings
from benchmarks._report import mean_row
from mmclassic.evaluate import RandomSplit
from mmclassic.interactions import ITEM, RANK, USER, find_ids
from mmclassic.metrics import RankedLists, ndcg_at_k, precision_at_k, recall_at_k
from mmclassic.recommend import BiasRecommender, PopularRecommender, RandomRecommender, RatingKNN
from mmclassic.utils import top_k

DESCRIPTION = "DBbook: the lists of published models, and our own, by P@5, F1@5 and nDCG@5"

K = 5
BLOCK = 500  # users at a time: their scores of all books are dense
CASE = "every user's own test items, top 5"
GAINS = "RatingKNN with facts and titles less others, user by user"
PUBLISHED = "the list of the repository, ties as they stand there."
CHOSEN = (
    "facts and titles by nDCG@5 of two inner splits, of three tenths of every user's training part."
)
PAIRED = "mean of the users' differences, with the interval of that mean."
FITTED = "fitted on the training part; equal scores in the order of the books' numbers."
BEST = "RatingKNN, facts and titles"
CONTENT = [
    {"facts": facts, "title": title} for facts in (10.0, 30.0, 100.0) for title in (3.0, 10.0)
]
OWN = {
    "random": RandomRecommender(random_state=0),
    "popular, by likes": PopularRecommender(),
    "popular, by users": PopularRecommender("users"),
    "share of likes, damped": PopularRecommender("mean"),
    "biases of users and books": BiasRecommender(),
    "RatingKNN, ratings alone": RatingKNN(implicit=0.0),
    "RatingKNN": RatingKNN(),
}


def run(quick):
    """Judge every published list and every model; a quick run is the same."""
    folder = books_folder()
    train, test = read_ratings(folder)
    found, notes = {}, {}
    for name, table in read_published(folder).items():
        name = f"{name} (published)"
        found[name], notes[name] = judge(published_lists(table, test), test), PUBLISHED
    for name, model in OWN.items():
        lists = own_lists(model.fit(None, train), test)
        found[name], notes[name] = judge(lists, test), f"{model}; {FITTED}"
    views = read_content(folder, train.items)
    model = choose(views, train)
    found[BEST] = judge(own_lists(model.fit(views, train), test), test)
    notes[BEST] = f"{model}; {CHOSEN}"
    rows = [row for name in found for row in rows_of(CASE, name, found[name], notes[name])]
    for name in [name for name in found if name != BEST]:
        gains = {metric: found[BEST][metric] - values for metric, values in found[name].items()}
        rows += rows_of(GAINS, f"less {name}", gains, PAIRED)
    return rows


def choose(views, train):
    """How much facts and titles count, by nDCG@5 of inner splits of the training part."""
    folds = list(RandomSplit(0.3, n_splits=2, random_state=0).split(train))
    models = [RatingKNN(content=content) for content in CONTENT]
    return max(models, key=lambda model: sum(_inner(model, views, fold) for fold in folds))


def _inner(model, views, fold):
    lists = own_lists(model.fit(views, fold.train), fold.test)
    return judge(lists, fold.test)["nDCG@5"].sum()


def rows_of(case, method, values, note):
    """Means over all users who like one of their test items."""
    return [
        mean_row(case, method, metric, of_users, note=note) for metric, of_users in values.items()
    ]


def judge(lists, test):
    """P@5, F1@5 and nDCG@5 of every user of the lists.

    Users of fewer than five test items have shorter lists, and the published precision is the share
    of the list that is liked, not of five.
    """
    liked = test.for_items(lists.items).likes()[find_ids(test.users, lists.askers)]
    hits = K * precision_at_k(liked, lists, K, per_user=True)
    precision = _ratio(hits, lists.lengths)
    recall = recall_at_k(liked, lists, K, per_user=True)
    return {
        "P@5": precision,
        "F1@5": _ratio(2 * precision * recall, precision + recall),
        "nDCG@5": ndcg_at_k(liked, lists, K, per_user=True),
    }


def published_lists(table, test):
    """The first five places of the users who like a test item; books that are none count there."""
    askers = asking(test)
    table = table[table[USER].isin(askers) & (table[RANK] <= K)]
    items = pd.unique(np.concatenate([test.items, table[ITEM].to_numpy()]))
    return RankedLists.from_frame(table, askers, items, K)


def own_lists(model, test):
    """The best five of every user's own test items by a fitted model."""
    askers = asking(test)
    pools = test.for_items(model.item_ids_).to_csr()[find_ids(test.users, askers)]
    order = np.full((askers.size, K), -1)
    values = np.full(order.shape, np.nan)
    for start in range(0, askers.size, BLOCK):
        rows = slice(start, start + BLOCK)
        lists = model.rank(askers[rows], pools.shape[1], include_seen=True)
        scores = np.empty(lists.order.shape)
        np.put_along_axis(scores, lists.order, lists.scores, axis=1)
        scores = np.where(_stored(pools[rows]), scores, -np.inf)
        best = top_k(scores, K)
        found = np.take_along_axis(scores, best, axis=1)
        ended = np.isneginf(found)
        order[rows], values[rows] = np.where(ended, -1, best), np.where(ended, np.nan, found)
    return RankedLists(order, values, askers, model.item_ids_)


def asking(test):
    """The users who like one of their test items."""
    return test.users[np.diff(test.likes().indptr) > 0]


def _stored(matrix):
    """Where a CSR stores something, zeros too."""
    places = np.zeros(matrix.shape, dtype=bool)
    places[np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr)), matrix.indices] = True
    return places


def _ratio(above, below):
    return np.divide(above, below, out=np.zeros(len(above)), where=np.asarray(below) > 0)
