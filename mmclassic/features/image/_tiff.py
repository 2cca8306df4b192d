"""TIFF files of kinds that Pillow refuses: floats in colour, 64 bits, several deep channels."""

import io
import zlib
from dataclasses import dataclass
from functools import partial
from math import ceil

import numpy as np
from PIL import TiffImagePlugin

from mmclassic.exceptions import CellError
from mmclassic.features.image._scale import full_scale, to_8bit

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_FILL_ORDER, _STRIP_OFFSETS, _SAMPLES, _STRIP_ROWS, _STRIP_SIZES, _PLANES = (
    266,
    273,
    277,
    278,
    279,
    284,
)
_PREDICTOR, _EXTRA, _FORMAT = 317, 338, 339
_TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_SIZES = 322, 323, 324, 325
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB = 0, 1, 2
_SEPARATE = 2
_TYPES = {1: "u", 2: "i", 3: "f"}
_BYTES = {8: 1, 16: 2, 32: 4, 64: 8}
_PLAIN, _DEFLATE = (1,), (8, 32946)
_DIFFERENCES, _DIFFERENCES_OF_FLOATS = 2, 3
# By the first sample beyond gray or colour: none or of no meaning, premultiplied or plain alpha.
_MODES = {(1, 0): "L", (1, 1): "La", (1, 2): "LA", (3, 0): "RGB", (3, 1): "RGBa", (3, 2): "RGBA"}
# What libtiff decodes is in the order of this machine, and Pillow takes it for that of the file.
_IN_OWN_ORDER = {"I;16BS": "I;16NS", "I;32BS": "I;32NS", "F;32BF": "F;32NF"}
_PIECE = 2**19  # numbers that are decoded at a time
# Beyond these, a file would need the memory that it claims.
_LARGEST_TILE = 2**14  # pixels of one side
_LONGEST_ROW = 2**28  # bytes


class TiffTags(TiffImagePlugin.TiffImageFile):
    """The tags and the size of a TIFF file of any kind; its pixels are left to `tiff_pixels`."""

    def _setup(self):
        self._mode = "L"
        self._size = self.tag_v2[_WIDTH], self.tag_v2[_HEIGHT]
        self.tile = []


def open_tags(source):
    """The `TiffTags` of a path or stream; None if it is no TIFF file with a size."""
    if isinstance(source, io.BytesIO):
        source.seek(0)
    try:
        return TiffTags(source)
    except Exception:  # damaged tags are met with exceptions of any type
        return None


def set_right(image, source):
    """An opened image, or what is to be read instead of a TIFF file that Pillow misreads."""
    if image.format != "TIFF" or not image.tile:
        return image
    tile, tags = image.tile[0], image.tag_v2
    if tile.codec_name == "raw":
        # Of channels that lie apart it reads one byte of each number.
        apart = tags.get(_PLANES) == _SEPARATE and set(tags.get(_BITS, (1,))) != {8}
        return open_tags(source) if apart else image
    if tile.args[0] in _IN_OWN_ORDER:
        image.tile = [tile._replace(args=(_IN_OWN_ORDER[tile.args[0]], *tile.args[1:]))]
    return image


@dataclass(frozen=True)
class _Layout:
    """How the numbers lie in the file: blocks are its strips or its tiles."""

    size: tuple
    block: tuple
    dtype: np.dtype
    samples: int  # of a pixel of a block
    planes: int
    offsets: tuple
    lengths: tuple
    compressed: bool
    predictor: int


def tiff_pixels(image):
    """The pixels as uint8 (height, width, channels), and their mode in Pillow.

    Raises `CellError` for what is damaged or not read; a missing tag may raise any exception.
    """
    tags = image.tag_v2
    colors = {_WHITE_IS_ZERO: 1, _BLACK_IS_ZERO: 1, _RGB: 3}.get(tags.get(_PHOTOMETRIC))
    layout = _layout(image, tags)
    samples = layout.samples * layout.planes
    if colors is None or samples < colors:
        raise CellError(_unknown(f"photometric {tags.get(_PHOTOMETRIC)} and {samples} channels"))
    extra = tags.get(_EXTRA, (2 if colors == 3 else 0,))[0] if samples > colors else 0
    mode = _MODES.get((colors, extra), "L" if colors == 1 else "RGB")
    channels = len(mode)
    pieces = partial(_pieces, image.fp, layout, channels)
    full = full_scale(layout.dtype.newbyteorder("="), lambda: (piece for _, piece in pieces()))
    pixels = np.zeros((*layout.size[::-1], channels), dtype=np.uint8)
    for place, piece in pieces():
        pixels[place] = to_8bit(piece, full)
    if tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO:
        np.subtract(255, pixels[..., 0], out=pixels[..., 0])
    return (pixels[..., 0] if channels == 1 else pixels), mode


def _layout(image, tags):
    width, height = image.size
    samples = tags.get(_SAMPLES, 1)
    compression = tags.get(_COMPRESSION, 1)
    if compression not in (*_PLAIN, *_DEFLATE):
        raise CellError(_unknown(f"compression {compression}"))
    if tags.get(_FILL_ORDER, 1) != 1:
        raise CellError(_unknown("its bits in the other order"))
    tiled = _TILE_OFFSETS in tags
    offsets, lengths = (
        (tags[_TILE_OFFSETS], tags[_TILE_SIZES])
        if tiled
        else (tags[_STRIP_OFFSETS], tags[_STRIP_SIZES])
    )
    block = (
        (tags[_TILE_WIDTH], tags[_TILE_HEIGHT])
        if tiled
        else (width, min(tags.get(_STRIP_ROWS, height), height))
    )
    planes = samples if tags.get(_PLANES) == _SEPARATE else 1
    kind = _number_type(tags)
    row = block[0] * samples // planes * kind.itemsize
    if min(*block, samples) < 1 or (tiled and max(block) > _LARGEST_TILE) or row > _LONGEST_ROW:
        raise CellError("the picture cannot be decoded (its TIFF tags contradict each other)")
    n_blocks = ceil(width / block[0]) * ceil(height / block[1]) * planes
    if min(len(offsets), len(lengths)) < n_blocks or sum(lengths[:n_blocks]) > _bytes_of(image.fp):
        raise CellError("the picture cannot be decoded (the TIFF file is truncated)")
    return _Layout(
        image.size, block, kind, samples // planes, planes, offsets, lengths,
        compression in _DEFLATE, tags.get(_PREDICTOR, 1),
    )  # fmt: skip


def _bytes_of(file):
    return file.seek(0, 2)


def _number_type(tags):
    kinds, bits = set(tags.get(_FORMAT, (1,))), set(tags.get(_BITS, (1,)))
    order = ">" if tags.prefix == b"MM" else "<"
    try:
        (kind,), (width,) = kinds, bits
        return np.dtype(f"{order}{_TYPES[kind]}{_BYTES[width]}")
    except (ValueError, KeyError, TypeError) as error:  # several, unknown ones, floats of 8 bits
        raise CellError(_unknown(f"sample formats {kinds} of {bits} bits")) from error


def _unknown(what):
    return (
        f"the picture cannot be decoded (a TIFF file with {what} is not read; save it with 8 or "
        "16 bits a channel)"
    )


def _pieces(file, layout, channels):
    """Places in the picture and their numbers, (height, width, channels), one after the other."""
    (width, height), (block_width, block_height) = layout.size, layout.block
    across, down = ceil(width / block_width), ceil(height / block_height)
    step = max(1, _PIECE // (block_width * layout.samples))
    for index in range(across * down * layout.planes):
        plane, block = divmod(index, across * down)
        if plane >= channels:
            return
        left, top = block % across * block_width, block // across * block_height
        below, right = min(top + block_height, height), min(left + block_width, width)
        read = _reader(file, layout, index)
        for upper in range(top, below, step):
            lower = min(upper + step, below)
            numbers = _numbers(read, layout, lower - upper)[:, : right - left]
            here = slice(plane, plane + 1) if layout.planes > 1 else slice(None)
            yield (slice(upper, lower), slice(left, right), here), numbers[..., :channels]


def _reader(file, layout, index):
    """A function that gives the next bytes of a block."""
    file.seek(layout.offsets[index])
    if not layout.compressed:
        return _Plain(file, layout.lengths[index]).read
    return _Inflated(file.read(layout.lengths[index])).read


class _Plain:
    """The next bytes of a file, as far as they belong to a block; blocks take turns."""

    def __init__(self, file, length):
        self._file = file
        self._left = length

    def read(self, size):
        data = self._file.read(min(size, self._left))
        self._left -= len(data)
        return data


class _Inflated:
    """Deflated bytes, inflated as far as they are asked for."""

    def __init__(self, data):
        self._stream = zlib.decompressobj()
        self._rest = data

    def read(self, size):
        parts = []
        while size > 0 and (part := self._stream.decompress(self._rest, size)):
            self._rest = self._stream.unconsumed_tail
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


def _numbers(read, layout, rows):
    """The next rows of a block, (rows, width, samples)."""
    shape = rows, layout.block[0], layout.samples
    size = int(np.prod(shape)) * layout.dtype.itemsize
    data = read(size)
    if len(data) < size:
        raise CellError("the picture cannot be decoded (the TIFF file is truncated)")
    if layout.predictor == _DIFFERENCES_OF_FLOATS:
        return _sums_of_floats(np.frombuffer(data, np.uint8), shape, layout.dtype.itemsize)
    numbers = np.frombuffer(data, layout.dtype).reshape(shape)
    numbers = numbers.astype(layout.dtype.newbyteorder("="), copy=False)
    return _sums(numbers) if layout.predictor == _DIFFERENCES else numbers


def _sums(numbers):
    """Numbers from the differences between neighbours in a row."""
    whole = numbers.view(f"u{numbers.itemsize}")
    return np.cumsum(whole, axis=1, dtype=whole.dtype).view(numbers.dtype)


def _sums_of_floats(data, shape, itemsize):
    """Floats from differences of their bytes, which lie apart by significance (TIFF note 3)."""
    rows, width, samples = shape
    summed = np.cumsum(data.reshape(rows, -1, samples), axis=1, dtype=np.uint8)
    planes = summed.reshape(rows, itemsize, width * samples)
    floats = np.ascontiguousarray(planes.transpose(0, 2, 1)).view(f">f{itemsize}")
    return floats.reshape(shape).astype(f"=f{itemsize}")
