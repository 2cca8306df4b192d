"""Chroma and Tempo against librosa."""

import librosa
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mmclassic.exceptions import CellError
from mmclassic.features import AudioVectorizer, Chroma, Tempo


def clicks(bpm, seconds, sr=8000, dtype=np.float64):
    """Short tones, one a beat, over a little noise."""
    y = 1e-3 * np.random.default_rng(0).standard_normal(round(seconds * sr))
    tone = np.sin(0.8 * np.arange(sr // 20)) * np.hanning(sr // 20)
    for start in np.arange(0, seconds - 0.1, 60 / bpm):
        y[round(start * sr) :][: tone.size] += tone
    return y.astype(dtype)


@pytest.mark.parametrize(("dtype", "rtol", "atol"), [("f8", 1e-6, 0), ("f4", 0, 1e-5)])
@pytest.mark.parametrize("sr", [4000, 8000, 22050, 44100])
@pytest.mark.parametrize("tuning", [0.0, -0.3])
def test_chroma_equals_librosa(sr, dtype, rtol, atol, tuning):
    y = np.random.default_rng(sr).standard_normal(sr).astype(dtype)
    window = round(0.128 * sr)
    theirs = librosa.feature.chroma_stft(
        y=y, sr=sr, tuning=tuning, n_fft=1 << (window - 1).bit_length(), win_length=window,
        hop_length=round(0.032 * sr),
    )  # fmt: skip
    frames = Chroma(tuning).frames(y, sr)
    assert frames.dtype == dtype
    assert_allclose(frames, theirs, rtol=rtol, atol=atol)


@pytest.mark.parametrize(("midi", "name"), [(60, "C"), (70, "A#"), (83, "B")])
def test_a_note_has_its_name_at_any_tuning(midi, name):
    for tuning in (0.0, 0.4):
        pitch = 440 * 2 ** ((midi + tuning - 69) / 12)
        chroma = Chroma(tuning, window=0.256)
        frames = chroma.frames(np.sin(2 * np.pi * pitch * np.arange(8000) / 8000), 8000)
        loudest = frames[:, 4:-4].argmax(axis=0)
        assert set(loudest) == {chroma.frame_names().index(name)}


def test_chroma_is_zero_where_nothing_is_heard():
    y = np.r_[np.zeros(8000), np.random.default_rng(0).standard_normal(8000)]
    frames = Chroma().frames(y, 8000)
    assert_array_equal(frames[:, :20], 0)
    assert_allclose(frames[:, 40:].max(axis=0), 1)


@pytest.mark.parametrize("sr", [8000, 22050])
@pytest.mark.parametrize("span", [8.0, 3.01])
def test_tempo_equals_librosa(sr, span):
    # Longer than a block of frames; the tempo changes on the way.
    y = np.r_[clicks(90, 8, sr), clicks(150, 8, sr)]
    window, hop = round(0.064 * sr), round(0.016 * sr)
    n_fft = 1 << (window - 1).bit_length()
    onsets = librosa.onset.onset_strength(
        y=y, sr=sr, n_fft=n_fft, win_length=window, hop_length=hop, n_mels=40
    )
    theirs = librosa.feature.tempo(
        onset_envelope=onsets, sr=sr, hop_length=hop, ac_size=span, aggregate=None
    )
    frames = Tempo(span).frames(y, sr)
    assert len(set(frames[0])) > 1
    assert_allclose(frames, theirs[None], rtol=1e-12)


@pytest.mark.parametrize("bpm", [75, 100, 120, 160])
def test_a_steady_beat_is_counted(bpm):
    frames = Tempo().frames(clicks(bpm, 10, dtype=np.float32), 8000)
    assert frames.dtype == np.float32
    # The shift is a whole number of frames of 16 ms.
    beat = 60 / np.median(frames)
    assert beat == pytest.approx(60 / bpm, abs=0.016)


def test_tempo_in_a_batch_is_as_alone():
    clips = [clicks(100, 2.5), clicks(140, 9), clicks(80, 5)]
    tempo = Tempo()
    frames, lengths = tempo.frames_of(clips, 8000)
    for clip, found in zip(clips, np.split(frames, np.cumsum(lengths)[:-1])):
        assert_array_equal(found.T, tempo.frames(clip, 8000))


def test_a_clip_without_room_for_two_beats_is_refused():
    with pytest.raises(ValueError, match=r"15999 samples.*Tempo needs at least 16000 \(2.000 s\)"):
        Tempo().frames(clicks(120, 2)[:-1], 8000)
    with pytest.raises(CellError, match="Tempo needs at least"):
        AudioVectorizer([("tempo", Tempo())], sr=8000).fit([clicks(120, 1.5)])


def test_music_by_name():
    vectorizer = AudioVectorizer(
        [("chroma", Chroma()), ("tempo", Tempo(4))], sr=8000, pooling=("p50",), scale=False
    )
    clips = [clicks(100, 5), clicks(150, 6)]
    block = vectorizer.fit_transform(clips)
    assert vectorizer.get_feature_names_out()[[1, -1]].tolist() == [
        "chroma__C#_p50",
        "tempo__bpm_p50",
    ]
    singles = [c.astype(np.float32) for c in clips]
    medians = [np.median(Tempo(4).frames(c, 8000)) for c in singles]
    assert_allclose(block[:, -1], medians, rtol=1e-6)
    chromas = [np.median(Chroma().frames(c, 8000), axis=1) for c in singles]
    assert_allclose(block[:, :12], chromas, atol=1e-5)


@pytest.mark.parametrize(
    ("descriptor", "name"), [(Chroma(0.6), "tuning"), (Tempo(0), "span"), (Tempo(hop=0), "hop")]
)
def test_refuses_bad_parameters(descriptor, name):
    with pytest.raises(ValueError, match=f"'{name}' parameter of"):
        descriptor.fit_transform(clicks(120, 3)[None])
