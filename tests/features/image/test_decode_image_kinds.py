"""Kinds of picture files that Pillow alone would clip, invert, wrap, turn twice or leave opaque."""

import io
import struct
from zlib import compress, crc32

import numpy as np
import PIL
import pytest
from numpy.testing import assert_allclose
from PIL import Image, ImageCms
from tifffile import imwrite

from mmclassic.features.image._decode import read_picture

SHAPE = (4, 6)
RECENT = pytest.mark.skipif(
    int(PIL.__version__.split(".")[0]) < 13, reason="Pillow reads this kind rightly from 13 on"
)
KEY = (9, 8, 7)  # a ground that no picture here has


def png(depth, kind, pixel, transparent=None):
    """A PNG file of 4 x 6 equal pixels, given as the bytes of a row, with a transparent value."""

    def chunk(name, content):
        check = crc32(name + content)
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", 6, 4, depth, kind, 0, 0, 0)
    key = chunk(b"tRNS", transparent) if transparent is not None else b""
    pixels = chunk(b"IDAT", compress((b"\0" + pixel) * 4))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + key + pixels + chunk(b"IEND", b"")


def words(*values):
    return struct.pack(f">{len(values)}H", *values)


def tiff(array, **options):
    stream = io.BytesIO()
    imwrite(stream, array, **options)
    return stream.getvalue()


def assert_color(cell, color, atol=0, **options):
    picture = read_picture(cell, SHAPE, **options)
    assert_allclose(picture.astype(int), np.broadcast_to(color, (*SHAPE, 3)), atol=atol)


@pytest.mark.parametrize(
    ("file", "color"),
    [
        (png(16, 2, words(51400, 7710, 10280) * 6), (200, 30, 40)),
        (png(16, 6, words(51400, 0, 10280, 65535) * 6), (200, 0, 40)),
        (png(16, 6, words(51400, 0, 10280, 0) * 6), KEY),
        (png(16, 4, words(25700, 65535) * 6), (100, 100, 100)),
        (png(16, 4, words(25700, 0) * 6), KEY),
        (png(16, 2, words(51400, 7710, 10280) * 6, words(51400, 7710, 10280)), KEY),
    ],
)
def test_png_of_16_bits_with_colour_and_alpha(file, color):
    assert_color(file, color, background=KEY)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_alpha_is_a_share(mode):
    half = png(16, 6 if mode == "RGBA" else 4, words(*[25700] * (len(mode) - 1), 32896) * 6)
    assert_color(half, (50, 50, 50), atol=1, background="black")
    assert_color(half, (177, 177, 177), atol=1, background="white")


@pytest.mark.parametrize(
    ("depth", "row", "value", "color"),
    [
        pytest.param(1, b"\xff", 1, 255, marks=RECENT),
        (2, b"\xaa\xaa", 2, 170),
        (4, b"\x88\x88\x88", 8, 136),
        (8, b"\x64" * 6, 100, 100),
        (16, words(25700) * 6, 25700, 100),
    ],
)
def test_a_transparent_gray_of_any_depth_shows_the_ground(depth, row, value, color):
    assert_color(png(depth, 0, row), (color,) * 3, background=KEY)
    assert_color(png(depth, 0, row, words(value)), KEY, background=KEY)
    assert_color(png(depth, 0, row, words(value - 1)), (color,) * 3, background=KEY)


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize(
    ("array", "gray"),
    [
        (np.full(SHAPE, 15420, "u2"), 60),
        (np.full(SHAPE, 25700, "i2"), 200),
        (np.full(SHAPE, 0.4, "f4"), 102),
        (np.full((*SHAPE, 3), 25700, "u2"), 100),
    ],
)
def test_tiff_numbers(array, gray, byteorder):
    options = {"photometric": "rgb" if array.ndim == 3 else "minisblack"}
    file = tiff(array.astype(array.dtype.newbyteorder(byteorder)), byteorder=byteorder, **options)
    assert_color(file, (gray,) * 3)


@pytest.mark.parametrize(
    ("kind", "value", "gray"), [("u1", 60, 195), ("u2", 15420, 195), ("f4", 0.4, 153)]
)
def test_tiff_with_white_as_zero(kind, value, gray):
    assert_color(tiff(np.full(SHAPE, value, kind), photometric="miniswhite"), (gray,) * 3)


def test_twelve_bits_are_scaled_by_twelve_bits():
    rows = bytes([0x80, 0x08, 0x00]) * 12  # pairs of 2048
    tags = [(256, 6), (257, 4), (258, 12), (259, 1), (262, 1), (277, 1), (278, 4), (279, 36)]
    start = 8 + 2 + 9 * 12 + 4
    entries = [struct.pack("<HHII", tag, 3, 1, value) for tag, value in [*tags, (273, start)]]
    header = b"II*\0" + struct.pack("<IH", 8, 9) + b"".join(sorted(entries)) + bytes(4)
    assert Image.open(io.BytesIO(header + rows)).mode == "I;16"
    assert_color(header + rows, (128, 128, 128))


@pytest.mark.parametrize("premultiplied", [False, True])
def test_gray_with_alpha_in_memory(premultiplied):
    image = Image.new("LA", SHAPE[::-1], (100, 0))
    assert_color(image.convert("La") if premultiplied else image, KEY, background=KEY)


def test_palette_with_alpha():
    image = Image.new("PA", SHAPE[::-1], (0, 255))
    image.putpalette([1, 2, 3] + [0] * 765)
    assert_color(image, (1, 2, 3))
    image.putalpha(0)
    assert_color(image, KEY, background=KEY)
    stream = io.BytesIO()
    flat = Image.new("P", SHAPE[::-1], 1)
    flat.putpalette([0, 0, 0, 200, 100, 50] + [0] * 762)
    flat.save(stream, "PNG", transparency=bytes([255, 128]))
    assert_color(stream.getvalue(), (100, 50, 25), atol=1, background="black")


@pytest.mark.parametrize("mode", ["LAB", pytest.param("YCbCr", marks=RECENT), "HSV"])
def test_other_colour_spaces(mode):
    red = Image.new("RGB", SHAPE[::-1], (200, 30, 40))
    if mode == "LAB":
        profiles = [ImageCms.createProfile(space) for space in ("sRGB", "LAB")]
        image = ImageCms.profileToProfile(red, *profiles, outputMode="LAB")
    else:
        image = red.convert(mode)
    assert_color(image, (200, 30, 40), atol=4)
    if mode != "HSV":  # which no file has
        stream = io.BytesIO()
        image.save(stream, "TIFF")
        assert_color(stream.getvalue(), (200, 30, 40), atol=4)


QUARTERS = np.zeros((40, 60, 3), dtype=np.uint8)
QUARTERS[:20, :30] = (255, 0, 0)
QUARTERS[20:, 30:] = (0, 0, 255)
UPRIGHT = {
    1: QUARTERS,
    2: QUARTERS[:, ::-1],
    3: QUARTERS[::-1, ::-1],
    4: QUARTERS[::-1],
    5: QUARTERS.transpose(1, 0, 2),
    6: np.rot90(QUARTERS, -1),
    7: np.rot90(QUARTERS, 2).transpose(1, 0, 2),
    8: np.rot90(QUARTERS),
}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", UPRIGHT)
def test_every_orientation_is_applied_once(kind, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    stream = io.BytesIO()
    options = {"quality": 95} if kind in ("JPEG", "WEBP") else {}
    Image.fromarray(QUARTERS).save(stream, kind, exif=exif, **options)
    expected = UPRIGHT[orientation]
    for cell in (stream.getvalue(), Image.open(stream)):
        picture = read_picture(cell, expected.shape[:2])
        assert abs(picture.astype(int) - expected).mean() < 4
