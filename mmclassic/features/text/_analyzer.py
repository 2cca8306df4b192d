"""Text to terms, for scripts with and without spaces between words."""

import re
import unicodedata
from functools import cache
from itertools import pairwise

from mmclassic.features.text._emoji import may_hold_emoji, plain_emoji, split_emoji
from mmclassic.features.text._stop_words import expand_stop_words
from mmclassic.utils import import_optional

# Han with its iteration marks and extensions.
HAN = "\u3005-\u3007\u3021-\u3029\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
# Also kana with the long-vowel mark (not the middle dot), bopomofo, hangul syllables and letters.
_UNSPACED = (
    HAN + "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
    "\u3105-\u312f\u31a0-\u31bf\u1100-\u11ff\u3131-\u318e\ua960-\ua97c\uac00-\ud7fb"
)


class MixedAnalyzer:
    """Split text into words, emoji, and unspaced scripts into characters and pairs.

    Text is put in the compatibility form NFKC (full-width letters become plain
    ones) and lower case. A run of letters and digits is one term. A run of Han
    characters, kana or hangul, where words are not set apart reliably, gives
    each character and each pair of neighbours. An emoji is one term, be it a
    sequence with skin tones or joiners, a flag or a keycap; variation selectors
    are left out, as they only choose the look.

    Parameters
    ----------
    stop_words : {"english", "chinese"} or collection of str, default=None
        Terms to leave out. In a collection the two names stand for their lists.
        "chinese" leaves out the commonest function characters, and the terms
        that consist of them alone; negations stay.
    han : {"characters", "words"}, default="characters"
        What a run of Han characters gives: characters and pairs, or the words of
        a Chinese dictionary, cut by rjieba (extra ``zh``). Kana and hangul give
        characters and pairs in either case.

    Raises
    ------
    MissingDependencyError
        With ``han="words"``, if rjieba is not installed.

    Examples
    --------
    >>> from mmclassic.features import MixedAnalyzer
    >>> MixedAnalyzer()("Red cotton T-shirt 红条纹 👍🏽")
    ['red', 'cotton', 't', 'shirt', '红', '条', '纹', '红条', '条纹', '👍🏽']
    >>> MixedAnalyzer(("english", "chinese"))("the colour 我们的红")
    ['colour', '红', '的红']
    >>> MixedAnalyzer(han="words")("红色条纹 shirt")
    ['红色', '条纹', 'shirt']
    """

    def __init__(self, stop_words=None, *, han="characters"):
        if han not in ("characters", "words"):
            raise ValueError(f"han must be 'characters' or 'words'; got {han!r}.")
        if han == "words":
            _segmenter()
        self.han = han
        words, characters = expand_stop_words(stop_words)
        self.stop_words = {_fold_term(word) for word in words}
        self.stop_characters = set(characters)

    def __call__(self, text):
        """Split a text.

        Parameters
        ----------
        text : str
            The text.

        Returns
        -------
        terms : list of str
            The terms in order; of an unspaced run, characters before pairs.
        """
        terms = self._split_with_emoji(text) if may_hold_emoji(text) else self._split(_fold(text))
        return self._without_stop_words(terms)

    def _split_with_emoji(self, text):
        terms = []
        for place, part in enumerate(split_emoji(text)):
            if place % 2:
                terms.append(plain_emoji(part))
            else:
                # A selector is a mark to Unicode and would stick to the word before it.
                terms.extend(self._split(_fold(plain_emoji(part))))
        return terms

    def _split(self, text):
        terms = []
        for word, run in _pattern().findall(text):
            if word:
                terms.append(word)
            else:
                terms.extend(self._split_run(run))
        return terms

    def _split_run(self, run):
        if self.han == "characters":
            return _characters_and_pairs(run)
        terms = []
        for place, part in enumerate(_han_pattern().split(run)):
            terms.extend(_segmenter()(part) if place % 2 else _characters_and_pairs(part))
        return terms

    def _without_stop_words(self, terms):
        if self.stop_words:
            terms = [term for term in terms if term not in self.stop_words]
        if self.stop_characters:
            terms = [term for term in terms if not self.stop_characters.issuperset(term)]
        return terms

    def __eq__(self, other):
        return type(other) is type(self) and vars(other) == vars(self)

    def __hash__(self):
        lists = frozenset(self.stop_words), frozenset(self.stop_characters)
        return hash((type(self), self.han, *lists))


def _characters_and_pairs(run):
    return [*run, *map("".join, pairwise(run))]


@cache
def _segmenter():
    """From a run of Han characters to its words."""
    return import_optional("rjieba", extra="zh", purpose="han='words' of MixedAnalyzer").cut


@cache
def _han_pattern():
    return re.compile(f"([{HAN}]+)")


def _fold(text):
    return unicodedata.normalize("NFKC", text).lower()


def _fold_term(term):
    """A term as a text's terms are written; NFKC would make letters of some emoji."""
    plain, parts = plain_emoji(term), split_emoji(term)
    return plain if len(parts) == 3 and parts[0] == parts[2] == "" else _fold(plain)


@cache
def _pattern():
    r"""Words and unspaced runs; ``\w`` lacks the marks that many scripts write vowels with."""
    marks = _mark_ranges()
    letter = rf"[^\W_{_UNSPACED}]"
    return re.compile(rf"({letter}+(?:[{marks}]+{letter}*)*)|([{_UNSPACED}]+)")


def _mark_ranges():
    """Combining marks of the basic plane as the inside of a character class."""
    parts, start = [], None
    for code in range(0x300, 0x10000):
        mark = unicodedata.category(chr(code)) in ("Mn", "Mc")
        if mark and start is None:
            start = code
        elif not mark and start is not None:
            parts.append(f"{chr(start)}-{chr(code - 1)}")
            start = None
    return "".join(parts)
