"""Recipes: descriptors of pictures that go well together, and how much each counts."""

from mmclassic.features._blocks import Block
from mmclassic.features.image._color_histogram import ColorHistogram
from mmclassic.features.image._gist import GIST
from mmclassic.features.image._hog import HOG

# Cells of `HOG` along either side: half as many as of old, with a fifth of the columns.
_CELLS = 4
DEFAULT_RECIPE = "gist"


def _gist(size):
    """Weights, bins, cells: see benchmarks/pictures.py for how they were chosen."""
    return [
        ("hog", Block(_coarse_hog(size))),
        # Not "block": that would raise the little colour of gray pictures to the weight of shape.
        ("color", Block(ColorHistogram(bins=5, root=4), scaling="rows")),
        ("gist", Block(GIST(), scaling="features", weight=0.5)),
    ]


def _compact(size):
    return [
        ("hog", Block(_coarse_hog(size))),
        ("color", Block(ColorHistogram(bins=5, root=4), scaling="rows", weight=0.5)),
    ]


def _rows(size):
    return [("hog", HOG(pixels_per_cell=(16, 16))), ("color", ColorHistogram(root=True))]


# By name, from the size of pictures (height, width) to pairs.
RECIPES = {"gist": _gist, "compact": _compact, "rows": _rows}


def _coarse_hog(size):
    return HOG(pixels_per_cell=tuple(max(1, side // _CELLS) for side in size))
