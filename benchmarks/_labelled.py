"""Real sets of several views whose rows have classes."""

from benchmarks._pairs import emoji, flags
from mmclassic.datasets import fetch_wikipedia
from mmclassic.features import TextVectorizer
from mmclassic.views import Views


def kept_away():
    """Views and classes by name of the set, none of which was asked as methods were made."""
    wikipedia = fetch_wikipedia()
    title = "Wikipedia: 2,173 sections, visual words and topics, 10 categories"
    return {
        title: (wikipedia.train, wikipedia.train_target),
        "flags: 238 pictures and descriptions, 11 regions": _as_views(*flags()),
        "emoji: 2,195 pictures and texts, 11 groups": _as_views(*emoji()),
    }


def _as_views(pictures, texts, groups):
    return Views({"image": pictures, "text": TextVectorizer().fit_transform(texts)}), groups
