"""Speed of the analyser of texts, with and without spaces between words."""

from sklearn.feature_extraction.text import CountVectorizer

from benchmarks._ratios import race
from mmclassic.datasets import fetch_openmoji
from mmclassic.features import MixedAnalyzer

_LANGUAGES = {
    "English": "keywords_en",
    "German": "keywords_de",
    "French": "keywords_fr",
    "Chinese": "keywords_zh",
    "Japanese": "keywords_ja",
}
_EMOJI_IN_A_TEXT = 20
_PASSES = 5  # over the same texts, for a time that is long enough to take


def rows(quick):
    """Our analyser and that of scikit-learn's vectorizers."""
    table = fetch_openmoji()
    found = []
    for language, column in _LANGUAGES.items():
        texts = _joined(table[column].dropna().tolist())
        analyzer, characters = MixedAnalyzer(), {}
        if language in ("Chinese", "Japanese"):
            characters["scikit-learn's characters and pairs"] = lambda texts=texts: _split(
                CountVectorizer(analyzer="char", ngram_range=(1, 2)).build_analyzer(), texts
            )
        length = round(sum(map(len, texts)) / len(texts))
        found += race(
            f"terms of {language} texts of {length} characters, keywords of emoji",
            {
                "scikit-learn's default analyser": lambda texts=texts: _split(
                    CountVectorizer().build_analyzer(), texts
                ),
                **characters,
                "MixedAnalyzer": lambda texts=texts, analyzer=analyzer: _split(analyzer, texts),
            },
            n_items=_PASSES * len(texts),
            item="text",
            n_runs=3 if quick else 15,
            target=(
                "words known from a first run, so without stems, some 60 us a new word; "
                "target: as fast as the default in English, 1.5 "
                "times as fast as characters and pairs in Chinese; the default takes a run of "
                "Chinese or Japanese characters for one term"
            ),
        )
    return found


def _joined(cells):
    starts = range(0, len(cells), _EMOJI_IN_A_TEXT)
    return [" ".join(cells[start : start + _EMOJI_IN_A_TEXT]) for start in starts]


def _split(analyzer, texts):
    return [analyzer(text) for _ in range(_PASSES) for text in texts]
