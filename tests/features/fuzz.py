"""Damage real files in many ways and read them: run by test_fuzz.py, or by hand for a longer run.

    python tests/features/fuzz.py FIRST LAST

Case n is made from its number alone, so a case that fails can be run again.
"""

import faulthandler
import io
import os
import sys
import tempfile
import warnings
import zlib
from pathlib import Path

import numpy as np
import soundfile
import tifffile
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from mmclassic.exceptions import CellError, CellWarning
from mmclassic.features import HOG, AudioVectorizer, ImageVectorizer
from mmclassic.features._cells import describe_cell
from mmclassic.utils._resources import measure

SECONDS = 20  # far more than any case takes on a busy machine
MP3_FRAME = b"\xff\xfb"
MP3_SYNC = b"\xff\xe3"  # of MPEG-2.5, as at 8 kHz
HEADER = 64  # bytes in which damage is most confusing
SOUND_KINDS = ("WAV", "FLAC", "OGG", "MP3", "AIFF", "AU", "RF64", "W64", "CAF", "NIST")
OTHER_KINDS = ("WEBP", "GIF", "BMP", "PPM", "ICO", "TGA", "JPEG2000", "AVIF")
EXTREMES = (b"\0", b"\xff", b"\x7f", b"\x80", b"\x01")


def originals():
    """Whole files by kind, made here and, where the folder of data sets is named, from those."""
    rng = np.random.default_rng(0)
    time = np.arange(4000) / 8000
    files = [(_picture(rng, "RGB"), "PNG"), (_picture(rng, "RGBA"), "PNG")]
    files += [(_picture(rng, "P"), "PNG"), (_picture(rng, "I;16"), "PNG")]
    files += [(_picture(rng, "RGB"), "JPEG"), (_picture(rng, "CMYK"), "JPEG")]
    pictures = [_encoded_picture(image, kind) for image, kind in files] + _rare_pictures()
    tones = [np.sin(880 * np.pi * time), rng.uniform(-1, 1, (2500, 2))]
    sounds = [_encoded_sound(y, 8000, kind) for y in tones for kind in SOUND_KINDS]
    sounds += _streamed(sounds)
    root = os.environ.get("MMCLASSIC_DATA")
    if root:
        pictures += _real_pictures(Path(root))
        sounds += _real_sounds(Path(root))
    return {"picture": pictures, "sound": sounds}


def _picture(rng, mode):
    if mode == "I;16":
        return Image.fromarray(rng.integers(0, 65536, (24, 20), dtype=np.uint16))
    values = Image.fromarray(rng.integers(0, 256, (6, 5, 3), dtype=np.uint8))
    return values.resize((40, 48), Image.Resampling.BICUBIC).convert(mode)


def _encoded_picture(image, kind, **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def _rare_pictures():
    """Other formats, PNG files with metadata or a transparent value, TIFF files of many kinds."""
    rng = np.random.default_rng(1)
    image, deep = _picture(rng, "RGB"), _picture(rng, "I;16")
    texts = PngInfo()
    texts.add_text("Comment", "words " * 500, zip=True)
    texts.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta/>" * 200)
    values = rng.uniform(0, 1, (24, 40, 3))
    whole = (values * 65535).astype(np.uint32)
    kinds = [kind for kind in OTHER_KINDS if kind in Image.registered_extensions().values()]
    return [
        *(_encoded_picture(image, kind) for kind in kinds),
        _encoded_picture(image, "PNG", pnginfo=texts, icc_profile=bytes(3000)),
        _encoded_picture(deep, "PNG", transparency=int(np.asarray(deep)[0, 0])),
        _encoded_picture(image, "TIFF"),
        _encoded_picture(image, "TIFF", compression="tiff_lzw"),
        _encoded_picture(image.convert("1"), "TIFF", compression="group4"),
        _encoded_picture(deep, "TIFF", compression="tiff_adobe_deflate"),
        _tiff(values.astype(np.float32)),
        _tiff(values, compression="zlib"),
        _tiff(whole, tile=(16, 16), compression="zlib"),
        _tiff(whole.transpose(2, 0, 1), planarconfig="separate"),
        _tiff(values[..., 0].astype(np.float16)),
        _tiff((whole[..., 0] // 2).astype(np.int16)),
        _tiff(whole[..., 0]),
    ]


def _tiff(values, **options):
    stream = io.BytesIO()
    kind = "rgb" if values.ndim == 3 else "minisblack"
    tifffile.imwrite(stream, values, photometric=kind, metadata=None, **options)
    return stream.getvalue()


def _encoded_sound(y, sr, kind):
    stream = io.BytesIO()
    soundfile.write(stream, y, sr, format=kind)
    return stream.getvalue()


def _streamed(sounds):
    """Sounds without the length that recorders and streams cannot know, joined, and with tags."""
    wav, flac, ogg, mp3 = sounds[: len(SOUND_KINDS)][:4]
    frames = mp3[mp3.index(MP3_SYNC, 4) :]  # behind the table of the first
    at = wav.index(b"data") + 4
    streamed = [wav[:at] + b"\xff\xff\xff\xff" + wav[at + 4 :], frames, ogg + ogg, flac + flac]
    streamed.append(flac[:21] + bytes([flac[21] & 0xF0]) + bytes(4) + flac[26:])
    tag = b"ID3\x03\0\0\0\0\x02\0" + bytes(256)
    return [*streamed, tag + frames + b"TAG" + bytes(125), tag + mp3 + mp3]


def _real_pictures(root):
    paths = sorted((root / "openmoji" / "png128").glob("*.png"))[::800]
    as_jpeg = [_encoded_picture(Image.open(path).convert("RGB"), "JPEG") for path in paths]
    return [path.read_bytes() for path in paths] + as_jpeg


def _real_sounds(root):
    paths = sorted((root / "fsdd" / "recordings").glob("*.wav"))[::1000]
    spoken = [_encoded_sound(*soundfile.read(p), k) for p in paths for k in ("FLAC", "OGG")]
    # A second within a book is a file too, as frames stand alone; its start tells its length.
    book = (root / "audiobook-align" / "sonnet001.mp3").read_bytes()
    start = book.index(MP3_FRAME, 4_000)
    second = book[start : book.rindex(MP3_FRAME, start, start + 8_000)]
    return [path.read_bytes() for path in paths] + spoken + [second]


def _flip_bits(data, rng, others):
    for at in rng.integers(0, len(data), rng.integers(1, 20)):
        data[at] ^= 1 << int(rng.integers(0, 8))


def _overwrite(data, rng, others):
    at, size = _run(data, rng)
    data[at : at + size] = rng.bytes(size) if rng.integers(0, 2) else _extreme(rng) * size


def _truncate(data, rng, others):
    del data[int(rng.integers(0, len(data))) :]


def _insert(data, rng, others):
    at, size = _run(data, rng)
    data[at:at] = rng.bytes(size)


def _delete(data, rng, others):
    at, size = _run(data, rng)
    del data[at : at + size]


def _edit_header(data, rng, others):
    """Give one to four bytes of the header, as one field has, an extreme or a random value."""
    for _ in range(rng.integers(1, 4)):
        at, size = int(rng.integers(0, min(HEADER, len(data)))), int(rng.integers(1, 5))
        data[at : at + size] = rng.bytes(size) if rng.integers(0, 2) else _extreme(rng) * size


def _splice(data, rng, others):
    other = others[rng.integers(0, len(others))]
    data[int(rng.integers(0, len(data))) :] = other[int(rng.integers(0, len(other))) :]


def _run(data, rng):
    return int(rng.integers(0, len(data))), int(rng.integers(1, 65))


def _extreme(rng):
    return EXTREMES[rng.integers(0, len(EXTREMES))]


def _with_right_checksums(data):
    """A PNG file whose chunks pass their check, so that damage reaches what is behind it."""
    at = 8
    while at + 12 <= len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4])
        data[end : end + 4] = zlib.crc32(data[at + 4 : end]).to_bytes(4)
        at = end + 4


MUTATIONS = (_flip_bits, _overwrite, _truncate, _insert, _delete, _edit_header, _splice)


def damaged(case, files):
    """The kind and the bytes of a case."""
    rng = np.random.default_rng([20260723, case])
    kind = sorted(files)[case % 2]
    data = bytearray(files[kind][rng.integers(0, len(files[kind]))])
    mutations = [MUTATIONS[case // 2 % len(MUTATIONS)]]
    if rng.integers(0, 3) == 0:
        mutations.append(MUTATIONS[rng.integers(0, len(MUTATIONS))])
    for mutate in mutations:
        if data:
            mutate(data, rng, files[kind])
    if data.startswith(b"\x89PNG") and rng.integers(0, 2):
        _with_right_checksums(data)
    return kind, bytes(data)


def _write(data, folder):
    path = Path(folder) / "damaged"
    path.write_bytes(data)
    return path


def main(first, last, folder):
    """Read the cases, count what comes; anything but features or `CellError` is raised."""
    warnings.simplefilter("error")
    # Of libraries that load on first use.
    warnings.simplefilter("ignore", DeprecationWarning)
    # Damage may turn a channel upside down or cost some frames, and what is done then is said.
    warnings.filterwarnings("ignore", "1 cell.* are used, but not as they are", CellWarning)
    # Of a cell that counts as missing.
    warnings.filterwarnings("ignore", "1 cell.* could not be used", CellWarning)
    files = originals()
    vectorizers = {
        "picture": ImageVectorizer([("hog", HOG())], size=(32, 32)),
        "sound": AudioVectorizer(sr=8000, scale=False),
    }
    for kind, vectorizer in vectorizers.items():
        vectorizer.fit(files[kind])
    outcomes = {"features": 0, "error": 0}
    for case in range(first, last):
        kind, cell = damaged(case, files)
        if case % 3 == 0:  # decoders read files and streams by different ways
            cell = _write(cell, folder)
        sys.stdout.write(f"case {case}\n")
        sys.stdout.flush()
        faulthandler.dump_traceback_later(SECONDS, exit=True)
        outcomes[_outcome(vectorizers[kind], cell)] += 1
        faulthandler.cancel_dump_traceback_later()
    return outcomes


def _outcome(vectorizer, cell):
    """Which of the two it is; an outcome of neither kind is an AssertionError."""
    try:
        row = vectorizer.set_params(on_error="raise").transform([cell])
    except CellError as error:
        named = (error.row, error.source)
    else:
        assert row.shape == (1, sum(vectorizer.widths_.values()))
        assert np.isfinite(row).all()
        return "features"
    assert named == (0, describe_cell(cell))
    _check_missing(vectorizer, cell)
    return "error"


def _check_missing(vectorizer, cell):
    """With the other `on_error` the same cell is missing, with one failure and one warning."""
    vectorizer.set_params(on_error="missing")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", CellWarning)
        extraction = vectorizer.extract([cell])
    vectorizer.set_params(on_error="raise")
    assert (extraction.present.tolist(), len(extraction.failures), len(told)) == ([False], 1, 1)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        with measure("cases") as stage:
            counts = main(*map(int, sys.argv[1:]), temporary)
        sys.stdout.write(f"{counts['features']} {counts['error']} {stage.peak_mib:.0f}\n")
