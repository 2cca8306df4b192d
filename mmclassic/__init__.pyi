from .persistence import load, save
from .pipeline import MultimodalRecommender

__version__: str

__all__ = ["MultimodalRecommender", "__version__", "load", "save"]
