"""One form for all the ways in which the same letters are written."""

import re
import unicodedata
from functools import cache

from mmclassic.features.text._scripts import as_class

# What Unicode asks to ignore (Default_Ignorable_Code_Point): soft hyphen, joiners, marks of
# direction, fillers, selectors and tags.
_IGNORABLE = [
    0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810),
    *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0x3164,
    *range(0xFE00, 0xFE10), 0xFEFF, 0xFFA0, *range(0xFFF0, 0xFFF9), *range(0x1BCA0, 0x1BCA4),
    *range(0x1D173, 0x1D17B), *range(0xE0000, 0xE1000),
]  # fmt: skip
# Vowel points and signs of recitation, which most texts leave out, of Hebrew, Arabic (with its
# line filler) and Syriac.
_POINTS = [
    *range(0x591, 0x5BE), 0x5BF, 0x5C1, 0x5C2, 0x5C4, 0x5C5, 0x5C7, *range(0x610, 0x61B), 0x640,
    *range(0x64B, 0x660), 0x670, *range(0x6D6, 0x6DD), *range(0x6DF, 0x6E5), 0x6E7, 0x6E8,
    *range(0x6EA, 0x6EE), *range(0x8D3, 0x8E2), *range(0x8E3, 0x900), *range(0x730, 0x74B),
]  # fmt: skip
# What is typed for each other: alef with and without its signs, final forms of yeh and heh, the
# yeh and kaf of Arabic and Persian keyboards (as Lucene's normalisers have them); the dotless i,
# whose capital is plain; hyphens, sharps, apostrophes.
_TYPED_AS = str.maketrans(
    "\u0622\u0623\u0625\u0671\u0649\u06cc\u0629\u06a9\u0131\u2010\u266f\u2019\u02bc",
    "\u0627\u0627\u0627\u0627\u064a\u064a\u0647\u0643i-#''",
)
# Thai and Lao: the ring of the vowel am, which is typed before its tone or after it.
_RING_AND_TONE = re.compile("([\u0e4d\u0ecd])([\u0e48-\u0e4b\u0ec8-\u0ecb]+)")
_DOTTED_I = re.compile("i\u0307+")
_KATAKANA = {code: code + 0x60 for code in [*range(0x3041, 0x3097), 0x309D, 0x309E]}
_DIACRITICS = range(0x300, 0x370)
_LATIN_AND_GREEK = [*range(0xC0, 0x250), *range(0x370, 0x400), *range(0x1E00, 0x2000)]
# Latin letters that have no decomposition. Of Cyrillic ones only these do without their accent,
# where another makes a letter of its own, as in й.
_BARE = {
    **str.maketrans("đðħłøŧёѐѝ", "ddhlotееи"),
    ord("æ"): "ae",
    ord("œ"): "oe",
    ord("þ"): "th",
}


def fold(text, *, strip_accents):
    """A text in compatibility form without case, ignorable characters and optional points."""
    if text.isascii():
        return text.lower()
    pattern, table = _table(strip_accents)
    text = unicodedata.normalize("NFKC", text).casefold()
    text = pattern.sub(lambda match: match[0].translate(table), text)
    # The capital İ has become an i with a second dot.
    text = unicodedata.normalize("NFKC", _DOTTED_I.sub("i", text))
    return _RING_AND_TONE.sub(r"\2\1", text)


@cache
def _table(strip_accents):
    """What is replaced: the pattern that finds a run of it, and the table for `str.translate`."""
    table = {
        **dict.fromkeys([*_IGNORABLE, *_POINTS]),
        **_TYPED_AS,
        **_KATAKANA,
        **_digits(),
        **(_without_accents() if strip_accents else {}),
    }
    low = as_class(code for code in sorted(table) if code < 0x10000)
    # A class with many ranges above the basic plane is slow; what is not in the table stays.
    return re.compile(f"[{low}\U00010000-\U0010ffff]+"), table


def _digits():
    """The digits of every script as those of ASCII."""
    found = re.findall(r"\d", "".join(map(chr, range(0x80, 0x1FC00))))
    return {ord(digit): str(unicodedata.decimal(digit)) for digit in found}


def _without_accents():
    bare = dict(_BARE)
    for code in _LATIN_AND_GREEK:
        base, *marks = unicodedata.normalize("NFD", chr(code))
        if marks and all(ord(mark) in _DIACRITICS for mark in marks):
            bare[code] = _BARE.get(ord(base), base)
    return bare | dict.fromkeys(_DIACRITICS)
