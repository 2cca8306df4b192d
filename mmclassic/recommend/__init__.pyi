from ._base import BaseRecommender
from ._bias import BiasRecommender
from ._elsewhere import Interactions
from ._knn import KNNRecommender
from ._popular import PopularRecommender
from ._random import RandomRecommender
from ._search import CrossModalSearch

__all__ = [
    "BaseRecommender",
    "BiasRecommender",
    "CrossModalSearch",
    "Interactions",
    "KNNRecommender",
    "PopularRecommender",
    "RandomRecommender",
]
