"""How often every term occurs in every text."""

import time
from collections import defaultdict
from functools import partial

import numpy as np
import scipy.sparse as sp
from joblib import effective_n_jobs

from mmclassic.utils import map_chunks

_CHUNK_TEXTS = 1024
# Analysers hold the interpreter lock, so workers are processes, which take one to two seconds to
# start: two gained nothing on 60,000 short texts (2 s of work), and share out four fifths of it.
_WORTH_WORKERS = 4.0  # seconds
_TIMED_TEXTS = 200


def count_terms(texts, analyzer, vocabulary=None, *, n_jobs=None, progress=None):
    """Count the terms of texts.

    Parameters
    ----------
    texts : list of str of length n_texts
        The texts.
    analyzer : callable
        From a text to its terms, in any order.
    vocabulary : dict of str to int, default=None
        Columns of the terms that count; None is all terms, sorted.
    n_jobs : int, default=None
        Processes as in joblib. They are started only if a sample of the texts
        says that the work takes longer than starting them does.
    progress : str, default=None
        Title of a line of progress on standard error.

    Returns
    -------
    counts : CSR of float32 of shape (n_texts, n_terms)
        The counts.
    vocabulary : dict of str to int
        Column by term, in the order of the columns.
    """
    parts = list(
        map_chunks(
            partial(_count_chunk, analyzer=analyzer),
            texts,
            chunk_size=_CHUNK_TEXTS,
            n_jobs=_useful_workers(texts, analyzer, n_jobs),
            prefer="processes",
            progress=progress,
        )
    )
    if vocabulary is None:
        terms = sorted(set().union(*(terms for terms, _ in parts)))
        vocabulary = {term: column for column, term in enumerate(terms)}
    if not parts:
        return sp.csr_matrix((0, len(vocabulary)), dtype=np.float32), vocabulary
    placed = [_place(terms, counts, vocabulary) for terms, counts in parts]
    return sp.vstack(placed, format="csr"), vocabulary


def select_terms(counts, *, min_df, max_df, max_features):
    """Choose terms by the number of texts that have them, as scikit-learn's vectorizers do.

    Parameters
    ----------
    counts : CSR of shape (n_texts, n_terms)
        Counts of terms.
    min_df, max_df : int or float
        Fewest and most texts; a float is a share of them.
    max_features : int or None
        Keep the terms with the largest counts over all texts.

    Returns
    -------
    columns : ndarray of int
        The columns to keep, in order.
    """
    frequency = np.bincount(counts.indices, minlength=counts.shape[1])
    fewest, most = (
        df if isinstance(df, (int, np.integer)) else df * counts.shape[0] for df in (min_df, max_df)
    )
    columns = np.flatnonzero((frequency >= fewest) & (frequency <= most))
    if max_features is not None and columns.size > max_features:
        totals = np.asarray(counts.sum(axis=0)).ravel()[columns]
        columns = np.sort(columns[np.argsort(-totals, kind="stable")[:max_features]])
    return columns


def _useful_workers(texts, analyzer, n_jobs):
    """`n_jobs`, or 1 where the work is too short for more."""
    if effective_n_jobs(n_jobs) == 1:
        return 1
    sample = texts[:: max(1, len(texts) // _TIMED_TEXTS)]
    start = time.perf_counter()
    for text in sample:
        analyzer(text)
    seconds = time.perf_counter() - start
    return n_jobs if seconds * len(texts) > _WORTH_WORKERS * len(sample) else 1


def _count_chunk(texts, *, analyzer):
    """The terms of some texts, and their counts in columns of that order."""
    columns = defaultdict(lambda: len(columns))
    indices, indptr = [], [0]
    for text in texts:
        indices.extend([columns[term] for term in analyzer(text)])
        indptr.append(len(indices))
    ones = np.ones(len(indices), dtype=np.float32)
    shape = (len(texts), len(columns))
    counts = sp.csr_matrix((ones, np.array(indices, np.int32), np.array(indptr)), shape=shape)
    counts.sum_duplicates()
    return list(columns), counts


def _place(terms, counts, vocabulary):
    """The counts in the columns of a vocabulary."""
    columns = np.array([vocabulary.get(term, -1) for term in terms], dtype=np.int32)
    known = columns >= 0
    if not known.all():
        counts = counts[:, known]
    indices = columns[known][counts.indices]
    shape = (counts.shape[0], len(vocabulary))
    placed = sp.csr_matrix((counts.data, indices, counts.indptr), shape=shape)
    placed.sort_indices()
    return placed
