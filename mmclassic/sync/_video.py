"""A film clip as streams."""

import os
from dataclasses import dataclass

from mmclassic.features import decode_video, read_subtitles
from mmclassic.sync._stream import Stream


@dataclass(frozen=True, eq=False)
class VideoStreams:
    """The streams of a clip on its one clock, as `read_video` gives them.

    Parameters
    ----------
    frames : Stream or None
        "frames": uint8 pictures of shape (n, height, width, 3) or (n, height, width).
    sound : Stream or None
        "sound": float32 samples of one channel, with a rate.
    subtitles : Stream or None
        "subtitles": texts, at the times at which they come.
    """

    frames: Stream | None
    sound: Stream | None
    subtitles: Stream | None

    def __repr__(self):
        parts = [s for s in (self.frames, self.sound, self.subtitles) if s is not None]
        return f"VideoStreams({', '.join(map(repr, parts))})"


def read_video(path, *, fps=None, size=None, gray=False, sr=16000, subtitles=None):
    """Read the pictures, the sound and the subtitles of a clip.

    Parameters
    ----------
    path : str, path or bytes
        A file of a kind that FFmpeg reads (MP4, MKV, WEBM, AVI, MOV, GIF, ...).
    fps : float > 0, default=None, Hz
        So many pictures in a second: the first at or after every tick, at its own time. None takes
        all.
    size : int > 0 or tuple of 2 int, default=None, pixels
        Length of the shorter side at most, at the clip's own proportions, or height and width.
    gray : bool, default=False
        One channel instead of red, green and blue.
    sr : float > 0, default=16000, Hz
        Sampling rate of the sound.
    subtitles : str, path or bytes, default=None
        A file SRT, VTT or ASS. None takes the one beside the clip that has its name, or else
        the first text track within.

    Returns
    -------
    streams : VideoStreams
        Those that the clip has; the others are None.

    Raises
    ------
    CellError
        If the file cannot be decoded, is truncated, or subtitles cannot be read.
    MissingDependencyError
        Without the extra ``video`` (PyAV).

    Notes
    -----
    All pictures are in memory at once: give long clips `fps` and `size`. Times are those in the
    file, also of a varying frame rate; rotation is applied (see `mmclassic.features.decode_video`).
    A silent sound is none. Subtitles that come at one time are joined by a newline.

    Examples
    --------
    >>> import io, av
    >>> import numpy as np
    >>> from mmclassic.sync import read_video
    >>> file = io.BytesIO()
    >>> with av.open(file, "w", "mp4") as clip:
    ...     stream = clip.add_stream("mpeg4", rate=25)
    ...     stream.width, stream.height = 64, 48
    ...     for level in range(0, 250, 10):
    ...         pixels = np.full((48, 64, 3), level, dtype=np.uint8)
    ...         clip.mux(stream.encode(av.VideoFrame.from_ndarray(pixels)))
    ...     clip.mux(stream.encode())
    >>> found = read_video(file.getvalue(), fps=5)
    >>> found.frames.values.shape, found.frames.times.round(2).tolist(), found.sound
    ((5, 48, 64, 3), [0.0, 0.2, 0.4, 0.6, 0.8], None)
    """
    video = decode_video(path, fps=fps, size=size, gray=gray, sr=sr)
    frames = sound = None
    if video.frames is not None:
        frames = Stream(video.frames, times=video.times, name="frames")
    if video.sound is not None:
        sound = Stream(video.sound, rate=video.sr, start=video.sound_start, name="sound")
    return VideoStreams(frames, sound, _texts(path if subtitles is None else subtitles))


def _texts(source):
    cues = read_subtitles(os.fspath(source) if isinstance(source, os.PathLike) else source)
    said = {}
    for cue in cues:
        said.setdefault(cue.start, []).append(cue.text)
    if not said:
        return None
    texts = ["\n".join(lines) for lines in said.values()]
    return Stream(texts, times=list(said), name="subtitles")
