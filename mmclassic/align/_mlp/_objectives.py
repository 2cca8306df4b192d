"""What the towers of all views are taught together."""

from abc import ABC, abstractmethod
from dataclasses import replace
from itertools import combinations, permutations

import numpy as np

from mmclassic.align._mlp._losses import contrastive_loss, squared_loss
from mmclassic.align._mlp._tower import Tower, split
from mmclassic.utils import is_array, is_finite

_START_GAIN = 0.1  # of the networks beside the linear solution, so that training begins near it
_DECODER = "from code"
_LARGEST_SCALE = np.log(100.0)  # of cosines; the smallest is 1
_SCALES = np.linspace(0, _LARGEST_SCALE, 24)


class Objective(ABC):
    """Towers by key, their parameters in one vector, and a loss of rows.

    Parameters
    ----------
    coordinates : dict of Coordinates
        By view.
    width : int
        Columns of the linear solution.
    hidden_size : int
        Units of every hidden layer.
    activation : {"relu", "tanh"}
        Their activation.

    Attributes
    ----------
    towers : dict of Tower
        By view, and in a reconstruction its decoder by that word and the view.
    n_scalars : int
        Parameters beside those of the towers, at the end of the vector.
    fewest_views : int
        That a row must have to teach anything.
    smallest_batch : int
        Rows that a step needs.
    """

    n_scalars = 0
    fewest_views = 2
    smallest_batch = 1

    def __init__(self, coordinates, width, hidden_size, activation):
        self.names = tuple(coordinates)
        self.widths = {name: c.n_components for name, c in coordinates.items()}
        self.towers = {
            name: Tower(c.n_inputs, hidden_size, self._n_outputs(name, width), activation, c.center)
            for name, c in coordinates.items()
        }

    def _n_outputs(self, name, width):
        return width

    @property
    def shapes(self):
        """Shapes of all parameters in their order."""
        scalars = [(self.n_scalars,)] if self.n_scalars else []
        return [shape for tower in self.towers.values() for shape in tower.shapes] + scalars

    def start(self, random_state, dtype):
        """Parameters to begin with, in one vector."""
        parts = [
            part.ravel()
            for key, tower in self.towers.items()
            for part in tower.start(random_state, _START_GAIN if key in self.names else 1.0)
        ]
        return np.concatenate([*parts, np.zeros(self.n_scalars)]).astype(dtype)

    def by_tower(self, flat):
        """Views of the parameters of every tower, by key."""
        parts = split(flat, self.shapes)
        return {key: parts[4 * i : 4 * i + 4] for i, key in enumerate(self.towers)}

    def join(self, networks, decoders, scalars):
        """One vector of the parameters of towers and decoders, by view, and the scalars."""
        parameters = {**networks, **{(_DECODER, name): parts for name, parts in decoders.items()}}
        parts = [part.ravel() for key in self.towers for part in parameters[key]]
        return np.concatenate([*parts, np.asarray(scalars, parts[0].dtype)])

    def apart(self, flat):
        """Copies of the parameters of towers and of decoders, by view."""
        copies = {key: [p.copy() for p in parts] for key, parts in self.by_tower(flat).items()}
        networks = {name: copies.pop(name) for name in self.names}
        return networks, {name: parts for (_, name), parts in copies.items()}

    def fits(self, networks, decoders):
        """Whether parameters by view are finite and of the shapes of the towers and decoders."""
        found = {**networks, **{(_DECODER, name): parts for name, parts in decoders.items()}}
        return found.keys() == self.towers.keys() and all(
            len(found[key]) == len(tower.shapes)
            and all(is_array(p, "f", s) and is_finite(p) for p, s in zip(found[key], tower.shapes))
            for key, tower in self.towers.items()
        )

    def decays(self, dtype):
        """1 for every weight and 0 for all else, which is not drawn to 0."""
        marks = [np.full(int(np.prod(s)), len(s) == 2, dtype) for s in self.shapes]
        return np.concatenate(marks)

    def shrunk(self, flat, share):
        """A copy in which the networks add a share of what they add to the linear part."""
        flat = flat.copy()
        parts = self.by_tower(flat)
        for name in self.names:
            for part in parts[name][2:]:
                part *= share
        return flat

    def settle(self, flat, rows):
        """Choose by rows what need not be learned; sets entries of the vector."""
        return

    def clamp(self, flat):
        """Bring the vector back to where it may be, after a step."""
        return

    def prepared(self, rows):
        """Rows as `loss` takes them."""
        return rows

    @abstractmethod
    def loss(self, flat, rows, gradient=None, keeps=None):
        """Mean loss of rows, None if they have nothing to say; the gradient is added to if given.

        `keeps` are the factors of the hidden units by tower in dropout.
        """

    def _forward(self, parts, rows, keeps):
        """Linear solution plus network of every view, and what `backward` asks for."""
        outputs, tapes = {}, {}
        for name in self.names:
            outputs[name], tapes[name] = self.towers[name].forward(
                parts[name], rows.inputs[name], keeps and keeps[name]
            )
            outputs[name] += rows.linear[name]
        return outputs, tapes

    def _backward(self, parts, rows, tapes, slopes, gradient):
        gradients = self.by_tower(gradient)
        for name in self.names:
            self.towers[name].backward(
                parts[name], rows.inputs[name], tapes[name], slopes[name], gradients[name]
            )


class Contrastive(Objective):
    """Every row finds its partner among the rows of the batch, by cosine."""

    smallest_batch = 2
    n_scalars = 1  # logarithm of the inverse temperature

    def loss(self, flat, rows, gradient=None, keeps=None):
        parts = self.by_tower(flat)
        outputs, tapes = self._forward(parts, rows, keeps)
        pairs = [(a, b, rows.both(a, b)) for a, b in combinations(self.names, 2)]
        pairs = [pair for pair in pairs if np.count_nonzero(pair[2]) >= 2]
        if not pairs:
            return None
        total = 0.0
        slopes = {name: np.zeros_like(block) for name, block in outputs.items()}
        for a, b, both in pairs:
            loss, (by_a, by_b, by_scale) = contrastive_loss(
                outputs[a][both], outputs[b][both], flat[-1]
            )
            total += loss
            slopes[a][both] += by_a / len(pairs)
            slopes[b][both] += by_b / len(pairs)
            if gradient is not None:
                gradient[-1] += by_scale / len(pairs)
        if gradient is not None:
            self._backward(parts, rows, tapes, slopes, gradient)
        return total / len(pairs)

    def settle(self, flat, rows):
        """The temperature that suits the linear solution best."""
        losses = []
        for flat[-1] in _SCALES:
            losses.append(self.loss(flat, rows))
        flat[-1] = _SCALES[0 if None in losses else int(np.argmin(losses))]

    def clamp(self, flat):
        flat[-1] = np.clip(flat[-1], 0, _LARGEST_SCALE)


class Mapping(Objective):
    """Every view predicts the principal coordinates of the others."""

    def _n_outputs(self, name, width):
        return sum(self.widths.values()) - self.widths[name]

    def columns(self, name):
        """By target: the outputs of a view that predict it."""
        start, found = 0, {}
        for target in self.names:
            if target != name:
                found[target] = slice(start, start + self.widths[target])
                start += self.widths[target]
        return found

    def prepared(self, rows):
        """Rows whose linear part lacks what is wanted, so that the outputs are errors."""
        wanted = {a: np.hstack([rows.own[b] for b in self.columns(a)]) for a in self.names}
        errors = {name: rows.linear[name] - wanted[name] for name in self.names}
        return replace(rows, linear=errors, own={})

    def loss(self, flat, rows, gradient=None, keeps=None):
        parts = self.by_tower(flat)
        errors, tapes = self._forward(parts, rows, keeps)
        both = {pair: rows.both(*pair) for pair in permutations(self.names, 2)}
        n_pairs = len([mask for mask in both.values() if mask.any()])
        total = 0.0
        for (a, b), mask in both.items():
            some = errors[a][:, self.columns(a)[b]]
            if mask.any():
                total += squared_loss(some, mask)
                some /= n_pairs
            else:
                some[:] = 0
        if gradient is not None:
            self._backward(parts, rows, tapes, errors, gradient)
        return total / n_pairs if n_pairs else None


class Reconstruction(Objective):
    """Every view's code rebuilds the principal coordinates of all views."""

    fewest_views = 1

    def __init__(self, coordinates, width, hidden_size, activation):
        super().__init__(coordinates, width, hidden_size, activation)
        for name in self.names:
            self.towers[_DECODER, name] = Tower(width, hidden_size, self.widths[name], activation)

    def loss(self, flat, rows, gradient=None, keeps=None):
        parts = self.by_tower(flat)
        codes, tapes = self._forward(parts, rows, keeps)
        slopes = {name: np.zeros_like(block) for name, block in codes.items()}
        gradients = None if gradient is None else self.by_tower(gradient)
        pairs = [(a, b, rows.both(a, b)) for a in self.names for b in self.names]
        pairs = [pair for pair in pairs if pair[2].any()]
        total = 0.0
        for a, b, both in pairs:
            decoder, key = self.towers[_DECODER, b], (_DECODER, b)
            found, tape = decoder.forward(parts[key], codes[a], keeps and keeps[key])
            found -= rows.own[b]
            total += squared_loss(found, both)
            if gradients is not None:
                found /= len(pairs)
                inner = decoder.backward(parts[key], codes[a], tape, found, gradients[key])
                slopes[a] += inner @ parts[key][0].T
        if gradient is not None:
            self._backward(parts, rows, tapes, slopes, gradient)
        return total / len(pairs) if pairs else None


OBJECTIVES = {"contrastive": Contrastive, "mse": Mapping, "reconstruction": Reconstruction}
