"""Frames of a clip at regular times and one size."""

import numpy as np


class Sampler:
    """Takes, of all frames, the first at or after every tick, at a size, turned upright.

    `take` is called with pixels, uint8 of shape (height, width, 3) or (height, width), and the time
    (s). `fps` None takes all frames. `size` is (height, width), or the shorter side at most; None
    is the size that the clip has.
    """

    def __init__(self, take, *, fps=None, size=None, gray=False):
        self._take, self._fps, self._size, self._gray = take, fps, size, gray
        self._first, self._next = None, 0

    def __call__(self, frame, time, aspect):
        if self._fps is not None:
            self._first = time if self._first is None else self._first
            # Times of frames are rounded, to a millisecond by some kinds of files.
            tick = int(np.floor((time - self._first) * self._fps + 0.05))
            if tick < self._next:
                return
            self._next = tick + 1
        self._take(_pixels(frame, self._size, "gray" if self._gray else "rgb24", aspect), time)


def _pixels(frame, size, form, aspect):
    turns = round(frame.rotation / 90) % 4
    height, width = _shape(frame, size, aspect, turned=turns % 2 == 1)
    small = frame.reformat(width=width, height=height, format=form, interpolation="AREA")
    return np.ascontiguousarray(np.rot90(small.to_ndarray(), turns))


def _shape(frame, size, aspect, *, turned):
    """Height and width before the frame is turned."""
    if isinstance(size, tuple):
        return size[::-1] if turned else size
    height, width = frame.height, max(1, round(frame.width * aspect))
    scale = 1.0 if size is None else min(1.0, size / min(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))
