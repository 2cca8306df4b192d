"""Small neural networks that map every view into the others' coordinates."""

from itertools import permutations

import numpy as np
from sklearn.neural_network import MLPRegressor
from sklearn.utils import check_random_state

from mmclassic.align._base import BaseAligner
from mmclassic.moments import Reduction
from mmclassic.utils import (
    NON_NEGATIVE_REAL,
    OPEN_UNIT_REAL,
    POSITIVE_INTEGER,
    POSITIVE_REAL,
    RANDOM_STATE,
)

_DEFAULT_COMPONENTS = 16


class MLPAligner(BaseAligner):
    """Multilayer perceptrons between views, in both directions.

    Each view is reduced to its principal coordinates. For every ordered pair of
    views a perceptron with one hidden layer learns to predict the second view's
    coordinates from the first's, by mean squared error. A view's place in the
    shared space is its own coordinates next to what it predicts of the others,
    so that an image and a text meet in the image's coordinates and in the
    text's.

    Parameters
    ----------
    n_components : int, default=None
        Principal coordinates kept of each view; the shared space is the sum
        over the views wide. None takes 16, or as many as the data allow if that is
        fewer.
    hidden_size : int, default=64
        Units of the hidden layer (rectified linear).
    alpha : float >= 0, default=1e-2
        Strength of the squared penalty on the weights.
    learning_rate : float > 0, default=3e-3
        Initial step of Adam.
    max_iter : int, default=300
        The most passes over the data.
    validation_fraction : float in (0, 1), default=0.1
        Share of the rows kept apart to stop early; with fewer than 20 rows
        there is too little to keep apart and training runs until the loss
        stops falling.
    random_state : int, RandomState instance or None, default=0
        Decides initial weights, batches and the rows kept apart.

    Attributes
    ----------
    networks_ : dict of dict of list of tuple of ndarray
        By source view, then by target view: weights and intercepts of the
        hidden and of the output layer.
    n_iter_ : int
        Passes over the data of the longest training; 1 for a single view.
    n_components_ : int
        Width of the shared space.
    view_widths_in_ : dict
        Width of every fitted view by name.
    n_features_in_ : int
        Total width of the fitted views.

    Notes
    -----
    O(n n_components hidden_size) for each pass and pair. A pair learns from the
    rows that have both views and needs at least two. A single view gives its principal
    coordinates. The networks are trained by scikit-learn's
    MLPRegressor, which is NumPy on the CPU.

    References
    ----------
    D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization", ICLR
    2015 (algorithm 1).

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.align import MLPAligner
    >>> from mmclassic.views import Views
    >>> X = np.random.default_rng(0).normal(size=(100, 3))
    >>> aligner = MLPAligner(n_components=2, random_state=0)
    >>> aligner.fit_transform(Views({"image": X, "text": X**3}))["text"].shape
    (100, 4)
    """

    _parameter_constraints: dict = {
        "n_components": [*POSITIVE_INTEGER, None],
        "hidden_size": POSITIVE_INTEGER,
        "alpha": NON_NEGATIVE_REAL,
        "learning_rate": POSITIVE_REAL,
        "max_iter": POSITIVE_INTEGER,
        "validation_fraction": OPEN_UNIT_REAL,
        "random_state": RANDOM_STATE,
    }

    def __init__(
        self,
        n_components=None,
        *,
        hidden_size=64,
        alpha=1e-2,
        learning_rate=3e-3,
        max_iter=300,
        validation_fraction=0.1,
        random_state=0,
    ):
        self.n_components = n_components
        self.hidden_size = hidden_size
        self.alpha = alpha
        self.learning_rate = learning_rate
        self.max_iter = max_iter
        self.validation_fraction = validation_fraction
        self.random_state = random_state

    def _fit_views(self, views, y):
        random_state = check_random_state(self.random_state)
        self._reductions, self._scales = {}, {}
        coordinates = {}
        for name in views.names:
            reduction = Reduction(
                views.present_rows(name),
                max_rank=self.n_components or _DEFAULT_COMPONENTS,
                random_state=random_state,
            )
            self._reductions[name] = reduction
            energy = float(reduction.variances.sum())
            self._scales[name] = 1.0 / np.sqrt(energy) if energy > 0 else 0.0
            coordinates[name] = self._own_coordinates(name, views[name])
        self.networks_ = {name: {} for name in views.names}
        self.n_iter_ = 1
        for source, target in permutations(views.names, 2):
            both = views.mask(source) & views.mask(target)
            if both.sum() < 2:
                raise ValueError(
                    f"MLPAligner needs at least 2 rows that have both {source!r} and {target!r}; "
                    f"got {both.sum()}."
                )
            inputs = self._inputs(source, coordinates[source][both])
            network = self._network(int(both.sum()), random_state)
            network.fit(inputs, coordinates[target][both])
            # The layers alone: the optimiser's state is of no use afterwards.
            self.networks_[source][target] = list(zip(network.coefs_, network.intercepts_))
            self.n_iter_ = max(self.n_iter_, network.n_iter_)
        self.n_components_ = sum(r.rank for r in self._reductions.values())

    def _network(self, n_rows, random_state):
        return MLPRegressor(
            hidden_layer_sizes=(self.hidden_size,),
            alpha=self.alpha,
            learning_rate_init=self.learning_rate,
            max_iter=self.max_iter,
            early_stopping=n_rows >= 20,
            validation_fraction=self.validation_fraction,
            n_iter_no_change=20,
            random_state=random_state.randint(np.iinfo(np.int32).max),
        )

    def _own_coordinates(self, name, block):
        """Principal coordinates with total variance 1, so that views weigh the same."""
        return self._reductions[name].apply(block) * block.dtype.type(self._scales[name])

    def _inputs(self, name, coordinates):
        """Coordinates of variance 1 each, which is what Adam's steps suit."""
        spread = np.sqrt(self._reductions[name].variances) * self._scales[name]
        inverse = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 0)
        return coordinates * inverse.astype(coordinates.dtype)

    def _project(self, name, block):
        own = self._own_coordinates(name, block)
        inputs = self._inputs(name, own)
        parts = [
            own if target == name else _forward(self.networks_[name][target], inputs)
            for target in self._reductions
        ]
        return np.hstack(parts).astype(block.dtype, copy=False)


def _forward(layers, inputs):
    (hidden_weights, hidden_bias), (weights, bias) = layers
    return np.maximum(inputs @ hidden_weights + hidden_bias, 0) @ weights + bias
