"""The table of bad input in the guide: every row is a case here, with the words it promises."""

import io
import os
import re
import struct
import subprocess
import sys
import tempfile
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import soundfile
import soxr
from numpy.testing import assert_array_equal
from PIL import ExifTags, Image

from mmclassic.exceptions import CellError, CellWarning
from mmclassic.features import (
    AudioVectorizer,
    ImageVectorizer,
    NumericVectorizer,
    TextVectorizer,
)
from mmclassic.features._cells import ADVICE, describe_cell

from ..fault_page import pattern, rows_of_page

ROOT = Path(__file__).parents[2]
RNG = np.random.default_rng(0)
RATE = 16_000
PIXELS = RNG.integers(0, 256, (40, 30, 3), dtype=np.uint8)
GRAY = PIXELS[:, :, 0]
TIME = np.arange(8000) / 8000  # 1 s at 8 kHz
CLIP = (0.5 * np.sin(2 * np.pi * 440 * TIME) + 0.1 * RNG.uniform(-1, 1, 8000)).astype(np.float32)
CHANNELS = RNG.uniform(-1, 1, (8000, 8)).astype(np.float32)


class Case(NamedTuple):
    """A row of the table.

    `make` gives the cell from a folder, or the whole column of a row that is "refused" or a
    "warning"; `like` a cell with the same features, for a row that has "features".
    """

    make: Callable
    like: object = None
    good: tuple | None = None


def picture(image, kind="PNG", **options):
    stream = io.BytesIO()
    (Image.fromarray(image) if isinstance(image, np.ndarray) else image).save(
        stream, kind, **options
    )
    return stream.getvalue()


def sound(y=CLIP, sr=8000, kind="WAV", subtype=None):
    stream = io.BytesIO()
    soundfile.write(stream, y, sr, format=kind, subtype=subtype)
    return stream.getvalue()


def cut(data):
    return data[: int(0.6 * len(data))]


def written(folder, name, data):
    (folder / name).write_bytes(data)
    return str(folder / name)


def pipe(folder):
    os.mkfifo(folder / "pipe")
    return str(folder / "pipe")


def png_header(width, height):
    """A PNG file of the size, without its pixels."""

    def chunk(kind, data):
        length, check = struct.pack(">I", len(data)), struct.pack(">I", zlib.crc32(kind + data))
        return length + kind + data + check

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def transparent():
    layer = np.dstack([PIXELS, np.full(GRAY.shape, 255, np.uint8)])
    layer[:20, :, 3] = 0
    return layer


def on_white():
    flat = PIXELS.copy()
    flat[:20] = 255
    return flat


def animation():
    frames = [Image.fromarray(PIXELS[:, :, i]) for i in range(3)]
    return picture(frames[0], "GIF", save_all=True, append_images=frames[1:])


def rotated():
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    return picture(np.ascontiguousarray(np.rot90(PIXELS)), exif=exif)


def declared(data, n_bytes):
    """A WAV file whose header says how much follows."""
    data = bytearray(data)
    at = data.index(b"data") + 4
    data[at : at + 4] = struct.pack("<I", n_bytes)
    return bytes(data)


def resampled(y, sr):
    return soxr.resample(y, sr, RATE, "HQ"), RATE


def high_rate():
    return soxr.resample(CLIP, 8000, 192_000, "HQ")


def nan_clip():
    return np.where(np.arange(8000) == 4000, np.nan, CLIP).astype(np.float32)


def shared_cases(kind, data):
    """What can be wrong with the path of any file."""
    return {
        "a missing file": Case(lambda folder: str(folder / f"gone.{kind}")),
        "a directory": Case(lambda folder: str(folder)),
        "a named pipe": Case(pipe),
        "a device": Case(lambda folder: "/dev/zero"),
        "an empty file": Case(lambda folder: written(folder, f"empty.{kind}", b"")),
        "empty bytes": Case(lambda folder: b""),
        "an empty string for a path": Case(lambda folder: ""),
        "a path with a NUL character": Case(lambda folder: f"a\0b.{kind}"),
        "a path with non-ASCII characters": Case(
            lambda folder: written(folder, f"红 é 👍.{kind}", data), data
        ),
        "a text file of that name": Case(lambda folder: written(folder, f"t.{kind}", b"some text")),
        "None": Case(lambda folder: None),
        "NaN": Case(lambda folder: float("nan")),
        "a number": Case(lambda folder: 5),
        "a column of None": Case(lambda folder: [None, None]),
        "a column of which nothing can be used": Case(
            lambda folder: [str(folder / f"gone.{kind}"), None]
        ),
    }


PICTURES = {
    **shared_cases("png", picture(PIXELS)),
    "0 x 0 pixels, in a file": Case(lambda folder: png_header(0, 0)),
    "0 x 0 pixels, as an array": Case(lambda folder: PIXELS[:0, :0]),
    "one pixel": Case(lambda folder: picture(PIXELS[:1, :1]), np.tile(PIXELS[:1, :1], (9, 9, 1))),
    "a header of 10,000 x 9,000 pixels": Case(lambda folder: png_header(10_000, 9_000)),
    "a header of 30,000 x 30,000 pixels": Case(lambda folder: png_header(30_000, 30_000)),
    **{
        f"a truncated {kind}": Case(lambda folder, kind=kind: cut(picture(PIXELS, kind)))
        for kind in ("JPEG", "PNG", "GIF", "WEBP", "TIFF")
    },
    "a PNG of 16 bits": Case(lambda folder: picture(GRAY.astype(np.uint16) * 257), GRAY),
    "a TIFF of floats in [0, 1]": Case(
        lambda folder: picture((GRAY / 255).astype(np.float32), "TIFF"), GRAY
    ),
    "a TIFF of floats with NaN": Case(
        lambda folder: picture(np.full((9, 9), np.nan, np.float32), "TIFF")
    ),
    "an array of floats outside [0, 1]": Case(lambda folder: PIXELS / 2.0),
    "an array of 2 channels": Case(lambda folder: PIXELS[:, :, :2]),
    "transparent pixels": Case(lambda folder: picture(transparent()), on_white()),
    "CMYK": Case(
        lambda folder: picture(Image.fromarray(PIXELS).convert("CMYK"), "TIFF"),
        np.asarray(Image.fromarray(PIXELS).convert("CMYK").convert("RGB")),
    ),
    "an animated GIF": Case(lambda folder: animation(), GRAY),
    "rotation in EXIF": Case(lambda folder: rotated(), PIXELS),
}

SOUNDS = {
    **shared_cases("wav", sound()),
    "a clip without samples": Case(lambda folder: sound(CLIP[:0])),
    "silence": Case(lambda folder: sound(0 * CLIP)),
    "NaN among the samples": Case(lambda folder: sound(nan_clip(), subtype="FLOAT")),
    "50 samples": Case(lambda folder: sound(CLIP[:50])),
    **{
        f"a truncated {kind}": Case(
            lambda folder, kind=kind: cut(sound(np.tile(CLIP, 3), kind=kind))
        )
        for kind in ("WAV", "FLAC", "OGG", "MP3")
    },
    "a WAV header of 2 GB on 1 kB": Case(lambda folder: declared(sound(CLIP[:500]), 2_000_000_000)),
    "stereo, (samples, 2)": Case(
        lambda folder: (CHANNELS[:, :2], RATE), (CHANNELS[:, :2].mean(axis=1), RATE)
    ),
    "stereo, (2, samples)": Case(lambda folder: (CHANNELS[:, :2].T, RATE)),
    "channels of opposite phase": Case(
        lambda folder: (np.stack([0.5 * CLIP, -0.52 * CLIP], axis=1), 8000), (-0.52 * CLIP, 8000)
    ),
    "8 channels": Case(
        lambda folder: sound(CHANNELS, RATE, subtype="FLOAT"), (CHANNELS.mean(axis=1), RATE)
    ),
    "8 kHz among clips of 16 kHz": Case(
        lambda folder: sound(CLIP, subtype="FLOAT"), resampled(CLIP, 8000)
    ),
    "192 kHz": Case(
        lambda folder: sound(high_rate(), 192_000, subtype="FLOAT"), resampled(high_rate(), 192_000)
    ),
    "a header of 2 MHz": Case(lambda folder: sound(CLIP, 2_000_000)),
    "samples of 16-bit integers": Case(
        lambda folder: ((CLIP * 2**15).astype(np.int16), RATE),
        ((CLIP * 2**15).astype(np.int16) / np.float32(2**15), RATE),
    ),
    "an array without a rate": Case(lambda folder: CLIP),
}

TEXTS = {
    "None": Case(lambda folder: None),
    "NaN": Case(lambda folder: float("nan")),
    '""': Case(lambda folder: "", "?!"),
    "words that were not fitted": Case(lambda folder: "unheard of", ""),
    "Chinese": Case(lambda folder: "红色条纹，很好", "很好！ 红色条纹"),
    "full-width letters": Case(lambda folder: "ＲＥＤ", "red"),
    "bytes in UTF-8": Case(lambda folder: "红色".encode(), "红色"),
    "bytes in GBK": Case(lambda folder: "红色".encode("gbk"), "红色"),
    "bytes in UTF-16": Case(lambda folder: "red".encode("utf-16-le")),
    "bytes in no encoding": Case(lambda folder: b"\xff\xff\xff"),
    "a number": Case(lambda folder: 5),
    "a DataFrame of several columns": Case(
        lambda folder: pd.DataFrame({"first": ["red"], "second": ["blue"]})
    ),
    "a column of None": Case(lambda folder: [None, None]),
    "a column of empty texts": Case(lambda folder: ["", ""]),
}

NUMBERS = {
    "None": Case(lambda folder: None),
    "NaN": Case(lambda folder: float("nan"), good=(1.0, 2.0, 4.0)),
    "infinity": Case(lambda folder: float("inf"), good=(1.0, 2.0, 4.0)),
    "a word among numbers": Case(lambda folder: "cheap", good=(1.0, 2.0, 4.0)),
    "a vector of another length": Case(lambda folder: np.ones(3)),
    "NaN within a vector": Case(lambda folder: np.array([np.nan, 4.0]), np.array([2.0, 4.0])),
}

# Of each section: its cases, what reads them, and cells that are fine.
SECTIONS = {
    "Pictures": (PICTURES, ImageVectorizer(size=(32, 32)), (PIXELS, PIXELS[::-1], PIXELS[:20])),
    "Sounds": (SOUNDS, AudioVectorizer(), tuple((CHANNELS[:, i], RATE) for i in range(3))),
    "Texts": (TEXTS, TextVectorizer(), ("red shirt", "红色条纹", "很好")),
    "Numbers": (
        NUMBERS,
        NumericVectorizer(),
        (np.array([1.0, 2.0]), np.array([2.0, 5.0]), np.array([3.0, 5.0])),
    ),
}
PERMISSION = ("Pictures", "a file without the permission to read")


ROWS = rows_of_page(SECTIONS)


def of_kind(*kinds):
    keys = [key for key, (kind, _) in ROWS.items() if kind in kinds and key != PERMISSION]
    return pytest.mark.parametrize(("section", "what"), keys, ids=lambda word: word)


def prepare(section, what, folder):
    cases, vectorizer, good = SECTIONS[section]
    case = cases[what]
    return case.make(folder), vectorizer, list(case.good or good), case


def column(cell, good):
    """The cell among good ones, with labels and a name."""
    cells = np.empty(4, dtype=object)
    for i, each in enumerate([good[0], cell, *good[1:]]):
        cells[i] = each
    return pd.Series(cells, index=[3, 7, 5, 1], name="cell")


def dense(block):
    return block.toarray() if sp.issparse(block) else block


def test_the_page_and_the_cases_are_of_the_same_things():
    cases = {(section, what) for section, (cases, *_) in SECTIONS.items() for what in cases}
    assert set(ROWS) == cases | {PERMISSION}
    assert {kind for kind, _ in ROWS.values()} == {
        "error", "missing", "features", "remark", "refused", "warning",
    }  # fmt: skip


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@of_kind("error")
def test_raise_tells_row_column_path_reason_and_what_to_do(section, what, tmp_path):
    cell, vectorizer, good, _ = prepare(section, what, tmp_path)
    with pytest.raises(CellError) as caught:
        vectorizer.set_params(on_error="raise").fit(column(cell, good))
    error = caught.value
    assert re.fullmatch(pattern(ROWS[section, what][1]) + re.escape(f"; {ADVICE}"), error.reason)
    assert (error.row, error.column) == (7, "cell")
    if section != "Numbers":
        assert error.source == describe_cell(cell)
    where = "" if error.source is None else f", {error.source!r}"
    assert str(error) == f"row 7, column 'cell'{where}: {error.reason}"


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@of_kind("error", "missing")
def test_missing_loses_nothing_else_and_lists_the_failure(section, what, tmp_path):
    cell, vectorizer, good, _ = prepare(section, what, tmp_path)
    vectorizer = vectorizer.set_params(on_error="missing")
    without = vectorizer.fit_extract(column(None, good)).block
    failed = ROWS[section, what][0] == "error"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        extraction = vectorizer.fit_extract(column(cell, good))
    assert extraction.present.tolist() == [True, False, True, True]
    assert_array_equal(dense(extraction.block), dense(without))
    ours = [str(w.message) for w in caught if issubclass(w.category, CellWarning)]
    assert len(ours) == len(vectorizer.failures_) == failed
    if failed:
        row, name, path, reason = vectorizer.failures_.iloc[0]
        assert (row, name) == (7, "cell")
        assert path == (None if section == "Numbers" else describe_cell(cell))
        assert re.fullmatch(pattern(ROWS[section, what][1]), reason)
        assert ours[0].startswith("1 cell(s) could not be used and count as missing; the first: ")
        assert reason in ours[0]


@of_kind("features")
def test_features_are_those_of_what_the_page_says(section, what, tmp_path):
    cell, vectorizer, good, case = prepare(section, what, tmp_path)
    vectorizer.set_params(on_error="raise").fit(column(None, good))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        extraction = vectorizer.extract(column(cell, [case.like, *good[:2]]))
    assert extraction.present.all()
    block = dense(extraction.block)
    assert np.isfinite(block).all()
    np.testing.assert_allclose(block[1], block[0], rtol=0, atol=1e-4)


@of_kind("remark")
def test_what_is_used_but_not_as_it_is_has_one_warning(section, what, tmp_path):
    cell, vectorizer, good, case = prepare(section, what, tmp_path)
    vectorizer.set_params(on_error="raise").fit(column(None, good))
    words = pattern(ROWS[section, what][1])
    start = r"1 cell\(s\) are used, but not as they are; the first: row 7, column 'cell', .*: "
    with pytest.warns(CellWarning, match=start + words) as caught:
        extraction = vectorizer.extract(column(cell, [case.like, *good[:2]]))
    assert len(caught) == 1
    assert vectorizer.failures_.empty
    block = dense(extraction.block)
    np.testing.assert_allclose(block[1], block[0], rtol=0, atol=1e-4)


@of_kind("refused", "warning")
def test_columns_are_refused_or_warned_about(section, what, tmp_path):
    X, vectorizer, *_ = prepare(section, what, tmp_path)
    kind, words = ROWS[section, what]
    if not isinstance(X, pd.DataFrame):
        X = pd.Series(X, name="cell", dtype=object)
    vectorizer = vectorizer.set_params(on_error="missing")
    expectation = (
        pytest.raises(ValueError, match=pattern(words))
        if kind == "refused"
        else pytest.warns(UserWarning, match=pattern(words))
    )
    with expectation:
        vectorizer.fit(X)


AS_NOBODY = """
import os, sys
from mmclassic.features import ImageVectorizer
vectorizer = ImageVectorizer().fit([sys.argv[1]])
os.chmod(sys.argv[1], 0)
if os.geteuid() == 0:
    os.setuid(65534)
vectorizer.transform([sys.argv[1]])
"""


def test_a_file_without_the_permission_to_read():
    # Root may read everything, so the file is read by a process that has become nobody.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = written(Path(folder), "secret.png", picture(PIXELS))
        run = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, path],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
    kind, words = ROWS[PERMISSION]
    assert kind == "error"
    last = run.stderr.splitlines()[-1]
    assert last.endswith(f"CellError: row 0, '{path}': {words.strip('`')}; {ADVICE}")
