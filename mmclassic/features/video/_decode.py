"""A clip as arrays."""

from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np

from mmclassic.features.audio._mixer import MAX_RATE
from mmclassic.features.video._frames import Sampler
from mmclassic.features.video._media import walk
from mmclassic.features.video._soundtrack import Soundtrack

SOUND_RATE = 16000


@dataclass(frozen=True, eq=False)
class DecodedVideo:
    """The pictures and the sound of a clip, as `decode_video` gives them.

    Parameters
    ----------
    frames : ndarray of uint8 of shape (n, height, width, 3) or (n, height, width), or None
        Pictures, upright; None if there are none.
    times : ndarray of float64 of shape (n,), s
        When each is shown, increasing, on the clock of the file.
    sound : ndarray of float32 of shape (n_samples,) or None
        One channel; None if there is none, or a silent one.
    sr : float, Hz
        Its sampling rate.
    sound_start : float, s
        The time of its first sample.
    """

    frames: np.ndarray | None
    times: np.ndarray
    sound: np.ndarray | None
    sr: float
    sound_start: float

    def __repr__(self):
        frames = "no pictures" if self.frames is None else f"frames {self.frames.shape}"
        sound = "no sound" if self.sound is None else f"{len(self.sound) / self.sr:.2f} s of sound"
        return f"DecodedVideo({frames}, {sound})"


def decode_video(cell, *, fps=None, size=None, gray=False, sr=SOUND_RATE):
    """Decode the pictures and the sound of a clip.

    Parameters
    ----------
    cell : str, path or bytes
        A file of a kind that FFmpeg reads (MP4, MKV, WEBM, AVI, MOV, GIF, ...).
    fps : float > 0, default=None, Hz
        So many pictures in a second: the first at or after every tick, by the times in the file, so
        that clips of varying frame rate serve too. None takes all.
    size : int > 0 or tuple of 2 int, default=None, pixels
        Length of the shorter side at most, at the clip's own proportions, or height and width.
    gray : bool, default=False
        One channel instead of red, green and blue.
    sr : float > 0, default=16000, Hz
        Sampling rate of the sound.

    Returns
    -------
    video : DecodedVideo
        Pictures, their times, and the sound.

    Raises
    ------
    CellError
        If the file cannot be decoded, is truncated, or has neither pictures nor sound.
    MissingDependencyError
        Without the extra ``video`` (PyAV).

    Notes
    -----
    All pictures are in memory at once, as many bytes as pixels and channels: give long clips
    `fps` and `size`. Where the sound pauses, its packets may leave out a time; that is of zeros.
    Rotation in the metadata is applied, pixels that are not square are made so unless `size` is a
    tuple, and covers are no pictures.
    """
    if fps is not None and (not isinstance(fps, Real) or not 0 < fps < np.inf):
        raise ValueError(f"fps must be None or a finite number above 0; got {fps!r}.")
    if not isinstance(sr, Real) or not 0 < sr <= MAX_RATE:
        raise ValueError(f"sr must be a number of Hz above 0, at most {MAX_RATE:,}; got {sr!r}.")
    frames, times = [], []

    def take(pixels, time):
        frames.append(pixels)
        times.append(time)

    sound = Soundtrack(sr)
    walk(cell, picture=Sampler(take, fps=fps, size=as_size(size), gray=gray), sound=sound)
    samples, _ = sound.finish(cell)
    pictures = np.stack(frames) if frames else None
    return DecodedVideo(pictures, np.array(times, dtype=float), samples, float(sr), sound.start)


def as_size(size):
    """A size checked: None, a whole number above 0, or a tuple of two."""
    sides = [] if size is None else [*size] if isinstance(size, (tuple, list)) else [size]
    if len(sides) > 2 or not all(isinstance(s, Integral) and s > 0 for s in sides):
        raise ValueError(
            f"size must be None, the shorter side or (height, width) in pixels; got {size!r}."
        )
    return tuple(map(int, sides)) if isinstance(size, (tuple, list)) else size
