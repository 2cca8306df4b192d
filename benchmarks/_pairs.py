"""Pictures and texts of flags and emoji, each with its group."""

from mmclassic.datasets import fetch_countries_flags, fetch_openmoji
from mmclassic.features import (
    HOG,
    ColorHistogram,
    ImageVectorizer,
    LocalBinaryPattern,
    TextVectorizer,
)

_COLORS = ("color", ColorHistogram(root=True))
_SHAPES = ("hog", HOG(pixels_per_cell=(16, 16)))
_TEXTURE = ("texture", LocalBinaryPattern())


def flags():
    """Pictures as features, descriptions as texts, and regions, of countries that have a text."""
    table = fetch_countries_flags()
    table = table[table["flag_description"].notna()]
    pictures = ImageVectorizer([_COLORS, _SHAPES]).fit_transform(table["flag"])
    return pictures, table["flag_description"].to_numpy(), table["region"].to_numpy()


def emoji():
    """Pictures as features, names with tags as texts, and groups, of emoji that are no flags."""
    table = fetch_openmoji()
    table = table[table["group"] != "flags"]
    texts = TextVectorizer().combine(table[["annotation", "tags"]])[0].to_numpy()
    pictures = ImageVectorizer([_COLORS, _SHAPES, _TEXTURE]).fit_transform(table["picture"])
    return pictures, texts, table["group"].to_numpy()
