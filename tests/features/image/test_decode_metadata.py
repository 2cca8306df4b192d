"""What stands beside the pixels of a file: it costs no picture, and causes no warning."""

import io
import struct
import threading
import warnings
import zlib
from contextlib import suppress

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from mmclassic.exceptions import CellError
from mmclassic.features.image._decode import read_picture
from mmclassic.features.image._quiet import quiet

SIZE = (40, 30)
PIXELS = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), dtype=np.uint8)


def chunk(kind, content):
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check


def encoded(kind="PNG", **options):
    stream = io.BytesIO()
    Image.fromarray(PIXELS).save(stream, kind, **options)
    return stream.getvalue()


PLAIN = encoded()
FIRST, LAST = 33, len(PLAIN) - 12  # behind the header, and before the end


def with_chunk(at, kind, content):
    return PLAIN[:at] + chunk(kind, content) + PLAIN[at:]


LONG = zlib.compress(bytes(2_000_000))
DAMAGED = chunk(b"tEXt", b"Comment\0hello")[:-1] + b"?"


@pytest.mark.parametrize("at", [FIRST, LAST], ids=["before", "behind"])
@pytest.mark.parametrize(
    "piece",
    [
        chunk(b"zTXt", b"Comment\0\0" + LONG),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + LONG),
        chunk(b"iCCP", b"profile\0\0" + LONG),
        chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(2**20))) * 65,
        chunk(b"zTXt", b"Comment\0\7not deflated"),
        chunk(b"gAMA", b"\0"),
        chunk(b"acTL", b"\0\0\0\2"),
        DAMAGED,
    ],
    ids=["zTXt", "iTXt", "iCCP", "many", "no method", "short", "animation", "checksum"],
)
def test_metadata_cost_no_png_file(at, piece, tmp_path):
    data = PLAIN[:at] + piece + PLAIN[at:]
    (tmp_path / "picture.png").write_bytes(data)
    for cell in (data, tmp_path / "picture.png"):
        assert_array_equal(read_picture(cell, SIZE), PIXELS)


def test_what_is_seen_is_kept_when_metadata_are_left_out():
    info = PngInfo()
    info.add_text("Comment", "x" * 2_000_000, zip=True)
    exif = Image.Exif()
    exif[0x0112] = 3
    key = tuple(PIXELS[0, 0].tolist())
    data = encoded(pnginfo=info, exif=exif, transparency=key)
    assert_array_equal(read_picture(data, SIZE, background="red")[-1, -1], (255, 0, 0))
    assert_array_equal(read_picture(data, SIZE)[0, 0], PIXELS[-1, -1])


@pytest.mark.parametrize("data", [PLAIN[:-200], with_chunk(FIRST, b"tRNS", b"\0")])
def test_damage_to_what_is_seen_stays_an_error(data):
    with pytest.raises(CellError, match=r"cannot be decoded|not a picture"):
        read_picture(data, SIZE)


def damaged_exif(kind):
    return encoded(kind, exif=b"Exif\0\0II*\0\x08\0\0\0\x05\0\x0e\1\2\0\xff\0\0\0\xff\xff")


def tiff_with_a_lost_tag():
    data = bytearray(encoded("TIFF"))
    at = struct.unpack_from("<I", data, 4)[0] + 2
    struct.pack_into("<HHII", data, at + 12 * 8, 270, 2, 10**6, 8)  # of a million characters
    return bytes(data)


@pytest.mark.parametrize(
    "data",
    [
        damaged_exif("JPEG"),
        damaged_exif("PNG"),
        damaged_exif("WEBP"),
        tiff_with_a_lost_tag(),
        with_chunk(FIRST, b"acTL", bytes(8)),
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 10_000, 9_000, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", b""),
    ],
    ids=["JPEG", "PNG", "WEBP", "TIFF", "animation", "bomb"],
)  # fmt: skip
@pytest.mark.parametrize("action", ["error", "always"])
def test_pillow_does_not_warn_of_what_it_reads_for_us(data, action):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter(action)
        with warnings.catch_warnings(record=True) as direct:
            warnings.simplefilter("always")
            with suppress(OSError):
                Image.open(io.BytesIO(data)).getexif()
        assert direct, "this file is no case of a warning"
        with suppress(CellError):  # beyond the limit of pixels
            read_picture(data, SIZE)
    assert not caught


def test_other_threads_and_later_code_are_warned_as_before():
    before = list(warnings.filters)
    inside, done = threading.Event(), threading.Event()

    def read():
        with quiet():
            warnings.warn("of the reading thread", stacklevel=1)
            inside.set()
            done.wait(10)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        thread = threading.Thread(target=read)
        thread.start()
        inside.wait(10)
        warnings.warn("of another", stacklevel=1)
        done.set()
        thread.join()
        with quiet():
            warnings.simplefilter("always")  # put before ours
            with quiet():
                warnings.warn("of a reading", stacklevel=1)
        warnings.warn("of later code", stacklevel=1)
    assert [str(w.message) for w in caught] == ["of another", "of later code"]
    assert warnings.filters == before


def test_eight_threads_read_while_another_warns():
    data = damaged_exif("JPEG")
    expected = read_picture(data, SIZE)
    wrong, heard = [], []

    def read():
        wrong.extend(1 for _ in range(50) if (read_picture(data, SIZE) != expected).any())

    def warn():
        for _ in range(500):
            with pytest.raises(UserWarning):
                warnings.warn("of another", stacklevel=1)
            heard.append(1)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        threads = [threading.Thread(target=target) for target in (*[read] * 8, warn)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (len(wrong), len(heard)) == (0, 500)
