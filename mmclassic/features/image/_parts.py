"""Any box of a picture as an image of 8 bits a channel, whatever its numbers are."""

from functools import partial

import numpy as np
from PIL import Image

from mmclassic.features.image._scale import full_scale, to_8bit
from mmclassic.features.image._strips import STRIP_PIXELS

_DEEP_MODES = ("I", "I;16", "I;16B", "I;16L", "I;16N", "F")
# By Pillow's name of the layout, what it multiplies the pixels of a PNG file with 2 or 4 bits by.
_GRAY_STEPS = {"L;2": 85, "L;4": 17}
_TIFF_BITS, _TIFF_PHOTOMETRIC, _TIFF_SAMPLE_FORMAT = 258, 262, 339
_WHITE_IS_ZERO = 0
_SIGNS = {1: "u", 2: "i"}


def array_part(array, mode=None):
    """What gives a box of an array of pixels, (height, width) or (height, width, channels)."""
    full = full_scale(array.dtype, partial(_bands, array))

    def part(box):
        left, upper, right, lower = box
        pixels = to_8bit(array[upper:lower, left:right], full)
        if mode is None:
            return Image.fromarray(pixels)
        return Image.frombytes(mode, pixels.shape[1::-1], pixels.tobytes())

    return part


def _bands(array):
    """The array in strips of rows."""
    rows = max(1, STRIP_PIXELS // (array.size // len(array)))
    return (array[upper : upper + rows] for upper in range(0, len(array), rows))


def transparent_value(image):
    """The transparent value of an opened image in the scale of its pixels; None if it has none."""
    value = image.info.get("transparency")
    # Pillow hands out the number in a PNG file, and scales the pixels only.
    if image.format == "PNG" and isinstance(value, int) and getattr(image, "tile", None):
        return value * _GRAY_STEPS.get(image.tile[0][3], 1)
    return value


def image_part(image, transparent, low_bytes, color):
    """What gives a box of a loaded image.

    `low_bytes` says which pixels have the low bytes of a transparent value of 16 bits; None if
    that is not known. Such a value and that of a deep image show `color`.
    """
    kind = _numbers_of(image)
    if image.mode in _DEEP_MODES or kind is not None:
        return _deep_part(image, kind, transparent, color)
    if low_bytes is not None or _is_of_16_bits(image, transparent):
        return partial(_keyed_part, image, transparent, low_bytes, color)
    return partial(_shallow_part, image, transparent)


def _shallow_part(image, transparent, box):
    if box == (0, 0, *image.size) and image.info.get("transparency") == transparent:
        return image
    part = image.crop(box)
    if transparent is not None:
        part.info["transparency"] = transparent
    return part


def _is_of_16_bits(image, transparent):
    return image.mode == "RGB" and isinstance(transparent, tuple) and max(transparent) > 255


def _keyed_part(image, transparent, low_bytes, color, box):
    """A box of RGB pixels, the high bytes of 16 bits, of which one value is transparent."""
    part = image.crop(box)
    del part.info["transparency"]
    high = np.asarray(part)
    shown = has_color(high, [value >> 8 for value in transparent])
    if low_bytes is not None:
        left, upper, right, lower = box
        shown &= low_bytes[upper:lower, left:right]
    part.paste(color, mask=Image.fromarray(shown))
    return part


def has_color(pixels, color):
    """Which pixels have the colour, (height, width)."""
    return np.logical_and.reduce([pixels[..., i] == value for i, value in enumerate(color)])


def _numbers_of(image):
    """The type of the numbers in the file, if Pillow hands them out as another; else None."""
    if image.format == "PPM" and image.mode == "I":
        return np.dtype(np.uint16)
    tags = getattr(image, "tag_v2", None)
    if tags is None or image.mode not in ("I", "L"):
        return None
    bits, sign = tags.get(_TIFF_BITS, (1,))[0], tags.get(_TIFF_SAMPLE_FORMAT, (1,))[0]
    # Pillow lets uint32 turn negative, widens int16 and takes int8 for uint8.
    if (image.mode, bits, sign) in (("I", 32, 1), ("I", 16, 2), ("L", 8, 2)):
        return np.dtype(f"{_SIGNS[sign]}{bits // 8}")
    return None


def _deep_part(image, kind, transparent, color):
    """What gives a box of an image whose numbers are to be scaled, and of one channel."""

    def numbers(box):
        values = np.asarray(image.crop(box))
        return values if kind is None else values.astype(kind)

    width, height = image.size
    rows = max(1, STRIP_PIXELS // width)

    def strips():
        for upper in range(0, height, rows):
            yield numbers((0, upper, width, min(upper + rows, height)))

    tags = getattr(image, "tag_v2", {})
    bits = tags.get(_TIFF_BITS, (16,))[0]
    if bits < 16 and image.mode == "I;16":
        full = 2**bits - 1
    else:
        full = full_scale(numbers((0, 0, 1, 1)).dtype, strips)
    inverted = tags.get(_TIFF_PHOTOMETRIC) == _WHITE_IS_ZERO

    def part(box):
        values = numbers(box)
        gray = to_8bit(values, full)
        picture = Image.fromarray(255 - gray if inverted else gray).convert("RGB")
        if transparent is not None:
            picture.paste(color, mask=Image.fromarray(values == transparent))
        return picture

    return part
