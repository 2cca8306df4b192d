"""Terms of words: their stems, and of all but the commonest form of a stem the word as well."""

from mmclassic.features.text._analyzer import MixedAnalyzer
from mmclassic.features.text._stems import is_wordlike

# With stems alone a search for "died" ranked what has "dying" with what has "died". On one half of
# OpenMoji the own terms raised the mean reciprocal rank of tags that are there from .977 to .987
# (whole words .990) and of words with a slip from .943 to .968, and lost nothing of hidden tags
# (recall .594); own terms for the commonest forms too, or at half their weight, were no better.


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
    """The term of one form of a word; no stem has such signs."""
    return f'"{word}"'


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
        columns.append([*[-1] * counted.n_unspaced, *own])
    return columns
