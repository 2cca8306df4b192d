"""SpectralShape against librosa."""

import librosa
import numpy as np
import pytest
from numpy.testing import assert_allclose

from mmclassic.features import AudioVectorizer, SpectralShape


def noise(size, seed=0):
    return np.random.default_rng(seed).standard_normal(size)


@pytest.mark.parametrize("sr", [4000, 8000, 16000, 44100])
def test_frames_equal_librosa(sr):
    y, window, hop = noise(sr), round(0.064 * sr), round(0.016 * sr)
    n_fft = 1 << (window - 1).bit_length()
    spectrum = np.abs(librosa.stft(y, n_fft=n_fft, win_length=window, hop_length=hop))
    found = SpectralShape(rolloff=0.6).frames(y, sr)
    feature = librosa.feature
    assert_allclose(found[:1], feature.spectral_centroid(S=spectrum, sr=sr), rtol=1e-6)
    rolloff = feature.spectral_rolloff(S=spectrum, sr=sr, roll_percent=0.6)
    assert_allclose(found[1:2], rolloff, rtol=1e-6)
    contrast = feature.spectral_contrast(S=spectrum, sr=sr, n_bands=4)
    assert_allclose(found[2:7], contrast, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("sr", [4000, 8000, 16000, 44100, 48000])
@pytest.mark.parametrize("kind", ["noise", "noise with silence", "negative", "tiny", "tone"])
def test_crossings_equal_librosa(sr, kind):
    y = noise(sr, 3)
    if kind == "noise with silence":
        y[sr // 4 : sr // 2] = -0.0
    elif kind == "negative":
        y -= 2
    elif kind == "tiny":
        y *= 1e-10
    elif kind == "tone":
        y = np.sin(2 * np.pi * 440 * np.arange(sr) / sr)
    window, hop = round(0.064 * sr), round(0.016 * sr)
    for samples in (y, y.astype(np.float32)):
        theirs = librosa.feature.zero_crossing_rate(samples, frame_length=window, hop_length=hop)
        assert_allclose(SpectralShape().frames(samples, sr)[-1:], theirs, rtol=1e-6)


def test_crossings_by_hand():
    # 512 samples of a frame: 511 of them differ from the one before; of 8 in a row, 64 do or 63.
    alternating = np.tile([1.0, -1.0], 2000)
    assert_allclose(SpectralShape().frames(alternating, 8000)[-1, 3:-3], 511 / 512)
    slow = np.tile(np.repeat([1.0, -1.0], 8), 250)
    assert set(SpectralShape().frames(slow, 8000)[-1, 3:-3]) <= {63 / 512, 64 / 512}


def test_batches_clips_and_names():
    clips = [noise(5000), 1e-5 * noise(9000, 1), noise(70_000, 2)]
    vectorizer = AudioVectorizer([("shape", SpectralShape(3))], sr=8000, scale=False)
    block = vectorizer.fit_transform(clips)
    alone = [SpectralShape(3, sr=8000).transform(c[None].astype(np.float32))[0] for c in clips]
    assert_allclose(block, alone, rtol=1e-4)
    names = SpectralShape(1).frame_names()
    assert names == ["centroid", "rolloff", "contrast0", "contrast1", "crossings"]


def test_refuses_bands_above_half_the_rate():
    with pytest.raises(ValueError, match="needs a band from 6400 Hz; at a sampling rate of 8000"):
        SpectralShape(6).frames(noise(8000), 8000)
    with pytest.raises(ValueError, match="too short"):
        SpectralShape().frames(noise(300), 8000)
