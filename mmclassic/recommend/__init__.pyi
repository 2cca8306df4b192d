from ._base import BaseRecommender
from ._elsewhere import Interactions
from ._knn import KNNRecommender
from ._popular import PopularRecommender
from ._search import CrossModalSearch

__all__ = [
    "BaseRecommender",
    "CrossModalSearch",
    "Interactions",
    "KNNRecommender",
    "PopularRecommender",
]
