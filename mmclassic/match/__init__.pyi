from ._consistency import consistency
from ._match import match
from ._similarity import SIMILARITIES, similarity

__all__ = [
    "SIMILARITIES",
    "consistency",
    "match",
    "similarity",
]
