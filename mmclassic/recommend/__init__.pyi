from ._base import BaseRecommender
from ._bias import BiasRecommender
from ._ease import EASE
from ._elsewhere import Interactions
from ._knn import KNNRecommender
from ._popular import PopularRecommender
from ._random import RandomRecommender
from ._rating_knn import RatingKNN
from ._search import CrossModalSearch
from ._similarity import AsymmetricCosine, Tversky
from ._walks import RandomWalkRecommender

__all__ = [
    "EASE",
    "AsymmetricCosine",
    "BaseRecommender",
    "BiasRecommender",
    "CrossModalSearch",
    "Interactions",
    "KNNRecommender",
    "PopularRecommender",
    "RandomRecommender",
    "RandomWalkRecommender",
    "RatingKNN",
    "Tversky",
]
