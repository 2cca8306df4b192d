"""LogMel, LaggedCovariance and Modulation against librosa, NumPy and SciPy, and on short clips."""

from itertools import pairwise

import librosa
import numpy as np
import pytest
import scipy.signal
from numpy.testing import assert_allclose, assert_array_equal

from mmclassic.features import (
    MFCC,
    AudioBlock,
    AudioVectorizer,
    LaggedCovariance,
    LogMel,
    Modulation,
    SpectralShape,
)

SR = 8000
ROWS = [LaggedCovariance(sr=SR), Modulation(sr=SR)]


def noise(size, seed=0, dtype=np.float64):
    """Noise that comes and goes four times a second."""
    swell = 1 + np.sin(2 * np.pi * 4 * np.arange(size) / SR)
    return (0.1 * np.random.default_rng(seed).standard_normal(size) * swell).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_log_mel_equals_librosa(dtype):
    y = noise(5000, dtype=dtype)
    power = librosa.feature.melspectrogram(
        y=y, sr=SR, n_mels=30, n_fft=256, win_length=200, hop_length=80
    )
    ours = LogMel(30).frames(y, SR)
    assert_allclose(ours, librosa.power_to_db(power, top_db=80), rtol=1e-5, atol=1e-3)
    assert len(LogMel(30).frame_names()) == len(ours)


@pytest.mark.parametrize("size", [400, 5000, 20_000])
def test_lagged_covariance_equals_numpy(size):
    y = noise(size)
    x = MFCC(4, delta=False).frames(y, SR)
    x -= x.mean(axis=1, keepdims=True)
    theirs = np.zeros((4, 4))
    for t in range(x.shape[1] - 5):
        theirs += np.outer(x[:, t + 5], x[:, t]) / x.shape[1]
    row = LaggedCovariance(4).row(y, SR)
    assert_allclose(row, (np.sign(theirs) * np.sqrt(np.abs(theirs))).ravel(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("size", [256, 4000, 8000, 30_000])
def test_modulation_equals_scipy(size):
    y = noise(size)
    loudness = LogMel().frames(y, SR).reshape(10, 4, -1).mean(axis=1)
    loudness -= loudness.mean(axis=1, keepdims=True)
    n = loudness.shape[1]
    # SciPy shortens its windows to a shorter clip.
    whole = np.pad(loudness, [(0, 0), (0, max(0, 100 - n))])
    rates, _, spectra = scipy.signal.stft(whole, 100, nperseg=100, boundary="zeros", padded=True)
    power = np.abs(spectra * 50).astype(float) ** 2  # SciPy divides by the sum of the window
    power = power.sum(axis=2) / max(n / 50, 2)
    edges = [0.5, 1.5, 2.5, 4.5, 8.5, 16.5, 31, 51]
    theirs = [power[:, (rates >= a) & (rates < b)].mean(axis=1) for a, b in pairwise(edges)]
    assert_allclose(Modulation().row(y, SR), np.log1p(theirs).ravel(), rtol=1e-6, atol=1e-9)


def test_modulation_finds_the_rate_of_a_swell():
    row = Modulation(1).row(noise(3 * SR), SR)
    assert Modulation(1).row_names()[row[:4].argmax()] == "band0_2.5-4.5Hz"


@pytest.mark.parametrize(
    "descriptor", [*ROWS, LogMel(sr=SR), SpectralShape(window=0.025, hop=0.05)], ids=repr
)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_clip_among_others_is_as_alone(descriptor, dtype):
    clips = [noise(size, size, dtype) for size in (256, 900, 33_000, 257, 8000, 12_345)]
    if descriptor not in ROWS:
        frames, lengths = descriptor.frames_of(clips, SR)
        together = np.split(frames, np.cumsum(lengths)[:-1])
        alone = [descriptor.frames(clip, SR).T for clip in clips]
    else:
        together = descriptor.rows_of(clips, SR)
        alone = [descriptor.row(clip, SR) for clip in clips]
    for found, expected in zip(together, alone):
        assert_array_equal(found, expected)


@pytest.mark.parametrize("descriptor", ROWS, ids=repr)
def test_the_gain_of_a_clip_changes_nothing(descriptor):
    y = noise(6000)
    assert_allclose(descriptor.row(0.1 * y, SR), descriptor.row(y, SR), rtol=1e-6, atol=1e-6)


def test_modulation_is_continuous_in_the_length_of_a_clip():
    """A hop more adds a frame, at lengths around those from which another window is needed."""
    y, modulation = noise(20_000), Modulation()
    span = np.linalg.norm(modulation.row(y, SR))
    for size in (4000, 8000, 8080, 12_000, 16_000):
        steps = [modulation.row(y[: size + extra], SR) for extra in (-80, 0, 80, 160)]
        assert max(np.linalg.norm(np.diff(steps, axis=0), axis=1)) < 0.06 * span


@pytest.mark.parametrize("descriptor", ROWS, ids=repr)
@pytest.mark.parametrize("size", [256, 300, 400, 480, 560])
def test_short_clips_have_finite_rows(descriptor, size):
    assert np.isfinite(descriptor.row(noise(size), SR)).all()


def test_a_clip_of_one_window_has_no_lag_and_hardly_a_rhythm():
    y = noise(256)  # four frames
    assert not LaggedCovariance().row(y, SR).any()
    assert LaggedCovariance(lag=0.02).row(y, SR).any()
    assert Modulation().row(y, SR).any()


def test_clicks_in_silence_are_described_whatever_is_trimmed():
    clicks = []
    for at in (0, 4000, 7999):
        click = np.zeros(8000, dtype=np.float32)
        click[at] = 0.5
        clicks.append((click, SR))
    fitted = AudioVectorizer(scale=False).fit(clicks)
    rows = fitted.transform([*clicks, (clicks[0][0][:256], SR)])
    assert np.isfinite(rows).all()
    lagged = [name.startswith("lagged") for name in fitted.get_feature_names_out()]
    assert rows[:, lagged][1].any()


@pytest.mark.parametrize("descriptor", ROWS, ids=repr)
def test_rows_of_a_batch_and_their_names(descriptor):
    batch = np.stack([noise(3000, 1), noise(3000, 2)])
    rows = descriptor.fit_transform(batch)
    assert rows.dtype == np.float32
    assert rows.shape == (2, len(descriptor.get_feature_names_out()))
    assert_allclose(rows[1], descriptor.row(batch[1], SR), rtol=1e-6)
    assert descriptor.transform(batch[:0]).shape == (0, rows.shape[1])
    with pytest.raises(ValueError, match="clip 1 of the batch: the clip is silent"):
        descriptor.transform(np.stack([batch[0], np.zeros(3000)]))


@pytest.mark.parametrize(
    ("descriptor", "message"),
    [
        (LaggedCovariance(50), "n_mfcc of LaggedCovariance cannot exceed n_mels; got 50 and 40"),
        (LaggedCovariance(lag=0), "'lag' parameter of LaggedCovariance"),
        (Modulation(41), "n_bands of Modulation cannot exceed n_mels; got 41 and 40"),
        (Modulation(hop=0.02), "'hop' parameter of Modulation"),
        (LogMel(0), "'n_mels' parameter of LogMel"),
    ],
)
def test_refuses_bad_parameters(descriptor, message):
    with pytest.raises(ValueError, match=message):
        descriptor.transform(noise(3000)[None])


@pytest.mark.parametrize("options", [{"segments": 2}, {"pooling": ["mean"]}])
def test_there_is_nothing_to_pool_in_rows(options):
    blocks = [("rhythm", AudioBlock(Modulation(), **options))]
    with pytest.raises(ValueError, match=r"block 'rhythm' .* Modulation gives one row for a clip"):
        AudioVectorizer(blocks).fit([(noise(3000), SR)])
