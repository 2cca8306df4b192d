from ._calibrated import CalibratedSimilarity
from ._consistency import consistency
from ._match import match
from ._matches import Matches
from ._nearest import nearest
from ._similarity import SIMILARITIES, similarity

__all__ = [
    "SIMILARITIES",
    "CalibratedSimilarity",
    "Matches",
    "consistency",
    "match",
    "nearest",
    "similarity",
]
