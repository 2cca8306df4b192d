"""The known words, to find those that an unknown one may stand for."""

import re
import unicodedata
from collections import Counter
from functools import cache

import numpy as np

from mmclassic.features.text._scripts import EAST_ASIAN, SOUTH_EAST_ASIAN

_BORDER = "\n"  # no letter; one between two words is the border of both
_BETWEEN = re.compile("[ '-]")
_GRAMS = (3, 4, 5)
# How many of the words that share grams are compared exactly: repeated grams shift a cosine by
# little, so that the nearest few are among them.
_SHORTLIST = 50


def is_word(term):
    """Whether a term is a word of letters: no number, sign, emoji or run of an unspaced script.

    Names may have spaces, hyphens and apostrophes between their letters.
    """
    term = _BETWEEN.sub("", term)
    if term.isascii():
        return term.isalpha()
    letters = all(unicodedata.category(c)[0] in "LM" for c in term)
    return letters and not is_unspaced(term)


def is_unspaced(term):
    """Whether a term is of a script without spaces between words."""
    return not term.isascii() and bool(_unspaced().search(term))


@cache
def _unspaced():
    return re.compile(f"[{EAST_ASIAN}{SOUTH_EAST_ASIAN}]")


def pack_words(words):
    """The code points of words, a border before, between and after them, in as few bytes as do."""
    codes = _as_codes(_BORDER + "".join(word + _BORDER for word in words))
    return codes.astype(np.min_scalar_type(int(codes.max())))


class Lexicon:
    """Packed words side by side, so that one pass compares a word with all of them.

    No library: rapidfuzz took three times as long to compare a word with 50,000 (and takes 12 MB,
    and has no grams), and the index of symspellpy 1 s to build, and would be kept and checked.
    """

    def __init__(self, codes):
        self._codes = codes
        borders = np.flatnonzero(codes == ord(_BORDER))
        self._starts, self._ends = borders[:-1] + 1, borders[1:]

    def __len__(self):
        return self._starts.size

    def __getitem__(self, position):
        return self._text(self._starts[position], self._ends[position])

    def one_edit(self, word):
        """Positions of the words that one letter less, more or other, or two swapped ones, give.

        The word has three letters or more.
        """
        codes, letters = self._codes, _as_codes(word)
        n = letters.size
        lengths = self._ends - self._starts
        # One edit does not reach both ends.
        ends = (codes[self._starts] == letters[0]) | (codes[self._ends - 1] == letters[-1])
        near = np.flatnonzero((np.abs(lengths - n) <= 1) & ends)
        starts, lengths = self._starts[near], lengths[near]
        # Past the shorter ones stands their border, which equals no letter.
        steps = np.arange(n)
        front = _n_leading(codes[starts[:, None] + steps] == letters)
        last = self._ends[near] - 1
        back = _n_leading(codes[last[:, None] - steps] == letters[::-1])
        changed = front + back >= np.maximum(lengths, n) - 1
        apart = np.flatnonzero((lengths == n) & (front + back == n - 2))
        place = starts[apart] + front[apart]
        one, two = letters[front[apart]], letters[front[apart] + 1]
        changed[apart] = (codes[place] == two) & (codes[place + 1] == one)
        return near[changed]

    def nearest(self, word, k):
        """Positions of the `k` words with the most alike grams, and the cosines of their counts."""
        grams = _grams(f"{_BORDER}{word}{_BORDER}")
        shared = self._shared_grams([ord(c) for c in f"{_BORDER}{word}{_BORDER}"])
        found = np.flatnonzero(shared)
        if not found.size:
            return found, np.zeros(0)
        # The number of grams is the squared length, but for grams that come again.
        size = _n_grams(self._ends[found] - self._starts[found])
        order = np.argsort(-shared[found] / np.sqrt(size), kind="stable")
        found = np.sort(found[order[:_SHORTLIST]])
        bordered = [self._text(self._starts[i] - 1, self._ends[i] + 1) for i in found]
        squares = [_square(_grams(text)) for text in bordered]
        cosines = shared[found] / np.sqrt(np.array(squares) * _square(grams))
        order = np.argsort(-cosines, kind="stable")[:k]
        return found[order], cosines[order]

    def _shared_grams(self, bordered):
        """Product of counts of grams with every word."""
        codes, places = self._codes, []
        least = _GRAMS[0]
        for start in range(len(bordered) - least + 1):
            here = codes[: codes.size - least + 1] == bordered[start]
            for step in range(1, least):
                here &= codes[step : codes.size - least + 1 + step] == bordered[start + step]
            hits = np.flatnonzero(here)
            places.append(hits)
            for step in range(least, min(_GRAMS[-1], len(bordered) - start)):
                hits = hits[hits + step < codes.size]
                hits = hits[codes[hits + step] == bordered[start + step]]
                places.append(hits)
        if not places:
            return np.zeros(self._starts.size, dtype=np.intp)
        # A gram that begins with a border belongs to the word after it.
        words = np.searchsorted(self._ends, np.concatenate(places), side="right")
        return np.bincount(words, minlength=self._starts.size)

    def _text(self, start, end):
        return self._codes[start:end].astype("<u4").tobytes().decode("utf-32-le")


def _as_codes(text):
    return np.frombuffer(text.encode("utf-32-le"), dtype="<u4")


def _n_leading(equal):
    return np.logical_and.accumulate(equal, axis=1).sum(axis=1)


def _grams(bordered):
    return Counter(bordered[i : i + n] for n in _GRAMS for i in range(len(bordered) - n + 1))


def _n_grams(lengths):
    return sum(np.maximum(lengths + 3 - n, 0) for n in _GRAMS)


def _square(grams):
    return sum(count * count for count in grams.values())
