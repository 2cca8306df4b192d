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
    sr : float, default=16000, Hz
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
    >>> from mmclassic.sync import read_video
    >>> clip = read_video("clip.mp4", fps=10, size=120)  # doctest: +SKIP
    >>> clip.sound.duration  # doctest: +SKIP
    12.48
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
