"""The analyser of a vectorizer, by the name that it has there."""

from mmclassic.features.text._analyzer import MixedAnalyzer
from mmclassic.features.text._names import NameAnalyzer


def make_analyzer(vectorizer, language):
    """What the parameters of a `TextVectorizer` ask for; a callable is itself."""
    analyzer, strip_accents = vectorizer.analyzer, vectorizer.strip_accents
    if analyzer in ("mixed", "words"):
        return MixedAnalyzer(
            vectorizer.stop_words,
            han="words" if analyzer == "words" else "characters",
            strip_accents=strip_accents,
            strip_html=vectorizer.strip_html,
            stem=vectorizer.stem,
            language=language,
        )
    of_words = vectorizer.stop_words, vectorizer.language
    if analyzer == "names":
        if of_words != (None, None):
            raise ValueError(
                "stop_words and language go with analyzer='mixed' and 'words'; names are whole."
            )
        return NameAnalyzer(strip_accents=strip_accents, strip_html=vectorizer.strip_html)
    if of_words != (None, None) or vectorizer.strip_html or not (strip_accents and vectorizer.stem):
        raise ValueError(
            "stop_words, strip_accents, strip_html, stem and language go with "
            "analyzer='mixed' and 'words'; let your own analyzer do that."
        )
    return analyzer


def reads_queries(analyzer):
    """Whether the terms are known to be words or names, so that queries are read by them."""
    return isinstance(analyzer, (MixedAnalyzer, NameAnalyzer))
