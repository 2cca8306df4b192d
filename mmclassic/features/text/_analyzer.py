"""Text to terms, for scripts with and without spaces between words."""

import re
from functools import cache
from itertools import chain
from operator import add

import numpy as np

from mmclassic.features.text._emoji import may_hold_emoji, plain_emoji, split_emoji
from mmclassic.features.text._fold import fold
from mmclassic.features.text._html import strip_markup
from mmclassic.features.text._pieces import Pieces, plain_ascii
from mmclassic.features.text._scripts import (
    EAST_ASIAN,
    HAN,
    SOUTH_EAST_ASIAN,
    STACKERS,
    VOWELS_AFTER,
    VOWELS_BEFORE,
    mark_ranges,
)
from mmclassic.features.text._stems import name_language, stem_word
from mmclassic.features.text._stop_words import expand_stop_words
from mmclassic.features.text._unspaced import numbers_of, split_plain, unspaced_terms
from mmclassic.features.text._words import word_pattern, word_terms
from mmclassic.utils import import_optional


class MixedAnalyzer:
    """Split text into stems of words, emoji, and unspaced scripts into characters and pairs.

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

    Words become Snowball stems, so that "cities" finds "city", in the language that
    their script is taken for: English of Latin letters, Russian of Cyrillic ones,
    Greek, Armenian, Arabic, Tamil, and Hindi of Devanagari. Terms with digits or
    signs, and those of other scripts, stay.

    Parameters
    ----------
    stop_words : {"english", "chinese"} or collection of str, default=None
        Words to leave out, before they become stems. In a collection the two names
        stand for their lists. "english" leaves out some 120 words of grammar, and
        "chinese" the commonest function characters, and the terms that consist of
        them alone; negations stay. A text, be it an item's or a query, that
        consists of stop words alone keeps them, so that it says something.
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
    stem : bool, default=True
        Make stems of words.
    language : str, default=None
        The language of the words in its script, by name or ISO 639-1 code, such as
        "german" or "de": one that Snowball has a stemmer for.

    Raises
    ------
    ValueError
        If the language has no stemmer; the message lists those that do.
    MissingDependencyError
        With ``han="words"``, if rjieba is not installed.

    Notes
    -----
    What stands between spaces is kept with its terms, 131,072 of such pieces at
    most, 40 MB, so that a text of known words costs a look-up for each. Stems are
    those of accentless words (unless ``strip_accents=False``), so that what is
    typed without accents finds what is written with them; on keywords of emoji in
    German, Spanish, French and Portuguese that found as much as stems of accented
    words, to 0.003 in recall.

    References
    ----------
    M. F. Porter, "Snowball: A language for stemming algorithms", 2001,
    https://snowballstem.org.

    Examples
    --------
    >>> from mmclassic.features import MixedAnalyzer
    >>> MixedAnalyzer()("Red cotton T-shirt 红条纹 👍🏽")
    ['red', 'cotton', 't', 'shirt', 'tshirt', '红', '条', '纹', '红条', '条纹', '👍🏽']
    >>> MixedAnalyzer(("english", "chinese"))("the colour 我们的红")
    ['colour', '红', '的红']
    >>> MixedAnalyzer()("Café 1,000 ml, 1.5L อาหาร")
    ['cafe', '1000', 'ml', '1.5', '1', '5', 'l', 'อา', 'หา', 'ร', 'อาหา', 'หาร']
    >>> MixedAnalyzer()("running cities")
    ['run', 'citi']
    >>> MixedAnalyzer(language="de")("Katzen und Häuser")
    ['katz', 'und', 'haus']
    >>> MixedAnalyzer(strip_html=True)("<p>tin &amp; <b>r</b>ed</p>")
    ['tin', 'red']
    >>> MixedAnalyzer(han="words")("红色条纹 shirt")
    ['红色', '条纹', 'shirt']
    """

    def __init__(
        self,
        stop_words=None,
        *,
        han="characters",
        strip_accents=True,
        strip_html=False,
        stem=True,
        language=None,
    ):
        if han not in ("characters", "words"):
            raise ValueError(f"han must be 'characters' or 'words'; got {han!r}.")
        if han == "words":
            _segmenter()
        self.han = han
        self.strip_accents = strip_accents
        self.strip_html = strip_html
        self.stem = stem
        self.language = name_language(language)
        words, characters = expand_stop_words(stop_words)
        self.stop_words = {self._fold_term(word) for word in words}
        self.stop_characters = set(characters)
        self._start_pieces()

    def __call__(self, text):
        """Split a text.

        Parameters
        ----------
        text : str
            The text.

        Returns
        -------
        terms : list of str
            The terms in the order of the pieces between spaces; in a piece words
            before characters before pairs.
        """
        return self._terms(text, self._stems)

    def words(self, text):
        """Split a text as calling does, into words and not stems.

        Parameters
        ----------
        text : str
            The text.

        Returns
        -------
        words : list of str
            One for every term: `stem_term` of it is that term.
        """
        return self._terms(text, self._words)

    def stem_term(self, term):
        """The stem of a word as `words` gives it; any other term stays.

        Parameters
        ----------
        term : str
            The term.

        Returns
        -------
        stem : str
            The stem, or the term where nothing is stemmed.
        """
        return stem_word(term, self.language) if self.stem else term

    # What counts terms asks for these three and `_words`: the words of a text are those of its
    # pieces, unless they are stop words alone.
    def _pieces(self, text):
        return (strip_markup(text) if self.strip_html else text).split()

    def _parts(self, text):
        """The pieces of a text; or its words, and runs of which all characters and pairs count."""
        if self.han == "characters" and not text.isascii():
            plain = split_plain(strip_markup(text) if self.strip_html else text)
            if plain is not None:
                words = word_terms(_ascii_pattern().findall(plain[0]))
                return [], self._without_stop_words(words), plain[1]
        return self._pieces(text), [], []

    def _keeps(self, numbers):
        """Which characters and pairs are no stop words, by their numbers."""
        stop_words = numbers_of(self.stop_words)
        stops = np.array([0, *map(ord, self.stop_characters)], dtype=np.uint32)
        inside = np.isin(numbers >> 16, stops) & np.isin(numbers & 0xFFFF, stops)
        return ~(inside | np.isin(numbers, stop_words))

    @property
    def leaves_out(self):
        """Whether there are stop words."""
        return bool(self.stop_words or self.stop_characters)

    def _terms(self, text, pieces):
        parts = self._pieces(text)
        terms = []
        for found in map(pieces, parts):
            terms += found
        if not terms and self.leaves_out:
            words = chain.from_iterable(map(self._all_words, parts))
            return [self.stem_term(w) for w in words] if pieces is self._stems else list(words)
        return terms

    def _start_pieces(self):
        # Only what finds terms is kept: what was asked before is no part of the analyser's state.
        self._folded = Pieces(self._split_words).__getitem__
        self._stems = Pieces(self._split_stems).__getitem__

    def _words(self, piece):
        """The words of a piece; those of ASCII are found in the time of a look-up."""
        if not piece.isascii():
            return self._folded(piece)
        plain = plain_ascii(piece)
        words = [plain] if plain.isalpha() else word_terms(_ascii_pattern().findall(plain))
        return self._without_stop_words(words)

    def _split_words(self, piece):
        return self._without_stop_words(self._all_words(piece))

    def _split_stems(self, piece):
        # Characters and pairs, of which there are many, need not be asked for their stems.
        words, others = map(self._without_stop_words, self._split(piece))
        return [*map(self.stem_term, words), *others] if words else others

    def _all_words(self, piece):
        words, others = self._split(piece)
        return [*words, *others]

    def _split(self, piece):
        """The words, and what is in scripts without spaces; both as words where there are emoji."""
        if piece.isascii() and piece.isalpha():
            return [piece.lower()], []
        plain = split_plain(piece) if self.han == "characters" else None
        if plain is not None:  # without emoji
            text, runs = plain
            words = word_terms(_ascii_pattern().findall(text)) if text else []
            return words, unspaced_terms(runs)
        if not may_hold_emoji(piece):
            return self._split_letters(piece)
        words = []
        for place, part in enumerate(split_emoji(piece)):
            words += [plain_emoji(part)] if place % 2 else chain(*self._split_letters(part))
        return words, []

    def _split_letters(self, text):
        words, runs, rest = [], [], []
        for east, word, south in _pattern().findall(self._fold(text)):
            if east:
                runs.append(east)
            elif word:
                words.append(word)
            else:
                rest.extend(_clusters_and_pairs(south))
        east = unspaced_terms(runs) if self.han == "characters" else self._split_han(runs)
        return word_terms(words), [*east, *rest]

    def _fold(self, text):
        return fold(text, strip_accents=self.strip_accents)

    def _fold_term(self, term):
        """A term as a text's terms are written; NFKC would make letters of some emoji."""
        plain, parts = plain_emoji(term), split_emoji(term)
        if len(parts) == 3 and parts[0] == parts[2] == "":
            return plain
        return self._fold(plain)

    def _split_han(self, runs):
        terms = []
        for run in runs:
            for place, part in enumerate(_han_pattern().split(run)):
                terms.extend(_segmenter()(part) if place % 2 else unspaced_terms([part]))
        return terms

    def _without_stop_words(self, terms):
        if self.stop_words:
            terms = [term for term in terms if term not in self.stop_words]
        if self.stop_characters:
            terms = [term for term in terms if not self.stop_characters.issuperset(term)]
        return terms

    def __getstate__(self):
        state = dict(vars(self))
        del state["_folded"], state["_stems"]
        return state

    def __setstate__(self, state):
        # Files of before there were stems lack the two.
        self.__dict__.update({"stem": False, "language": None, **state})
        self._start_pieces()

    def __eq__(self, other):
        return type(other) is type(self) and other.__getstate__() == self.__getstate__()

    def __hash__(self):
        lists = frozenset(self.stop_words), frozenset(self.stop_characters)
        options = self.han, self.strip_accents, self.strip_html, self.stem, self.language
        return hash((type(self), *options, *lists))


def _clusters_and_pairs(run):
    """As characters and pairs, of consonants with what is written around them."""
    clusters = _cluster_pattern().findall(run)
    return [*clusters, *map(add, clusters, clusters[1:])]


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
