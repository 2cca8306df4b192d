from ._base import BaseRecommender
from ._elsewhere import Interactions
from ._knn import KNNRecommender
from ._popular import PopularRecommender
from ._search import CrossModalSearch
from ._similarity import AsymmetricCosine, Tversky

__all__ = [
    "AsymmetricCosine",
    "BaseRecommender",
    "CrossModalSearch",
    "Interactions",
    "KNNRecommender",
    "PopularRecommender",
    "Tversky",
]
