"""How often every term occurs in every text."""

import time
from collections import defaultdict
from functools import partial, reduce
from itertools import chain, compress

import numpy as np
import scipy.sparse as sp
from joblib import effective_n_jobs

from mmclassic.features.text._analyzer import MixedAnalyzer
from mmclassic.features.text._forms import columns_of, stems_of
from mmclassic.features.text._unspaced import count_unspaced, numbers_of, sorted_unique, terms_of
from mmclassic.utils import map_chunks

# Our own, and not CountVectorizer(analyzer=...), whose counts of two parts cannot be merged (its
# vocabulary is made in one pass, in one process) and which refuses texts without any term.
#
# A part of the texts takes 60 bytes a character while it is counted.
_CHUNK_CHARACTERS = 2**20
_CHUNK_TEXTS = 4096
# Analysers hold the interpreter lock, so workers are processes, which take one to two seconds to
# start: two gained nothing on 60,000 short texts (2 s of work), and share out four fifths of it.
_WORTH_WORKERS = 4.0  # seconds
_TIMED_TEXTS = 200


class WordCounts:
    """Counts of words in texts, in parts that have columns of their own.

    `words` are all words, the first `n_unspaced` in order and without stems; `totals` says how
    often each of the others occurs. What is done once a word, such as finding its stem, is done
    before the parts become one matrix.
    """

    def __init__(self, parts):
        parts, index = list(parts), defaultdict()
        index.default_factory = index.__len__
        places = [_places(index, words) for words, *_ in parts]
        numbers = np.concatenate([np.empty(0, np.uint32), *(p[2] for p in parts)])
        numbers = sorted_unique(numbers)
        # What both ways of counting found has one place.
        others, own = list(index), numbers_of(index)
        place = np.searchsorted(numbers, own)
        new = ~np.isin(own, numbers)
        place[new] = np.arange(len(numbers), len(numbers) + new.sum())
        self.n_unspaced = len(numbers)
        self.words = [*terms_of(numbers), *compress(others, new.tolist())]
        self.totals = np.zeros(len(self.words))
        self._parts = []
        for where, (_, counts, found, unspaced) in zip(places, parts):
            where = place[where]
            # Every word of a part is there once.
            self.totals[where] += np.bincount(counts.indices, counts.data, len(where))
            self._parts.append([(where, counts), (np.searchsorted(numbers, found), unspaced)])
        self.totals = self.totals[self.n_unspaced :]

    def matrix(self, columns, n_columns):
        """Counts, CSR float32 (n_texts, n_columns), with each word in its columns.

        `columns` are lists of one column for every word, -1 for none. The parts are used up, so
        that most of the memory is that of the matrix.
        """
        parts, self._parts = self._parts, []
        columns = [np.asarray(some, dtype=np.int32) for some in columns]
        n_most = sum(_n_placed(*of, some) for part in parts for of in part for some in columns)
        data, indices = np.empty(n_most, np.float32), np.empty(n_most, np.int32)
        lengths, end = [np.zeros(1, np.int64)], 0
        for i, part in enumerate(parts):
            parts[i] = None
            placed = [
                _place(counts, some[places], n_columns)
                for some in columns
                for places, counts in part
            ]
            del part
            placed = reduce(_add, placed)
            start, end = end, end + placed.nnz
            data[start:end], indices[start:end] = placed.data, placed.indices
            lengths.append(np.diff(placed.indptr))
        indptr = np.cumsum(np.concatenate(lengths))
        # What several words share is in fewer columns than the words.
        data, indices = (a if 4 * end > 3 * n_most else a[:end].copy() for a in (data, indices))
        shape = (len(indptr) - 1, n_columns)
        matrix = sp.csr_matrix((data[:end], indices[:end], indptr), shape=shape)
        matrix.has_canonical_format = True
        return matrix


def count_words(texts, analyzer, *, n_jobs=None, progress=None):
    """The `WordCounts` of texts; the words of a callable are its terms.

    `n_jobs` processes are started only if a sample of the texts says that the work takes longer
    than starting them does.
    """
    return WordCounts(
        map_chunks(
            partial(_count_chunk, analyzer=analyzer),
            texts,
            chunk_size=_chunk_size(texts),
            n_jobs=_useful_workers(texts, analyzer, n_jobs),
            prefer="processes",
            progress=progress,
        )
    )


def count_terms(texts, analyzer, vocabulary=None, *, n_jobs=None, progress=None):
    """Counts of terms, CSR float32 (n_texts, n_terms), and the column of every term.

    Without a `vocabulary` all terms of the analyser count, sorted.
    """
    counted = count_words(texts, analyzer, n_jobs=n_jobs, progress=progress)
    stems = stems_of(counted, analyzer)
    if vocabulary is None:
        vocabulary = number_terms(stems)
    columns = columns_of(counted, stems, vocabulary, analyzer)
    return counted.matrix(columns, len(vocabulary)), vocabulary


def number_terms(terms):
    """The place of every term among all, in order."""
    # Not of a set: what is in order is not sorted again.
    distinct = list(dict.fromkeys(terms))
    distinct.sort()
    return dict(zip(distinct, range(len(distinct))))


def select_terms(counts, *, min_df, max_df, max_features):
    """Columns of the terms to keep, in order, as scikit-learn's vectorizers choose them.

    `min_df` and `max_df` bound the number of texts with the term, a float their share;
    `max_features` keeps those with the largest counts over all texts.
    """
    # The pattern alone tells the number of texts: a term is stored once a text, and never as 0.
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


def _chunk_size(texts):
    """So many texts that they have `_CHUNK_CHARACTERS` characters, on average."""
    n_characters = sum(map(len, texts))
    return max(1, min(_CHUNK_TEXTS, _CHUNK_CHARACTERS * len(texts) // max(n_characters, 1)))


def _count_chunk(texts, *, analyzer):
    """The words of some texts, and their counts in columns of that order; characters and pairs too.

    Words are those of the pieces between spaces, so what occurs again and again is looked up once
    a piece, and each piece is analysed once. Characters and pairs are `count_unspaced`.
    """
    mixed = isinstance(analyzer, MixedAnalyzer)
    pieces, columns = defaultdict(), defaultdict()
    pieces.default_factory, columns.default_factory = pieces.__len__, columns.__len__
    parts = map(analyzer._parts, texts) if mixed else (([text], [], []) for text in texts)
    rows, words, runs = zip(*parts)
    of_texts = _count_rows(rows, pieces)
    split = analyzer._words if mixed else analyzer
    of_pieces = _count_rows(list(map(split, pieces)), columns)
    counts = _add(of_texts @ of_pieces, _count_rows(words, columns))
    numbers, unspaced = count_unspaced(runs)
    if mixed and analyzer.leaves_out:
        kept = analyzer._keeps(numbers)
        numbers, unspaced = numbers[kept], unspaced[:, kept]
        empty = (np.diff(counts.indptr) == 0) & (np.diff(unspaced.indptr) == 0)
        # Texts of stop words alone keep them.
        rows = [analyzer.words(text) if e else [] for text, e in zip(texts, empty)]
        counts = _add(counts, _count_rows(rows, columns))
    return list(columns), counts, numbers, unspaced


def _count_rows(rows, columns):
    """What each row holds, CSR float32, once for each time; `columns` numbers what is asked for."""
    indptr = np.zeros(len(rows) + 1, np.int32)
    np.cumsum(list(map(len, rows)), out=indptr[1:])
    indices = np.fromiter(map(columns.__getitem__, chain.from_iterable(rows)), np.int32, indptr[-1])
    # float32 counts exactly to 2 ** 24.
    ones = np.ones(len(indices), np.float32)
    return sp.csr_matrix((ones, indices, indptr), shape=(len(rows), len(columns)))


def _add(counts, more):
    """Their sum; `more` may have further columns."""
    if not more.nnz:
        return counts
    if not counts.nnz:
        return more
    counts.resize(more.shape)
    return counts + more


def _places(index, keys):
    return np.fromiter(map(index.__getitem__, keys), np.int32, len(keys))


def _n_placed(places, counts, columns):
    """How many of the counts have one of the given columns."""
    return np.count_nonzero(columns[places][counts.indices] >= 0)


def _place(counts, columns, n_columns):
    """The counts with their columns in the given ones; those in the same are summed."""
    indices = columns[counts.indices]
    known = indices >= 0
    indptr = np.concatenate([[0], np.cumsum(known)])[counts.indptr]
    indices, data = indices[known], counts.data[known]
    placed = sp.csr_matrix((data, indices, indptr), shape=(counts.shape[0], n_columns))
    placed.sum_duplicates()
    return placed
