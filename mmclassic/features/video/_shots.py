"""Shots of a clip: their key frames, and how much moves in them."""

import numpy as np
from PIL import Image
from sklearn.base import BaseEstimator

# Height and width of the small pictures that are compared.
_SMALL = (24, 32)
# Between frames of two shots levels differ by more than this: the mean distance of the sorted
# levels of a channel, which is the earth mover's distance of their histograms, full scale 1.
_CUT = 0.1
_GRID = 3
_PERCENTILES = (10, 50, 90)


class Shots:
    """Takes the frames of a clip and keeps one from about the middle of each of its longest shots.

    In memory there are no more than twice `max_frames` key frames, and of the shot that goes on
    the frames whose number is a power of two: one of them is always near enough to the middle.
    """

    def __init__(self, max_frames):
        self._max_frames = max_frames
        self._shots, self._kept, self._length = [], {}, 0
        self._small, self._levels = None, None
        self.motion = MotionSums()

    def __call__(self, pixels, time):
        picture = Image.fromarray(pixels).resize(_SMALL[::-1], Image.Resampling.BOX)
        small = np.asarray(picture, dtype=np.float32) / 255
        levels = np.sort(small.reshape(-1, 3), axis=0)
        if self._small is not None:
            cut = np.abs(levels - self._levels).mean(axis=0).max() > _CUT
            if cut:
                self._end_shot()
            self.motion.add(np.abs(small - self._small).mean(axis=2), cut)
        self.motion.see(small, time)
        self._small, self._levels = small, levels
        if self._length & (self._length - 1) == 0:
            self._kept[self._length] = pixels
        self._length += 1

    def _end_shot(self):
        if self._length:
            middle = (self._length - 1) / 2
            number = min(self._kept, key=lambda i: abs(i - middle))
            self._shots.append((self._length, self._kept[number]))
        self._kept, self._length = {}, 0
        if len(self._shots) >= 2 * self._max_frames:
            self._shots = self._longest()

    def _longest(self):
        order = sorted(range(len(self._shots)), key=lambda i: (-self._shots[i][0], i))
        return [self._shots[i] for i in sorted(order[: self._max_frames])]

    def finish(self):
        """Key frames, uint8 arrays, and their shares in the length; two empty lists of none."""
        self._end_shot()
        shots = self._longest()
        total = sum(length for length, _ in shots)
        return [pixels for _, pixels in shots], [length / total for length, _ in shots]


class Motion(BaseEstimator):
    """What moves in a clip, and where: statistics of the differences between frames."""

    def row_names(self):
        """Names of the features, a list of str."""
        where = [f"at_{i}_{j}" for i in range(_GRID) for j in range(_GRID)]
        spread = ["mean", "std", *(f"p{p}" for p in _PERCENTILES)]
        return [*spread, *where, "cuts", "light", "light_std", "contrast"]


class MotionSums:
    """What is gathered of a clip, a few numbers for each frame."""

    def __init__(self):
        self._moves, self._where = [], np.zeros(_SMALL)
        self._cuts, self._lights, self._contrasts, self._times = 0, [], [], []

    def add(self, difference, cut):
        """Take the differences of two frames, full scale 1; across a cut nothing moves."""
        if cut:
            self._cuts += 1
        else:
            self._moves.append(difference.mean())
            self._where += difference

    def see(self, small, time):
        """Take a frame, full scale 1."""
        self._lights.append(small.mean())
        self._contrasts.append(small.std())
        self._times.append(time)

    def row(self):
        """Features of the clip, shape (n_features,)."""
        moves = np.array(self._moves or [0.0])
        rows, columns = (np.array_split(np.arange(n), _GRID) for n in _SMALL)
        where = [self._where[np.ix_(r, c)].mean() / len(moves) for r in rows for c in columns]
        seconds = self._times[-1] - self._times[0]
        return np.array(
            [
                moves.mean(), moves.std(), *np.percentile(moves, _PERCENTILES), *where,
                self._cuts / seconds if seconds > 0 else 0.0,
                np.mean(self._lights), np.std(self._lights), np.mean(self._contrasts),
            ]
        )  # fmt: skip
