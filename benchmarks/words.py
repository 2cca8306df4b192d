"""Do searches by words find what is meant, and what has the word in no form at all?"""

import time
import warnings

import numpy as np
import pandas as pd
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from benchmarks import _word_tasks as tasks
from benchmarks._report import Row, mean_row
from mmclassic import MultimodalRecommender
from mmclassic.align import CCA
from mmclassic.exceptions import QueryWarning, ShortListWarning
from mmclassic.features import LSA, ModalityExtractor, TextVectorizer

DESCRIPTION = "searches by words: known, inflected, hidden and mistyped ones, and across languages"

K, DEPTH = 10, 100
N_QUERIES, N_QUICK = 500, 30
N_ARTICLES, N_FEW_ARTICLES = 25_975, 1500
RECALL, MRR, COST = f"recall@{K}", "MRR", "time of a query"
DEFAULT, BEFORE = "default", "default of before"


def run(quick):
    """Search every set by every method, one query at a time; a quick run asks 30 queries a set."""
    made = [*tasks.emoji_tasks(), tasks.countries()]
    rows = []
    for task in made:
        rows += measure(task.some(N_QUICK if quick else N_QUERIES), methods())
    articles = tasks.citations(N_FEW_ARTICLES if quick else N_ARTICLES)
    if articles is None:
        reason = "the data are for research alone and not in the folder that MMCLASSIC_DATA names"
        rows.append(Row(tasks.CITATIONS, "all methods", RECALL, None, note=reason))
    else:
        rows += measure(articles.some(N_QUICK if quick else N_QUERIES), methods())
    across = tasks.across_languages()
    return rows + measure(across.some(N_QUICK if quick else N_QUERIES), methods_across())


def methods():
    """What searches one view of texts: by name, what fits texts and gives a search, and a note."""
    return {
        "TF-IDF, scikit-learn": (plain, "TfidfVectorizer(), cosine"),
        "BM25": (bm25, "words of scikit-learn's CountVectorizer, k1=1.2, b=0.75"),
        "LSA alone": (
            latent_alone,
            "TruncatedSVD of that TF-IDF, as wide as in the default, cosine",
        ),
        BEFORE: (before, "whole words alone, as they are; a word that no text has finds nothing"),
        DEFAULT: (Model, "MultimodalRecommender, all defaults"),
    }


def methods_across():
    """What searches one language by another."""
    return {
        "TF-IDF, scikit-learn": (lambda task: plain(task, task.target), "has no word in common"),
        "CCA, 32 components": (lambda task: Model(task, aligner=CCA(32)), "CCA(32)"),
        "CCA, 256 components": (lambda task: Model(task, aligner=CCA(256)), "CCA(256)"),
        DEFAULT: (Model, "MultimodalRecommender, all defaults: as many as hold on held-out rows"),
    }


def measure(task, searchers):
    """Rows of one task: what every method finds, and what a query costs it."""
    rows = []
    for name, (make, note) in searchers.items():
        search = make(task)
        recalls, ranks, seconds = [], [], []
        for number, query in enumerate(task.queries):
            out = set(task.excluded[number].tolist()) if task.excluded else set()
            start = time.perf_counter()
            found = search(query, DEPTH + len(out))
            seconds.append(time.perf_counter() - start)
            recall, rank = judged([item for item in found if item not in out], task.right[number])
            recalls.append(recall)
            ranks.append(rank)
        told = f"{note}. {task.note[0].upper()}{task.note[1:]}; queries: {len(task.queries)}."
        rows += [
            mean_row(task.title, name, RECALL, np.array(recalls), note=told),
            mean_row(task.title, name, MRR, np.array(ranks), note=told),
            Row(task.title, name, COST, 1000 * float(np.median(seconds)), unit="ms", note=told),
        ]
    return rows


def judged(found, right):
    """Share of what is right among the first K, of K at most; and 1 over the first right rank."""
    hits = np.flatnonzero([item in right for item in found])
    share = np.count_nonzero(hits < K) / min(K, len(right))
    return share, (1 / (1 + hits[0]) if hits.size else 0.0)


class Model:
    """The library's search, one text at a time; a query that says nothing finds nothing."""

    def __init__(self, task, *, vectorizer=None, **options):
        columns = [
            (name, TextVectorizer() if vectorizer is None else vectorizer, name)
            for name in task.texts
        ]
        self.task = task
        self.model = MultimodalRecommender(extractor=ModalityExtractor(columns), **options)
        self.model.fit(pd.DataFrame(task.texts, dtype=object))

    def __call__(self, query, k):
        """Positions of the items found, the best first."""
        with warnings.catch_warnings():
            for kind in (ShortListWarning, QueryWarning):
                warnings.simplefilter("ignore", kind)
            try:
                found = self.model.search(
                    k=min(k, len(self.model.item_ids_)),
                    target=self.task.target,
                    **{self.task.asks: query},
                )
            except ValueError:
                return []
        return found["item_id"].tolist()


def before(task):
    """The settings that the library had before it knew stems, slips and what occurs together."""
    whole_words = TextVectorizer(stem=False, query_spelling=False, query_grams=None)
    return Model(task, vectorizer=whole_words, latent=False)


def plain(task, view=None):
    """Cosine of scikit-learn's TF-IDF."""
    vectorizer = TfidfVectorizer()
    rows = vectorizer.fit_transform(task.texts[view or task.asks])
    return lambda query, k: _first((vectorizer.transform([query]) @ rows.T).toarray()[0], k)


def bm25(task):
    """BM25 of whole words; a query counts them."""
    weigh = TextVectorizer(CountVectorizer().build_analyzer(), weighting="bm25")
    rows = weigh.fit_transform(task.texts[task.asks])
    counts = CountVectorizer(vocabulary=weigh.vocabulary_)
    return lambda query, k: _first((counts.transform([query]) @ rows.T).toarray()[0], k)


def latent_alone(task):
    """Cosine in the components alone."""
    vectorizer = TfidfVectorizer()
    rows = vectorizer.fit_transform(task.texts[task.asks])
    svd = TruncatedSVD(LSA.default_components(*rows.shape), random_state=0).fit(rows)

    def unit(weights):
        block = svd.transform(weights)
        norms = np.linalg.norm(block, axis=1, keepdims=True)
        return np.divide(block, norms, out=np.zeros_like(block), where=norms > 1e-6)

    known = unit(rows)
    return lambda query, k: _first(known @ unit(vectorizer.transform([query]))[0], k)


def _first(scores, k):
    """Positions of the highest scores that are not 0."""
    order = np.argsort(-scores, kind="stable")[:k]
    return order[scores[order] != 0].tolist()
