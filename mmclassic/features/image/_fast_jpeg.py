"""JPEG files through simplejpeg, where it is installed and gives the pixels that Pillow gives."""

import io
from functools import cache
from itertools import product

import numpy as np
from PIL import Image

from mmclassic.exceptions import MissingDependencyError
from mmclassic.utils import import_optional

# The layouts of Pillow's modes that are taken over; CMYK is left to Pillow.
_LAYOUTS = {"RGB": "RGBX", "L": "GRAY"}


def decoded(image, whole):
    """The picture of a JPEG file that was opened, perhaps drafted, and not loaded, or that file.

    It is left to Pillow if it is wanted `whole` (its way through a buffer takes what the decoder
    saves), if simplejpeg is not installed, cannot be loaded or was built with a decoder that
    gives other pixels, and for everything simplejpeg refuses. Pillow then decides what is wrong
    with the file, so that errors are the same with and without it.
    """
    if image.format != "JPEG" or image.mode not in _LAYOUTS or image.size == whole:
        return image
    if (decode := _decoder()) is None:
        return image
    image.fp.seek(0)
    return _decode(decode, image.fp.read(), image.mode, image.size) or image


def _decode(decode, data, mode, size):
    """The picture, or None if simplejpeg cannot give it in that size."""
    layout = _LAYOUTS[mode]
    try:
        pixels = decode(data, layout, min_width=size[0], min_height=size[1])
    except ValueError:
        return None
    if pixels.shape[1::-1] != size:
        return None
    return Image.frombytes(mode, size, pixels, "raw", "L" if mode == "L" else layout)


@cache
def _decoder():
    """The function of simplejpeg, if it is there and agrees with Pillow's decoder."""
    try:
        decode = import_optional("simplejpeg", extra="fast", purpose="fast JPEG").decode_jpeg
    # A build for another NumPy raises ValueError, and Pillow does the work without it.
    except (MissingDependencyError, ValueError):
        return None
    return decode if _agrees(decode) else None


def _agrees(decode):
    """Whether both decoders give the same pixels, in all chroma layouts and scales.

    Each is built with a library of its own, and these libraries differ in how
    they scale and how they enlarge colour.
    """
    noise = np.random.default_rng(0).integers(0, 256, (45, 71, 3), dtype=np.uint8)
    for subsampling, progressive, scale in product((0, 1, 2), (False, True), (1, 2, 4, 8)):
        stream = io.BytesIO()
        picture = Image.fromarray(noise)
        picture.save(stream, "JPEG", subsampling=subsampling, progressive=progressive)
        with Image.open(stream) as image:
            image.draft(None, (image.width // scale, image.height // scale))
            fast = _decode(decode, stream.getvalue(), "RGB", image.size)
            if fast is None or fast.tobytes() != image.tobytes():
                return False
    return True
