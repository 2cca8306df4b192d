"""Articles that users of CiteULike saved: the published neighbour methods, and our own rows."""

import time
from dataclasses import dataclass

from sklearn.preprocessing import MaxAbsScaler

from benchmarks import _citeulike_data as data
from benchmarks._citeulike_own import own_rows
from benchmarks._expected_recall import expected_recalls
from benchmarks._report import Row, mean_row
from mmclassic.interactions import Interactions
from mmclassic.recommend import KNNRecommender, RandomWalkRecommender, Tversky
from mmclassic.recommend._nearest import NearestRows
from mmclassic.utils import measure, sparse_product
from mmclassic.views import Views

DESCRIPTION = (
    "articles saved by users of CiteULike: published neighbour methods reproduced, and defaults"
)

FIT, SCORE = "CPU time of fit", "CPU time of scores of all users"
KS = (50, 150, 300)
WORDS = {"words": 1.0, "interactions": 0.0}
BOTH = {"words": 1.5675, "interactions": 1.0}
CASES = {
    10: "ten articles of every user to learn from",
    1: "one article of every user to learn from",
}


@dataclass(frozen=True, eq=False)
class Method:
    """A published row: recall at `KS`, its settings in words, and what fits scores of users."""

    name: str
    published: tuple
    settings: str
    fit: object


def run(quick):
    """Reproduce the rows of both splits; a quick run has the first two of the second one."""
    words = Views({"words": MaxAbsScaler().fit_transform(data.words())})
    rows = []
    for n_train, methods in ((10, with_ten(words)), (1, with_one(words))):
        if quick and n_train == 10:
            continue
        split = data.split(n_train)
        for method in methods:
            rows += measured(CASES[n_train], method, split)
        if not quick:
            rows += own_rows(CASES[n_train], n_train)
    return rows


def with_ten(words):
    """The methods of ten articles a user; neighbours by who saved an article, by words, by both."""
    return [
        Method(
            "ItemKNN CF jaccard",
            (0.2167, 0.2994, 0.3491),
            "754 neighbours, shrink 378",
            lambda train: _items(train, None, None, "jaccard", 754, 378),
        ),
        Method(
            "ItemKNN CF tversky",
            (0.2015, 0.2949, 0.3521),
            "749 neighbours, alpha 0, beta 2",
            lambda train: _items(train, None, None, Tversky(0, 2), 749, 0),
        ),
        Method(
            "ItemKNN CF cosine",
            (0.2133, 0.2964, 0.3457),
            "419 neighbours, TF-IDF, products not normalised",
            lambda train: _items(train, None, None, "dot", 419, 235, "tfidf"),
        ),
        Method(
            "UserKNN CF cosine",
            (0.2141, 0.2964, 0.3437),
            "347 neighbours, shrink 1000; a user is answered by those whose neighbour they are",
            _users,
        ),
        Method(
            "P3alpha",
            (0.2276, 0.3069, 0.3571),
            "settings not published; alpha 0.2 and 300 neighbours by recall@150 on a random fifth "
            "of what there is to learn from",
            _walks,
        ),
        Method(
            "ItemKNN CBF jaccard",
            (0.1681, 0.2851, 0.3761),
            "words; 543 neighbours, shrink 9",
            lambda train: _items(train, words, WORDS, "jaccard", 543, 9),
        ),
        Method(
            "ItemKNN CFCBF cosine",
            (0.2675, 0.3939, 0.4740),
            "words beside who saved it, times 1.5675, columns by their maximum; 1000 neighbours, "
            "TF-IDF, products not normalised",
            lambda train: _items(train, words, BOTH, "dot", 1000, 1000, "tfidf"),
        ),
    ]


def with_one(words):
    """The methods of one article a user: neighbours by words."""
    return [
        Method(
            "ItemKNN CBF jaccard",
            (0.1136, 0.1874, 0.2433),
            "words; 429 neighbours, shrink 736",
            lambda train: _items(train, words, WORDS, "jaccard", 429, 736),
        ),
        Method(
            "ItemKNN CBF dice",
            (0.1133, 0.1887, 0.2478),
            "words; 626 neighbours, shrink 474",
            lambda train: _items(train, words, WORDS, "dice", 626, 474),
        ),
    ]


def measured(case, method, split):
    """Recalls with their published values, time and memory of one method."""
    note = method.settings
    start = time.process_time()
    with measure(method.name) as stage:
        score = method.fit(split.train)
        fitted = time.process_time()
        recalls = expected_recalls(score, split, KS)
    judged = time.process_time()
    rows = []
    for column, k in enumerate(KS):
        rows.append(mean_row(case, method.name, f"recall@{k}", recalls[:, column], note=note))
        value = method.published[column]
        rows.append(Row(case, method.name, f"published@{k}", value, note=note))
    off = abs(recalls.mean(axis=0) - method.published).max()
    rows.append(Row(case, method.name, "largest difference", float(off), note=note))
    for metric, seconds in ((FIT, fitted - start), (SCORE, judged - fitted)):
        rows.append(Row(case, method.name, metric, seconds, unit="s", note=note))
    return [*rows, Row(case, method.name, "peak memory", stage.peak_mib, unit="MiB", note=note)]


def _items(train, items, weights, similarity, n_neighbors, shrink, weighting=None):
    model = KNNRecommender(
        weights,
        mode="neighbours",
        similarity=similarity,
        n_neighbors=n_neighbors,
        shrink=float(shrink),
        weighting=weighting,
    ).fit(items, Interactions.from_csr(train))
    return _by_articles(train, model.neighbours_)


def _walks(train):
    model = RandomWalkRecommender(0.2, n_neighbors=300).fit(None, Interactions.from_csr(train))
    # All of a user's articles weigh the same, so that their shares order nothing.
    return _by_articles(train, model.weights_)


def _by_articles(train, weights):
    """Scores of blocks of users; products by which articles that are alike score the same."""
    likes = train.astype("float32")
    return lambda users: sparse_product(likes[users], weights)


def _users(train):
    nearest = NearestRows("cosine", shrink=1000.0).fit(train).nearest(347)
    answered_by = nearest.T.tocsr()
    return lambda users: sparse_product(answered_by[users], train)
