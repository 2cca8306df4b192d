"""The four steps of a model: which there are by default, and what they offer."""

from mmclassic.align import CCA
from mmclassic.features import ModalityExtractor
from mmclassic.fuse import WeightedFusion
from mmclassic.recommend import KNNRecommender

DEFAULTS = {
    "extractor": ModalityExtractor,
    "aligner": CCA,
    "fuser": WeightedFusion,
    "recommender": KNNRecommender,
}


def offers(part, method):
    """Whether a part has a method: a check for ``available_if``."""

    def check(model):
        found = getattr(model, f"{part}_", None)
        found = getattr(model, part) if found is None else found
        if isinstance(found, str):
            return True  # "passthrough": the method itself says what it needs
        found = DEFAULTS[part] if found is None else found
        if not hasattr(found, method):
            name = found.__name__ if isinstance(found, type) else type(found).__name__
            raise AttributeError(f"the {part} {name} has no {method}.")
        return True

    return check
