"""JPEG files through simplejpeg: the pixels, the errors and the limits of Pillow."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from PIL import Image

from mmclassic.exceptions import CellError, MissingDependencyError
from mmclassic.features.image import _fast_jpeg
from mmclassic.features.image._decode import read_picture

pytest.importorskip("simplejpeg")
NOISE = np.random.default_rng(0).integers(0, 256, (97, 131, 3), dtype=np.uint8)
SIZE = (24, 30)


@pytest.fixture(autouse=True)
def _agreeing():
    """Both decoders are those of this machine; the rest is void if they disagree."""
    if _fast_jpeg._decoder() is None:
        pytest.skip("the JPEG libraries of Pillow and simplejpeg give different pixels")


def jpeg(picture, mode="RGB", **options):
    stream = io.BytesIO()
    Image.fromarray(picture).convert(mode).save(stream, "JPEG", **options)
    return stream.getvalue()


def by_pillow(cell, size=SIZE, **options):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_fast_jpeg, "_decoder", lambda: None)
        return read_picture(cell, size, **options)


@pytest.fixture
def calls(monkeypatch):
    """The sizes that simplejpeg decoded."""
    decode, sizes = _fast_jpeg._decoder(), []

    def counted(data, layout, **least):
        pixels = decode(data, layout, **least)
        sizes.append(pixels.shape[1::-1])
        return pixels

    monkeypatch.setattr(_fast_jpeg, "_decoder", lambda: counted)
    return sizes


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("quality", [30, 95])
def test_pixels_are_those_of_pillow(mode, progressive, subsampling, quality, calls):
    for height, width in [(97, 131), (96, 128), (49, 64), (90, 61)]:
        data = jpeg(
            NOISE[:height, :width],
            mode,
            progressive=progressive,
            subsampling=subsampling,
            quality=quality,
        )
        for size in [(24, 30), (12, 9)]:
            assert_array_equal(read_picture(data, size), by_pillow(data, size))
    assert len(calls) == 8


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("crop", [None, "center", "fit"])
def test_rotation_is_that_of_pillow(orientation, crop, calls, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "turned.jpg"
    path.write_bytes(jpeg(NOISE, exif=exif))
    assert_array_equal(read_picture(path, SIZE, crop=crop), by_pillow(path, crop=crop))
    assert len(calls) == 1


def test_colours_that_pillow_converts_are_left_to_pillow(calls):
    for data in (jpeg(NOISE, "CMYK"), jpeg(NOISE, keep_rgb=True)):
        assert_array_equal(read_picture(data, SIZE), by_pillow(data))
    assert calls == [(33, 25)]  # RGB without a change of colour space is taken over


def test_a_picture_that_is_wanted_whole_is_left_to_pillow(calls):
    assert_array_equal(read_picture(jpeg(NOISE), (97, 131)), by_pillow(jpeg(NOISE), (97, 131)))
    assert calls == []


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_gives_the_error_of_pillow(share):
    data = jpeg(NOISE)
    data = data[: int(len(data) * share)]
    with pytest.raises(CellError) as without:
        by_pillow(data)
    with pytest.raises(CellError) as with_:
        read_picture(data, SIZE)
    assert with_.value.reason == without.value.reason


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=150, deadline=None)
@given(st.sampled_from([jpeg(NOISE), jpeg(NOISE, progressive=True)]), st.data())
def test_damaged_bytes_give_what_pillow_gives(original, data):
    damaged = bytearray(original)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    results = []
    for read in (by_pillow, lambda cell: read_picture(cell, SIZE)):
        try:
            results.append(read(bytes(damaged)).tobytes())
        except CellError as error:
            results.append(error.reason)
    assert results[0] == results[1]


def test_limits_hold_before_decoding(calls, monkeypatch):
    with pytest.raises(CellError, match="131 x 97 pixels"):
        read_picture(jpeg(NOISE), SIZE, max_pixels=5000)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(CellError, match="too large to be decoded"):
        read_picture(jpeg(NOISE), SIZE)
    assert calls == []


def test_a_decoder_with_other_pixels_is_not_used():
    decode = _fast_jpeg._decoder()

    def other(*args, **options):
        pixels = decode(*args, **options).copy()
        pixels[-1, -1] ^= 1
        return pixels

    assert _fast_jpeg._agrees(decode)
    assert not _fast_jpeg._agrees(other)


def test_without_simplejpeg_pillow_decodes(monkeypatch):
    def missing(*args, **options):
        raise MissingDependencyError("not there")

    monkeypatch.setattr(_fast_jpeg, "import_optional", missing)
    assert _fast_jpeg._decoder.__wrapped__() is None


def test_a_build_that_cannot_be_loaded_is_left_alone(monkeypatch):
    def load(*args, **kwargs):
        raise ValueError("numpy.dtype size changed, may indicate binary incompatibility")

    monkeypatch.setattr(_fast_jpeg, "import_optional", load)
    assert _fast_jpeg._decoder.__wrapped__() is None
