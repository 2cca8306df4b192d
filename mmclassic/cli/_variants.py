"""Divisions of interactions and variants of a model, as words name them."""

from ast import literal_eval
from itertools import product

from sklearn.base import clone

from mmclassic.cli._arguments import ALIGNERS
from mmclassic.cli._models import make_aligner
from mmclassic.evaluate import ColdItemSplit, LeaveLastOut, RandomSplit, TimeSplit, UserFolds
from mmclassic.recommend import KNNRecommender, PopularRecommender, RandomRecommender


def make_split(options, share=0.2):
    """The splitter that --split names."""
    return {
        "warm": RandomSplit(share, random_state=options.seed),
        "last": LeaveLastOut(),
        "time": TimeSplit(share),
        "cold": ColdItemSplit(share, random_state=options.seed),
        "users": UserFolds(max(2, round(1 / share)), random_state=options.seed),
    }[options.split]


def read_tries(options):
    """By setting, the values to try and the words for them."""
    return {
        name: {word: _value(name, word, options.seed) for word in words}
        for name, words in options.tries
    }


def variants(model, tries):
    """Models by the words of their settings, in the order of the words."""
    made = {}
    for words in product(*tries.values()):
        name = " ".join(f"{setting}={word}" for setting, word in zip(tries, words))
        values = {setting: tries[setting][word] for setting, word in zip(tries, words)}
        made[name] = clone(model).set_params(**values)
    return made


def in_words(column, words):
    """Values of a setting as the words for them."""
    by_value = {repr(value): word for word, value in words.items()}
    return column.map(lambda value: by_value[repr(value)])


def _value(name, word, seed):
    """What a word stands for: a part of the model, or a number, True, False, None or text."""
    if name == "aligner":
        if word not in ALIGNERS:
            raise ValueError(f"--try aligner= takes {', '.join(ALIGNERS)}; got {word!r}.")
        return make_aligner(word, seed)
    if name == "recommender":
        known = {
            "knn": KNNRecommender(),
            "popular": PopularRecommender(),
            "random": RandomRecommender(random_state=seed),
        }
        if word not in known:
            raise ValueError(f"--try recommender= takes {', '.join(known)}; got {word!r}.")
        return known[word]
    try:
        return literal_eval({"true": "True", "false": "False", "none": "None"}.get(word, word))
    except (ValueError, SyntaxError):
        return word
