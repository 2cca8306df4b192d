"""One rule for the scale of numbers, in arrays, in images in memory and in files."""

import io
import struct
import zlib

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from PIL import Image
from tifffile import imwrite

from mmclassic.exceptions import CellError
from mmclassic.features.image._decode import read_picture

SHAPE = (4, 6)
RAMP = np.linspace(0, 255, 24).round().astype(np.uint8).reshape(SHAPE)
COLORS = np.dstack([RAMP, RAMP[::-1], RAMP[:, ::-1]])
KEY = (9, 8, 7)


def tiff(array, **options):
    stream = io.BytesIO()
    color = "rgb" if array.ndim == 3 and array.shape[2] > 2 else "minisblack"
    imwrite(stream, array, **{"photometric": color, "metadata": None, **options})
    return stream.getvalue()


def big_endian(array):
    return array.astype(array.dtype.newbyteorder(">"))


def containers(values):
    """The same numbers as an array, as one of the other byte order, and in both TIFF files."""
    yield values
    yield big_endian(values)
    yield np.asfortranarray(values)
    if values.dtype != bool:
        for compression in (None, "zlib"):
            yield tiff(values, compression=compression)
            yield tiff(big_endian(values), byteorder=">", compression=compression)


def scaled(full, kind):
    """The ramp in numbers of which `full` is white."""
    if np.dtype(kind).kind == "f":
        return (RAMP / 255 * full).astype(kind)
    return np.array([int(level) * int(full) // 255 for level in RAMP.flat], kind).reshape(SHAPE)


FITS = [
    *((kind, 255) for kind in ("u1", "i2", "i4", "i8", "u4", "u8")),
    *((kind, 65535) for kind in ("u2", "i4", "i8", "u4", "u8")),
    *((kind, np.iinfo(kind).max) for kind in ("i2", "i4", "i8", "u4", "u8")),
    *((kind, 1) for kind in ("f2", "f4", "f8")),
]


@pytest.mark.parametrize(("kind", "full"), FITS)
def test_numbers_that_fit_one_scale_are_that_picture(kind, full):
    values = scaled(full, kind)
    for cell in containers(values):
        assert_array_equal(read_picture(cell, SHAPE)[..., 1], RAMP)


@pytest.mark.parametrize(
    ("kind", "full"),
    [("u1", 255), ("u2", 65535), ("i2", 255), ("i4", 255), ("i4", 65535), ("f4", 1), ("f8", 1)],
)
def test_images_in_memory_too(kind, full):
    for values in (scaled(full, kind), big_endian(scaled(full, kind))):
        if np.dtype(kind).itemsize < 8 or values.dtype.isnative:
            assert_array_equal(read_picture(Image.fromarray(values), SHAPE)[..., 1], RAMP)


@pytest.mark.parametrize(("kind", "full"), [("f2", 1), ("f4", 1), ("f8", 1), ("u2", 65535)])
@pytest.mark.parametrize("channels", [3, 4])
def test_colours_too(kind, full, channels):
    alpha = [np.full(SHAPE, 255, np.uint8)] if channels == 4 else []
    values = np.dstack([COLORS, *alpha]) * (full / 255)
    extra = {"extrasamples": ["unassalpha"]} if alpha else {}
    for cell in (values.astype(kind), tiff(values.astype(kind), **extra)):
        picture = read_picture(cell, SHAPE).astype(int)
        assert abs(picture - COLORS).max() <= (kind == "u2")  # Pillow takes the high byte


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("tile", [None, (16, 16)])
def test_channels_that_lie_apart_in_a_tiff_file(order, compression, tile):
    apart = np.moveaxis(COLORS, 2, 0)
    for values in (apart, apart.astype("u2") * 257):
        data = tiff(
            values.astype(values.dtype.newbyteorder(order)),
            byteorder=order,
            compression=compression,
            tile=tile,
            photometric="rgb",
            planarconfig="separate",
        )
        assert_array_equal(read_picture(data, SHAPE), COLORS)


@pytest.mark.parametrize("kind", ["i2", "i4", "i8", "u4", "u8"])
@pytest.mark.parametrize("full", [1, 4095])
def test_a_scale_that_cannot_be_known_is_refused(kind, full):
    values = scaled(full, kind)
    message = f"{np.dtype(kind).name} values from 0 to {full}, and which of them is white cannot"
    for cell in containers(values):
        with pytest.raises(CellError, match=message):
            read_picture(cell, SHAPE)


@pytest.mark.parametrize("kind", ["i1", "i2", "i4", "i8", "f2", "f4", "f8"])
def test_negative_numbers_are_refused(kind):
    values = (RAMP / 255 - 0.5 if kind[0] == "f" else RAMP.astype("i2") // 4 - 9).astype(kind)
    for cell in containers(values):
        with pytest.raises(CellError, match=r"values from -9 to 54|got -0.5 to 0.5"):
            read_picture(cell, SHAPE)


@pytest.mark.parametrize("kind", ["f2", "f4", "f8"])
@pytest.mark.parametrize(("low", "high"), [(0, 255), (100, 150), (7, 7), (0, 1.01)])
def test_floats_beyond_one_are_refused(kind, low, high):
    values = np.linspace(low, high, 24).astype(kind).reshape(SHAPE)
    for cell in containers(values):
        with pytest.raises(CellError, match=r"must lie in \[0, 1\].*Divide by its full scale"):
            read_picture(cell, SHAPE)


def test_rounding_does_not_take_floats_out_of_their_range():
    values = np.linspace(-1e-7, 1 + 1e-6, 24).reshape(SHAPE)
    assert_array_equal(read_picture(values, SHAPE)[..., 0], RAMP)


@pytest.mark.parametrize("kind", ["f2", "f4", "f8"])
@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused(kind, odd):
    values = scaled(1, kind)
    values[2, 3] = odd
    for cell in containers(values):
        with pytest.raises(CellError, match="NaN or infinite"):
            read_picture(cell, SHAPE)


@pytest.mark.parametrize("kind", ["u1", "u2", "i1", "i2", "i4", "u8", "f4", "?"])
def test_black_is_black_on_every_scale(kind):
    for cell in containers(np.zeros(SHAPE, kind)):
        assert read_picture(cell, SHAPE).max() == 0


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.array([[0, 4095]], np.int32), "int32 values from 0 to 4095"),
        (np.array([[0, 1]], np.int32), "int32 values from 0 to 1,"),
        (np.array([[-1, 255]], np.int32), "int32 values from -1 to 255"),
        (np.array([[100, 150]], np.float32), r"must lie in \[0, 1\].*got 100 to 150"),
        (np.array([[0, np.nan]], np.float32), "NaN or infinite"),
    ],
)
def test_images_in_memory_of_no_known_scale_are_refused(values, message):
    with pytest.raises(CellError, match=message):
        read_picture(Image.fromarray(values), SHAPE)


@pytest.mark.parametrize("mode", ["I;16", "I;16B", "I;16L", "I;16N"])
def test_sixteen_bits_in_memory(mode):
    image = Image.new(mode, SHAPE[::-1], 51400)
    assert (read_picture(image, SHAPE) == 200).all()


@pytest.mark.parametrize(("header", "pixel"), [(b"P5", b"\x32\x32"), (b"P2", b"12850 ")])
def test_a_netpbm_file_tells_its_scale(header, pixel):
    assert (read_picture(header + b" 6 4 65535\n" + pixel * 24, SHAPE) == 50).all()


@pytest.mark.parametrize("options", [
    {"compression": "zlib"},
    {"compression": "zlib", "rowsperstrip": 1},
    {"tile": (16, 32)},
    {"tile": (32, 16), "compression": "zlib"},
    {"planarconfig": "separate"},
    {"planarconfig": "separate", "tile": (16, 16)},
    {"bigtiff": True},
    {"byteorder": ">"},
])  # fmt: skip
def test_layouts_of_tiff_files_that_pillow_refuses(options):
    values = np.random.default_rng(0).uniform(0, 1, (40, 50, 3)).astype(np.float32)
    stored = values.transpose(2, 0, 1) if "planarconfig" in options else values
    if "byteorder" in options:
        stored = big_endian(stored)
    expected = read_picture(values, (40, 50))
    assert_array_equal(read_picture(tiff(stored, **options), (40, 50)), expected)


def tagged(pixels, tags):
    """A TIFF file of 6 x 4 pixels in one strip."""
    tags = {256: 6, 257: 4, 277: 1, 278: 4, 279: len(pixels), **tags}
    tags[273] = 8 + 2 + 12 * (len(tags) + 1) + 4
    entries = [struct.pack("<HHII", tag, 4, 1, tags[tag]) for tag in sorted(tags)]
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + b"".join(entries) + bytes(4) + pixels


def test_differences_of_floats():
    values = scaled(1, ">f8")
    planes = (
        values.reshape(4, 6, 1).view(np.uint8).reshape(4, 6, 8).transpose(0, 2, 1).reshape(4, 48)
    )
    differences = np.diff(planes, axis=1, prepend=np.uint8(0)).astype(np.uint8)
    tags = {258: 64, 259: 8, 262: 1, 317: 3, 339: 3}
    file = tagged(zlib.compress(differences.tobytes()), tags)
    assert_array_equal(read_picture(file, SHAPE)[..., 2], RAMP)


def test_differences_of_whole_numbers_with_white_as_zero():
    values = 65535 - scaled(65535, "u8")
    differences = np.diff(values, axis=1, prepend=np.uint64(0))
    tags = {258: 64, 259: 8, 262: 0, 317: 2, 339: 1}
    file = tagged(zlib.compress(differences.astype("<u8").tobytes()), tags)
    assert_array_equal(read_picture(file, SHAPE)[..., 2], RAMP)


@pytest.mark.parametrize(("extra", "color"), [(0, 51), (1, 126), (2, 88)])
def test_what_lies_beyond_the_colours_of_a_tiff_file(extra, color):
    values = np.full((*SHAPE, 2), (0.2, 0.25), np.float32)
    file = tiff(values, planarconfig="contig", extrasamples=[extra])
    picture = read_picture(file, SHAPE, background=(100, 100, 100))
    assert abs(picture.astype(int) - color).max() <= 2


@pytest.mark.parametrize(("tags", "message"), [
    ({259: 5}, "compression 5 is not read"),
    ({262: 5}, "photometric 5 and 1 channels is not read"),
    ({258: 24}, r"sample formats \{3\} of \{24\} bits is not read"),
    ({339: 6}, r"sample formats \{6\} of \{64\} bits is not read"),
    ({279: 10**9}, "truncated"),
    ({278: 5, 279: 191}, "truncated"),
    ({278: 1}, "truncated"),
    ({277: 10**9}, "contradict"),
    ({322: 10**6, 323: 16, 324: 8, 325: 8}, "contradict"),
    ({256: 10**9}, "1000000000 x 4 pixels are more than the limit"),
])  # fmt: skip
def test_tiff_files_that_cannot_be_read_say_why(tags, message):
    file = tagged(scaled(1, "f8").tobytes(), {258: 64, 259: 1, 262: 1, 339: 3, **tags})
    with pytest.raises(CellError, match=message):
        read_picture(file, SHAPE)


def test_a_file_that_inflates_beyond_its_size_is_read_as_far_as_it_counts():
    values = scaled(1, "f8")
    tags = {258: 64, 259: 8, 262: 1, 339: 3}
    file = tagged(zlib.compress(values.tobytes() + bytes(10**8)), tags)
    assert_array_equal(read_picture(file, SHAPE)[..., 0], RAMP)


def png(depth, kind, row, transparent):
    def chunk(name, content):
        check = zlib.crc32(name + content)
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 6, 4, depth, kind, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress((b"\0" + row) * 4))
    return (
        b"\x89PNG\r\n\x1a\n" + header + chunk(b"tRNS", transparent) + pixels + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("near", [(0, 0, 1), (0, 1, 0), (256, 0, 0)])
@pytest.mark.parametrize("key", [(51400, 7711, 10280), (0, 0, 0), (257, 2, 65535)])
def test_a_transparent_colour_of_16_bits_is_that_colour_only(key, near):
    other = [value ^ bits for value, bits in zip(key, near)]
    row = struct.pack(">18H", *key, *(other * 5))
    data = png(16, 2, row, struct.pack(">3H", *key))
    picture = read_picture(data, SHAPE, background=KEY)
    assert (picture[:, 0] == KEY).all()
    assert_array_equal(picture[:, 1:], np.broadcast_to([v >> 8 for v in other], (4, 5, 3)))


def test_a_transparent_colour_of_an_image_of_the_caller():
    key = (51400, 7711, 10280)
    data = png(16, 2, struct.pack(">18H", *(key * 6)), struct.pack(">3H", *key))
    image = Image.open(io.BytesIO(data))
    assert (read_picture(image, SHAPE, background=KEY) == KEY).all()
    assert image.info["transparency"] == key
    for depth, value, row in (
        (2, 2, b"\xaa\xaa"),
        (4, 8, b"\x88\x88\x88"),
        (16, 999, b"\3\xe7" * 6),
    ):
        image = Image.open(io.BytesIO(png(depth, 0, row, struct.pack(">H", value))))
        assert (read_picture(image, SHAPE, background=KEY) == KEY).all()
        assert image.info["transparency"] == value
