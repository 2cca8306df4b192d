from ._calibrated import CalibratedSimilarity
from ._calibrator import MatchCalibrator
from ._consistency import consistency
from ._match import match
from ._matches import Matches
from ._nearest import nearest
from ._similarity import SIMILARITIES, similarity
from ._unpaired import match_unpaired

__all__ = [
    "SIMILARITIES",
    "CalibratedSimilarity",
    "MatchCalibrator",
    "Matches",
    "consistency",
    "match",
    "match_unpaired",
    "nearest",
    "similarity",
]
