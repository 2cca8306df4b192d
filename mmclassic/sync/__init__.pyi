from ._align import Aligned, align_timestamps
from ._canonical import CanonicalTimeWarping
from ._drift import Drift, estimate_drift
from ._dtw import DTW, dtw
from ._offset import Offset, estimate_offset
from ._path import WarpingPath
from ._stream import Stream
from ._video import VideoStreams, read_video

__all__ = [
    "DTW",
    "Aligned",
    "CanonicalTimeWarping",
    "Drift",
    "Offset",
    "Stream",
    "VideoStreams",
    "WarpingPath",
    "align_timestamps",
    "dtw",
    "estimate_drift",
    "estimate_offset",
    "read_video",
]
