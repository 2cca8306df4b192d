"""A column of clips to a matrix: parts, what lacks, shots, cache, and the whole way."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

import mmclassic
from mmclassic import MultimodalRecommender
from mmclassic.features import (
    MFCC,
    AudioVectorizer,
    ImageVectorizer,
    ModalityExtractor,
    VideoVectorizer,
    VisualWords,
)
from mmclassic.features.video._shots import Motion, Shots

from .clips import clip, pictures, tone

IMAGE = ImageVectorizer("compact", size=(32, 32))
AUDIO = AudioVectorizer([("mfcc", MFCC(delta=False))])


@pytest.fixture(scope="module")
def clips():
    """Five clips; the fourth has no sound and the fifth no pictures."""
    whole = [clip(pictures(20, seed=i), tone(0.8, pitch=200.0 + 99 * i, seed=i)) for i in range(3)]
    return [*whole, clip(pictures(20, seed=7)), clip(None, tone(0.8), kind="matroska")]


@pytest.fixture
def vectorizer():
    return VideoVectorizer(image=clone(IMAGE), audio=clone(AUDIO))


def test_shots_are_told_apart_and_their_middles_kept():
    frames = pictures(40, shots=(0, 9, 30), seed=3)
    shots = Shots(max_frames=8)
    for i, pixels in enumerate(frames):
        shots(pixels, i / 4)
    kept, weights = shots.finish()
    assert weights == [9 / 40, 21 / 40, 10 / 40]
    for pixels, number in zip(kept, (4, 9 + 8, 30 + 4)):
        np.testing.assert_array_equal(pixels, frames[number])
    row = dict(zip(Motion().row_names(), shots.motion.row()))
    assert row["cuts"] == pytest.approx(2 / (39 / 4))
    longest = Shots(max_frames=1)
    for i, pixels in enumerate(frames):
        longest(pixels, i / 4)
    np.testing.assert_array_equal(longest.finish()[0], frames[17:18])


def test_motion_tells_how_much_and_where():
    still, moving = Shots(1), Shots(1)
    for i, pixels in enumerate(pictures(20)):
        still(pictures(1)[0], i / 4)
        moving(pixels, i / 4)
    still, moving = (dict(zip(Motion().row_names(), s.motion.row())) for s in (still, moving))
    assert still["mean"] == still["p90"] == still["cuts"] == 0
    assert moving["mean"] > 0
    assert moving["at_0_0"] > 0 == moving["at_2_2"]  # the square is at the top


def test_what_a_clip_lacks_is_the_mean_and_no_row_depends_on_others(clips, vectorizer):
    X = vectorizer.set_params(scale=False).fit_transform([*clips, None])
    n = len(vectorizer.get_feature_names_out())
    assert X.shape == (6, n)
    assert np.isnan(X[5]).all()
    assert np.isfinite(X[:5]).all()
    sounds = [name.startswith("audio_") for name in vectorizer.get_feature_names_out()]
    np.testing.assert_allclose(X[3, sounds], X[[0, 1, 2, 4]][:, sounds].mean(axis=0), rtol=1e-4)
    others = np.logical_not(sounds)
    np.testing.assert_allclose(X[4, others], X[:4, others].mean(axis=0), rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(vectorizer.transform(clips[3:4]), X[3:4])
    scaled = vectorizer.set_params(scale=True).fit_transform(clips)
    np.testing.assert_allclose(scaled[3, sounds], 0, atol=1e-4)


def test_parts_are_those_of_their_vectorizers(clips):
    only = VideoVectorizer(image="drop", audio=clone(AUDIO), scale=False)
    X = only.fit_transform(clips[:3])
    assert list(only.widths_) == ["audio_mfcc"]
    assert only.image_ is None
    with pytest.raises(mmclassic.exceptions.CellError, match="the clip has no sound that can be"):
        only.transform(clips[3:4])
    seen = VideoVectorizer(image=clone(IMAGE), audio="drop").fit(clips[:4])
    assert list(seen.widths_) == ["image_hog", "image_color", "motion"]
    with pytest.raises(ValueError, match="nothing is left"):
        VideoVectorizer(image="drop", audio="drop").fit(clips)
    assert X.shape == (3, 26)


def test_parameters_are_reached_and_descriptors_learn(clips):
    image = ImageVectorizer([("words", VisualWords(4, random_state=0))], size=(32, 32))
    vectorizer = VideoVectorizer(image=image, audio=clone(AUDIO), random_state=0)
    vectorizer.set_params(image__size=(40, 40), fps=8.0)
    assert vectorizer.get_params()["image__size"] == (40, 40)
    X = vectorizer.fit_transform(clips)
    assert np.isfinite(X).all()
    assert vectorizer.widths_["image_words"] == vectorizer.image_.widths_["words"]


def test_workers_and_a_cache_change_nothing(clips, vectorizer, tmp_path, monkeypatch):
    X = vectorizer.fit_transform(clips)
    both = clone(vectorizer).set_params(n_jobs=2, cache=tmp_path / "cache")
    np.testing.assert_array_equal(both.fit_transform(clips), X)
    monkeypatch.setattr("mmclassic.features.video._vectorizer.walk", None)
    np.testing.assert_array_equal(both.transform(clips), X)


def test_a_fitted_vectorizer_can_be_saved(clips, vectorizer, tmp_path):
    X = vectorizer.fit_transform(clips)
    mmclassic.save(vectorizer, tmp_path / "video.skops")
    loaded = mmclassic.load(tmp_path / "video.skops")
    np.testing.assert_array_equal(loaded.transform(clips), X)
    np.testing.assert_array_equal(
        loaded.get_feature_names_out(), vectorizer.get_feature_names_out()
    )


def test_reading_changes_nothing(clips, vectorizer):
    before = {n: repr(v) for n, v in vars(vectorizer.fit(clips)).items()}
    first = vectorizer.transform(clips[::-1])
    np.testing.assert_array_equal(vectorizer.transform(clips[::-1]), first)
    assert {n: repr(v) for n, v in vars(vectorizer).items()} == before


def test_clips_that_are_alike_are_near(vectorizer):
    """Of two grounds and two pitches, each clip finds the other with its own."""
    kinds = [(g, p) for g in (1, 2) for p in (200.0, 900.0) for _ in range(2)]
    cells = [
        clip(pictures(20, seed=g), tone(0.8, pitch=p, seed=i)) for i, (g, p) in enumerate(kinds)
    ]
    X = vectorizer.fit_transform(cells)
    alike = X @ X.T - 1e9 * np.eye(len(X))
    assert [kinds[i] for i in alike.argmax(axis=1)] == kinds


def test_a_clip_is_an_item_like_any_other(clips):
    words = ["red square", "blue square", "green square", "silent square", "a tone"]
    items = pd.DataFrame({"item_id": list("abcde"), "clip": clips, "title": words})
    extractor = ModalityExtractor([("video", VideoVectorizer(image=IMAGE, audio=AUDIO), "clip")])
    assert extractor.fit_transform(items).widths["video"] > 100
    model = MultimodalRecommender(video="clip", text="title", aligner="passthrough").fit(items)
    assert model.search(video=clips[1], k=1)["item_id"].tolist() == ["b"]
    assert model.similar("a", k=2)["item_id"].size == 2
