"""The frames of a clip, one after another, with their times; and what is no whole clip."""

from contextlib import contextmanager

import numpy as np

from mmclassic.exceptions import CellError
from mmclassic.features._sources import is_encoded, open_source
from mmclassic.utils import import_optional

# Of FFmpeg's demuxers those of one file: playlists would open other files and addresses.
_FORMATS = (
    "mov", "mp4", "m4a", "3gp", "matroska", "webm", "avi", "flv", "asf", "mpegts", "mpeg",
    "mpegvideo", "ogg", "rm", "mxf", "nut", "ivf", "h264", "hevc", "m4v", "gif", "dv",
    "yuv4mpegpipe", "wav", "mp3", "flac", "aac",
)  # fmt: skip
# What a clip may lack of its declared duration: encoders pad sound, and round.
_SLACK_SECONDS = 0.1


@contextmanager
def opened(cell, *, form=None, kind="clip", examples="MP4, MKV, AVI, ..."):
    """A container of PyAV; raises `CellError` for what cannot be opened or decoded.

    `form` is a demuxer of FFmpeg; None is that of `_FORMATS` that knows the content.
    """
    av = import_optional("av", extra="video", purpose="reading video")
    if not is_encoded(cell):
        raise CellError(f"a {kind} must be a path or encoded bytes; got {type(cell).__name__}")
    source = open_source(cell)
    # As a mere path a name such as "a:b.mp4" would be an address.
    source = f"file:{source}" if isinstance(source, str) else source
    try:
        options = {"format_whitelist": ",".join(_FORMATS) if form is None else form}
        container = av.open(source, format=form, options=options, metadata_errors="replace")
    except av.error.FFmpegError as error:
        raise CellError(
            f"not a {kind} in a known format ({examples}), or cut off ({error.strerror})"
        ) from error
    with container:
        try:
            yield container
        except av.error.FFmpegError as error:
            raise CellError(f"the {kind} cannot be decoded ({error.strerror})") from error


def walk(cell, *, picture=None, sound=None):
    """Hand out what a clip holds, in one pass; raises `CellError` unless it is there to its end.

    `picture` is called with every frame of PyAV, its time (s) and the shape of its pixels (width
    to height); `sound` with float32 samples (n, n_channels), their rate (Hz) and time. A clip
    without pictures or sound makes no such calls.
    """
    with opened(cell) as container:
        takers = {}
        if picture is not None and (track := _picture_track(container)) is not None:
            takers[track.index] = _Pictures(track, picture)
        if sound is not None and container.streams.audio:
            track = container.streams.audio[0]
            takers[track.index] = _Samples(track, sound)
        extent = _Extent(container)
        for packet in container.demux():
            extent.add(packet)
            taker = takers.get(packet.stream.index)
            if taker is not None:
                for frame in packet.decode():
                    taker.take(frame)
        for taker in takers.values():
            taker.finish()
        extent.check()


def _picture_track(container):
    """The first track of pictures that is no cover."""
    for track in container.streams.video:
        if not track.disposition & type(track.disposition).attached_pic:
            return track
    return None


class _Pictures:
    """Frames in order of time, those without a later one than before left out."""

    def __init__(self, track, hand):
        self._hand, self._last = hand, -np.inf
        self._aspect = float(track.sample_aspect_ratio or 1)
        self._interval = 1 / float(track.average_rate or 25)

    def take(self, frame):
        time = frame.time
        if time is None:
            time = 0.0 if self._last == -np.inf else self._last + self._interval
        if time > self._last and not frame.is_corrupt:
            self._last = time
            self._hand(frame, time, self._aspect)

    def finish(self):
        pass


class _Samples:
    """Samples as float32, whatever the decoder gives."""

    def __init__(self, track, hand):
        av = import_optional("av", extra="video", purpose="reading sound")
        self._hand, self._rate, self._time = hand, track.sample_rate, None
        self._resampler = av.AudioResampler(format="flt", rate=track.sample_rate)

    def take(self, frame):
        if self._time is None:
            self._time = frame.time or 0.0
        try:
            parts = self._resampler.resample(frame)
        except ValueError as error:
            raise CellError(f"the sound of the clip changes its form midway ({error})") from error
        self._give(parts)

    def finish(self):
        if self._time is not None:
            self._give(self._resampler.resample(None))

    def _give(self, parts):
        for part in parts:
            block = part.to_ndarray().reshape(-1, part.layout.nb_channels)
            if len(block):
                self._hand(block, self._rate, self._time)


class _Extent:
    """From when to when packets come, against what the header declares."""

    def __init__(self, container):
        self._container = container
        self._first, self._end, self._step = np.inf, -np.inf, 0.0
        self._last = {}

    def add(self, packet):
        if packet.pts is None:
            return
        start = float(packet.pts * packet.time_base)
        end = start + float((packet.duration or 0) * packet.time_base)
        if packet.stream.type == "video":
            self._step = max(self._step, start - self._last.get(packet.stream.index, start))
            self._last[packet.stream.index] = start
        self._first, self._end = min(self._first, start), max(self._end, end)

    def check(self):
        """Raise `CellError` if the clip ends before its time."""
        if self._end == -np.inf:
            raise CellError("the clip has no frames")
        declared = max((self._container.duration or 0) / 1e6, self._seconds_of_frames())
        # A last picture may be shown for long, and nothing but the next would tell how long.
        if declared - (self._end - self._first) > _SLACK_SECONDS + 2 * self._step:
            raise CellError(
                f"the clip is truncated: its header declares {declared:.2f} s, and "
                f"{self._end - self._first:.2f} s are there"
            )

    def _seconds_of_frames(self):
        """What the count of frames tells in AVI files, of which the duration follows the size."""
        if self._container.format.name != "avi" or not self._container.streams.video:
            return 0.0
        track = self._container.streams.video[0]
        return track.frames / float(track.average_rate) if track.average_rate else 0.0
