"""Every kind of picture cell, and every way in which one can be broken."""

import io
import os
import struct
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image

from mmclassic.exceptions import CellError
from mmclassic.features.image import _decode as decode_module
from mmclassic.features.image import _resize as resize_module
from mmclassic.features.image._decode import read_picture
from mmclassic.features.image._resize import as_color

SIZE = (4, 6)
RNG = np.random.default_rng(0)
NOISE = RNG.integers(0, 256, (64, 96, 3), dtype=np.uint8)


def encode(image, kind="PNG", **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def plain(color, mode="RGB", size=(6, 4)):
    return Image.new(mode, size, color)


def assert_color(cell, color, atol=0):
    picture = read_picture(cell, SIZE)
    assert picture.shape == (*SIZE, 3)
    assert picture.dtype == np.uint8
    assert_allclose(picture.astype(int), np.broadcast_to(color, picture.shape), atol=atol)


def test_all_containers_of_one_picture_agree(tmp_path):
    image = Image.fromarray(NOISE)
    path = tmp_path / "图 picture.png"
    image.save(path)
    expected = read_picture(NOISE, SIZE)
    for cell in (path, str(path), path.read_bytes(), bytearray(path.read_bytes()), image):
        assert_array_equal(read_picture(cell, SIZE), expected)


def test_size_is_height_and_width_and_the_resize_is_antialiased():
    checkers = (np.indices((64, 96)).sum(axis=0) % 2 * 255).astype(np.uint8)
    assert_color(checkers, (127.5,) * 3, atol=8)


@pytest.mark.parametrize(
    ("array", "color"),
    [
        (np.full((5, 7), 100, np.uint8), (100, 100, 100)),
        (np.full((5, 7, 1), 100, np.uint8), (100, 100, 100)),
        (np.full((5, 7, 3), (1, 2, 3), np.uint8), (1, 2, 3)),
        (np.full((5, 7, 4), (10, 20, 30, 255), np.uint8), (10, 20, 30)),
        (np.full((5, 7, 4), (10, 20, 30, 0), np.uint8), (255, 255, 255)),
        (np.full((5, 7), 0.5), (128, 128, 128)),
        (np.full((5, 7, 3), (0, 0.2, 1), np.float32), (0, 51, 255)),
        (np.full((5, 7), 257 * 40, np.uint16), (40, 40, 40)),
        (np.ones((5, 7), bool), (255, 255, 255)),
        (np.full((1, 1), 9, np.uint8), (9, 9, 9)),
    ],
)
def test_arrays(array, color):
    assert_color(array, color)


@pytest.mark.parametrize(
    ("image", "color"),
    [
        (plain((10, 20, 30)), (10, 20, 30)),
        (plain(77, "L"), (77, 77, 77)),
        (plain((10, 20, 30, 255), "RGBA"), (10, 20, 30)),
        (plain((0, 0, 0, 0), "RGBA"), (255, 255, 255)),
        (plain((0, 0, 0, 51), "RGBA"), (204, 204, 204)),
        (plain((0, 51), "LA"), (204, 204, 204)),
        (plain((200, 100, 50)).convert("P", palette=Image.Palette.ADAPTIVE), (200, 100, 50)),
        (plain(1, "1"), (255, 255, 255)),
    ],
)
def test_png_modes(image, color):
    assert_color(encode(image), color)


def test_a_transparent_palette_colour_shows_white():
    image = plain((200, 100, 50)).convert("P", palette=Image.Palette.ADAPTIVE)
    assert_color(encode(image, transparency=image.getpixel((0, 0))), (255, 255, 255))


def test_a_transparent_key_colour_shows_white():
    assert_color(encode(plain((1, 2, 3)), transparency=(1, 2, 3)), (255, 255, 255))


def test_cmyk_is_converted():
    assert_color(encode(plain((0, 255, 255, 0), "CMYK"), "TIFF"), (255, 0, 0))
    assert_color(encode(plain((0, 255, 255, 0), "CMYK"), "JPEG"), (255, 0, 0), atol=3)


def test_sixteen_bit_is_scaled_and_not_clipped():
    values = np.full((4, 6), 257 * 60, dtype=np.uint16)
    assert_color(encode(Image.fromarray(values)), (60, 60, 60))
    assert_color(encode(Image.fromarray(values), "TIFF"), (60, 60, 60))
    # All values 1 of 65535 are almost black, whatever their range.
    assert_color(encode(Image.fromarray(np.ones((4, 6), dtype=np.uint16))), (0, 0, 0))


def test_float_files_are_scaled():
    assert_color(encode(plain(0.4, "F"), "TIFF"), (102, 102, 102))


def test_exif_rotation_is_applied():
    image = Image.new("L", (6, 4), 0)
    image.paste(255, (0, 0, 6, 2))
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    picture = read_picture(encode(image, "PNG", exif=exif), SIZE)
    assert picture[0].max() == 0
    assert picture[-1].min() == 255


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_the_first_frame_of_an_animation_counts(kind):
    frames = [plain((255, 0, 0)), plain((0, 255, 0))]
    data = encode(frames[0], kind, save_all=True, append_images=frames[1:])
    assert_color(data, (255, 0, 0), atol=2)


def test_a_picture_in_memory_is_left_as_it_was():
    image = plain((10, 20, 30, 40), "RGBA")
    before = image.copy()
    read_picture(image, SIZE)
    assert image == before
    assert image.mode == "RGBA"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "TIFF", "BMP", "WEBP"])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_truncated_file_is_an_error(kind, share):
    data = encode(Image.fromarray(NOISE), kind)
    with pytest.raises(CellError, match=r"cannot be decoded|not a picture"):
        read_picture(data[: int(len(data) * share)], SIZE)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (b"", "the bytes are empty"),
        ("", "the path is an empty string"),
        (b"just text, not a picture", "not a picture in a known format"),
        ("no/such/file.png", "file not found"),
        ("a\0b.png", "the path cannot be used"),
        (7, "a picture must be a path, encoded bytes, an array or a PIL image; got int"),
        (np.zeros((4, 5, 2), np.uint8), r"must have shape .* got \(4, 5, 2\)"),
        (np.zeros(5, np.uint8), r"must have shape .* got \(5,\)"),
        (np.zeros((0, 5), np.uint8), "has no pixels"),
        (np.zeros((4, 5), complex), "uint8, uint16, bool, float .* got complex128"),
        (np.full((4, 5), 1.5), r"must lie in \[0, 1\].*got 1.5 to 1.5"),
        (np.full((4, 5), np.nan), "NaN or infinite"),
        (encode(plain(float("nan"), "F"), "TIFF"), "NaN or infinite"),
        (encode(plain(7.0, "F"), "TIFF"), r"must lie in \[0, 1\].*got 7 to 7"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else type(value).__name__,
)
def test_what_cannot_be_used_says_why(cell, message):
    with pytest.raises(CellError, match=message):
        read_picture(cell, SIZE)


def test_odd_paths_say_what_they_are(tmp_path):
    with pytest.raises(CellError, match="this is a directory, not a file"):
        read_picture(tmp_path, SIZE)
    (tmp_path / "empty.png").touch()
    with pytest.raises(CellError, match=r"the file is empty \(0 bytes\)"):
        read_picture(tmp_path / "empty.png", SIZE)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CellError, match="not a regular file"):
        read_picture(tmp_path / "pipe", SIZE)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission(tmp_path):
    path = Path(tmp_path / "secret.png")
    path.write_bytes(encode(plain(0, "L")))
    path.chmod(0)
    with pytest.raises(CellError, match="permission denied"):
        read_picture(path, SIZE)


def test_an_enormous_picture_is_refused_before_it_is_decoded(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 5000)
    with pytest.raises(CellError, match="96 x 64 pixels are more than the limit of 5,000"):
        read_picture(encode(Image.fromarray(NOISE)), SIZE)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("garbage", [b"", b"Junk and more", b"II*\0\xff\xff\xff\x7f", b"MM\0*\0\0"])
def test_a_damaged_exif_block_does_not_cost_the_picture(kind, garbage):
    data = encode(plain((255, 0, 0)), kind, exif=b"Exif\0\0" + garbage)
    assert_color(data, (255, 0, 0), atol=3)


KINDS = ("PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP")
ORIGINALS = [encode(Image.fromarray(NOISE[:16, :16]), kind) for kind in KINDS]


@pytest.mark.filterwarnings("error")
@settings(max_examples=200, deadline=None)
@given(st.sampled_from(ORIGINALS), st.data())
def test_damaged_bytes_give_a_picture_or_our_error(original, data):
    damaged = bytearray(original)
    for _ in range(data.draw(st.integers(1, 8))):
        # Headers are where damage is most confusing.
        at = data.draw(st.integers(0, 49) | st.integers(0, len(damaged) - 1))
        damaged[at] = data.draw(st.integers(0, 255))
    try:
        picture = read_picture(bytes(damaged), SIZE)
    except CellError:
        return
    assert picture.shape == (*SIZE, 3)


def photograph(width, height):
    """A picture with soft and hard edges, 24 x 32 random colours apart."""
    colors = Image.fromarray(np.random.default_rng(1).integers(0, 256, (24, 32, 3), dtype=np.uint8))
    picture = colors.resize((width, height), Image.Resampling.BICUBIC)
    picture.paste((20, 40, 200), (width // 3, height // 4, width // 2, height))
    return picture


ORIENTATIONS = range(1, 9)


@pytest.mark.parametrize("crop", [None, "center", "fit"])
@pytest.mark.parametrize("dimensions", [(640, 480), (600, 400), (1023, 777), (131, 700)])
def test_a_jpeg_decoded_smaller_is_close_to_one_decoded_whole(dimensions, crop, monkeypatch):
    data = encode(photograph(*dimensions), "JPEG", quality=95)
    size = (64, 72)
    drafted = read_picture(data, size, crop=crop).astype(int)

    def whole(resampling):
        monkeypatch.setattr(resize_module, "_RESAMPLING", resampling)
        # An image object is the caller's and is decoded whole.
        return read_picture(Image.open(io.BytesIO(data)), size, crop=crop).astype(int)

    filters = Image.Resampling
    triangle, *others = map(whole, (filters.BILINEAR, filters.BOX, filters.LANCZOS))
    difference = abs(drafted - triangle)
    assert difference.mean() < max(abs(other - triangle).mean() for other in others)
    assert np.quantile(difference, 0.99) <= 24


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("crop", [None, "center", "fit"])
def test_a_jpeg_decoded_smaller_keeps_its_place_under_rotation(orientation, crop):
    # An eighth of 521 x 401 pixels is not whole, so the decoder pads two edges by most of a pixel.
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode(photograph(521, 401), "JPEG", quality=95, exif=exif)
    drafted = read_picture(data, (40, 44), crop=crop).astype(int)
    whole = read_picture(Image.open(io.BytesIO(data)), (40, 44), crop=crop).astype(int)
    difference = abs(drafted - whole)
    assert difference.mean() < 3
    assert np.quantile(difference, 0.99) <= 24


@pytest.mark.parametrize(
    ("dimensions", "size", "crop", "decoded"),
    [
        # 25 of 32 pixels of a side are close enough, in all of both sides; fewer are not.
        ((640, 480), (128, 128), None, (160, 120)),
        ((600, 400), (128, 128), None, (150, 100)),
        ((600, 396), (128, 128), None, (300, 198)),
        ((400, 400), (128, 128), None, (200, 200)),
        ((600, 400), (128, 128), "center", (300, 200)),
        ((640, 480), (76, 64), None, (80, 60)),
        ((640, 480), (77, 64), None, (160, 120)),
        ((640, 480), (60, 60), "center", (80, 60)),
        ((640, 480), (60, 60), "fit", (80, 60)),
        ((640, 480), (480, 640), None, (640, 480)),
        ((300, 200), (400, 400), None, (300, 200)),
    ],
)
def test_a_jpeg_is_never_decoded_far_below_the_size(dimensions, size, crop, decoded, monkeypatch):
    seen = []
    original = decode_module.resized
    monkeypatch.setattr(
        decode_module,
        "resized",
        lambda rgb, *a, **k: seen.append(rgb.size) or original(rgb, *a, **k),
    )
    read_picture(encode(photograph(*dimensions), "JPEG"), size, crop=crop)
    assert seen == [decoded]


def test_an_open_image_of_the_caller_is_not_drafted():
    image = Image.open(io.BytesIO(encode(photograph(640, 480), "JPEG")))
    read_picture(image, (16, 16))
    assert image.size == (640, 480)


STRIPES = np.zeros((4, 12, 3), np.uint8)
STRIPES[:, 4:8] = 100
STRIPES[:, 8:] = 200


def test_center_crops_the_longer_side_on_both_ends():
    assert_array_equal(read_picture(STRIPES, (4, 4), crop="center"), STRIPES[:, 4:8])
    upright = STRIPES.transpose(1, 0, 2)
    assert_array_equal(read_picture(upright, (4, 4), crop="center"), upright[4:8])
    # The part has the proportions of the size: 4 x 6 of 4 x 12.
    assert_array_equal(read_picture(STRIPES, (4, 6), crop="center"), STRIPES[:, 3:9])


def test_fit_keeps_everything_and_fills_up():
    picture = read_picture(STRIPES, (8, 12), crop="fit", background=(1, 2, 3))
    assert_array_equal(picture[2:6], STRIPES)
    assert (picture[:2] == (1, 2, 3)).all()
    assert (picture[6:] == (1, 2, 3)).all()
    # An odd row goes below.
    assert_array_equal(read_picture(STRIPES, (5, 12), crop="fit")[:4], STRIPES)


@given(
    st.tuples(st.integers(1, 60), st.integers(1, 60)),
    st.tuples(st.integers(1, 20), st.integers(1, 20)),
    st.sampled_from([None, "center", "fit"]),
    st.booleans(),
)
def test_any_proportions_reach_any_size(shape, size, crop, denoise):
    picture = np.full((*shape, 3), 90, np.uint8)
    result = read_picture(picture, size, crop=crop, denoise=denoise, background=(90, 90, 90))
    assert result.shape == (*size, 3)
    assert (result == 90).all()


def test_denoise_takes_single_pixels_out_and_leaves_margins():
    picture = np.full((8, 8, 3), 50, np.uint8)
    picture[3, 4] = 255
    assert (read_picture(picture, (8, 8), denoise=True) == 50).all()
    assert read_picture(picture, (8, 8)).max() == 255
    padded = read_picture(picture, (8, 12), crop="fit", denoise=True)
    assert (padded[:, 2:10] == 50).all()
    assert (padded[:, :2] == 255).all()


@pytest.mark.parametrize(
    ("background", "color"),
    [
        ("black", (0, 0, 0)),
        ("#102030", (16, 32, 48)),
        ((7, 8, 9), (7, 8, 9)),
        ([7, 8, 9], (7, 8, 9)),
    ],
)
@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_pixels_show_the_background(background, color, mode):
    image = plain((90, 0, 0, 0), "RGBA").convert(mode)
    options = {"transparency": image.getpixel((0, 0))} if mode == "P" else {}
    picture = read_picture(encode(image, **options), SIZE, background=background)
    assert_array_equal(picture, np.broadcast_to(color, picture.shape))


@pytest.mark.parametrize("background", ["no colour", "#10203040", (1, 2), (1, 2, 300), (0.5, 0, 0)])
def test_other_backgrounds_are_refused(background):
    with pytest.raises(ValueError, match="background must be an opaque colour"):
        as_color(background)


def test_max_pixels_is_the_largest_number_taken():
    data = encode(Image.fromarray(NOISE))
    message = r"96 x 64 pixels are more than the limit of 6,143 \(max_pixels\)"
    with pytest.raises(CellError, match=message):
        read_picture(data, SIZE, max_pixels=6143)
    assert read_picture(data, SIZE, max_pixels=6144).shape == (*SIZE, 3)


def test_the_header_of_a_jpeg_counts_and_not_its_draft():
    with pytest.raises(CellError, match="640 x 480 pixels"):
        read_picture(encode(photograph(640, 480), "JPEG"), SIZE, max_pixels=100_000)


def test_a_header_of_900_million_pixels_is_refused():
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    data = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", crc32(chunk))
    with pytest.raises(CellError, match=r"too large to be decoded .*900000000 pixels"):
        read_picture(data + struct.pack(">I", 0) + b"IDAT" + bytes(4), SIZE)
