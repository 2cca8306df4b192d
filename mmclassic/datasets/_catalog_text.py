"""Comments of a generated catalog, in English or Chinese."""

from mmclassic.datasets._catalog_latent import FACTORS
from mmclassic.datasets._catalog_words import (
    ANYTHING,
    FILLERS,
    LEVELS,
    NOUNS,
    OPENINGS,
    SENTENCES,
)

# At noise 1: how often a factor goes unmentioned, is given a wrong word, and how often the
# buyer does not say what kind of thing it is.
_DROPPED, _WRONG, _UNNAMED = 0.12, 0.06, 0.25
_AND = {"en": " and ", "zh": "又"}


def draw_comment(levels, category, rng, language, noise):
    """One comment of some 15 to 50 words, or as much in Chinese; the category gives the noun.

    `rng` chooses synonyms, order, fillers and mistakes; `noise` scales how often words are dropped
    or wrong.
    """
    parts = []
    for factor, level in zip(FACTORS, levels):
        if rng.random() >= min(_DROPPED * noise, 0.9):
            words = _words(LEVELS[language][factor], level, rng, noise)
            phrase = _AND[language].join(words)
            parts.append(_pick(SENTENCES[language][factor], rng).format(phrase))
    fillers = FILLERS[language]
    chosen = rng.choice(len(fillers), size=rng.integers(0, 3), replace=False)
    parts.extend(fillers[i] for i in chosen)
    rng.shuffle(parts)
    return _join([_opening(category, rng, language, noise), *parts], language)


def _words(words_by_level, level, rng, noise):
    """Two synonyms of the level, or of any level by mistake."""
    n_levels = len(words_by_level)
    index = min(int(level * n_levels), n_levels - 1)
    if rng.random() < min(_WRONG * noise, 0.5):
        index = rng.integers(n_levels)
    words = words_by_level[index]
    return [words[i] for i in rng.permutation(len(words))[:2]]


def _opening(category, rng, language, noise):
    named = rng.random() >= min(_UNNAMED * noise, 0.95)
    nouns = NOUNS[language][category] if named else ANYTHING[language]
    return _pick(OPENINGS[language], rng).format(_pick(nouns, rng))


def _join(parts, language):
    if language == "zh":
        return "，".join(parts) + "。"
    return " ".join(part[0].upper() + part[1:] + "." for part in parts)


def _pick(choices, rng):
    return choices[rng.integers(len(choices))]
