"""How often every term occurs in every text."""

import time
from collections import defaultdict
from functools import partial, reduce
from itertools import compress, count

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
        # The counts of all parts stand one behind another, where the matrix is made of them: it
        # takes no more memory. Of arrays that are freed part by part, much would stay with the
        # allocator. A bytearray grows without being copied where the system can do that.
        self._data, self._indices, self._parts, self._gap = bytearray(), bytearray(), [], 0
        index = defaultdict(count().__next__)
        for words, counts, found, unspaced in parts:
            self._parts.append((_places(index, words), found, counts.indptr, unspaced.indptr))
            for part in (counts, unspaced):
                self._data.extend(part.data)
                self._indices.extend(part.indices)
        numbers = np.concatenate([np.empty(0, np.uint32), *(p[1] for p in self._parts)])
        self._numbers = numbers = sorted_unique(numbers)
        # What both ways of counting found has one place.
        others, own = list(index), numbers_of(index)
        self._place = np.searchsorted(numbers, own)
        new = ~np.isin(own, numbers)
        self._place[new] = np.arange(len(numbers), len(numbers) + new.sum())
        self.n_unspaced = len(numbers)
        self.words = [*terms_of(numbers), *compress(others, new.tolist())]
        totals = np.zeros(len(index))
        for (where, *_), ((_, counts), _) in zip(self._parts, self._slices()):
            # Every word of a part is there once.
            totals[where] += np.bincount(counts[1], counts[0], len(where))
        self.totals = totals[new]

    def matrix(self, columns, n_columns):
        """Counts, CSR float32 (n_texts, n_columns), with each word in its columns.

        `columns` are lists of one column for every word, -1 for none. The matrix is made in place
        of the parts, which are used up.
        """
        columns = [np.asarray(some, dtype=np.int32) for some in columns]
        self._gap = self._lacking(columns)
        self._data[:0] = self._indices[:0] = bytes(4 * self._gap)
        data, indices = self._arrays()
        lengths, end = [np.zeros(1, np.int64)], 0
        for part in self._slices():
            placed = [
                _place(counts, some[places], n_columns)
                for some in columns
                for places, counts in part
            ]
            placed = reduce(_add, placed)
            start, end = end, end + placed.nnz
            data[start:end], indices[start:end] = placed.data, placed.indices
            lengths.append(np.diff(placed.indptr))
        indptr = np.cumsum(np.concatenate(lengths))
        # What several words share is in fewer columns than the words.
        data, indices = (a if 4 * end > 3 * a.size else a[:end].copy() for a in (data, indices))
        self._data = self._indices = self._parts = None
        shape = (len(indptr) - 1, n_columns)
        matrix = sp.csr_matrix((data[:end], indices[:end], indptr), shape=shape)
        matrix.has_canonical_format = True
        return matrix

    def _arrays(self):
        return np.frombuffer(self._data, np.float32), np.frombuffer(self._indices, np.int32)

    def _slices(self):
        """Of every part the places of its words with their counts, and of what is unspaced."""
        (data, indices), end = self._arrays(), self._gap
        for where, found, *indptrs in self._parts:
            part = []
            for places, indptr in zip(
                (self._place[where], np.searchsorted(self._numbers, found)), indptrs
            ):
                start, end = end, end + indptr[-1]
                part.append((places, (data[start:end], indices[start:end], indptr)))
            yield part

    def _lacking(self, columns):
        """By how much the parts are too short for the matrix that is made from their start."""
        lacking = more = 0
        if len(columns) > 1:  # of one column there is one count or none
            for part in self._slices():
                more += sum(_n_placed(*of, some) for some in columns for of in part)
                more -= sum(len(data) for _, (data, _, _) in part)
                lacking = max(lacking, more)
        return lacking


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
        vocabulary = number_terms(stems, counted.n_unspaced)
    columns = columns_of(counted, stems, vocabulary, analyzer)
    return counted.matrix(columns, len(vocabulary)), vocabulary


def number_terms(terms, n_unspaced):
    """The place of every term among all, in order; the unspaced come first, in order and once."""
    distinct = terms[:n_unspaced]
    distinct += set(terms[n_unspaced:])
    distinct.sort()
    return dict(zip(distinct, range(len(distinct))))


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
    pieces, columns = defaultdict(count().__next__), defaultdict(count().__next__)
    parts = map(analyzer._parts, texts) if mixed else (([text], [], []) for text in texts)
    rows, words, runs = zip(*parts)
    of_texts = _count_rows(rows, pieces)
    split = analyzer._words if mixed else partial(_own_terms, analyzer)
    of_pieces = _count_rows(map(split, pieces), columns)
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


def _own_terms(analyzer, text):
    terms = analyzer(text)
    # Of a str every character would be a term.
    if isinstance(terms, str):
        raise TypeError(
            f"the analyzer must give a list of terms; of the text {text[:50]!r} it gave the str "
            f"{terms[:50]!r}."
        )
    return terms


def _count_rows(rows, columns):
    """What each row holds, CSR float32, once for each time; `columns` numbers what is asked for."""
    # Rows may be made as they are read: many lists at once would be gone through by the garbage
    # collector again and again.
    found, indptr = [], [0]
    for row in rows:
        found += row
        indptr.append(len(found))
    indices = np.fromiter(map(columns.__getitem__, found), np.int32, len(found))
    # float32 counts exactly to 2 ** 24.
    ones = np.ones(len(indices), np.float32)
    indptr = np.array(indptr, np.int32)
    return sp.csr_matrix((ones, indices, indptr), shape=(len(indptr) - 1, len(columns)))


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
    return np.count_nonzero(columns[places][counts[1]] >= 0)


def _place(counts, columns, n_columns):
    """The counts, as data, indices and indptr, with their columns in the given ones, as CSR.

    Those in the same column are summed.
    """
    data, indices, indptr = counts
    indices = columns[indices]
    known = indices >= 0
    indptr = np.concatenate([[0], np.cumsum(known)])[indptr]
    placed = sp.csr_matrix(
        (data[known], indices[known], indptr), shape=(len(indptr) - 1, n_columns)
    )
    placed.sum_duplicates()
    return placed
