"""What the words of a query are read as, where the texts lack them."""

import math
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from mmclassic.features.text._lexicon import Lexicon, is_word

# Chosen on the names and tags of one half of OpenMoji, by typos in words of it and by words of the
# other half. Words that no text had and that one edit made of others were found at chance
# (precision .010) where it changed the first letter, which people seldom mistype, else not (.050);
# so were words by their grams below a cosine of .3. TF-IDF of grams found no more than counts.
_SPELLED_FROM = 4
_N_NEIGHBORS = 5
_LEAST_COSINE, _WEAK_COSINE = 0.1, 0.3
_SYNONYM_WEIGHT = 0.5
# A letter that is missing or swapped is one slip of few, one too many or wrong one of 25 times as
# many: with it .940 of what was meant was found by typos, by how common words are alone .906.
_LIKELY_SLIP = math.log(25)


@dataclass(frozen=True)
class WordReading:
    """What a word of a query that no text has is read as.

    Parameters
    ----------
    row : int
        Number of the query.
    word : str
        The word, as the analyser writes it.
    read_as : tuple of str
        Words of the texts, the best first; empty where none is like it.
    cosines : tuple of float
        How much the character 3- to 5-grams of each are those of the word, 0 to 1; 1 for a
        correction of its spelling.
    weak : bool
        Whether it may well be another word: spelled with another first letter, of a cosine below
        0.3, or like none.
    """

    row: int
    word: str
    read_as: tuple
    cosines: tuple
    weak: bool

    def __str__(self):
        if not self.read_as:
            return f"left out {self.word!r}, for no word is like it"
        words = ", ".join(map(repr, self.read_as))
        return f"read {self.word!r} as {words}{' (weak)' if self.weak else ''}"


class QueryReader:
    """Read queries by the words of the texts: spelling first, then character grams.

    `codes` are the packed words of the texts, `columns` their terms, `commonness` is the
    logarithm of the number of texts of a term, but for a constant, `known` tells of a word
    that it needs no reading, and `own` its own term.
    """

    def __init__(
        self, vocabulary, codes, columns, commonness, *, spelling, grams, synonyms, known, own
    ):
        self._own = own
        self._vocabulary, self._codes, self._columns = vocabulary, codes, columns
        self._commonness = commonness
        self._spelling, self._grams, self._synonyms = spelling, grams, synonyms
        self._known = known
        self._found = {}

    @cached_property
    def _words(self):
        return Lexicon(self._codes)

    def read(self, row, terms):
        """The counts of columns, the weights of what words stand for besides, and the readings.

        `terms` are pairs of a word and its term, in the order of the text.
        """
        counts, weights, readings, order = {}, {}, {}, []
        for place, (word, term) in enumerate(terms):
            column = self._vocabulary.get(term)
            if column is None and self._needs_reading(place, terms):
                found, cosines, spelled = self._read_word(word)
                readings[word] = self._reading(row, word, found, cosines, spelled)
                if spelled:
                    word, column = self._words[found[0]], int(self._columns[found[0]])
                    term = self._terms[column]
                else:
                    self._add_neighbors(weights, found, cosines)
            elif column is not None and self._grams == "always" and is_word(word):
                self._add_neighbors(weights, *self._neighbors(word))
            for known in (column, self._vocabulary.get(self._own(word))):
                if known is not None:
                    counts[known] = counts.get(known, 0) + 1
            order.append(term)
        self._add_synonyms(weights, counts, order)
        return counts, weights, list(readings.values())

    @cached_property
    def _terms(self):
        return list(self._vocabulary)

    def _needs_reading(self, place, terms):
        word, term = terms[place]
        if not is_word(word) or term in self._synonyms or self._known(word):
            return False
        # What two parts make together, as in e-mail, says nothing that they do not.
        parts = _parts_before(place, [word for word, _ in terms])
        return not any(
            part in self._vocabulary or self._read_word(word)[0]
            for word, part in terms[place - parts : place]
        )

    def _read_word(self, word):
        """Positions of words, their cosines, and whether the spelling told."""
        if word not in self._found:
            found = self._spelled(word)
            if found is not None:
                self._found[word] = [found], [1.0], True
            elif self._grams is None or not is_word(word):
                self._found[word] = [], [], False
            else:
                self._found[word] = *self._neighbors(word), False
        return self._found[word]

    def _spelled(self, word):
        """The word most likely meant: how common it is, times how likely the slip (Kernighan)."""
        if not self._spelling or len(word) < _SPELLED_FROM or not is_word(word):
            return None

        def likelihood(i):
            meant = self._words[i]
            swapped = len(meant) == len(word) and Counter(meant) == Counter(word)
            likely = _LIKELY_SLIP if swapped or len(meant) > len(word) else 0.0
            return self._commonness[self._columns[i]] + likely, -i

        return max(self._words.one_edit(word).tolist(), key=likelihood, default=None)

    def _neighbors(self, word):
        found, cosines = self._words.nearest(word, _N_NEIGHBORS + 1)
        near = [
            (i, float(c))
            for i, c in zip(found.tolist(), cosines)
            if c >= _LEAST_COSINE and self._words[i] != word
        ][:_N_NEIGHBORS]
        return [i for i, _ in near], [c for _, c in near]

    def _add_neighbors(self, weights, found, cosines):
        """Neighbours of a word weigh the squares of their cosines."""
        for i, cosine in zip(found, cosines):
            column = int(self._columns[i])
            weights[column] = max(weights.get(column, 0.0), cosine * cosine)

    def _add_synonyms(self, weights, counts, order):
        for term in self._synonyms.of(order):
            column = self._vocabulary.get(term)
            if column is not None and column not in counts:
                weights[column] = max(weights.get(column, 0.0), _SYNONYM_WEIGHT)

    def _reading(self, row, word, found, cosines, spelled):
        read_as = tuple(self._words[i] for i in found)
        sure = read_as and (read_as[0][0] == word[0] if spelled else cosines[0] >= _WEAK_COSINE)
        return WordReading(row, word, read_as, tuple(cosines), not sure)


def _parts_before(place, words):
    """How many words before one make it together; 0 where they do not."""
    joined = ""
    for n, part in enumerate(reversed(words[:place]), 1):
        joined = part + joined
        if joined == words[place] and n > 1:
            return n
        if len(joined) >= len(words[place]):
            break
    return 0


def as_counts(counts, weights, *, sublinear):
    """Counts whose term frequencies are those of `counts` plus the weights.

    A count t is a frequency of 1 + log(t) if `sublinear`, else t.
    """
    if not sublinear:
        return {c: counts.get(c, 0) + weights.get(c, 0) for c in {**counts, **weights}}
    joined = dict(counts)
    for column, weight in weights.items():
        known = 1 + math.log(counts[column]) if column in counts else 0.0
        joined[column] = math.exp(known + weight - 1)
    return joined
