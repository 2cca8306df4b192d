"""Any picture to 8-bit RGB of one size."""

from contextlib import nullcontext
from functools import cache

import numpy as np
from PIL import ExifTags, Image

from mmclassic.exceptions import CellError
from mmclassic.features._sources import is_encoded, open_source
from mmclassic.features.image._fast_jpeg import decoded
from mmclassic.features.image._parts import array_part, image_part, transparent_value
from mmclassic.features.image._png import has_key_of_16_bits, have_low_bytes, without_metadata
from mmclassic.features.image._quiet import quiet
from mmclassic.features.image._resize import as_color, draft, resized
from mmclassic.features.image._strips import Strips
from mmclassic.features.image._tiff import TiffTags, open_tags, set_right, tiff_pixels

# Pillow hands PostScript to an outside program and reads many rare formats; a catalogue has these.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "ICO", "TGA", "JPEG2000", "AVIF")
_DRAFTED = ("JPEG", "MPO")


def read_picture(cell, size, *, crop=None, denoise=False, background="white", max_pixels=None):
    """Read a picture as the descriptors see it, for a thumbnail for instance.

    Parameters
    ----------
    cell : str, path-like, bytes, ndarray or PIL image
        The picture.
    size : (int > 0, int > 0)
        Height and width, pixels.
    crop : {"center", "fit"}, default=None
        How it is brought to the ratio of `size`, see `ImageVectorizer`, as for what follows.
    denoise : bool, default=False
        Smooth it.
    background : str or color, default="white"
        What shows through transparent pixels, and in the margins.
    max_pixels : int > 0, default=None
        Refuse larger pictures, before they are decoded.

    Returns
    -------
    pixels : ndarray of uint8 of shape (height, width, 3)
        RGB, upright.

    Raises
    ------
    CellError
        If it is not a picture that can be decoded completely.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.features import read_picture
    >>> read_picture(np.zeros((9, 16), dtype=np.uint8), (4, 4), crop="fit")[:, 0, 0].tolist()
    [255, 0, 0, 255]
    """
    options = {"crop": crop, "denoise": denoise, "color": as_color(background)}
    with quiet():
        try:
            return _read(cell, size, max_pixels, options)
        except CellError:
            if (plain := without_metadata(cell)) is None:
                raise
        return _read(plain, size, max_pixels, options)


def _read(cell, size, max_pixels, options):
    with _opened(cell) as image:
        _check_pixels(_size_of(image), max_pixels)
        try:
            picture, box = _picture(image, cell, size, options)
            return np.asarray(resized(picture, size, box=box, **options))
        except CellError:
            raise
        except Exception as error:  # decoders meet damaged input with exceptions of any type
            raise _undecodable(error) from error


def _opened(cell):
    """A context that gives the cell as an image or array and closes only what was opened here."""
    if isinstance(cell, Image.Image):
        return nullcontext(cell)
    if isinstance(cell, np.ndarray):
        return nullcontext(_checked(cell))
    if not is_encoded(cell):
        raise CellError(
            f"a picture must be a path, encoded bytes, an array or a PIL image; "
            f"got {type(cell).__name__}"
        )
    source = open_source(cell)
    try:
        return set_right(Image.open(source, formats=_readable_formats()), source)
    except Exception as error:
        if isinstance(error, Image.UnidentifiedImageError) and (other := open_tags(source)):
            return other
        raise _undecodable(error) from error


def _checked(array):
    """An array cell as (height, width) or (height, width, 3 or 4)."""
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise CellError(
            f"a picture array must have shape (h, w), (h, w, 3) or (h, w, 4); got {array.shape}"
        )
    if array.size == 0:
        raise CellError(f"the picture has no pixels (shape {array.shape})")
    return array


def _size_of(image):
    """(width, height) of an image or array."""
    return image.shape[1::-1] if isinstance(image, np.ndarray) else image.size


def _check_pixels(size, max_pixels):
    limits = {"max_pixels": max_pixels, "PIL.Image.MAX_IMAGE_PIXELS": Image.MAX_IMAGE_PIXELS}
    for name, limit in limits.items():
        if limit is not None and size[0] * size[1] > limit:
            raise CellError(
                f"{size[0]} x {size[1]} pixels are more than the limit of {limit:,} ({name})"
            )


def _picture(image, cell, size, options):
    """What is opened as `Strips`, and the box of them that counts; None if all of it does."""
    color = options["color"]
    if isinstance(image, np.ndarray):
        return Strips(_size_of(image), array_part(image), color=color), None
    if isinstance(image, TiffTags):
        part = array_part(*tiff_pixels(image))
        return Strips(
            image.size, part, orientation=image.tag_v2.get(ExifTags.Base.Orientation), color=color
        ), None
    key = transparent_value(image)
    deep_key = image is not cell and has_key_of_16_bits(image)
    # Before the pixels are in memory, as these are decoded twice.
    low_bytes = _low_bytes(cell, key) if deep_key else None
    orientation, box = _orientation(image), None
    if image is not cell:  # the caller's own image is not to be changed
        whole = image.size
        box = draft(image, size, options["crop"], orientation)
        image = decoded(image, whole)
    image.load()
    part = image_part(image, key, low_bytes, color)
    return Strips(image.size, part, orientation=orientation, color=color), box


def _low_bytes(cell, key):
    with _opened(cell) as image:
        return have_low_bytes(image, key)


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
