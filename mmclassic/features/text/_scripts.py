"""Ranges of characters, each the inside of a character class."""

import re
import unicodedata
from functools import cache

# Han with its iteration marks and extensions.
HAN = "\u3005-\u3007\u3021-\u3029\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
# Also kana with the long-vowel mark (not the middle dot), bopomofo, hangul syllables and letters.
EAST_ASIAN = (
    HAN + "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
    "\u3105-\u312f\u31a0-\u31bf\u1100-\u11ff\u3131-\u318e\ua960-\ua97c\uac00-\ud7fb"
)
# Letters and marks of the scripts whose lines Unicode breaks by a dictionary (Line_Break=SA, as
# Thai, Lao, Burmese, Khmer), and of Javanese and Balinese, which write no spaces either. Tibetan
# is not among them: a sign sets its syllables apart.
SOUTH_EAST_ASIAN = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e80-\u0ece\u0edc-\u0edf"
    "\u1000-\u103f\u1050-\u108f\u109a-\u109d\ua9e0-\ua9ef\ua9fa-\ua9fe\uaa60-\uaa76\uaa7a-\uaa7f"
    "\u1780-\u17d3\u17d7\u17dc\u17dd\u1950-\u1974\u1980-\u19c9\u1a20-\u1a7c\u1aa7\uaa80-\uaadd"
    "\ua980-\ua9c0\ua9cf\u1b00-\u1b4c"
)
# Vowels that Unicode counts as letters: written before their consonant (Logical_Order_Exception),
# and after it.
VOWELS_BEFORE = "\u0e40-\u0e44\u0ec0-\u0ec4\u19b5-\u19b7\u19ba\uaab5\uaab6\uaab9\uaabb\uaabc"
VOWELS_AFTER = (
    "\u0e30\u0e32\u0e33\u0e45\u0eb0\u0eb2\u0eb3\u19b0-\u19b4\u19b8\u19b9\u19bb-\u19c9\uaab1\uaaba"
)
# What puts the next consonant under the last.
STACKERS = "\u1039\u17d2\u1a60\ua9c0\u1b44"

_LAST_WITH_MARKS = 0x1F000  # beyond it there are selectors alone


@cache
def mark_ranges():
    """Combining marks of the basic plane, and those above it."""
    codes = range(0x300, _LAST_WITH_MARKS)
    found = [code for code in codes if unicodedata.category(chr(code)) in ("Mn", "Mc")]
    return (
        as_class(code for code in found if code < 0x10000),
        as_class(code for code in found if code >= 0x10000),
    )


def as_class(codes):
    """The inside of a character class for code points in order."""
    ranges = []
    for code in codes:
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"{re.escape(chr(a))}-{re.escape(chr(b))}" for a, b in ranges)
