"""Small clips for the tests, made with the library that reads them."""

import io
from fractions import Fraction

import numpy as np
import pytest

av = pytest.importorskip("av", reason="PyAV is not installed (extra 'video')")

RATE = 16000


def pictures(n=50, size=(48, 64), seed=0, shots=(0,)):
    """Frames of n, in which a square moves; another ground after each number of `shots`."""
    rng = np.random.default_rng(seed)
    grounds = rng.integers(0, 200, size=(len(shots), 3))
    frames = np.empty((n, *size, 3), np.uint8)
    for i in range(n):
        frames[i] = grounds[np.searchsorted(shots, i, side="right") - 1]
        left = i % (size[1] - 16)
        frames[i, 8:24, left : left + 16] = 255
    return frames


def tone(seconds=2.0, pitch=440.0, seed=0):
    """A tone in a little noise."""
    time = np.arange(int(seconds * RATE)) / RATE
    noise = np.random.default_rng(seed).normal(scale=0.01, size=time.size)
    return (0.5 * np.sin(2 * np.pi * pitch * time) + noise).astype(np.float32)


def clip(
    frames=None, sound=None, *, fps=25, kind="mp4", times=None, turn=None, path=None, starts=(0,)
):
    """The bytes of a clip; `times` (s) are those of the frames, otherwise at `fps`.

    The sound is there once from every time of `starts` (s).
    If a path is given, the file is written there with its index first.
    """
    stream = io.BytesIO() if path is None else str(path)
    options = {} if path is None else {"movflags": "faststart"}
    with av.open(stream, "w", format=kind, options=options) as container:
        video = None if frames is None else _video_track(container, frames, fps, turn)
        audio = None if sound is None else _audio_track(container, sound, kind)
        if video is not None:
            times = np.arange(len(frames)) / fps if times is None else times
            for pixels, time in zip(frames, times):
                frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
                frame.pts, frame.time_base = round(time * 1000), Fraction(1, 1000)
                container.mux(video.encode(frame))
            container.mux(video.encode())
        if audio is not None:
            for start in starts:
                _write_sound(container, audio, np.atleast_2d(sound), round(start * RATE))
            container.mux(audio.encode())
    return stream.getvalue() if path is None else path.read_bytes()


def _video_track(container, frames, fps, turn):
    video = container.add_stream("mpeg4", rate=fps)
    video.height, video.width = frames.shape[1:3]
    video.pix_fmt, video.bit_rate = "yuv420p", 2_000_000
    # The encoder of MPEG-4 takes no finer steps than 16 bits tell.
    video.codec_context.time_base = Fraction(1, 1000)
    if turn is not None:
        video.set_display_rotation(turn)
    return video


def _audio_track(container, sound, kind):
    channels = "mono" if np.ndim(sound) == 1 else "stereo"
    codec = "aac" if kind == "mp4" else "pcm_s16le"
    return container.add_stream(codec, rate=RATE, layout=channels)


def _write_sound(container, audio, sound, first):
    layout = "mono" if len(sound) == 1 else "stereo"
    form = "fltp" if audio.codec_context.codec.name == "aac" else "s16p"
    for start in range(0, sound.shape[1], 1024):
        block = np.ascontiguousarray(sound[:, start : start + 1024])
        if form == "s16p":
            form_block, form_now = (block * 32767).astype(np.int16), "s16p"
        else:
            form_block, form_now = block.astype(np.float32), "fltp"
        frame = av.AudioFrame.from_ndarray(form_block, format=form_now, layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = RATE, first + start, Fraction(1, RATE)
        container.mux(audio.encode(frame))
