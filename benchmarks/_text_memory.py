"""Time and peak memory of counting the terms of many long texts."""

import json
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks._child import measure
from benchmarks._feature_memory import peak_bytes
from benchmarks._report import Row
from mmclassic.features import TextVectorizer

_CHARACTERS = 5_000  # of a text
_N_WORDS = 50_000
_MEASURE = (
    "import sys; from benchmarks._text_memory import main; main(sys.argv[1], int(sys.argv[2]))"
)
_NOTE = (
    "words by Zipf's law, made in the child before the clock starts; a MB is a "
    "million bytes; target: 20,000 texts in a third of the time and half of the memory of counting "
    "terms one by one"
)


def rows(quick):
    """Fit on English-like and Chinese-like texts, each in a process of its own.

    A quick run takes a twentieth of the texts.
    """
    n_texts = 1_000 if quick else 20_000
    case = f"fitting TextVectorizer to {n_texts:,} texts of {_CHARACTERS:,} characters"
    if not Path("/proc/self/status").exists():
        why = "peak memory is read from /proc, which this system does not have"
        return [Row(case, kind, "peak memory", None, note=why) for kind in _TEXTS]
    found = []
    for kind in _TEXTS:
        measured = measure(_MEASURE, kind, n_texts)
        found.append(Row(case, kind, "processor time", measured["seconds"], unit="s", note=_NOTE))
        for metric in ("peak", "texts", "matrix"):
            value = measured[metric] / 1e6
            found.append(Row(case, kind, f"{metric} memory", value, unit="MB", note=_NOTE))
    return found


def english_like(rng):
    """A text of words of 3 to 10 letters, some with a comma or a full stop."""
    words = _draw(rng, _CHARACTERS // 6, _N_WORDS)
    return " ".join([_word(i) for i in words.tolist()])


def chinese_like(rng):
    """A text of words of one to three Han characters, with a comma after some."""
    words = _draw(rng, _CHARACTERS // 2, _N_WORDS)
    return "".join([_han_word(i) for i in words.tolist()])


_TEXTS = {"English-like": english_like, "Chinese-like": chinese_like}


def _draw(rng, size, n_kinds):
    """Numbers below `n_kinds`, the i-th as often as 1 / i."""
    return (n_kinds ** rng.random(size)).astype(np.int64) - 1


def _word(number):
    letters = ""
    number += 1000
    while number:
        number, letter = divmod(number, 26)
        letters += chr(97 + letter)
    return letters + {0: ",", 1: ".", 2: "s", 3: "ing"}.get(number % 9, "")


def _han_word(number):
    letters = "".join([chr(0x4E00 + number * k % 3001) for k in range(7, 8 + number % 3)])
    return letters + ("，" if number % 7 == 0 else "")


def main(kind, n_texts):
    """Fit on texts and print what that took as JSON, in seconds and bytes."""
    rng = np.random.default_rng(0)
    texts = [_TEXTS[kind](rng) for _ in range(n_texts)]
    start = time.process_time()
    matrix = TextVectorizer().fit_transform(texts)
    measured = {
        "seconds": time.process_time() - start,
        "peak": peak_bytes(Path("/proc/self/status").read_text(encoding="utf-8")),
        "texts": sum(map(sys.getsizeof, texts)),
        "matrix": sum(a.nbytes for a in (matrix.data, matrix.indices, matrix.indptr)),
    }
    json.dump(measured, sys.stdout)
