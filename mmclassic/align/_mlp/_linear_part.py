"""The linear solution that the networks add to."""

import warnings
from dataclasses import dataclass, replace

import numpy as np

from mmclassic.align._cca import CCA
from mmclassic.align._cross_fit import rotation
from mmclassic.align._ridge_mapping import RidgeMapping
from mmclassic.align._unsolvable import UnsolvableError
from mmclassic.moments import project
from mmclassic.utils import is_array, require
from mmclassic.views import Views

_LEAST_COMPONENTS = 16
_ENOUGH_ROWS = 100  # with fewer rows the choice of a ridge is more noise than gain


@dataclass(frozen=True)
class LinearMap:
    """Columns that centred rows of a view are multiplied by, and what is added.

    Attributes
    ----------
    weights : ndarray of shape (width, n_outputs)
        The columns.
    mean : ndarray of shape (width,)
        What is subtracted from every row.
    offset : ndarray of shape (n_outputs,)
        What is added.
    """

    weights: np.ndarray
    mean: np.ndarray
    offset: np.ndarray

    def apply(self, X):
        """Rows mapped, in their own type."""
        return project(X, self.weights, self.mean) + self.offset.astype(X.dtype)

    def _check_state(self):
        n_outputs = np.size(self.offset)
        sound = (
            is_array(self.mean, "f", (None,))
            and is_array(self.offset, "f", (n_outputs,))
            and is_array(self.weights, "f", (self.mean.size, n_outputs))
        )
        require(sound, self, "its arrays do not fit together.")


def common_directions(views, n_components, width=None):
    """Linear maps of `CCA` by view, whose rows have no more than unit variance on average.

    Parameters
    ----------
    views : Views
        What is learned from.
    n_components : int or None
        As of `CCA`; where there are fewer, as many as there are.
    width : int or None
        Columns of the maps; None is `n_components` or, without that, what `CCA` chose and 16 at
        least.

    Returns
    -------
    maps : dict of LinearMap
        Columns that `CCA` does not have are 0.
    """
    widths = list(views.widths.values())
    most = min(widths) if len(widths) == 2 else sum(widths)
    wanted = None if n_components is None else min(n_components, most)
    with warnings.catch_warnings():
        # Views that share nothing along lines are what the networks are for.
        warnings.simplefilter("ignore", UserWarning)
        try:
            cca = CCA(wanted).fit(views)
        except UnsolvableError:
            cca = CCA().fit(views)
    width = width or n_components or max(cca.n_components_, _LEAST_COMPONENTS)
    scale = cca._component_scale()
    # Networks beside it begin small, and must not take for ever to count. What is small stays so:
    # it is what hardly holds.
    shrinkage = 1 / max(1.0, np.sqrt(np.sum(scale**2) / width))
    return {
        name: LinearMap(
            _widened(weights * scale * shrinkage, width), cca.means_[name], np.zeros(width)
        )
        for name, weights in cca.weights_.items()
    }


def regressions(views, coordinates):
    """Linear maps by view: ridge regressions on the coordinates of the others.

    Parameters
    ----------
    views : Views
        What is learned from.
    coordinates : dict of Coordinates
        By view.

    Returns
    -------
    maps : dict of LinearMap
        The other views' coordinates one after the other.
    """
    found = {name: [] for name in views.names}
    for target, known in coordinates.items():
        own = known.own(views[target])
        blocks = {name: own if name == target else views[name] for name in views.names}
        fewest = min(np.count_nonzero(views.mask(n) & views.mask(target)) for n in views.names)
        ridge = "cv" if fewest >= _ENOUGH_ROWS else 1.0
        mapping = RidgeMapping(target, ridge=ridge).fit(Views(blocks, views.present))
        center = mapping.means_[target]
        for name, offset in mapping.offsets_.items():
            weights, mean = mapping.weights_[name], mapping.means_[name]
            found[name].append((weights, mean, center + offset))
    return {name: _side_by_side(parts) for name, parts in found.items()}


def resolved(maps, views, coordinates, objective, n_components):
    """The linear part of all rows in the place of that of some, for the networks beside it.

    Directions are turned to where they were before, by orthogonal Procrustes analysis: cosines are
    those of the new solution, and the networks still add to the columns that they know.
    """
    if objective == "mse":
        return regressions(views, coordinates)
    width = next(iter(maps.values())).offset.size
    found = common_directions(views, n_components, width)
    turn = rotation(_places(found, views), _places(maps, views))
    return {name: replace(map_, weights=map_.weights @ turn) for name, map_ in found.items()}


def _places(maps, views):
    """Places of the rows of all views, one below the other."""
    return np.vstack([maps[name].apply(block)[views.mask(name)] for name, block in views.items()])


def _widened(block, width):
    return np.pad(block[:, :width], ((0, 0), (0, max(0, width - block.shape[1]))))


def _side_by_side(maps):
    """One map for several; means differ by target, and one is subtracted."""
    mean = maps[0][1]
    weights = np.hstack([w for w, _, _ in maps])
    offset = np.hstack([center + (mean - own) @ w for w, own, center in maps])
    return LinearMap(weights, mean, offset)
