"""Speed of the analyser of texts, with and without spaces between words."""

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer

from benchmarks._ratios import race
from benchmarks._text_memory import chinese_like
from mmclassic.datasets import fetch_openmoji
from mmclassic.features import MixedAnalyzer
from mmclassic.features.text._stems import _stem

_LANGUAGES = {
    "English": "keywords_en",
    "German": "keywords_de",
    "French": "keywords_fr",
    "Chinese": "keywords_zh",
    "Japanese": "keywords_ja",
}
_UNSPACED = {"Chinese", "Japanese"}
_EMOJI_IN_A_TEXT = 20
_N_RUNNING = 20
_PASSES = 5  # over the same texts, for a time that is long enough to take


def rows(quick):
    """Our analyser and those of scikit-learn's vectorizers."""
    table = fetch_openmoji()
    found = []
    for language, column in _LANGUAGES.items():
        texts = _joined(table[column].dropna().tolist())
        what = f"{language} texts of {{}} characters, keywords of emoji"
        found += _race(what, texts, quick, unspaced=language in _UNSPACED)
    rng = np.random.default_rng(0)
    running = [chinese_like(rng) for _ in range(_N_RUNNING)]
    return found + _race("Chinese-like texts of {} characters", running, quick, unspaced=True)


def _race(what, texts, quick, *, unspaced):
    if unspaced:
        name, options = "characters and pairs", {"analyzer": "char", "ngram_range": (1, 2)}
        target = 1.5
    else:
        name, options, target = "default analyser", {}, 1
    reference, analyzer = CountVectorizer(**options).build_analyzer(), MixedAnalyzer()
    return race(
        "terms of " + what.format(round(sum(map(len, texts)) / len(texts))),
        {
            f"scikit-learn's {name}": lambda: _split(reference, texts),
            "MixedAnalyzer": lambda: _split(analyzer, texts),
            "MixedAnalyzer, all words new": lambda: _split_anew(texts),
        },
        n_items=_PASSES * len(texts),
        item="text",
        n_runs=3 if quick else 15,
        target=f"target: {target} times, of words known from a first run; new ones are stemmed",
    )


def _joined(cells):
    starts = range(0, len(cells), _EMOJI_IN_A_TEXT)
    return [" ".join(cells[start : start + _EMOJI_IN_A_TEXT]) for start in starts]


def _split(analyzer, texts):
    return [analyzer(text) for _ in range(_PASSES) for text in texts]


def _split_anew(texts):
    found = []
    for _ in range(_PASSES):
        _stem.cache_clear()
        found += map(MixedAnalyzer(), texts)
    return found
