"""Text to terms, for scripts with and without spaces between words."""

import re
from functools import cache
from operator import add

from mmclassic.features.text._emoji import may_hold_emoji, plain_emoji, split_emoji
from mmclassic.features.text._fold import fold
from mmclassic.features.text._html import strip_markup
from mmclassic.features.text._scripts import (
    EAST_ASIAN,
    HAN,
    SOUTH_EAST_ASIAN,
    STACKERS,
    VOWELS_AFTER,
    VOWELS_BEFORE,
    mark_ranges,
)
from mmclassic.features.text._stop_words import expand_stop_words
from mmclassic.features.text._words import word_pattern, word_terms
from mmclassic.utils import import_optional


class MixedAnalyzer:
    """Split text into words, emoji, and unspaced scripts into characters and pairs.

    Letters are first given one form, so that what people type finds what is
    written: the compatibility form NFKC (full-width letters become plain ones),
    no case (ß is ss), no accents, katakana for hiragana, the digits of ASCII;
    without what only guides the layout (soft hyphens, joiners, marks of direction,
    selectors) and without the optional points of Hebrew and Arabic, whose
    forms of alef, yeh, kaf and final heh are one.

    A run of letters and digits is one term. A hyphen or apostrophe gives the parts
    and what they make together (e-mail: e, mail, email); a decimal number gives
    itself and its parts, 1,000 is 1000, and 5kg is 5 kg. C++, C# and .NET are terms.

    Scripts without spaces, where words are not set apart reliably, give each
    character and each pair of neighbours: Han, kana and hangul; and Thai, Lao,
    Burmese, Khmer and their like, where a character is a consonant with the vowels,
    tones and stacked consonants around it. An emoji is one term, be it a sequence
    with skin tones or joiners, a flag or a keycap.

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
    strip_accents : bool, default=True
        Leave out the accents of Latin and Greek letters (café is cafe, Łódź is
        lodz, æ is ae) and of the Cyrillic ё. Marks of other scripts stay.
    strip_html : bool, default=False
        Leave out tags, comments, scripts and styles of HTML, and resolve its
        entities.

    Raises
    ------
    MissingDependencyError
        With ``han="words"``, if rjieba is not installed.

    Examples
    --------
    >>> from mmclassic.features import MixedAnalyzer
    >>> MixedAnalyzer()("Red cotton T-shirt 红条纹 👍🏽")
    ['red', 'cotton', 't', 'shirt', 'tshirt', '红', '条', '纹', '红条', '条纹', '👍🏽']
    >>> MixedAnalyzer(("english", "chinese"))("the colour 我们的红")
    ['colour', '红', '的红']
    >>> MixedAnalyzer()("Café 1,000 ml, 1.5L อาหาร")
    ['cafe', '1000', 'ml', '1.5', '1', '5', 'l', 'อา', 'หา', 'ร', 'อาหา', 'หาร']
    >>> MixedAnalyzer(strip_html=True)("<p>tin &amp; <b>r</b>ed</p>")
    ['tin', 'red']
    >>> MixedAnalyzer(han="words")("红色条纹 shirt")
    ['红色', '条纹', 'shirt']
    """

    def __init__(self, stop_words=None, *, han="characters", strip_accents=True, strip_html=False):
        if han not in ("characters", "words"):
            raise ValueError(f"han must be 'characters' or 'words'; got {han!r}.")
        if han == "words":
            _segmenter()
        self.han = han
        self.strip_accents = strip_accents
        self.strip_html = strip_html
        words, characters = expand_stop_words(stop_words)
        self.stop_words = {self._fold_term(word) for word in words}
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
        if self.strip_html:
            text = strip_markup(text)
        terms = self._split_with_emoji(text) if may_hold_emoji(text) else self._split(text)
        return self._without_stop_words(terms)

    def _split_with_emoji(self, text):
        terms = []
        for place, part in enumerate(split_emoji(text)):
            terms.extend([plain_emoji(part)] if place % 2 else self._split(part))
        return terms

    def _split(self, text):
        text = self._fold(text)
        if text.isascii():
            return word_terms(_ascii_pattern().findall(text))
        split_run = _characters_and_pairs if self.han == "characters" else self._split_han
        terms = []
        for east, word, south in _pattern().findall(text):
            if east:
                terms.extend(split_run(east))
            elif word:
                terms.extend(word_terms([word]))
            else:
                terms.extend(_clusters_and_pairs(south))
        return terms

    def _fold(self, text):
        return fold(text, strip_accents=self.strip_accents)

    def _fold_term(self, term):
        """A term as a text's terms are written; NFKC would make letters of some emoji."""
        plain, parts = plain_emoji(term), split_emoji(term)
        if len(parts) == 3 and parts[0] == parts[2] == "":
            return plain
        return self._fold(plain)

    def _split_han(self, run):
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
        return hash((type(self), self.han, self.strip_accents, self.strip_html, *lists))


def _characters_and_pairs(run):
    return [*run, *map(add, run, run[1:])]


def _clusters_and_pairs(run):
    """As characters and pairs, of consonants with what is written around them."""
    return _characters_and_pairs(_cluster_pattern().findall(run))


@cache
def _segmenter():
    """From a run of Han characters to its words."""
    return import_optional("rjieba", extra="zh", purpose="han='words' of MixedAnalyzer").cut


@cache
def _han_pattern():
    return re.compile(f"([{HAN}]+)")


@cache
def _ascii_pattern():
    return re.compile(word_pattern("[a-z0-9]", ""))


@cache
def _pattern():
    r"""Words and unspaced runs; ``\w`` lacks the marks that many scripts write vowels with."""
    low, high = mark_ranges()
    # A class with ranges above the basic plane is searched one by one.
    marks = rf"(?:[{low}]|(?=[\U00010000-\U0001ffff])[{high}])+"
    words = word_pattern(rf"[^\W_{EAST_ASIAN}{SOUTH_EAST_ASIAN}]", marks)
    return re.compile(f"([{EAST_ASIAN}]+)|({words})|([{SOUTH_EAST_ASIAN}]+)")


@cache
def _cluster_pattern():
    """A consonant of a South-East Asian script with its vowels, tones and stacked consonants."""
    marks = "".join(mark_ranges())
    base = f"[^{marks}]"
    return re.compile(
        f"[{VOWELS_BEFORE}]?{base}(?:[{marks}{VOWELS_AFTER}]|(?<=[{STACKERS}]){base})*"
    )
