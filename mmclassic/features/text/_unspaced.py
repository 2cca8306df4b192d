"""Characters and pairs of runs without spaces, and the texts in which these are found at once.

Counted, a term is a number: its first code point times 2 ** 16, and its second if it has one. These
are in the order of the terms.
"""

import re
from functools import cache

import numpy as np
import scipy.sparse as sp

# Letters of unspaced scripts that folding leaves as they are and that join no neighbour, and signs
# that are no part of a word before folding and after it. The comma \uff0c is not one of them: in
# a number it joins digits.
_LETTERS = "\u4e00-\u9fff\u3400-\u4dbf\uac00-\ud7a3\u30a1-\u30fa\u30fc"
_SIGNS = "\u3001-\u3003\u3008-\u3011\u2014\u2018\u201c\u201d\uff01\uff08\uff09\uff1a\uff1b\uff1f"
_GAP = "\n"  # between runs
_PAIR = np.dtype("<U2")
_MANY = 256  # characters from which on a mask is faster than leaving out pairs one by one
_BASIC = 0x10000


def split_plain(text):
    """What there is of ASCII, and the unspaced runs, of a text that folding leaves as it is.

    None of another text, whose letters are not of ASCII and the runs alone. Each run in what there
    is of ASCII is one character.
    """
    whole, run, letter = _patterns()
    text = text.replace("\uff0c", ",")
    if not whole.fullmatch(text):
        return None
    latin = run.sub("\u4e00", text).lower() if letter.search(text) else ""
    return latin, run.findall(text)


def unspaced_terms(runs):
    """The characters of all runs, then the pairs of neighbours in each."""
    if not any(runs):
        return []
    text = _GAP.join(runs)
    # NumPy cuts overlapping pairs out of the code points twice as fast as Python adds characters.
    codes = text.encode("utf-32-le")
    pairs = np.ndarray(len(text) - 1, _PAIR, codes, 0, (4,))
    if len(text) > _MANY:
        letters = np.frombuffer(codes, "<u4")
        inside = letters != ord(_GAP)
        pairs = pairs[inside[1:] & inside[:-1]].tolist()
        if letters.max() < _BASIC:
            return _basic_plane()[letters[inside]].tolist() + pairs
    else:
        pairs = pairs.tolist()
        end = len(text)
        for run in runs[:0:-1]:
            end -= len(run) + 1
            del pairs[end - 1 : end + 1]
    return [*"".join(runs), *pairs]


def count_unspaced(rows):
    """Numbers of the terms in rows of runs of `split_plain`, and their counts, CSR float32."""
    texts = [_GAP.join(runs) + _GAP for runs in rows]
    # All these letters are in the basic plane.
    codes = np.frombuffer("".join(texts).encode("utf-16-le"), "<u2").astype(np.uint64)
    inside = codes != ord(_GAP)
    starts = np.arange(len(rows) + 1, dtype=np.uint64) << np.uint64(32)
    singles = np.repeat(starts[:-1], list(map(len, texts))) | codes << np.uint64(16)
    pairs = (singles[:-1] | codes[1:])[inside[:-1] & inside[1:]]
    found, totals = np.unique(np.concatenate([singles[inside], pairs]), return_counts=True)
    indptr = np.searchsorted(found, starts)
    found = found.astype(np.uint32)  # without the row
    numbers = sorted_unique(found)
    indices = np.searchsorted(numbers, found).astype(np.int32)
    shape = len(rows), len(numbers)
    return numbers, sp.csr_matrix((totals.astype(np.float32), indices, indptr), shape=shape)


def sorted_unique(numbers):
    """The distinct numbers in order; `np.unique` without counts hashes, at 7 times the time."""
    numbers = np.sort(numbers)
    return numbers[np.concatenate([[True], numbers[1:] != numbers[:-1]])[: len(numbers)]]


def terms_of(numbers):
    """The terms of numbers, a list."""
    codes = np.stack([numbers >> 16, numbers & 0xFFFF], axis=1).astype("<u4")
    return codes.view(_PAIR).ravel().tolist()  # which leaves out zeros at the end


def numbers_of(terms):
    """The numbers of terms, uint32; 0 of what is no term of letters of the basic plane."""
    return np.array([_number(term) for term in terms], dtype=np.uint32)


def _number(term):
    if not 0 < len(term) <= 2 or max(term) > "\uffff":
        return 0
    return ord(term[0]) << 16 | (ord(term[1]) if len(term) == 2 else 0)


@cache
def _basic_plane():
    """Its characters, 5 MB, of which many texts then hold the same and not ones of their own."""
    return np.array(list(map(chr, range(_BASIC))), dtype=object)


@cache
def _patterns():
    return (
        re.compile(f"[\\x00-\\x7f,{_SIGNS}{_LETTERS}]*+"),
        re.compile(f"[{_LETTERS}]+"),
        re.compile("[A-Za-z0-9]"),
    )
