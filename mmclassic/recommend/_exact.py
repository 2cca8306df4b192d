"""Exact top-k by a fast product in float32: what may belong to it is looked at again."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from mmclassic.utils import top_k

_EXTRA = 16  # places beyond k, among which those that rounding may have moved nearly always are

_LONG = 0.1  # share of the candidates above which all are scored exactly, as one product


@dataclass(frozen=True, eq=False)
class Approximate:
    """Scores (n_rows, n_candidates) in float32, each off by less than the `error` of its row.

    ``exact(rows, columns)`` gives those of pairs, (n_pairs,), in float64, as they are whatever
    else is asked for, and ``whole()`` those of all, for long lists. A matrix product gives other
    last bits when the same row comes in a block of another shape, and two items of one score would
    change places with the company of a user.
    """

    scores: np.ndarray
    error: np.ndarray
    exact: object
    whole: object

    def plus(self, added):
        """The same with a number added to every candidate (n_candidates,)."""
        return replace(
            self,
            scores=self.scores + added.astype(np.float32),
            error=self.error + _rounding(self.scores, added),
            exact=partial(_added, self.exact, added),
            whole=lambda: self.whole() + added,
        )

    def blended(self, factor, others):
        """The same times a factor, and with others (n_rows, n_candidates) that are exact."""
        scores = factor * self.scores
        error = factor * self.error + _rounding(scores, others.max(axis=1, initial=0.0))
        return Approximate(
            np.add(scores, others, out=scores),
            error,
            partial(_blended, self.exact, factor, others),
            lambda: factor * self.whole() + others,
        )

    def best(self, k):
        """Columns and exact scores, as float32 holds them, of the k best; ties by lower column.

        Columns of -inf come last.
        """
        n_rows, n_columns = self.scores.shape
        some = min(k + _EXTRA, n_columns)
        if some > _LONG * n_columns:
            scores = np.where(np.isneginf(self.scores), -np.inf, self.whole()).astype(np.float32)
            order = top_k(scores, k)
            return order, np.take_along_axis(scores, order, axis=1)
        pool = top_k(self.scores, some)
        rows = np.arange(n_rows)
        bound = self.scores[rows, pool[:, k - 1]] - 2 * self.error
        order, values = self._sorted(np.repeat(rows, some), pool.ravel(), some, k)
        if some < n_columns:
            last = self.scores[rows, pool[:, -1]]
            for row in np.flatnonzero((last >= bound) & ~np.isneginf(last)):
                near = np.flatnonzero(self.scores[row] >= bound[row])
                found = self._sorted(np.full(near.size, row), near, near.size, k)
                order[row], values[row] = found[0][0], found[1][0]
        return order, values

    def _sorted(self, rows, columns, width, k):
        approximate = self.scores[rows, columns]
        values = np.full(rows.size, -np.inf, dtype=np.float32)
        there = ~np.isneginf(approximate)
        values[there] = self.exact(rows[there], columns[there])
        columns, values = columns.reshape(-1, width), values.reshape(-1, width)
        first = np.lexsort((columns, -values), axis=1)[:, :k]
        return np.take_along_axis(columns, first, 1), np.take_along_axis(values, first, 1)


def _blended(exact, factor, others, rows, columns):
    return factor * exact(rows, columns) + others[rows, columns]


def _rounding(scores, added):
    largest = np.abs(added).max(initial=0.0)
    return np.finfo(np.float32).eps * (largest + np.abs(scores).max(axis=1, initial=0.0))


def nothing_said(n_rows, n_columns):
    """Scores of 0."""
    scores = np.zeros((n_rows, n_columns), dtype=np.float32)
    nothing = np.zeros((n_rows, n_columns))
    return Approximate(scores, nothing[:, 0], lambda r, c: np.zeros(r.size), lambda: nothing)


def _added(exact, added, rows, columns):
    return exact(rows, columns) + added[columns]
