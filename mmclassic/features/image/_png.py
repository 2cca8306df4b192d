"""PNG files: metadata that cost the picture, and a transparent colour of 16 bits."""

import io

import numpy as np

from mmclassic.exceptions import CellError
from mmclassic.features._sources import is_encoded, open_source
from mmclassic.features.image._parts import has_color
from mmclassic.features.image._strips import STRIP_PIXELS

_MAGIC = b"\x89PNG\r\n\x1a\n"
# Chunks that a reader may skip have a small first letter; these two change what is seen.
_KEPT = (b"tRNS", b"eXIf")
# Pillow's names of layouts of which it takes the one or the other byte of each number.
_HIGH_BYTES, _LOW_BYTES = "RGB;16B", "RGB;16L"


def without_metadata(cell):
    """The bytes of a PNG file without what does not belong to its pixels; None for other cells.

    Pillow reads texts and profiles as well, and refuses a file for their size or damage.
    """
    if not is_encoded(cell):
        return None
    try:
        source = open_source(cell)
        with open(source, "rb") if isinstance(source, str) else source as file:
            return _kept_chunks(file) if file.read(len(_MAGIC)) == _MAGIC else None
    except (CellError, OSError):
        return None


def _kept_chunks(file):
    """The file without such chunks; None if it has none."""
    kept, dropped = [_MAGIC], False
    while len(head := file.read(8)) == 8:
        length, kind = int.from_bytes(head[:4]), head[4:]
        if kind[:1].islower() and kind not in _KEPT:
            file.seek(length + 4, io.SEEK_CUR)
            dropped = True
        else:
            kept += [head, file.read(length + 4)]
    return b"".join(kept) if dropped else None


def has_key_of_16_bits(image):
    """Whether an image, opened and not loaded, has colours of 16 bits and a transparent one."""
    return image.format == "PNG" and "transparency" in image.info and _layout(image) == _HIGH_BYTES


def have_low_bytes(image, key):
    """Where the pixels of such an image have the low bytes of a colour, bool (height, width).

    The image is then one of the low bytes, and of no other use.
    """
    # Pillow unpacks the first byte of each channel; taken for the other order, that is the second.
    image.tile = [image.tile[0]._replace(args=_LOW_BYTES)]
    width, height = image.size
    same = np.empty((height, width), dtype=bool)
    rows = max(1, STRIP_PIXELS // width)
    for upper in range(0, height, rows):
        lower = min(upper + rows, height)
        part = np.asarray(image.crop((0, upper, width, lower)))
        same[upper:lower] = has_color(part, [value & 255 for value in key])
    return same


def _layout(image):
    return image.tile[0].args if image.tile else None
