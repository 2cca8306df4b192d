"""Pictures made RGB, upright and narrow strip by strip, so that they need little memory."""

from math import ceil

from PIL import Image

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
# Orientations whose upright rows are columns of the file, and whose first row is its last.
_ON_ITS_SIDE = {5, 6, 7, 8}
_FROM_THE_END = {3, 4, 7, 8}
# The orientation of the picture that has its columns as rows.
_TRANSPOSED = {1: 5, 2: 8, 3: 7, 4: 6, 5: 1, 6: 4, 7: 3, 8: 2}
STRIP_PIXELS = 2**20
# A resized picture is first made narrow, so one of a few pixels' width would grow by this.
_NARROW_PIXELS = 2**24
_LEAST_ROWS = 16  # for each of the result, that a reduction by whole numbers leaves


class Strips:
    """An upright RGB picture with the `size` and the `resize` of an image.

    `part(box)` gives a box of the picture as it is stored, as an image of 8 bits a channel,
    whose transparent pixels are to show `color`.
    """

    def __init__(self, size, part, *, orientation=1, color):
        self._stored = size
        self._part = part
        self._orientation = orientation
        self._color = color
        self.size = size[::-1] if orientation in _ON_ITS_SIDE else size

    def resize(self, size, resample, box):
        """The box of the picture, at (width, height) `size`: what `Image.resize` gives."""
        width, height = self.size
        if width > max(height, STRIP_PIXELS):  # not even a row is small
            return self._resize_columns(size, resample, box)
        step = self._reduction(size)
        rows = max(1, STRIP_PIXELS // (width * step)) * step
        if rows >= height and step == 1:
            return self._rows(0, height).resize(size, resample, box=box)
        # Image.resize, too, goes along the rows first and rounds in between.
        narrow = Image.new("RGB", (size[0], ceil(height / step)))
        for upper in range(0, height, rows):
            strip = self._rows(upper, min(upper + rows, height))
            if step > 1:
                strip = strip.reduce((1, step))
            across = (box[0], 0, box[2], strip.height)
            narrow.paste(
                strip.resize((size[0], strip.height), resample, across), (0, upper // step)
            )
        upper, lower = box[1] / step, min(box[3] / step, narrow.height)
        return narrow.resize(size, resample, box=(0, upper, size[0], lower))

    def _resize_columns(self, size, resample, box):
        left, upper, right, lower = box
        orientation = _TRANSPOSED.get(self._orientation, 5)
        columns = Strips(self._stored, self._part, orientation=orientation, color=self._color)
        result = columns.resize(size[::-1], resample, (upper, left, lower, right))
        return result.transpose(Image.Transpose.TRANSPOSE)

    def _reduction(self, size):
        """How many rows are to be averaged first; 1 but for extreme proportions."""
        most = max(_NARROW_PIXELS // size[0], _LEAST_ROWS * size[1])
        return ceil(self.size[1] / most)

    def _rows(self, upper, lower):
        width, height = self.size
        if self._orientation in _FROM_THE_END:
            upper, lower = height - lower, height - upper
        sideways = self._orientation in _ON_ITS_SIDE
        box = (upper, 0, lower, width) if sideways else (0, upper, width, lower)
        rgb = _to_rgb(self._part(box), self._color)
        turn = _TURNS.get(self._orientation)
        return rgb if turn is None else rgb.transpose(turn)


def _to_rgb(image, color):
    """8-bit RGB; transparent pixels show the ground."""
    if not image.has_transparency_data:
        return image if image.mode == "RGB" else image.convert("RGB")
    if image.mode == "La":
        image = image.convert("LA")
    layer = image.convert("RGBA")
    ground = Image.new("RGBA", layer.size, (*color, 255))
    return Image.alpha_composite(ground, layer).convert("RGB")
