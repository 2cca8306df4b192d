from ._base import BaseFusion
from ._concat import ConcatFusion
from ._weighted import WeightedFusion

__all__ = ["BaseFusion", "ConcatFusion", "WeightedFusion"]
