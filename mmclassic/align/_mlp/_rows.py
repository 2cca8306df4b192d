"""Rows of all views as the networks take them."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import scipy.sparse as sp

_FEWEST_ROWS = 20  # with fewer there is too little to keep apart


@dataclass(frozen=True)
class Rows:
    """By view: inputs, what the linear solution says of them, own coordinates and presence.

    Attributes
    ----------
    inputs : dict of {ndarray, CSR} of shape (n, n_inputs)
        What the towers read.
    linear : dict of ndarray of shape (n, n_outputs)
        What the towers add to.
    own : dict of ndarray of shape (n, n_components)
        Principal coordinates of variance 1 on average.
    present : dict of ndarray of bool of shape (n,)
        Which rows have the view; the others hold anything finite.
    """

    inputs: dict
    linear: dict
    own: dict
    present: dict

    def __len__(self):
        return len(next(iter(self.present.values())))

    def __getitem__(self, rows):
        return Rows(*({n: block[rows] for n, block in part.items()} for part in self._parts()))

    def taken(self, rows, room):
        """The rows of these numbers; dense blocks use the memory of `room`, as many rows or more.

        Small blocks that come and go take twice as long.
        """
        parts = zip(self._parts(), room._parts())
        return Rows(*({n: _taken(part[n], rows, into[n]) for n in part} for part, into in parts))

    def _parts(self):
        return self.inputs, self.linear, self.own, self.present

    def with_views(self, fewest):
        """Numbers of the rows that have so many views."""
        return np.flatnonzero(sum(self.present.values()) >= fewest)

    def both(self, left, right):
        """Which rows have both of two views."""
        return self.present[left] & self.present[right]


def _taken(block, rows, room):
    if sp.issparse(block):
        return block[rows]
    # Other modes than "clip" make a copy first; the numbers are in range.
    return np.take(block, rows, axis=0, out=room[: len(rows)], mode="clip")


def rows_of(views, coordinates, linear):
    """Rows in float32 of the views that came; the others are absent.

    Parameters
    ----------
    views : Views
        Some of the fitted views.
    coordinates : dict of Coordinates
        By fitted view.
    linear : dict of LinearMap
        By fitted view.

    Returns
    -------
    rows : Rows
        What the networks learn from.
    """
    parts = {name: [] for name in coordinates}
    for name, known in coordinates.items():
        if name in views:
            inputs, own = known.apply(views[name])
            own = own * np.sqrt(known.n_components)
            parts[name] = inputs, linear[name].apply(views[name]), own, views.mask(name)
        else:
            widths = known.n_inputs, linear[name].offset.size, known.n_components
            nothing = [sp.csr_matrix((len(views), widths[0]), dtype=np.float32)]
            nothing += [np.zeros((len(views), width), dtype=np.float32) for width in widths[1:]]
            parts[name] = *nothing, np.zeros(len(views), dtype=bool)
    inputs, linear, own, present = zip(*parts.values())
    single = [[block.astype(np.float32) for block in part] for part in (inputs, linear, own)]
    return Rows(*(dict(zip(coordinates, part)) for part in (*single, present)))


def check_pairs(views):
    """Raise unless every pair of views has two rows to learn from."""
    for a, b in combinations(views.names, 2):
        both = np.count_nonzero(views.mask(a) & views.mask(b))
        if both < 2:
            raise ValueError(
                f"MLPAligner needs at least 2 rows that have both {a!r} and {b!r}; got {both}."
            )


def held_apart(views, share, random_state):
    """Rows to learn from and rows that tell when to stop, none if there are too few.

    Parameters
    ----------
    views : Views
        All rows.
    share : float in (0, 1)
        Of the rows with two views or more, pairs of views apart that hardly any row has.
    random_state : RandomState
        Draws them.

    Returns
    -------
    known, held_out : ndarray of int
        Row numbers, each increasing.
    """
    everything, none = np.arange(len(views)), np.arange(0)
    spare = views.present.sum(axis=1) >= min(2, len(views.names))
    for a, b in combinations(views.names, 2):
        both = views.mask(a) & views.mask(b)
        if np.count_nonzero(both) < _FEWEST_ROWS:
            spare &= ~both
    useful = np.flatnonzero(spare)
    if useful.size < _FEWEST_ROWS:
        return everything, none
    n_held_out = max(2, round(share * useful.size))
    held_out = np.sort(random_state.permutation(useful)[:n_held_out])
    known = np.setdiff1d(everything, held_out)
    for_learning, for_judging = (_shared(views, rows) for rows in (known, held_out))
    if for_learning.min() < 2 or for_judging.max() < 2:
        return everything, none
    return known, held_out


def _shared(views, rows):
    """Numbers of rows that every pair of views has, of a single view its own."""
    present = views.present[rows].astype(np.intp)
    pairs = np.triu_indices(len(views.names), k=min(1, len(views.names) - 1))
    return (present.T @ present)[pairs]
