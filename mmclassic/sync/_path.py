"""Which frames belong together, as a value."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class WarpingPath:
    """Frames of two streams that belong together, as `dtw` finds them.

    Parameters
    ----------
    path : ndarray of int64 of shape (n_steps, 2)
        A row of the first stream and one of the second, in order; neither ever falls.
    cost : float >= 0
        Sum of the distances along the path, each times the weight of its step; the first counts
        once.
    normalized_cost : float >= 0
        The cost divided by the sum of those weights: the mean distance along the path.
    n_frames : tuple of (int, int)
        Lengths of the streams.

    Examples
    --------
    >>> from mmclassic.sync import dtw
    >>> found = dtw([[0.0], [0.0], [1.0], [2.0]], [[0.0], [1.0], [2.0], [2.0]])
    >>> found.path.tolist()
    [[0, 0], [1, 0], [2, 1], [3, 2], [3, 3]]
    >>> found.cost, len(found)
    (0.0, 5)
    >>> found.positions()
    array([0.5, 2. , 3. , 3. ])
    """

    path: np.ndarray
    cost: float
    normalized_cost: float
    n_frames: tuple

    def __len__(self):
        return len(self.path)

    def __repr__(self):
        return f"WarpingPath({len(self)} steps, {self.n_frames[0]} x {self.n_frames[1]} frames)"

    def positions(self):
        """Give the place in the first stream of every frame of the second.

        Returns
        -------
        positions : ndarray of float64 of shape (n_frames[1],)
            Mean row of the frames that a frame is matched with. Frames that steps leap over have a
            place between those beside them; NaN before the path begins and after it ends.
        """
        return self.warp(np.arange(self.n_frames[0], dtype=np.float64))

    def warp(self, values):
        """Bring values of the first stream to the clock of the second.

        Parameters
        ----------
        values : array-like of shape (n_frames[0],) or (n_frames[0], n_columns)
            Numbers of every frame of the first stream: its features, its times, or others.

        Returns
        -------
        warped : ndarray of shape (n_frames[1],) or (n_frames[1], n_columns)
            For every frame of the second stream the mean of those matched with it. Frames that
            steps leap over are interpolated; NaN before the path begins and after it ends.

        Raises
        ------
        ValueError
            If there is not a number for every frame.
        """
        values = np.asarray(values)
        if values.ndim not in (1, 2) or len(values) != self.n_frames[0]:
            raise ValueError(
                f"values must be of shape ({self.n_frames[0]},) or ({self.n_frames[0]}, "
                f"n_columns), one for every frame of the first stream; got {values.shape}."
            )
        if values.dtype.kind not in "biuf":
            raise ValueError(
                f"values must be numbers, of which means are taken; got {values.dtype}."
            )
        dtype = np.result_type(values.dtype, np.float32)
        frames, starts, counts = np.unique(self.path[:, 1], return_index=True, return_counts=True)
        columns = values.reshape(len(values), -1).astype(np.float64)
        means = np.add.reduceat(columns[self.path[:, 0]], starts) / counts[:, None]
        warped = np.full((self.n_frames[1], columns.shape[1]), np.nan)
        within = np.arange(frames[0], frames[-1] + 1)
        for k, column in enumerate(means.T):
            warped[within, k] = np.interp(within, frames, column)
        return warped.astype(dtype).reshape(-1, *values.shape[1:])
