"""The rows of the table of bad input that are of clips, with the words that it promises."""

import os
import re
import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from mmclassic.exceptions import CellError, CellWarning
from mmclassic.features import MFCC, AudioVectorizer, ImageVectorizer, VideoVectorizer
from mmclassic.features._cells import ADVICE, describe_cell

from ...fault_page import pattern, rows_of_page
from .clips import clip, pictures, tone

ROWS = {what: row for (_, what), row in rows_of_page({"Clips"}).items()}
PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:2,\n/etc/hosts\n#EXT-X-ENDLIST\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


def written(folder, name, data):
    (folder / name).write_bytes(data)
    return str(folder / name)


def pipe(folder):
    os.mkfifo(folder / "pipe")
    return str(folder / "pipe")


def cut(share=0.6, **options):
    data = clip(pictures(), tone(), **options)
    return data[: int(share * len(data))]


def shifted(seconds):
    times, starts = seconds + np.arange(10) / 25, (seconds,)
    return clip(pictures(10), tone(0.5), kind="matroska", times=times, starts=starts)


def cancelled(y):
    return clip(pictures(10), np.stack([y, -y]), kind="matroska")


CASES = {
    "a missing file": lambda folder: str(folder / "gone.mp4"),
    "a directory": str,
    "a named pipe": pipe,
    "an empty file": lambda folder: written(folder, "empty.mp4", b""),
    "empty bytes": lambda folder: b"",
    "an empty string for a path": lambda folder: "",
    "a path with non-ASCII characters": lambda folder: written(
        folder, "片é.mp4", clip(pictures(9))
    ),
    "a text file of that name": lambda folder: written(folder, "notes.mp4", b"some words\n" * 50),
    "a picture file": lambda folder: written(folder, "x.png", PNG),
    "a playlist": lambda folder: written(folder, "list.m3u8", PLAYLIST),
    "None": lambda folder: None,
    "NaN": lambda folder: float("nan"),
    "a number": lambda folder: 5,
    "a truncated MP4": lambda folder: cut(),
    "a truncated MP4 with its index first": lambda folder: cut(path=folder / "whole.mp4"),
    "a truncated MKV": lambda folder: cut(kind="matroska"),
    "a truncated AVI": lambda folder: cut(kind="avi"),
    "an MP4 without the last 1 % of its index": lambda folder: cut(0.99),
    "times of sound that leap by more than 10 minutes": lambda folder: clip(
        None, tone(1.0), kind="nut", starts=(0.0, 2000.0)
    ),
    "an MKV whose times begin at 5 s": lambda folder: shifted(5.0),
    "a silent sound and no pictures": lambda folder: clip(
        None, np.zeros(16000, np.float32), kind="matroska"
    ),
    "channels that cancel out": lambda folder: cancelled(tone(0.5)),
    "a column of None": lambda folder: [None, None],
}
# With the features of what.
LIKE = {
    "a path with non-ASCII characters": lambda: clip(pictures(9)),
    "an MKV whose times begin at 5 s": lambda: shifted(0.0),
    "channels that cancel out": lambda: clip(pictures(10), tone(0.5), kind="matroska"),
}


def of_kind(*kinds):
    return pytest.mark.parametrize("what", [w for w, (kind, _) in ROWS.items() if kind in kinds])


@pytest.fixture(scope="module")
def good():
    return [clip(pictures(12, seed=i), tone(0.5, pitch=300.0 + 100 * i)) for i in range(3)]


@pytest.fixture
def vectorizer():
    image = ImageVectorizer("compact", size=(32, 32))
    audio = AudioVectorizer([("mfcc", MFCC(delta=False))])
    return VideoVectorizer(image=image, audio=audio)


def column(cell, good):
    cells = np.empty(4, dtype=object)
    cells[:] = [good[0], cell, *good[1:]]
    return pd.Series(cells, index=[3, 7, 5, 1], name="cell")


def test_the_page_and_the_cases_are_of_the_same_things():
    assert set(ROWS) == set(CASES)
    kinds = {kind for kind, _ in ROWS.values()}
    assert kinds == {"error", "missing", "features", "remark", "refused"}


@of_kind("error")
def test_raise_tells_row_column_path_reason_and_what_to_do(what, tmp_path, good, vectorizer):
    cell = CASES[what](tmp_path)
    with pytest.raises(CellError) as caught:
        vectorizer.fit(column(cell, good))
    error = caught.value
    assert re.fullmatch(pattern(ROWS[what][1]), error.reason)
    assert (error.row, error.column, error.source) == (7, "cell", describe_cell(cell))
    assert str(error) == f"row 7, column 'cell', {error.source!r}: {error.reason}; {ADVICE}"


@of_kind("error", "missing")
def test_missing_loses_nothing_else_and_lists_the_failure(what, tmp_path, good, vectorizer):
    cell, vectorizer = CASES[what](tmp_path), vectorizer.set_params(on_error="missing")
    without = vectorizer.fit_extract(column(None, good)).block
    failed = ROWS[what][0] == "error"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        extraction = vectorizer.fit_extract(column(cell, good))
    assert extraction.present.tolist() == [True, False, True, True]
    assert_array_equal(extraction.block, without)
    ours = [w for w in caught if issubclass(w.category, CellWarning)]
    assert len(ours) == len(vectorizer.failures_) == failed
    if failed:
        assert re.fullmatch(pattern(ROWS[what][1]), vectorizer.failures_["reason"].iloc[0])


@of_kind("features", "remark")
def test_features_are_those_of_what_the_page_says(what, tmp_path, good, vectorizer):
    vectorizer.fit(column(None, good))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        extraction = vectorizer.extract(column(CASES[what](tmp_path), [LIKE[what](), *good[:2]]))
    np.testing.assert_allclose(extraction.block[1], extraction.block[0], rtol=0, atol=1e-3)
    kind, words = ROWS[what]
    assert len(caught) == (kind == "remark")
    if kind == "remark":
        assert re.search(pattern(words), str(caught[0].message))


@of_kind("refused")
def test_columns_are_refused(what, tmp_path, vectorizer):
    X = pd.Series(CASES[what](tmp_path), name="cell", dtype=object)
    with pytest.raises(ValueError, match=pattern(ROWS[what][1])):
        vectorizer.fit(X)
