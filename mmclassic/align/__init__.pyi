from ._agglomerative import AgglomerativeAligner
from ._anchor import AnchorAligner
from ._base import BaseAligner
from ._cca import CCA
from ._discriminant import DiscriminantCCA
from ._elsewhere import Moments, consistency, match, similarity
from ._gcca import GCCA
from ._kernel_cca import KernelCCA
from ._kmeans import KMeansAligner
from ._mlp import MLPAligner
from ._pls import PLS
from ._procrustes import Procrustes
from ._ridge_mapping import RidgeMapping
from ._semantic import SemanticMatching
from ._spectral_cocluster import SpectralCoclusterAligner

__all__ = [
    "CCA",
    "GCCA",
    "PLS",
    "AgglomerativeAligner",
    "AnchorAligner",
    "BaseAligner",
    "DiscriminantCCA",
    "KMeansAligner",
    "KernelCCA",
    "MLPAligner",
    "Moments",
    "Procrustes",
    "RidgeMapping",
    "SemanticMatching",
    "SpectralCoclusterAligner",
    "consistency",
    "match",
    "similarity",
]
