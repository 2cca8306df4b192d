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
import tifffile
from numpy.testing import assert_array_equal
from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo

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
COLOUR = (PIXELS / 255).astype(np.float32)
OTHER_ORDER = np.dtype(np.uint16).newbyteorder("S")
TIME = np.arange(8000) / 8000  # 1 s at 8 kHz
CLIP = (0.5 * np.sin(2 * np.pi * 440 * TIME) + 0.1 * RNG.uniform(-1, 1, 8000)).astype(np.float32)
CHANNELS = RNG.uniform(-1, 1, (8000, 8)).astype(np.float32)


class Case(NamedTuple):
    """A row of the table.

    `make` gives the cell from a folder, or the whole column of a row that is "refused" or a
    "warning"; `like` a cell with the same features, or what makes it, for a row that has some.
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


def tiff(array, **options):
    stream = io.BytesIO()
    kind = "rgb" if array.ndim == 3 else "minisblack"
    tifffile.imwrite(stream, array, photometric=kind, metadata=None, **options)
    return stream.getvalue()


def chunk(kind, data):
    """A chunk of a PNG file."""
    length, check = struct.pack(">I", len(data)), struct.pack(">I", zlib.crc32(kind + data))
    return length + kind + data + check


def keyed():
    """A PNG file of 16 bits, of which one of two nearly equal colours is transparent."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 2, 16, 2, 0, 0, 0))
    rows = b"\0" + struct.pack(">6H", 9, 9, 9, 9, 9, 8) * 2
    pixels = chunk(b"IDAT", zlib.compress(rows * 2)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"tRNS", struct.pack(">3H", 9, 9, 9)) + pixels


def keyed_on_white():
    return np.tile(np.array([255, 0], np.uint8), (2, 2))


def long_text():
    info = PngInfo()
    info.add_text("Comment", "x" * 2_000_000, zip=True)
    return info


def with_damaged_text():
    data = picture(PIXELS)
    return data[:33] + chunk(b"tEXt", b"Comment\0words")[:-1] + b"?" + data[33:]


def png_header(width, height):
    """A PNG file of the size, without its pixels."""
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


TAG = b"TAG" + bytes(125)
COVER = b"ID3\x03\0\0\0\x0c\x35\x40" + RNG.bytes(203_456)


def bare_mp3():
    """An MP3 file without its first frame, which holds a table and no sound."""
    data = sound(kind="MP3")
    return data[data.index(data[:2], 4) :]


def unended_ogg():
    """An OGG file without its last page."""
    data = sound(np.tile(CLIP, 9), kind="OGG")
    return data[: data.rindex(b"OggS")]


def unknown_flac(data):
    return data[:21] + bytes([data[21] & 0xF0]) + bytes(4) + data[26:]


def unknown_caf():
    data = sound(kind="CAF")
    at = data.index(b"data") + 4
    return data[:at] + b"\xff" * 8 + data[at + 8 :]


def decoded(data, times=1):
    """Samples, as often as that, by libsndfile; behind a cover it reads all frames of an MP3."""
    y, sr = soundfile.read(io.BytesIO(data), dtype="float32")
    return np.tile(y, times), sr


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
    "an array of floats with NaN": Case(lambda folder: np.full((9, 9), np.nan)),
    "an image in memory of floats from 100 to 150": Case(
        lambda folder: Image.fromarray(np.linspace(100, 150, 99, dtype=np.float32).reshape(9, 11))
    ),
    "floats in [0, 1] up to rounding": Case(lambda folder: GRAY * (1 / 255 + 1e-9), GRAY),
    "an array of int64 from 0 to 255": Case(lambda folder: PIXELS.astype(np.int64), PIXELS),
    "an image in memory of int32 from 0 to 255": Case(
        lambda folder: Image.fromarray(GRAY.astype(np.int32)), GRAY
    ),
    "an array of int32 from 0 to 65535": Case(lambda folder: GRAY.astype(np.int32) * 257, GRAY),
    "an array of int32 from 0 to 4095": Case(
        lambda folder: np.arange(4096, dtype=np.int32).reshape(64, 64)
    ),
    "an array of 0 and 1 as int64": Case(lambda folder: np.int64(GRAY > 99)),
    "an array of int16 with negative values": Case(lambda folder: PIXELS.astype(np.int16) - 9),
    "an array of 16 bits in the other byte order": Case(
        lambda folder: GRAY.astype(OTHER_ORDER) * 257, GRAY
    ),
    "a TIFF of signed 16 bits": Case(
        lambda folder: tiff((GRAY * (32767 / 255)).round().astype(np.int16)), GRAY
    ),
    "a TIFF of signed 8 bits": Case(
        lambda folder: tiff(np.arange(256, dtype=np.uint8).view(np.int8).reshape(16, 16))
    ),
    "a TIFF of floats in colour": Case(lambda folder: tiff(COLOUR), PIXELS),
    "a TIFF of 64-bit floats, deflated": Case(
        lambda folder: tiff(COLOUR.astype(np.float64), compression="zlib"), PIXELS
    ),
    "a TIFF of floats in colour, cut off": Case(lambda folder: tiff(COLOUR)[:-99]),
    "a TIFF of complex numbers": Case(lambda folder: tiff(GRAY.astype(np.complex64))),
    "a PNG of 16 bits with a transparent colour": Case(lambda folder: keyed(), keyed_on_white()),
    "a PNG with 2 MB of text": Case(lambda folder: picture(PIXELS, pnginfo=long_text()), PIXELS),
    "a PNG with a colour profile of 2 MB": Case(
        lambda folder: picture(PIXELS, icc_profile=bytes(2_000_000)), PIXELS
    ),
    "a PNG with damage to its text": Case(lambda folder: with_damaged_text(), PIXELS),
    "a damaged EXIF block": Case(
        lambda folder: picture(PIXELS, exif=b"Exif\0\0II*\0\x08\0\0\0\x05\0\x0e\1"), PIXELS
    ),
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
        for kind in ("WAV", "FLAC", "OGG", "MP3", "AIFF", "AU", "CAF", "RF64", "W64", "NIST")
    },
    "a truncated MP3 without a table of its length": Case(lambda folder: bare_mp3()[:-100]),
    "a VOC file": Case(lambda folder: sound(kind="VOC")),
    "an MP3 without a table of its length": Case(
        lambda folder: bare_mp3(), lambda: decoded(COVER + bare_mp3())
    ),
    "an MP3 with a cover of 200 kB, and tags behind it": Case(
        lambda folder: COVER + sound(CLIP, kind="MP3") + TAG, sound(CLIP, kind="MP3")
    ),
    "two MP3 files joined": Case(
        lambda folder: bare_mp3() + TAG + bare_mp3(), lambda: decoded(COVER + 2 * bare_mp3())
    ),
    "an MP3 with 5,000 bytes of damage": Case(
        lambda folder: bare_mp3() + bytes(5000), lambda: bare_mp3()
    ),
    "two MP3 files of 8 and 16 kHz joined": Case(
        lambda folder: sound(kind="MP3") + sound(sr=RATE, kind="MP3")
    ),
    "an OGG stream without the mark of its end": Case(
        lambda folder: unended_ogg(), lambda: decoded(unended_ogg())
    ),
    "two OGG files joined": Case(
        lambda folder: 2 * sound(kind="OGG"), lambda: decoded(sound(kind="OGG"), 2)
    ),
    "two FLAC files joined": Case(
        lambda folder: 2 * sound(kind="FLAC"), lambda: decoded(sound(kind="FLAC"), 2)
    ),
    "a FLAC of unknown length": Case(
        lambda folder: unknown_flac(sound(kind="FLAC")), sound(kind="FLAC")
    ),
    "a WAV from a pipe, its sizes 0xffffffff": Case(
        lambda folder: declared(sound(), 0xFFFFFFFF), sound()
    ),
    "a WAV whose recorder was ended, its size 0": Case(
        lambda folder: declared(sound()[:4] + bytes(4) + sound()[8:], 0), sound()
    ),
    "an AU of unknown size": Case(
        lambda folder: sound(kind="AU")[:8] + b"\xff" * 4 + sound(kind="AU")[12:], sound()
    ),
    "a CAF of unknown size": Case(lambda folder: unknown_caf(), sound()),
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
    "samples of 16 bits as float": Case(lambda folder: ((CLIP * 2**15).round(), RATE)),
    "a WAV of float samples with the scale of 16 bits": Case(
        lambda folder: sound(CLIP * 2**15, subtype="FLOAT")
    ),
    "one sample of 1e25": Case(lambda folder: (np.where(TIME == 0.5, 1e25, CLIP), RATE)),
    "float samples up to 2": Case(
        lambda folder: sound(CLIP * 4, subtype="FLOAT"), (CLIP * 4, 8000)
    ),
    "samples of 16 bits as int32": Case(lambda folder: ((CLIP * 2**15).astype(np.int32), RATE)),
    "samples of 24 bits as int32": Case(
        lambda folder: ((CLIP * 2**23).astype(np.int32), RATE),
        ((CLIP * 2**23).astype(np.int32) / np.float32(2**31), RATE),
    ),
    "samples of unsigned bytes": Case(lambda folder: ((CLIP * 100 + 128).astype(np.uint8), RATE)),
    "an array without a rate": Case(lambda folder: CLIP),
}


def same(cell, like):
    """A text and one with its features, among texts that have its terms."""
    return Case(lambda folder: cell, like, (like, "red shirt", "blue"))


TEXTS = {
    "None": Case(lambda folder: None),
    "NaN": Case(lambda folder: float("nan")),
    '""': Case(lambda folder: "", "?!"),
    "words that were not fitted": Case(lambda folder: "unheard of", ""),
    "Chinese": Case(lambda folder: "红色条纹，很好", "很好！ 红色条纹"),
    "full-width letters": Case(lambda folder: "ＲＥＤ", "red"),
    "bytes in UTF-8": Case(lambda folder: "红色".encode(), "红色"),
    "Thai (so Lao, Burmese, Khmer)": same("ร้านอาหารไทย", "ร้าน\u200bอาหาร\u200bไทย"),
    "capitals of ß and İ": same("STRASSE İZMİR", "straße izmir"),
    "accents": same("Café Łódź", "cafe lodz"),
    "soft hyphens, joiners, marks of direction": same(
        "soft\u00adware\u200d \u200ered", "software red"
    ),
    "Arabic vowel points and fillers": same("مُحَمَّد محـــمد", "محمد محمد"),
    "Hebrew points": same("שָׁלוֹם", "שלום"),
    "hiragana": same("らーめん", "ラーメン"),
    "digits of other scripts": same("٣٤ ३", "34 3"),
    "units at their numbers": same("5kg 1.5L", "5 kg 1.5 l"),
    "digits in groups": same("1,000 2,000,000", "1000 2000000"),
    "bytes in UTF-16 or UTF-32 with their mark": same("红色".encode("utf-16"), "红色"),
    "bytes in GBK": same("红色".encode("gbk"), "红色"),
    "bytes in Big5": same("紅色連衣裙".encode("big5"), "紅色連衣裙"),
    "bytes in Shift-JIS": same("赤いシャツ".encode("shift_jis"), "赤いシャツ"),
    "bytes in EUC-JP": same("赤いシャツ".encode("euc_jp"), "赤いシャツ"),
    "bytes in EUC-KR": same("빨간 셔츠를 입은".encode("euc_kr"), "빨간 셔츠를 입은"),
    "bytes in Latin-1": same("Größe für Hüte".encode("latin-1"), "Größe für Hüte"),
    "bytes in Windows-1251": same("красная рубашка".encode("cp1251"), "красная рубашка"),
    "bytes in UTF-16 without a mark": Case(lambda folder: "red".encode("utf-16-le")),
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
    "a missing date as a number (-9223372036854775808)": Case(
        lambda folder: -(2**63), good=(1.0, 2.0, 4.0)
    ),
    "the same in whole seconds (-9223372037)": Case(
        lambda folder: -9223372037, good=(1.0, 2.0, 4.0)
    ),
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
    case = case._replace(like=case.like() if callable(case.like) else case.like)
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


@of_kind("error")
def test_raise_tells_row_column_path_reason_and_what_to_do(section, what, tmp_path):
    cell, vectorizer, good, _ = prepare(section, what, tmp_path)
    with pytest.raises(CellError) as caught:
        vectorizer.set_params(on_error="raise").fit(column(cell, good))
    error = caught.value
    assert re.fullmatch(pattern(ROWS[section, what][1]), error.reason)
    assert error.advice == ADVICE
    assert (error.row, error.column) == (7, "cell")
    if section != "Numbers":
        assert error.source == describe_cell(cell)
    where = "" if error.source is None else f", {error.source!r}"
    assert str(error) == f"row 7, column 'cell'{where}: {error.reason}; {ADVICE}"


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
