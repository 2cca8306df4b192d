from ._dtw import DTW, dtw
from ._path import WarpingPath

__all__ = ["DTW", "WarpingPath", "dtw"]
