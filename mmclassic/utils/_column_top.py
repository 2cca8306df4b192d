"""The best rows of every column of a matrix that comes in blocks of rows."""

import numpy as np

from mmclassic.utils._topk import (
    LAST_KEY,
    best_keys,
    flat_places,
    pack_keys,
    places_in_rows,
    top_k,
    unpack_columns,
    unpack_scores,
)

_FEWEST_GROUPS = 32


class ColumnTop:
    """The `k` largest scores of every column, and their rows; blocks of rows are added in order.

    Scores are float32 and hold no NaN. What holds the k-th of a column is not looked at again, so
    that later blocks cost a comparison.
    """

    def __init__(self, n_columns, k):
        self.k = k
        self._best = np.full((n_columns, k), LAST_KEY)
        self._bound = None
        self._pending, self._filled, self._n_seen = [], np.zeros(n_columns, dtype=np.int64), 0

    def add(self, block):
        """Add the next rows, of shape (n_rows, n_columns)."""
        n_columns = block.shape[1]
        if self._bound is None:
            places = self._first(block)
        else:
            places = _in_order_of_columns(block > self._bound)
        rows = places // n_columns
        columns = places - rows * n_columns
        found = pack_keys(block.ravel()[places], rows + self._n_seen)
        self._pending.append((columns, found))
        self._filled += np.bincount(columns, minlength=self._filled.size)
        self._n_seen += len(block)
        if self._bound is None or self._filled.max() >= 2 * self.k:
            self._merge()

    def result(self):
        """Scores of shape (n_columns, k), the best first, and the rows; fewer rows are an error."""
        if self._n_seen < self.k:
            raise ValueError(f"{self._n_seen} rows came, and {self.k} of every column are wanted.")
        self._merge()
        return unpack_scores(self._best), unpack_columns(self._best)

    def _first(self, block):
        """Places in the raveled block, in order of columns, of what may be among the best."""
        n_groups = max(4 * self.k, _FEWEST_GROUPS)
        if len(block) >= 4 * n_groups:
            hits = block >= _lower_bound_of_columns(block, self.k, n_groups)
            if np.count_nonzero(hits) <= 2 * self.k * block.shape[1]:  # else many tie
                return _in_order_of_columns(hits)
        best = top_k(np.ascontiguousarray(block.T), min(self.k, len(block)))
        return (best * block.shape[1] + np.arange(len(best))[:, None]).ravel()

    def _merge(self):
        n_columns = len(self._best)
        keys = np.full((n_columns, self.k + self._filled.max(initial=0)), LAST_KEY)
        keys[:, : self.k] = self._best
        starts = np.full(n_columns, self.k)
        for columns, found in self._pending:
            keys[columns, starts[columns] + places_in_rows(columns)] = found
            starts += np.bincount(columns, minlength=n_columns)
        self._best = best_keys(keys, self.k).copy()
        self._pending, self._filled = [], np.zeros(n_columns, dtype=np.int64)
        if self._n_seen >= self.k:
            self._bound = unpack_scores(self._best[:, -1])


def _lower_bound_of_columns(block, k, n_groups):
    """The k-th largest of the maxima of groups of rows, by column."""
    height = len(block) // n_groups
    groups = block[: height * n_groups].reshape(n_groups, height, -1)
    maxima = np.ascontiguousarray(groups.max(axis=1).T)
    return np.partition(maxima, n_groups - k, axis=1)[:, n_groups - k].copy()


def _in_order_of_columns(hits):
    """Places of what is true in the raveled bools, by column and then by row."""
    places, n_columns = flat_places(hits), hits.shape[1]
    # Integers of 16 bits are put in order a digit at a time, which is several times as fast.
    columns = (places % n_columns).astype(np.min_scalar_type(n_columns))
    return places[np.argsort(columns, kind="stable")]
