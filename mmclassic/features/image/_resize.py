"""A decoded picture to one size: the one resize of all formats, and how proportions are met."""

from math import ceil
from numbers import Integral

from PIL import Image, ImageColor, ImageFilter

# EXIF orientations that exchange height and width, that bring the file's right or lower edge to the
# left, and to the top.
_TURNED = {5, 6, 7, 8}
_EDGE_TO_LEFT = {2, 3, 6, 7}
_EDGE_TO_TOP = {3, 4, 7, 8}
# Of a side of the size, what a drafted picture must have.
_LEAST_SHARE = 15 / 16
_RESAMPLING = Image.Resampling.BILINEAR


def as_color(background):
    """RGB values of a CSS name, "#rrggbb" or three numbers; ValueError for no opaque colour."""
    try:
        color = ImageColor.getrgb(background) if isinstance(background, str) else tuple(background)
    except (TypeError, ValueError):
        color = ()
    if len(color) == 3 and all(isinstance(v, Integral) and 0 <= v <= 255 for v in color):
        return tuple(int(v) for v in color)
    raise ValueError(
        "background must be an opaque colour: a name such as 'white', '#rrggbb' or three whole "
        f"numbers from 0 to 255; got {background!r}."
    )


def draft(image, size, crop, orientation):
    """Let a JPEG file that was not read yet be decoded at a half, a quarter or an eighth.

    Gives the box (left, upper, right, lower) of what the upright drafted picture shows of the
    file, as the decoder rounds sizes up to whole pixels; None if the whole picture counts.
    """
    # The decoder takes over averaging. It may fall short of what is asked for by a sixteenth of a
    # side, so that 4:3 pictures of 640, 1280, ... pixels come down to 160 x 120 for 128 x 128: that
    # takes half the time, and changes values by no more than another filter of `resized` would.
    height, width = size
    turned = orientation in _TURNED
    if crop == "fit":
        upright = image.size[::-1] if turned else image.size
        width, height = _fitting(upright, (width, height))
    least = [ceil(side * _LEAST_SHARE) for side in (width, height)]
    drafted = image.draft(None, tuple(least[::-1] if turned else least))
    if drafted is None:
        return None
    right, lower = drafted[1][2:]
    padding = image.width - right, image.height - lower
    if turned:
        right, lower, padding = lower, right, padding[::-1]
    left = padding[0] if orientation in _EDGE_TO_LEFT else 0
    upper = padding[1] if orientation in _EDGE_TO_TOP else 0
    return left, upper, left + right, upper + lower


def resized(image, size, *, box=None, crop=None, denoise=False, color=(255, 255, 255)):
    """Bring an RGB picture (`Strips` or an image), or a box of it, to `size` (height, width).

    `crop` is None to stretch, "center" to cut the longer side off on both ends, "fit" to keep
    everything and fill up with `color`; `denoise` takes the median over 3 x 3 resized pixels.
    """
    target = size[1], size[0]
    box = box or (0, 0, *image.size)
    inner = _fitting(_extent(box), target) if crop == "fit" else target
    if crop == "center":
        box = _centred(box, target)
    result = image.resize(inner, _RESAMPLING, box=box)
    if denoise:
        result = result.filter(ImageFilter.MedianFilter(3))
    return result if result.size == target else _padded(result, target, color)


def _fitting(size, target):
    """Largest (width, height) in the target with the proportions of the picture."""
    scale = min(t / s for s, t in zip(size, target))
    return tuple(min(t, max(1, round(s * scale))) for s, t in zip(size, target))


def _extent(box):
    return box[2] - box[0], box[3] - box[1]


def _centred(box, target):
    """Largest box in the middle of a box with the proportions of the target."""
    extent = _extent(box)
    scale = min(e / t for e, t in zip(extent, target))
    margins = [max(0, (e - t * scale) / 2) for e, t in zip(extent, target)]
    return (*(e + m for e, m in zip(box[:2], margins)), *(e - m for e, m in zip(box[2:], margins)))


def _padded(image, target, color):
    ground = Image.new("RGB", target, color)
    ground.paste(image, tuple((t - s) // 2 for s, t in zip(image.size, target)))
    return ground
