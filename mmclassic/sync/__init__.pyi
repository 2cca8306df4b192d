from ._canonical import CanonicalTimeWarping
from ._dtw import DTW, dtw
from ._path import WarpingPath

__all__ = ["DTW", "CanonicalTimeWarping", "WarpingPath", "dtw"]
