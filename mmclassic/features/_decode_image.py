"""Any picture to 8-bit RGB of one size."""

from contextlib import nullcontext
from functools import cache

import numpy as np
from PIL import ExifTags, Image

from mmclassic.exceptions import CellError
from mmclassic.features._fast_jpeg import decoded
from mmclassic.features._resize_image import as_color, draft, resized
from mmclassic.features._sources import is_encoded, open_source

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
_DEEP_MODES = ("I", "I;16", "I;16B", "I;16L", "I;16N", "F")


def read_picture(cell, size, *, crop=None, denoise=False, background="white", max_pixels=None):
    """Decode a picture cell.

    Parameters
    ----------
    cell : str, path, bytes, ndarray or PIL image
        The cell.
    size : tuple of 2 int
        Height and width of the result, pixels.
    crop : {"center", "fit"} or None, default=None
        How proportions are met; see `resized`.
    denoise : bool, default=False
        Median over 3 x 3 pixels of the resized picture.
    background : str or tuple of 3 int, default="white"
        What transparent pixels and the margins of "fit" show.
    max_pixels : int or None, default=None
        Larger pictures are refused; Pillow's own limit holds besides.

    Returns
    -------
    picture : ndarray of uint8 of shape (*size, 3)
        RGB values.

    Raises
    ------
    CellError
        If the cell is not a picture that can be decoded completely.
    """
    color = as_color(background)
    with _opened(cell) as image:
        _check_pixels(image.size, max_pixels)
        try:
            orientation = _orientation(image)
            box = None
            # The caller's own image is not to be changed, so only files are drafted.
            if image is not cell:
                whole = image.size
                box = draft(image, size, crop, orientation)
                image = decoded(image, whole)
            if orientation in _TURNS:
                image = image.transpose(_TURNS[orientation])
            rgb = _to_rgb(image, color)
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


def _orientation(image):
    """EXIF orientation; 1, which changes nothing, where the EXIF block cannot be read."""
    if image.format == "PNG":
        image.load()  # the block may follow the pixels, whose damage must not pass for that of EXIF
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
        return Image.fromarray(_deep_to_8bit(np.asarray(image))).convert("RGB")
    if not image.has_transparency_data:
        return image if image.mode == "RGB" else image.convert("RGB")
    layer = image.convert("RGBA")
    ground = Image.new("RGBA", layer.size, (*color, 255))
    return Image.alpha_composite(ground, layer).convert("RGB")


def _deep_to_8bit(values):
    """Scale the values of a file with more than 8 bits per channel.

    Integers up to 65535 have the 16-bit range and floats up to 1 the unit
    range. A file does not declare any other range, so other values are
    stretched between their extremes.
    """
    full = 1.0 if values.dtype.kind == "f" else 65535.0
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
