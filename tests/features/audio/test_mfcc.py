"""MFCC against librosa, and across rates. For scikit-learn's checks see test_descriptors."""

import warnings

import librosa
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mmclassic.features import MFCC
from mmclassic.features.audio._mfcc import _slopes


def chirp(seconds, sr, dtype=np.float32):
    time = np.arange(round(seconds * sr)) / sr
    return np.sin(2 * np.pi * (200 * time + 300 * time**2)).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("sr", "n_fft"), [(8000, 256), (16000, 512), (22050, 1024), (44100, 2048)])
def test_frames_equal_librosa(sr, n_fft, dtype):
    y = chirp(0.7, sr, dtype)
    frames = MFCC(delta=False).frames(y, sr)
    theirs = librosa.feature.mfcc(
        y=y, sr=sr, n_mfcc=13, n_mels=40, n_fft=n_fft, win_length=round(0.025 * sr),
        hop_length=round(0.01 * sr),
    )  # fmt: skip
    assert frames.dtype == dtype
    rtol, of_largest = (1e-5, 1e-8) if dtype == np.float64 else (0, 1e-5)
    assert_allclose(frames, theirs, rtol=rtol, atol=of_largest * np.abs(theirs).max())


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_frames_of_noise_equal_librosa(seed):
    y = np.random.default_rng(seed).standard_normal(12345)
    frames = MFCC(20, window=0.02, hop=0.007).frames(y, 11025)
    theirs = librosa.feature.mfcc(
        y=y, sr=11025, n_mfcc=20, n_mels=40, n_fft=256, win_length=220, hop_length=77
    )
    slopes = librosa.feature.delta(theirs, width=9, mode="nearest")
    assert_allclose(frames, np.concatenate([theirs, slopes]), rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("n_mels", [1, 17, 100])
@pytest.mark.filterwarnings("ignore:Empty filters:UserWarning")
def test_any_number_of_bands_equals_librosa(n_mels):
    # A hundred bands at 4 kHz are more than the bins can fill: some are empty.
    y = np.random.default_rng(n_mels).standard_normal(4000)
    theirs = librosa.feature.mfcc(
        y=y, sr=4000, n_mfcc=1, n_mels=n_mels, n_fft=128, win_length=100, hop_length=40
    )
    frames = MFCC(1, n_mels=n_mels, delta=False).frames(y, 4000)
    assert_allclose(frames, theirs, rtol=1e-5, atol=1e-9)


def test_slopes_by_hand():
    # The slope of 0, 1, 1 over nine frames whose ends are repeated, and of one frame.
    cepstra = np.array([[0.0], [1], [1], [7]])
    expected = [[10 / 60], [10 / 60], [9 / 60], [0]]
    assert_allclose(_slopes(cepstra, np.array([3, 1])), expected, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_clip_among_others_is_as_alone(dtype):
    # Lengths below, at and far above a block of the transform, and clips of very unequal level.
    rng = np.random.default_rng(0)
    sizes = [256, 300, 257, 80_000, 256, 5000, 40_000]
    clips = [(10.0**-i * rng.standard_normal(n)).astype(dtype) for i, n in enumerate(sizes)]
    mfcc = MFCC(sr=8000)
    frames, lengths = mfcc.frames_of(clips, 8000)
    assert lengths.tolist() == [1 + n // 80 for n in sizes]
    for clip, found in zip(clips, np.split(frames, np.cumsum(lengths)[:-1])):
        alone = mfcc.frames(clip, 8000)
        assert_allclose(found.T, alone, rtol=1e-6, atol=1e-6 * np.abs(alone).max())


def test_samples_of_half_precision_are_computed_in_single():
    y = chirp(0.5, 8000).astype(np.float16)
    assert_array_equal(MFCC().frames(y, 8000), MFCC().frames(y.astype(np.float32), 8000))


def test_an_empty_batch_keeps_the_width():
    assert MFCC(5).transform(np.empty((0, 8000))).shape == (0, 20)


def test_slopes_equal_librosa_away_from_the_borders():
    frames = MFCC().frames(chirp(0.7, 16000), 16000)
    slopes = librosa.feature.delta(frames[:13], width=9)
    assert_allclose(frames[13:, 4:-4], slopes[:, 4:-4], atol=1e-5)


@pytest.mark.parametrize("sr", [8000, 16000, 22050, 44100])
def test_a_frame_means_the_same_time_at_every_rate(sr):
    n_frames = MFCC().frames(chirp(2.0, sr), sr).shape[1]
    assert n_frames == pytest.approx(201, abs=1)


def test_the_end_of_a_clip_counts():
    y = chirp(0.5, 16000)
    louder = y.copy()
    louder[-40:] *= 50
    assert not np.array_equal(MFCC().frames(y, 16000), MFCC().frames(louder, 16000))


def test_transform_is_the_mean_and_deviation_of_the_frames():
    batch = np.stack([chirp(0.4, 8000), 0.1 * chirp(0.4, 8000)[::-1]])
    mfcc = MFCC(5, sr=8000)
    pooled = mfcc.fit_transform(batch)
    frames = mfcc.frames(batch[1], 8000)
    assert pooled.dtype == np.float32
    assert pooled.shape == (2, 20) == (2, len(mfcc.get_feature_names_out()))
    assert_allclose(pooled[1, :10], frames.mean(axis=1), rtol=1e-5, atol=1e-5)
    assert_allclose(pooled[1, 10:], frames.std(axis=1), rtol=1e-5, atol=1e-5)


def test_the_loudness_floor_is_per_clip():
    loud, quiet = chirp(0.4, 8000), 1e-4 * chirp(0.4, 8000)
    mfcc = MFCC(sr=8000)
    together = mfcc.transform(np.stack([loud, quiet]))
    assert_allclose(together[1:], mfcc.transform(quiet[None]), rtol=1e-5, atol=1e-5)


def test_names():
    names = MFCC(2).get_feature_names_out().tolist()
    assert names[:4] == ["mfcc0_mean", "mfcc1_mean", "delta0_mean", "delta1_mean"]
    assert names[4:] == ["mfcc0_std", "mfcc1_std", "delta0_std", "delta1_std"]
    assert len(MFCC(2, delta=False).get_feature_names_out()) == 4


@pytest.mark.parametrize("sr", [4000, 8000, 48000])
def test_the_shortest_clip_works_without_a_warning(sr):
    n_fft = 1 << (round(0.025 * sr) - 1).bit_length()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frames = MFCC().frames(chirp(1.0, sr)[:n_fft], sr)
    assert np.isfinite(frames).all()


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.zeros(0), "no samples"),
        (np.zeros(16000), "silent"),
        (np.full(16000, 0.5), "silent"),
        (np.r_[np.nan, chirp(1, 16000)], "NaN or infinite"),
        (np.r_[np.inf, chirp(1, 16000)], "NaN or infinite"),
        (chirp(0.03, 16000), r"too short: 480 samples \(0.030 s\).*at least 512"),
        (np.zeros((2, 16000)), r"one clip, a float array of shape \(n_samples,\)"),
        (np.zeros(16000, dtype=int), "int64 of shape"),
    ],
)
def test_refuses_clips_without_content(y, message):
    with pytest.raises(ValueError, match=message):
        MFCC().frames(y, 16000)


def test_transform_names_the_bad_clip():
    with pytest.raises(ValueError, match="clip 1 of the batch: the clip is silent"):
        MFCC().transform(np.stack([chirp(0.5, 16000), np.zeros(8000, dtype=np.float32)]))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_mfcc": 0}, "'n_mfcc' parameter of MFCC"),
        ({"hop": 0}, "'hop' parameter of MFCC"),
        ({"n_mfcc": 50}, "n_mfcc of MFCC cannot exceed n_mels; got 50 and 40"),
    ],
)
def test_refuses_bad_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        MFCC(**parameters).fit_transform(chirp(0.5, 16000)[None])


def test_refuses_a_single_clip_as_a_batch():
    with pytest.raises(ValueError, match=r"float batch of shape \(n, n_samples\)"):
        MFCC().fit(chirp(0.5, 16000))
