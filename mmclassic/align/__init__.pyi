from ._base import BaseAligner
from ._cca import CCA
from ._consistency import consistency
from ._gcca import GCCA
from ._kmeans import KMeansAligner
from ._match import match
from ._mlp import MLPAligner
from ._moments import Moments
from ._pls import PLS
from ._procrustes import Procrustes
from ._ridge_mapping import RidgeMapping
from ._similarity import similarity

__all__ = [
    "CCA",
    "GCCA",
    "PLS",
    "BaseAligner",
    "KMeansAligner",
    "MLPAligner",
    "Moments",
    "Procrustes",
    "RidgeMapping",
    "consistency",
    "match",
    "similarity",
]
