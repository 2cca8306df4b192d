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
# Of these the declared duration counts from 0, not from the first frame.
_FROM_ZERO = ("matroska,webm", "nut")
# Packets of sound that come after a longer pause have a damaged time.
_LONGEST_PAUSE = 600.0


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
    return next((track for track in container.streams.video if not _is_cover(track)), None)


def _is_cover(track):
    return bool(track.disposition & type(track.disposition).attached_pic)


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
    """Samples as float32, whatever the decoder gives; zeros where packets leave out a time."""

    def __init__(self, track, hand):
        av = import_optional("av", extra="video", purpose="reading sound")
        self._hand, self._rate, self._time = hand, track.sample_rate, None
        self._n_samples, self._channels = 0, 1
        self._resampler = av.AudioResampler(format="flt", rate=track.sample_rate)

    def take(self, frame):
        if self._time is None:
            self._time = frame.time or 0.0
        self._fill_up_to(frame.time)
        try:
            parts = self._resampler.resample(frame)
        except ValueError as error:
            raise CellError(f"the sound of the clip changes its form midway ({error})") from error
        self._n_samples += frame.samples
        self._give(parts)

    def _fill_up_to(self, time):
        expected = self._time + self._n_samples / self._rate
        if time is None or time - expected <= _SLACK_SECONDS:
            return
        if time - expected > _LONGEST_PAUSE:
            raise CellError(f"the sound of the clip leaps from {expected:.2f} to {time:.2f} s")
        missing = round((time - expected) * self._rate)
        self._hand(np.zeros((missing, self._channels), np.float32), self._rate, self._time)
        self._n_samples += missing

    def finish(self):
        if self._time is not None:
            self._give(self._resampler.resample(None))

    def _give(self, parts):
        for part in parts:
            self._channels = part.layout.nb_channels
            block = part.to_ndarray().reshape(-1, self._channels)
            if len(block):
                self._hand(block, self._rate, self._time)


class _Extent:
    """From when to when packets come, against what the header declares."""

    def __init__(self, container):
        self._container = container
        self._spans, self._last, self._step = {}, {}, 0.0

    def add(self, packet):
        if packet.pts is None:
            return
        start = float(packet.pts * packet.time_base)
        end = start + float((packet.duration or 0) * packet.time_base)
        track = packet.stream
        if track.type == "video":
            self._step = max(self._step, start - self._last.get(track.index, start))
            self._last[track.index] = start
        first, last = self._spans.get(track.index, (start, end))
        self._spans[track.index] = min(first, start), max(last, end)

    def check(self):
        """Raise `CellError` if the clip, or its pictures or sound, end before their time."""
        if not self._spans:
            raise CellError("the clip has no frames")
        first = min(start for start, _ in self._spans.values())
        end = max(end for _, end in self._spans.values())
        if self._container.format.name in _FROM_ZERO:
            first = min(first, 0.0)
        declared = max((self._container.duration or 0) / 1e6, self._seconds_of_frames())
        self._compare(declared, end - first)
        of_kinds = (
            ("pictures", self._container.streams.video),
            ("sound", self._container.streams.audio),
        )
        for kind, track in ((kind, track) for kind, tracks in of_kinds for track in tracks):
            if track.duration and not _is_cover(track):
                start, end = self._spans.get(track.index, (0.0, 0.0))
                self._compare(float(track.duration * track.time_base), end - start, kind)

    def _compare(self, declared, there, of=None):
        # A last picture may be shown for long, and nothing but the next would tell how long.
        if declared - there > _SLACK_SECONDS + 2 * self._step:
            raise CellError(
                f"the clip is truncated: its header declares {declared:.2f} s"
                f"{'' if of is None else f' of {of}'}, and {there:.2f} s are there"
            )

    def _seconds_of_frames(self):
        """What the count of frames tells in AVI files, of which the duration follows the size."""
        if self._container.format.name != "avi" or not self._container.streams.video:
            return 0.0
        track = self._container.streams.video[0]
        return track.frames / float(track.average_rate) if track.average_rate else 0.0
