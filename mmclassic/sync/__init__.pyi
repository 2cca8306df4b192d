from ._align import Aligned, align_timestamps
from ._drift import Drift, estimate_drift
from ._offset import Offset, estimate_offset
from ._stream import Stream
from ._video import VideoStreams, read_video

__all__ = [
    "Aligned",
    "Drift",
    "Offset",
    "Stream",
    "VideoStreams",
    "align_timestamps",
    "estimate_drift",
    "estimate_offset",
    "read_video",
]
