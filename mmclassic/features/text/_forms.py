"""Terms of words: their stems, and of all but the commonest form of a stem the word as well."""

from mmclassic.features.text._analyzer import MixedAnalyzer
from mmclassic.features.text._stems import is_wordlike

_QUOTE = '"'  # no stem has one
# With stems alone a search for "died" ranked what has "dying" with what has "died". Chosen on one
# half of OpenMoji and of citeulike-t: own terms at .4 of their weight raised the mean reciprocal
# rank of tags that are there from .977 to .981 (whole words: .990) and of words with a slip from
# .943 to .953; articles by one that cites them had a recall of .212 (stems .215, own terms at their
# full weight .200). Own terms for the commonest forms too were no better.
OWN_WEIGHT = 0.4


def stems_of(counted, analyzer):
    """The terms that an analyser makes of the words of `WordCounts`."""
    words, n = counted.words, counted.n_unspaced
    if makes_stems(analyzer):
        return [*words[:n], *map(analyzer.stem_term, words[n:])]
    return words


def makes_stems(analyzer):
    """Whether terms are stems, so that words may have terms of their own."""
    return isinstance(analyzer, MixedAnalyzer) and analyzer.stem


def own_term(word):
    """The term of one form of a word."""
    return f"{_QUOTE}{word}{_QUOTE}"


def own_columns(vocabulary):
    """The columns of own terms."""
    return [column for term, column in vocabulary.items() if term.startswith(_QUOTE)]


def written_forms(words, totals, stems):
    """By term what is written: of a stem its commonest word, and each other word of its own term.

    Of words that are equally common it is the first of the alphabet.
    """
    most = {}
    for word, total, stem in zip(words, totals.tolist(), stems):
        if is_wordlike(word):
            most[stem] = min(most.get(stem, (0, "")), (-total, word))
    forms = {stem: word for stem, (_, word) in most.items()}
    others = (word for word, stem in zip(words, stems) if forms.get(stem, word) != word)
    return forms | {own_term(word): word for word in others}


def columns_of(counted, stems, vocabulary, analyzer):
    """For `WordCounts.matrix`: the column of the stem of every word, and that of its own; or -1."""
    columns = [[vocabulary.get(stem, -1) for stem in stems]]
    if makes_stems(analyzer):
        own = [vocabulary.get(own_term(w), -1) for w in counted.words[counted.n_unspaced :]]
        if max(own, default=-1) >= 0:
            columns.append([*[-1] * counted.n_unspaced, *own])
    return columns
