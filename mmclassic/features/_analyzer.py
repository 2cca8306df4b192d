"""Text to terms, for scripts with and without spaces between words."""

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

# Han with its iteration marks and extensions, kana with the long-vowel mark (not the middle
# dot), bopomofo, hangul syllables and letters.
_UNSPACED = (
    "\u3005-\u3007\u3021-\u3029\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
    "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
    "\u3105-\u312f\u31a0-\u31bf\u1100-\u11ff\u3131-\u318e\ua960-\ua97c\uac00-\ud7fb"
)


class MixedAnalyzer:
    """Split text into words, and unspaced scripts into characters and pairs.

    Text is put in the compatibility form NFKC (full-width letters become plain
    ones) and lower case. A run of letters and digits is one term. A run of Han
    characters, kana or hangul, where words are not set apart reliably, gives
    each character and each pair of neighbours.

    Parameters
    ----------
    stop_words : "english" or collection of str, default=None
        Terms to leave out.

    Examples
    --------
    >>> from mmclassic.features import MixedAnalyzer
    >>> MixedAnalyzer()("Red cotton T-shirt 红条纹")
    ['red', 'cotton', 't', 'shirt', '红', '条', '纹', '红条', '条纹']
    """

    def __init__(self, stop_words=None):
        if isinstance(stop_words, str):
            if stop_words != "english":
                raise ValueError(
                    f"stop_words must be 'english', a collection of words or None; "
                    f"got {stop_words!r}."
                )
            stop_words = ENGLISH_STOP_WORDS
        self.stop_words = set(map(_fold, stop_words or ()))

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
        terms = []
        for word, run in _pattern().findall(_fold(text)):
            if word:
                terms.append(word)
            else:
                terms.extend(run)
                terms.extend(map("".join, pairwise(run)))
        if self.stop_words:
            return [term for term in terms if term not in self.stop_words]
        return terms

    def __eq__(self, other):
        return type(other) is type(self) and other.stop_words == self.stop_words

    def __hash__(self):
        return hash(frozenset(self.stop_words))


def _fold(text):
    return unicodedata.normalize("NFKC", text).lower()


@lru_cache(maxsize=1)
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
