"""Fitted rows among rows to judge, and their places by fits without them."""

import warnings

import numpy as np

from mmclassic.views import Views, restore_absent

_ROUNDING = 1e-4  # of a place's length: files read twice in other batches differ by less


def with_crossed(space, known, positions, aligner, fitted):
    """Aligned rows, of which those that were fitted get their places by fits without them.

    `positions` are those of the rows' identifiers among the fitted rows, -1 for others; `known` are
    the places of these by the whole fit, `fitted` what was fitted, with the labels. A row with
    another picture or text than was fitted is a new row.
    """
    rows = np.flatnonzero(positions >= 0)
    rows = rows[_same_places(space[rows], known[positions[rows]])]
    if not rows.size:
        return space
    if not hasattr(aligner, "cross_transform"):
        warnings.warn(
            f"{rows.size} of these items were fitted, and agree too well for that: "
            f"{type(aligner).__name__} has no cross_transform to judge them by. consistency() "
            "without items judges the fitted ones by fits without them.",
            stacklevel=3,
        )
        return space
    crossed = aligner.cross_transform(*fitted)
    blocks = {}
    for name, block in space.items():
        blocks[name] = block.copy()
        blocks[name][rows] = crossed[name][positions[rows]]
        restore_absent(blocks[name], space.mask(name))
    return Views(blocks, space.present)


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
