"""A decoded picture to one size: the one resize of all formats, and how proportions are met."""

from numbers import Integral

from PIL import Image, ImageColor, ImageFilter

# EXIF orientations that exchange height and width, that bring the file's right or lower edge to the
# left, and to the top.
_TURNED = {5, 6, 7, 8}
_EDGE_TO_LEFT = {2, 3, 6, 7}
_EDGE_TO_TOP = {3, 4, 7, 8}
# What a drafted picture must have of the size, the shares of both sides multiplied.
_LEAST_SHARE = 25 / 32
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
    # The decoder takes over averaging. It may fall short of what is asked for, so that pictures of
    # 640 x 480 come down to 160 x 120 and of 600 x 400 to 150 x 100 for 128 x 128. That saves a
    # third of the time, and changes values no more than another filter of `resized` would: those of
    # photographs by 1.2 to 1.5 of 255 (box filter: 1.3 to 1.5, Lanczos: 1.7). 100 x 100 for
    # 400 x 400 would change them by 2.1.
    turned = orientation in _TURNED
    target = size if turned else size[::-1]
    if crop == "fit":
        target = _fitting(image.size, target)
    scale = next(s for s in (8, 4, 2, 1) if s == 1 or _suffices(image.size, s, target, crop))
    drafted = image.draft(None, tuple(max(1, side // scale) for side in image.size))
    if drafted is None:
        return None
    right, lower = drafted[1][2:]
    padding = image.width - right, image.height - lower
    if turned:
        right, lower, padding = lower, right, padding[::-1]
    left = padding[0] if orientation in _EDGE_TO_LEFT else 0
    upper = padding[1] if orientation in _EDGE_TO_TOP else 0
    return left, upper, left + right, upper + lower


def _suffices(size, scale, target, crop):
    """Whether a picture of (width, height) `size`, decoded at 1 / `scale`, does for the target."""
    sides = tuple(side / scale for side in size)
    if crop == "center":
        sides = _extent(_centred((0, 0, *sides), target))
    shares = [min(1, side / wanted) for side, wanted in zip(sides, target)]
    return shares[0] * shares[1] >= _LEAST_SHARE


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
