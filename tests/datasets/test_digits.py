import hashlib

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits

from mmclassic.datasets import load_digits_trimodal
from mmclassic.datasets._digits import WORDS

SPEAKERS = ("ann", "bob", "cem")


@pytest.fixture
def recordings(site, tmp_path, monkeypatch):
    """A local copy of 10 digits x 3 speakers x 70 repetitions; nobody reads the sound."""
    names = [f"{d}_{s}_{i}.wav" for d in range(10) for s in SPEAKERS for i in range(70)]
    site.register("fsdd", "recordings", dict.fromkeys(names, b""), write=False)
    folder = tmp_path / "copy" / "fsdd" / "recordings"
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).touch()
    monkeypatch.setenv("MMCLASSIC_DATA", str(tmp_path / "copy"))


def image_keys(frame):
    return frame["image"].map(lambda image: hashlib.sha256(image.tobytes()).hexdigest())


def test_rows_agree_on_the_digit(recordings):
    frame = load_digits_trimodal()
    assert list(frame.columns) == [
        "image",
        "text",
        "audio",
        "digit",
        "speaker",
        "index",
        "language",
    ]
    assert len(frame) == 2100
    handwritten = load_digits()
    truth = {}
    for image, target in zip(handwritten.images, handwritten.target):
        pixels = np.round(image * 255 / 16).astype(np.uint8)
        truth.setdefault(pixels.tobytes(), set()).add(target)
    for row in frame.itertuples():
        assert row.image.shape == (8, 8)
        assert row.image.dtype == np.uint8
        assert row.digit in truth[row.image.tobytes()]
        assert WORDS[row.language][row.digit] == row.text
        assert row.audio.endswith(f"{row.digit}_{row.speaker}_{row.index}.wav")
    assert frame["image"].map(np.max).max() == 255


def test_images_are_disjoint_between_speakers(recordings):
    frame = load_digits_trimodal(random_state=3)
    speakers_of = frame.groupby(image_keys(frame))["speaker"].nunique()
    assert speakers_of.max() == 1
    # About 60 images serve 70 recordings of a digit by a speaker: none more than twice.
    assert frame.groupby(image_keys(frame)).size().max() == 2


def test_languages_are_spread_evenly(recordings):
    counts = load_digits_trimodal()["language"].value_counts()
    assert set(counts.index) == {"en", "de", "fr", "es", "zh"}
    assert counts.min() > 350


def test_seed_decides(recordings):
    first, again, other = (load_digits_trimodal(random_state=seed) for seed in (0, 0, 1))
    pd.testing.assert_frame_equal(first.drop(columns="image"), again.drop(columns="image"))
    assert (image_keys(first) == image_keys(again)).all()
    assert (image_keys(first) != image_keys(other)).mean() > 0.9


def test_words_are_ten_per_language_and_hardly_shared():
    words = [word for ten in WORDS.values() for word in ten]
    assert len(words) == 50
    assert {word for word in words if words.count(word) > 1} == {"six"}


def test_real_digits(real_data):
    frame = load_digits_trimodal()
    assert len(frame) == 3000
    assert frame.groupby(image_keys(frame))["speaker"].nunique().max() == 1
