"""Any picture to 8-bit RGB of one size."""

from contextlib import nullcontext
from functools import cache

import numpy as np
from PIL import ExifTags, Image

from mmclassic.exceptions import CellError
from mmclassic.features._sources import is_encoded, open_source
from mmclassic.features.image._fast_jpeg import decoded
from mmclassic.features.image._resize import as_color, draft, resized

# Pillow hands PostScript to an outside program and reads many rare formats; a catalogue has these.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "ICO", "TGA", "JPEG2000", "AVIF")
# What makes a picture upright, by its EXIF orientation.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_DRAFTED = ("JPEG", "MPO")
_DEEP_MODES = ("I", "I;16", "I;16B", "I;16L", "I;16N", "F")
# By Pillow's name of the layout, what it multiplies the pixels of a PNG file with 2 or 4 bits by.
_GRAY_STEPS = {"L;2": 85, "L;4": 17}
_TIFF_BITS, _TIFF_PHOTOMETRIC, _TIFF_SAMPLE_FORMAT = 258, 262, 339
_WHITE_IS_ZERO, _UNSIGNED = 0, 1


def read_picture(cell, size, *, crop=None, denoise=False, background="white", max_pixels=None):
    """A cell as uint8 RGB of `size` (height, width); see `ImageVectorizer` for the options.

    Raises `CellError` if it is not a picture that can be decoded completely.
    """
    color = as_color(background)
    with _opened(cell) as image:
        _check_pixels(image.size, max_pixels)
        try:
            ours = image is not cell  # the caller's own image is not to be changed
            if ours:
                _scale_transparent_gray(image)
            orientation = _orientation(image)
            box = None
            if ours:
                whole = image.size
                box = draft(image, size, crop, orientation)
                image = decoded(image, whole)
            rgb = _to_rgb(image, color)
            if orientation in _TURNS:
                rgb = rgb.transpose(_TURNS[orientation])
            result = resized(rgb, size, box=box, crop=crop, denoise=denoise, color=color)
            return np.asarray(result)
        except CellError:
            raise
        except Exception as error:  # decoders meet damaged input with exceptions of any type
            raise _undecodable(error) from error


def _opened(cell):
    """A context that gives the cell as a PIL image and closes it only if it was opened here."""
    if isinstance(cell, Image.Image):
        return nullcontext(cell)
    if isinstance(cell, np.ndarray):
        return Image.fromarray(_array_to_8bit(cell))
    if not is_encoded(cell):
        raise CellError(
            f"a picture must be a path, encoded bytes, an array or a PIL image; "
            f"got {type(cell).__name__}"
        )
    source = open_source(cell)
    try:
        return Image.open(source, formats=_readable_formats())
    except Exception as error:
        raise _undecodable(error) from error


def _check_pixels(size, max_pixels):
    limits = {"max_pixels": max_pixels, "PIL.Image.MAX_IMAGE_PIXELS": Image.MAX_IMAGE_PIXELS}
    for name, limit in limits.items():
        if limit is not None and size[0] * size[1] > limit:
            raise CellError(
                f"{size[0]} x {size[1]} pixels are more than the limit of {limit:,} ({name})"
            )


def _scale_transparent_gray(image):
    """Bring the transparent gray of a PNG file to 8 bits, as Pillow brings the pixels."""
    if image.format == "PNG" and image.tile and "transparency" in image.info:
        image.info["transparency"] *= _GRAY_STEPS.get(image.tile[0][3], 1)


def _orientation(image):
    """EXIF orientation that is still to be applied; 1, which is none, if the block is damaged."""
    # Loading turns a TIFF file, and finds the block of a PNG file that has it behind the pixels,
    # whose damage must not pass for that of the block. A JPEG file is yet to be drafted.
    if image.format not in _DRAFTED:
        image.load()
    try:
        return image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # the parser meets damaged blocks with exceptions of many types
        return 1


@cache
def _readable_formats():
    """Those of the formats that this build of Pillow reads."""
    Image.init()
    return [name for name in FORMATS if name in Image.OPEN]


def _undecodable(error):
    if isinstance(error, Image.UnidentifiedImageError):
        return CellError(f"not a picture in a known format ({', '.join(FORMATS)})")
    if isinstance(error, Image.DecompressionBombError):
        return CellError(f"the picture is too large to be decoded ({error})")
    return CellError(f"the picture cannot be decoded ({type(error).__name__}: {error})")


def _to_rgb(image, color):
    """8-bit RGB; transparent pixels show the ground."""
    if image.mode in _DEEP_MODES:
        return _deep_to_rgb(image, color)
    if not image.has_transparency_data:
        return image if image.mode == "RGB" else image.convert("RGB")
    if image.mode == "La":
        image = image.convert("LA")
    layer = image.convert("RGBA")
    ground = Image.new("RGBA", layer.size, (*color, 255))
    return Image.alpha_composite(ground, layer).convert("RGB")


def _deep_to_rgb(image, color):
    """A picture with more than 8 bits per pixel and one channel; its transparent value, if any."""
    tags = getattr(image, "tag_v2", {})
    values = np.asarray(image)
    bits = tags.get(_TIFF_BITS, (16,))[0]
    if image.mode == "I" and bits == 32 and tags.get(_TIFF_SAMPLE_FORMAT, (1,))[0] == _UNSIGNED:
        values = values.view(np.uint32)  # Pillow has no such mode and lets them turn negative
    gray = _deep_to_8bit(values, min(bits, 16))
    if tags.get(_TIFF_PHOTOMETRIC) == _WHITE_IS_ZERO:
        gray = 255 - gray
    picture = Image.fromarray(gray).convert("RGB")
    if "transparency" in image.info:
        picture.paste(color, mask=Image.fromarray(values == image.info["transparency"]))
    return picture


def _deep_to_8bit(values, bits):
    """Scale the values of a file with more than 8 bits per channel.

    Integers have the range of 16 bits, or of the 9 to 15 that a TIFF file
    declares, and floats up to 1 the unit range. Values outside it are stretched
    between their extremes.
    """
    full = 1.0 if values.dtype.kind == "f" else 2.0**bits - 1
    values = values.astype(np.float64)
    if not np.isfinite(values).all():
        raise CellError("the picture holds NaN or infinite values")
    low, high = values.min(), values.max()
    if low >= 0 and high <= full:
        return _round(values * (255 / full))
    if low == high:
        raise CellError(f"the picture has the one value {low:g}, outside the range 0 to {full:g}")
    return _round((values - low) * (255 / (high - low)))


def _array_to_8bit(array):
    """An array cell as 8-bit gray, RGB or RGBA."""
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise CellError(
            f"a picture array must have shape (h, w), (h, w, 3) or (h, w, 4); got {array.shape}"
        )
    if array.size == 0:
        raise CellError(f"the picture has no pixels (shape {array.shape})")
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array)
    if array.dtype == np.uint16:
        return _round(array / 257)
    if array.dtype == bool:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype.kind != "f":
        raise CellError(
            f"a picture array must be uint8, uint16, bool or float in [0, 1]; got {array.dtype}"
        )
    if not (array.min() >= 0 and array.max() <= 1):
        raise CellError(
            f"a float picture must lie in [0, 1] without NaN; got {array.min():g} to "
            f"{array.max():g}. Divide by its full scale first"
        )
    return _round(array.astype(np.float64) * 255)


def _round(values):
    return np.round(values).astype(np.uint8)
