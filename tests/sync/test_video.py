"""A clip as streams on one clock, and what its sound and its pictures say of each other."""

import numpy as np
import pytest

from mmclassic.exceptions import CellError
from mmclassic.sync import Stream, align_timestamps, estimate_offset, read_video

from ..features.video.clips import RATE, clip, pictures, tone

SRT = (
    "1\n00:00:00,200 --> 00:00:01,000\nHello\n\n2\n00:00:00,200 --> 00:00:00,900\nyou\n\n"
    "3\n00:00:01,200 --> 00:00:01,500\nBye\n"
)


def test_a_clip_is_streams_on_its_clock(tmp_path):
    path = tmp_path / "clip.mkv"
    path.write_bytes(clip(pictures(50), tone(2.0), kind="matroska"))
    path.with_suffix(".srt").write_text(SRT)
    streams = read_video(path, size=24)
    assert streams.frames.values.shape == (50, 24, 32, 3)
    np.testing.assert_allclose(streams.frames.times, np.arange(50) / 25, atol=1e-3)
    assert streams.sound.rate == RATE
    assert streams.sound.duration == pytest.approx(2.0, abs=0.1)
    assert streams.subtitles.values.tolist() == ["Hello\nyou", "Bye"]
    np.testing.assert_allclose(streams.subtitles.times, [0.2, 1.2])
    aligned = align_timestamps(
        [streams.frames, streams.subtitles], clock=10.0, method="previous", tolerance=0.5
    )
    assert aligned.views.widths == {"frames": 24 * 32 * 3}
    assert aligned.cells("subtitles")[3] == "Hello\nyou"
    assert aligned.cells("subtitles")[9] is None


def test_what_a_clip_lacks_is_none(tmp_path):
    silent = read_video(clip(pictures(5)), gray=True)
    assert (silent.sound, silent.subtitles) == (None, None)
    assert silent.frames.values.ndim == 3
    assert read_video(clip(None, tone(0.5), kind="matroska")).frames is None
    other = tmp_path / "other.vtt"
    other.write_text("WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n")
    assert read_video(clip(pictures(5)), subtitles=other).subtitles.values.tolist() == ["Hi"]
    assert "frames" in repr(silent)


def test_a_clip_that_cannot_be_read_is_an_error():
    with pytest.raises(CellError, match="not a clip in a known format"):
        read_video(b"no clip")
    with pytest.raises(CellError, match="file not found"):
        read_video("gone.mp4")


@pytest.mark.parametrize("late", [-0.4, 0.0, 0.28])
def test_the_sound_is_brought_to_the_picture(late):
    """A square jumps at times, and at each of them there is a click, so much later."""
    rng = np.random.default_rng(0)
    jumps = np.cumsum(rng.integers(8, 20, size=60))
    jumps = jumps[(jumps > 15) & (jumps < 480)]
    frames = np.zeros((500, 24, 32, 3), np.uint8)
    y = 0.003 * rng.normal(size=20 * RATE)
    places = np.searchsorted(jumps, np.arange(500), side="right") * 7 % 20
    for i, place in enumerate(places):
        frames[i, 8:16, place : place + 8] = 255
    for jump in jumps:
        start = int((jump / 25 + late) * RATE)
        y[start : start + 800] += 0.5 * rng.normal(size=800) * np.hanning(800)
    streams = read_video(clip(frames, y.clip(-1, 1).astype(np.float32), kind="matroska"), gray=True)
    values, times = streams.frames.values.astype(float), streams.frames.times
    motion = Stream(np.abs(np.diff(values, axis=0)).mean(axis=(1, 2)), times=times[1:])
    parts = streams.sound.values[: 499 * 640].reshape(-1, 640)
    energy = 10 * np.log10((parts**2).mean(axis=1) + 1e-6)
    loudness = Stream(energy, rate=25.0, start=streams.sound.start)
    found = estimate_offset(motion, loudness, max_offset=3.0)
    assert found.offset == pytest.approx(-late, abs=0.04)  # a frame
    assert found.confidence > 10
