from ._model import MultimodalRecommender

__all__ = ["MultimodalRecommender"]
