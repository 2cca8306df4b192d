"""What is in a clip comes out of it: pictures, times, sound, subtitles."""

from contextlib import suppress

import numpy as np
import pytest

from mmclassic.exceptions import CellError
from mmclassic.features import decode_video, read_subtitles, subtitle_text

from .clips import RATE, clip, pictures, tone


@pytest.mark.parametrize("kind", ["mp4", "matroska", "avi", "mov"])
def test_pictures_and_sound_are_those_that_went_in(kind):
    frames, y = pictures(shots=(0, 20)), tone()
    video = decode_video(clip(frames, y, kind=kind))
    assert video.frames.shape == frames.shape
    assert np.abs(video.frames.astype(int) - frames).mean() < 4
    np.testing.assert_allclose(video.times, np.arange(50) / 25, atol=1e-3)
    assert video.sr == RATE
    assert len(video.sound) == pytest.approx(len(y), abs=2048)
    shared = video.sound[1000:30000] @ y[1000:30000]
    assert shared > 0.95 * np.sum(y[1000:30000] ** 2)


def test_varying_frame_rates_go_by_the_times():
    times = [0, 0.1, 0.15, 0.5, 1.0, 1.1, 1.15]
    data = clip(pictures(7), times=times)
    np.testing.assert_allclose(decode_video(data).times, times, atol=1e-3)
    np.testing.assert_allclose(decode_video(data, fps=2).times, [0, 0.5, 1.0], atol=1e-3)
    np.testing.assert_allclose(decode_video(data, fps=4).times, [0, 0.5, 1.0], atol=1e-3)
    assert len(decode_video(data, fps=100).times) == 7


def test_rotation_is_applied():
    frames = np.zeros((3, 32, 64, 3), np.uint8)
    frames[:, :, :16] = 255  # white on the left
    upright = decode_video(clip(frames, turn=-90)).frames  # shown turned clockwise
    assert upright.shape == (3, 64, 32, 3)
    assert upright[0, :12].mean() > 240
    assert upright[0, 20:].mean() < 15
    small = decode_video(clip(frames, turn=90), size=(16, 8)).frames
    assert small.shape == (3, 16, 8, 3)
    assert small[0, -3:].mean() > 240


def test_sizes():
    data = clip(pictures(2, size=(48, 64)))
    assert decode_video(data, size=24, gray=True).frames.shape == (2, 24, 32)
    assert decode_video(data, size=999).frames.shape == (2, 48, 64, 3)
    assert decode_video(data, size=(10, 20)).frames.shape == (2, 10, 20, 3)
    for wrong in (0, (1, 2, 3), 2.5, "small"):
        with pytest.raises(ValueError, match="size must be"):
            decode_video(data, size=wrong)
    with pytest.raises(ValueError, match="fps must be"):
        decode_video(data, fps=0)


def test_what_a_clip_lacks_is_none():
    assert decode_video(clip(pictures(3))).sound is None
    assert decode_video(clip(pictures(30), np.zeros(RATE, np.float32), kind="avi")).sound is None
    alone = decode_video(clip(None, tone(), kind="matroska"))
    assert alone.frames is None
    assert alone.times.size == 0


def test_a_file_is_read_as_its_bytes_are(tmp_path):
    data = clip(pictures(5), tone(0.5))
    path = tmp_path / "a:b %03d.mp4"
    path.write_bytes(data)
    for cell in (str(path), path, bytearray(data)):
        np.testing.assert_array_equal(decode_video(cell).frames, decode_video(data).frames)


@pytest.mark.parametrize("kind", ["mp4", "matroska", "avi", "mpegts"])
def test_damaged_clips_are_read_or_fail_as_cells(kind):
    whole = clip(pictures(6), tone(0.3), kind=kind)
    for seed in range(25):
        rng = np.random.default_rng(seed)
        data = np.frombuffer(whole, np.uint8).copy()
        places = rng.integers(len(data) if seed % 2 else 400, size=rng.integers(1, 12))
        data[places] = rng.integers(256, size=len(places))
        stop = rng.integers(1, len(data)) if seed % 3 == 0 else len(data)
        with suppress(CellError):  # anything else is a fault of ours
            decode_video(data[:stop].tobytes())


SRT = """1
00:00:01,000 --> 00:00:02,500
Hello <i>you</i>
& all

2
00:00:03,000 --> 00:00:04,000
{\\an8}Bye
"""


@pytest.mark.parametrize(
    "data",
    [
        SRT.encode(),
        SRT.encode("utf-8-sig"),
        SRT.encode("utf-16"),
        SRT.replace("\n", "\r\n").encode(),
        SRT.replace(",", ".").replace("1\n00", "00", 1).replace("\n\n", "\n\n\n\n").encode(),
        b"WEBVTT\n\nNOTE a remark\n\n1\n00:01.000 --> 00:02.500 align:start\n<v Bob>Hello you\n"
        b"&amp; all\n\n00:00:03.000 --> 00:00:04.000\nBye\n",
    ],
)
def test_subtitles_of_all_kinds(data):
    first, second = read_subtitles(data)
    assert (first.start, first.stop, first.text) == (1.0, 2.5, "Hello you\n& all")
    assert second == (3.0, 4.0, "Bye")


def test_subtitles_beside_a_clip_and_in_another_encoding(tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(clip(pictures(3)))
    assert read_subtitles(path) == []
    assert subtitle_text(str(path)) is None
    assert subtitle_text(None) is None
    said = "这是一部关于大海的电影，讲的是一个老人和一条鱼的故事。"
    text = "".join(f"{i}\n00:00:0{i},000 --> 00:00:0{i},900\n{said}{i}\n\n" for i in range(1, 6))
    path.with_suffix(".srt").write_bytes(text.encode("gb18030"))
    assert [cue.text for cue in read_subtitles(path)] == [f"{said}{i}" for i in range(1, 6)]
    assert subtitle_text(path).count("\n") == 4


def test_lines_that_are_repeated_are_said_once():
    twice = SRT.replace("{\\an8}Bye", "Hello you\n& all").encode()
    assert subtitle_text(twice) == "Hello you\n& all"


@pytest.mark.parametrize("kind", ["srt", "vtt"])
def test_fractions_of_any_number_of_digits(kind):
    times = (
        "00:00:01.5 --> 00:00:02.25 X1:10\none\n\n00:00:03.0625 --> 00:00:04.000001\n-1.5 --> 2\n"
    )
    text = ("WEBVTT\n\n" if kind == "vtt" else "") + times
    assert read_subtitles(text.replace("\n", "\r").encode()) == read_subtitles(text.encode())
    cues = read_subtitles(text.encode())
    assert cues == [(1.5, 2.25, "one"), (3.062, 4.0, "-1.5 --> 2")]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("-00:00:01,000 --> 00:00:02,500", "a time in the subtitles is below 0"),
        ("00:00:01,000 --> -00:00:02,500", "a time in the subtitles is below 0"),
        ("00:00:05,000 --> 00:00:02,500", "a text comes at 5 s and goes before, at 2.5 s"),
    ],
)
def test_times_of_subtitles_that_cannot_be(line, words):
    with pytest.raises(CellError, match=words):
        read_subtitles(SRT.replace("00:00:01,000 --> 00:00:02,500", line).encode())


def test_subtitles_that_cannot_be_read_are_errors(tmp_path):
    wrong = SRT.replace("00:00:03,000 -->", "00:00:03,000 ->").encode()
    with pytest.raises(
        CellError, match="a line of times in the subtitles cannot be read, after 1 s"
    ):
        read_subtitles(wrong)
    path = tmp_path / "words.srt"
    path.write_text("no times at all")
    with pytest.raises(CellError, match="no cue that can be read"):
        read_subtitles(path)
    with pytest.raises(CellError, match="file not found"):
        read_subtitles(tmp_path / "gone.srt")


@pytest.mark.parametrize("kind", ["mp4", "matroska", "mov", "nut", "mpegts"])
def test_a_clip_may_begin_later(kind):
    times = 5 + np.arange(20) / 25
    found = decode_video(clip(pictures(20), times=times, kind=kind))
    np.testing.assert_allclose(found.times, times, atol=2e-3)


@pytest.mark.parametrize("kind", ["mp4", "matroska", "nut"])
def test_a_pause_between_packets_of_sound_is_silence(kind):
    sound = np.stack([tone(1.0), tone(1.0)])
    found = decode_video(clip(pictures(75), sound, kind=kind, starts=(0.0, 2.0)))
    level = np.abs(found.sound[: 3 * RATE]).reshape(30, -1).mean(axis=1)
    assert (level[:9] > 0.3).all()
    assert (level[12:19] < 0.01).all()
    assert (level[21:29] > 0.3).all()


def test_a_leap_in_the_times_of_sound_is_damage():
    with pytest.raises(CellError, match=r"sound of the clip leaps from 1\.00 to 2000\.00 s"):
        decode_video(clip(None, tone(1.0), kind="nut", starts=(0.0, 2000.0)))


def test_sound_that_ends_before_the_pictures_by_damage_is_found():
    whole = clip(pictures(), tone())  # at its end the index, in which sound is last
    with pytest.raises(CellError, match=r"declares 2\.\d\d s of sound, and [01]\.\d\d s are there"):
        decode_video(whole[: int(0.99 * len(whole))])


@pytest.mark.parametrize("sr", [0, -1.0, np.nan, np.inf, "8k", None, 1e9])
def test_rates_of_sound_are_numbers(sr):
    with pytest.raises(ValueError, match="sr must be a number of Hz above 0"):
        decode_video(clip(None, tone(), kind="matroska"), sr=sr)
