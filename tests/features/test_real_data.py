"""Real files of every kind, found through the environment variable MMCLASSIC_DATA."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mmclassic.features import (
    AudioVectorizer,
    ImageVectorizer,
    ModalityExtractor,
    TextVectorizer,
)

ROOT = os.environ.get("MMCLASSIC_DATA")
pytestmark = pytest.mark.skipif(not ROOT, reason="MMCLASSIC_DATA names no folder of data sets")


def neighbours(block):
    """The most similar other row of every row, by cosine."""
    unit = block / np.linalg.norm(block, axis=1, keepdims=True)
    similarity = unit @ unit.T
    np.fill_diagonal(similarity, -np.inf)
    return similarity.argmax(axis=1)


def test_flags_with_alpha_and_their_descriptions():
    folder = Path(ROOT) / "countries-flags"
    table = pd.read_csv(folder / "countries.csv").set_index("name")
    table["flag"] = [folder / "flags" / f"{code}.png" for code in table["flag_hexcode"]]
    modalities = [
        ("image", ImageVectorizer(), "flag"),
        ("text", TextVectorizer(), "flag_description"),
    ]
    views = ModalityExtractor(modalities).fit_transform(table)
    assert views.mask("image").all()
    assert views.mask("text").tolist() == table["flag_description"].notna().tolist()
    nearest = table.index[neighbours(views["image"])]
    assert nearest[table.index.get_loc("Indonesia")] in ("Monaco", "Poland", "Singapore")
    assert nearest[table.index.get_loc("Chad")] == "Romania"


def test_spoken_digits_of_one_speaker():
    clips = sorted((Path(ROOT) / "fsdd" / "recordings").glob("*_jackson_*.wav"))
    vectorizer = AudioVectorizer()
    block = vectorizer.fit_transform(clips)
    assert vectorizer.sr_ == 8000
    digits = np.array([clip.name[0] for clip in clips])
    scaled = (block - block.mean(axis=0)) / block.std(axis=0)
    assert np.mean(digits[neighbours(scaled)] == digits) > 0.95


def test_emoji_and_their_chinese_names():
    folder = Path(ROOT) / "openmoji"
    names = pd.read_csv(folder / "cldr_annotations.tsv", sep="\t")
    names = names[names["lang"] == "zh"].set_index("hexcode").iloc[:200]
    names["picture"] = [folder / "png128" / f"{code}.png" for code in names.index]
    names = names[[path.exists() for path in names["picture"]]]
    modalities = [
        ("image", ImageVectorizer(size=(64, 64)), "picture"),
        ("text", TextVectorizer(), ["name", "keywords"]),
    ]
    extractor = ModalityExtractor(modalities).fit(names)
    views = extractor.transform(names)
    assert views.present.all()
    query = extractor.transform(pd.DataFrame({"name": ["笑脸"]}))
    best = np.argmax((views["text"] @ query["text"].T).toarray())
    assert "笑" in " ".join(names[["name", "keywords"]].iloc[best])


def test_the_same_recording_as_wav_and_mp3():
    folder = Path(ROOT) / "audiobook-align"
    block = AudioVectorizer("mfcc", scale=False).fit_transform(
        sorted(folder.glob("sonnet00?.[mw][pa][3v]"))
    )
    wav, mp3 = block[1::2], block[::2]
    assert np.abs(wav - mp3).max() < 0.2
