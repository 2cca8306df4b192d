from ._base import BaseAligner
from ._cca import CCA
from ._consistency import consistency
from ._discriminant import DiscriminantCCA
from ._kernel_cca import KernelCCA
from ._kmeans import KMeansAligner
from ._match import match
from ._mlp import MLPAligner
from ._moments import Moments
from ._semantic import SemanticMatching
from ._similarity import similarity

__all__ = [
    "CCA",
    "BaseAligner",
    "DiscriminantCCA",
    "KMeansAligner",
    "KernelCCA",
    "MLPAligner",
    "Moments",
    "SemanticMatching",
    "consistency",
    "match",
    "similarity",
]
