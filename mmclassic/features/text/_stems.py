"""Words to Snowball stems, in the language of their script or the one that is asked for."""

import re
import threading
from functools import cache, lru_cache

import snowballstemmer

# Letters and marks of the scripts that have stemmers, as `fold` leaves them. Digits are none, so
# that terms with digits stay as they are.
_SCRIPTS = {
    "latin": "a-z\u00df-\u024f\u1e00-\u1eff\u0300-\u036f",
    "cyrillic": "\u0400-\u052f",
    "greek": "\u0370-\u03ff\u1f00-\u1fff",
    "armenian": "\u0531-\u0588",
    "hebrew": "\u05d0-\u05f2",
    "arabic": "\u0620-\u06ff",
    "devanagari": "\u0900-\u0963\u0971-\u097f",
    "tamil": "\u0b80-\u0be5",
}
# Hebrew letters tell Hebrew, which has no stemmer, from Yiddish too rarely.
_OF_SCRIPT = {
    "latin": "english",
    "cyrillic": "russian",
    "greek": "greek",
    "armenian": "armenian",
    "arabic": "arabic",
    "devanagari": "hindi",
    "tamil": "tamil",
}
# What is not written in Latin letters.
_WRITTEN_IN = {
    "russian": ("cyrillic",),
    "serbian": ("cyrillic", "latin"),
    "greek": ("greek",),
    "armenian": ("armenian",),
    "yiddish": ("hebrew",),
    "arabic": ("arabic",),
    "persian": ("arabic",),
    "hindi": ("devanagari",),
    "nepali": ("devanagari",),
    "tamil": ("tamil",),
}
_ISO = {
    "ar": "arabic", "hy": "armenian", "eu": "basque", "ca": "catalan", "cs": "czech",
    "da": "danish", "nl": "dutch", "en": "english", "eo": "esperanto", "et": "estonian",
    "fa": "persian", "fi": "finnish", "fr": "french", "de": "german", "el": "greek",
    "hi": "hindi", "hu": "hungarian", "id": "indonesian", "ga": "irish", "it": "italian",
    "lt": "lithuanian", "ne": "nepali", "no": "norwegian", "nb": "norwegian", "pl": "polish",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "st": "sesotho",
    "es": "spanish", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
# Folding gives these letters of Persian the form of the Arabic ones, which its stemmer lacks.
_TO_PERSIAN = str.maketrans("\u064a\u0643", "\u06cc\u06a9")
_FROM_PERSIAN = str.maketrans("\u06cc\u06a9", "\u064a\u0643")
# The English stemmer leaves words with other endings as they are: half of all, which it looks at
# for 20 us each.
_ENGLISH_ENDINGS = (
    *("e", "i", "s", "y", "ed", "er", "ing", "ator", "al", "ful", "ll", "ion", "ism", "ic"),
    *("ant", "ent", "ist"),
)
_BEYOND = "\u2000"  # beyond all scripts that have stemmers
_MOST_WORDS = 2**17  # 20 MB
_LONGEST = 64  # letters; what is longer is no word, and would fill the memory of the cache


def languages():
    """The names of all languages that have a stemmer, in order."""
    return sorted(snowballstemmer.algorithms())


def name_language(language):
    """The name of a language that is given by name or ISO 639-1 code; None stays."""
    if language is None:
        return None
    name = str(language).lower()
    name = _ISO.get(name, name)
    if name not in snowballstemmer.algorithms():
        raise ValueError(
            f"language must be None or one of {', '.join(languages())}, or the ISO 639-1 code of "
            f"one; got {language!r}."
        )
    return name


def stem_word(word, language):
    """The stem of a folded word, or the word where its script or signs have none.

    `language` is that of the words in its script; None is that which the script is taken for,
    English of Latin letters.
    """
    return _stem(word, language) if is_wordlike(word) else word


def is_wordlike(term):
    """Whether a term may have a stem: it is not in an unspaced script, an emoji or very long."""
    return term[:1] < _BEYOND and len(term) <= _LONGEST


@lru_cache(_MOST_WORDS)
def _stem(word, language):
    script = _script(word)
    if script is None:
        return word
    written_in = _WRITTEN_IN.get(language, ("latin",)) if language else ()
    name = language if script in written_in else _OF_SCRIPT.get(script)
    if name is None or (name == "english" and not word.endswith(_ENGLISH_ENDINGS)):
        return word
    if name == "persian":
        stem = _stemmers.get(name).stemWord(word.translate(_TO_PERSIAN)).translate(_FROM_PERSIAN)
    else:
        stem = _stemmers.get(name).stemWord(word)
    return stem or word


def _script(word):
    found = _pattern().fullmatch(word)
    return found and found.lastgroup


@cache
def _pattern():
    return re.compile("|".join(f"(?P<{name}>[{inside}]+)" for name, inside in _SCRIPTS.items()))


class _Stemmers(threading.local):
    """Stemmers by language, of one thread: they keep the word that they are at work on."""

    def __init__(self):
        self._by_name = {}

    def get(self, name):
        if name not in self._by_name:
            self._by_name[name] = snowballstemmer.stemmer(name)
        return self._by_name[name]


_stemmers = _Stemmers()
