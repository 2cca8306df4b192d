from ._base import BaseFusion
from ._concat import ConcatFusion
from ._rank_fusion import rank_fusion
from ._similarity_network import SimilarityNetworkFusion
from ._weighted import WeightedFusion

__all__ = ["BaseFusion", "ConcatFusion", "SimilarityNetworkFusion", "WeightedFusion", "rank_fusion"]
