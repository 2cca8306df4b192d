"""The best rows of every column of a matrix that comes in blocks of rows."""

import numpy as np

from mmclassic.utils._topk import (
    LAST_KEY,
    best_keys,
    pack_keys,
    places_in_rows,
    places_of,
    top_k,
    unpack_columns,
    unpack_scores,
)


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
        columns, rows = self._first(block) if self._bound is None else self._above(block)
        found = pack_keys(block[rows, columns], rows + self._n_seen)
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
        best = top_k(np.ascontiguousarray(block.T), min(self.k, len(block)))
        return np.repeat(np.arange(len(best)), best.shape[1]), best.ravel()

    def _above(self, block):
        """Columns, in order, and rows of what may be among the best."""
        rows, columns = places_of(block > self._bound)
        # NumPy sorts integers faster than it finds their order.
        keys = np.sort((columns << 32) | rows)
        return keys >> 32, keys & (2**32 - 1)

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
