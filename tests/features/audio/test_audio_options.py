"""AudioVectorizer's trimming, pooling and normalisation, and descriptors of other makers."""

import librosa
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator

from mmclassic.exceptions import CellError, CellWarning
from mmclassic.features import MFCC, AudioVectorizer
from mmclassic.features.audio._loudness import trim
from mmclassic.features.audio._pooling import normalize_frames, pool_frames, pool_segments
from mmclassic.utils._parallel import map_chunks

SR = 8000


def noise(seconds, seed=0, level=0.1):
    return level * np.random.default_rng(seed).standard_normal(round(seconds * SR))


def vectorizer(descriptors="mfcc", **options):
    return AudioVectorizer(descriptors, sr=SR, scale=False, **options)


class Loudness(BaseEstimator):
    """A descriptor that shares nothing with ours but its two methods."""

    version = "1"

    def frames(self, y, sr):
        if y.size < 1000:
            raise ValueError("at least 1000 samples, please")
        return np.abs(y[: y.size // 100 * 100].reshape(-1, 100)).mean(axis=1)[None]

    def frame_names(self):
        return ["level"]


def test_statistics_of_unequal_clips_by_hand():
    frames = np.array([[1.0, 0], [3, 0], [5, 7], [0, 1], [0, 3]], dtype=np.float32)
    pooled = pool_frames(frames, np.array([3, 2]), ("p50", "mean", "p0", "std", "p100"))
    deviations = [np.sqrt(8 / 3), np.std([0, 0, 7])]
    assert_allclose(pooled[0], [3, 0, 3, 7 / 3, 1, 0, *deviations, 5, 7], rtol=1e-6)
    assert_allclose(pooled[1], [0, 2, 0, 2, 0, 1, 0, 1, 0, 3], rtol=1e-6)


def test_normalised_frames_have_mean_0_and_deviation_1_in_every_clip():
    frames = np.random.default_rng(0).normal(5, 3, (9, 2)).astype(np.float32)
    frames[:, 1] = 0.1
    first, second = np.split(normalize_frames(frames, np.array([4, 5])), [4])
    for clip in (first, second):
        assert_allclose(clip.mean(axis=0), 0, atol=1e-6)
        assert_allclose(clip.std(axis=0), [1, 0], atol=1e-6)


def test_pooled_by_percentiles():
    y = noise(0.5)
    fitted = vectorizer(pooling=("p10", "mean", "p90")).fit([y])
    frames = MFCC().frames(y.astype(np.float32), SR)
    expected = [*np.percentile(frames, 10, axis=1), *frames.mean(axis=1)]
    expected += [*np.percentile(frames, 90, axis=1)]
    assert_allclose(fitted.transform([y])[0], expected, rtol=1e-5, atol=1e-5)
    names = fitted.get_feature_names_out()
    assert names[[0, 26, -1]].tolist() == [
        "mfcc__mfcc0_p10",
        "mfcc__mfcc0_mean",
        "mfcc__delta12_p90",
    ]


@pytest.mark.parametrize("pooling", [(), ("mean", "mean"), ("median",), ("p101",), ("p5.5",), (5,)])
def test_refuses_unknown_statistics(pooling):
    with pytest.raises(ValueError, match="pooling of AudioVectorizer must name different"):
        vectorizer(pooling=pooling).fit([noise(0.5)])


def test_normalisation_takes_the_colour_of_the_recorder_away():
    # A gain adds a constant to the first coefficient of every frame.
    options = vectorizer(normalize=True, pooling=["p10", "p50", "p90"])
    loud, quiet = options.fit_transform([noise(0.5), noise(0.5, level=0.01)])
    assert_allclose(loud, quiet, atol=1e-3)
    assert np.abs(loud).max() > 0.5


def test_normalisation_leaves_nothing_for_means_and_deviations():
    with pytest.raises(ValueError, match="makes every mean 0 and every std 1; pool by percentiles"):
        vectorizer(normalize=True).fit([noise(0.5)])


def test_segments_by_hand():
    # Three frames in two parts share the middle one; one frame is in both of its parts.
    frames = np.array([[1.0, 0], [3, 0], [5, 6], [7, 8]], dtype=np.float32)
    pooled = pool_segments(frames, np.array([3, 1]), ("p100", "mean"), 2)
    assert_allclose(pooled, [[3, 0, 2, 0, 5, 6, 4, 3], [7, 8, 7, 8, 7, 8, 7, 8]])


@pytest.mark.parametrize("segments", [2, 3, 7])
def test_segments_are_pooled_as_if_they_were_clips(segments):
    frames = np.random.default_rng(segments).standard_normal((84, 2)).astype(np.float32)
    pooled = pool_segments(frames, np.array([42, 42]), ("mean", "std", "p30"), segments)
    parts = np.full(2 * segments, 42 // segments)
    assert_allclose(pooled, pool_frames(frames, parts, ("mean", "std", "p30")).reshape(2, -1))


def test_segments_tell_the_beginning_from_the_end():
    y = np.r_[noise(0.5, level=0.001), noise(0.5)]
    fitted = vectorizer([("mfcc", MFCC(2))], segments=2, pooling=["mean"], normalize=True)
    rows = fitted.fit_transform([y, y[::-1].copy()])
    names = fitted.get_feature_names_out().tolist()
    assert names[:2] == ["mfcc__mfcc0_mean_0", "mfcc__mfcc1_mean_0"]
    assert names[-1] == "mfcc__delta1_mean_1"
    level = [names.index("mfcc__mfcc0_mean_0"), names.index("mfcc__mfcc0_mean_1")]
    assert_allclose(rows[:, level], [[-1, 1], [1, -1]], atol=0.1)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("top_db", [10, 30, 60])
def test_trim_equals_librosa(seed, top_db):
    rng = np.random.default_rng(seed)
    before, sound, after = rng.integers(0, 9000, 3)
    y = np.r_[np.zeros(before), rng.standard_normal(sound + 300), np.zeros(after)]
    y = (y * np.exp(-(np.linspace(-3, 9, y.size) ** 2) / 9)).astype(np.float32)
    theirs, _ = librosa.effects.trim(y, top_db=top_db, frame_length=512, hop_length=128)
    assert_array_equal(trim(y, SR, top_db), theirs)


@pytest.mark.parametrize("size", [8000, 8064])  # 8064 samples are whole hops
@pytest.mark.parametrize("level", [1e-30, 1e-25, 1e-20, 1e-10, 1.0, 1e10, 1e20, 1e30])
def test_trimming_a_clip_of_any_level_leaves_something_or_all(level, size):
    # In float32 the squares of 1e-25 are 0 and those of 1e20 are infinite.
    y = noise(size / SR).astype(np.float32)
    y[: size // 2] *= np.float32(1e-3)
    with np.errstate(over="ignore"):
        heard = trim(y * np.float32(level), SR, 30)
    assert heard.size in {trim(y, SR, 30).size, size}


def test_a_clip_whose_squares_are_infinite_stops_no_other():
    y = noise(1).astype(np.float32)
    lenient = vectorizer(trim_db=30, on_error="missing")
    cells = [(y * np.float32(scale), SR) for scale in (1, 1e20, 1e-25)]
    with pytest.warns(
        CellWarning, match=r"1 cell.* row 1, .* reach .*e\+19, where full scale is 1"
    ):
        extraction = lenient.fit_extract(cells)
    assert_allclose(extraction.block[0], lenient.transform(cells[:1])[0], rtol=1e-5)


class Reciprocal(Loudness):
    """Infinite for a clip that begins at zero."""

    def frames(self, y, sr):
        with np.errstate(divide="ignore"):
            return 1 / y[None, :1]


@pytest.mark.parametrize("cached", [False, True])
def test_features_that_are_not_finite_fail_their_cell(cached, tmp_path):
    clips = [noise(0.5, i) for i in range(6)]
    clips[1][0] = clips[4][0] = 0
    column = pd.Series(clips, index=list("abcdef"), name="clip")
    pairs = [("own", Reciprocal()), ("mfcc", MFCC(2))]
    message = "row 'b', column 'clip', .* its features are not finite"
    with pytest.raises(CellError, match=message):
        vectorizer(pairs).fit(column)
    lenient = vectorizer(pairs, on_error="missing", cache=tmp_path if cached else None)
    for _ in range(2):
        with pytest.warns(CellWarning, match=r"2 cell\(s\) could not be used.*" + message):
            extraction = lenient.fit_extract(column)
        assert [failure[0] for failure in extraction.failures] == ["b", "e"]
        assert extraction.present.tolist() == [True, False, True, True, False, True]
        present = column[extraction.present]
        assert_allclose(extraction.block[extraction.present], lenient.transform(present), rtol=1e-5)
    with pytest.warns(CellWarning, match=r"1 cell\(s\) could not be used"):
        assert not lenient.extract(column[1:2]).present.any()


def test_features_are_those_of_the_trimmed_clip():
    padded = np.r_[np.zeros(3000), noise(0.5), np.zeros(3000)].astype(np.float32)
    heard, _ = librosa.effects.trim(padded, top_db=40, frame_length=512, hop_length=128)
    assert heard.size < 5000
    rows = vectorizer(trim_db=40).fit_transform([padded])
    assert_array_equal(rows, vectorizer().fit_transform([heard]))


def test_a_clip_that_is_too_short_once_trimmed_is_a_failure():
    click = np.r_[np.zeros(4000), 1.0, np.zeros(4000)]
    mfcc = MFCC(window=0.2)
    with pytest.raises(CellError, match="too short"):
        vectorizer([("mfcc", mfcc)], trim_db=20).fit([click])
    assert vectorizer([("mfcc", mfcc)]).fit_transform([click]).shape == (1, 52)


@pytest.mark.parametrize(
    ("options", "name"), [({"trim_db": 0}, "trim_db"), ({"pooling": "mean"}, "pooling")]
)
def test_refuses_bad_options(options, name):
    with pytest.raises(ValueError, match=f"'{name}' parameter of AudioVectorizer"):
        vectorizer(**options).fit([noise(0.5)])


def test_a_foreign_descriptor_needs_two_methods():
    clips = [noise(0.5), noise(0.3, 1), noise(0.1, 2)]
    joined = vectorizer([("own", Loudness()), ("mfcc", MFCC(2))], on_error="missing")
    with pytest.warns(UserWarning, match="at least 1000 samples, please"):
        block = joined.fit_transform(clips)
    assert joined.get_feature_names_out()[:2].tolist() == ["own__level_mean", "own__level_std"]
    assert_allclose(block[:2, 0], [np.abs(y).mean() for y in clips[:2]], rtol=1e-5)
    assert_allclose(block[:2, 2:], vectorizer([("mfcc", MFCC(2))]).fit_transform(clips[:2]))
    assert np.isnan(block[2]).all()


def test_long_clips_give_what_they_give_among_short_ones(monkeypatch):
    clips = [noise(0.4), noise(3, 1), noise(0.2, 2), noise(2, 3)]
    together = vectorizer().fit_transform(clips)
    monkeypatch.setattr("mmclassic.features.audio._vectorizer._LONG_SAMPLES", 10_000)
    assert_allclose(vectorizer().fit_transform(clips), together, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("chunk_size", [1, 3])
def test_rows_do_not_depend_on_the_chunk(monkeypatch, chunk_size):
    clips = [noise(0.1 * i, i, level=10.0**-i) for i in range(1, 8)]
    together = vectorizer().fit_transform(clips)
    monkeypatch.setattr(AudioVectorizer, "_chunk_size", chunk_size)
    assert_allclose(vectorizer().fit_transform(clips), together, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("seconds", "kind"),
    [([0.4, 0.4, 9], "processes"), ([0.4, 1, 1], "threads"), ([], "threads")],
)
def test_short_clips_are_read_by_processes_and_long_ones_by_threads(seconds, kind, monkeypatch):
    used = []

    def spy(*args, prefer, **options):
        used.append(prefer)
        return map_chunks(*args, prefer=prefer, **options)

    fitted = vectorizer(on_error="missing").fit([noise(1)])
    monkeypatch.setattr("mmclassic.features._block_vectorizer.map_chunks", spy)
    cells = [noise(s) for s in seconds]
    fitted.transform(cells)
    fitted.transform([(y, SR) for y in cells])
    with pytest.warns(UserWarning, match=r"1 cell\(s\) could not be used"):
        fitted.transform([*cells, None, b"no sound"])
    assert used == [kind] * 3
