"""Speed of the analyser of texts, with and without spaces between words."""

from sklearn.feature_extraction.text import CountVectorizer

from benchmarks._ratios import race
from mmclassic.datasets import fetch_openmoji
from mmclassic.features import MixedAnalyzer

_LANGUAGES = {"English": "keywords_en", "Chinese": "keywords_zh", "Japanese": "keywords_ja"}
_EMOJI_IN_A_TEXT = 20
_PASSES = 5  # over the same texts, for a time that is long enough to take


def rows(quick):
    """Our analyser and that of scikit-learn's vectorizers."""
    table = fetch_openmoji()
    found = []
    for language, column in _LANGUAGES.items():
        texts = _joined(table[column].dropna().tolist())
        length = round(sum(map(len, texts)) / len(texts))
        found += race(
            f"terms of {language} texts of {length} characters, keywords of emoji",
            {
                "scikit-learn's default analyser": lambda texts=texts: _split(
                    CountVectorizer().build_analyzer(), texts
                ),
                "MixedAnalyzer": lambda texts=texts: _split(MixedAnalyzer(), texts),
            },
            n_items=_PASSES * len(texts),
            item="text",
            n_runs=3 if quick else 15,
            target=(
                "no target: the default takes a run of Chinese or Japanese characters for one term"
            ),
        )
    return found


def _joined(cells):
    starts = range(0, len(cells), _EMOJI_IN_A_TEXT)
    return [" ".join(cells[start : start + _EMOJI_IN_A_TEXT]) for start in starts]


def _split(analyzer, texts):
    return [analyzer(text) for _ in range(_PASSES) for text in texts]
