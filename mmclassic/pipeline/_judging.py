"""Fitted rows among rows to judge."""

import numpy as np

_ROUNDING = 1e-4  # of a place's length: files read twice in other batches differ by less


def known_rows(space, known, positions):
    """The aligned rows that were fitted.

    `positions` are those of the rows' identifiers among the fitted rows, -1 for others; `known` are
    the places of these. A row with another picture or text than was fitted is a new row.
    """
    rows = np.flatnonzero(positions >= 0)
    return rows[_same_places(space[rows], known[positions[rows]])]


def _same_places(found, known):
    """Whether all views that rows have are at the places of those of fitted rows."""
    same = np.ones(len(found), dtype=bool)
    for name, block in found.items():
        has, had = found.mask(name), known.mask(name)
        both = np.flatnonzero(has & had)
        size = np.linalg.norm(known[name][both], axis=1)
        same[both] &= np.linalg.norm(block[both] - known[name][both], axis=1) <= _ROUNDING * size
        same &= had | ~has
    return same
