"""Networks that add to the linear solution what is not linear."""

import warnings
from numbers import Integral, Real

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions

from mmclassic.align._base import BaseAligner
from mmclassic.align._mlp._adam import Adam
from mmclassic.align._mlp._coordinates import Coordinates
from mmclassic.align._mlp._linear_part import common_directions, regressions, resolved
from mmclassic.align._mlp._objectives import OBJECTIVES
from mmclassic.align._mlp._rows import check_pairs, held_apart, rows_of
from mmclassic.align._mlp._training import one_pass, train
from mmclassic.utils import (
    NON_NEGATIVE_REAL,
    OPEN_UNIT_REAL,
    POSITIVE_INTEGER,
    POSITIVE_REAL,
    RANDOM_STATE,
    one_blas_thread,
    require,
)
from mmclassic.views import validate_views

_DEFAULT_COMPONENTS = 16
_JUDGES = 1000  # rows that the first temperature is chosen by, about


class MLPAligner(BaseAligner):
    """Small neural networks beside the linear solution, one for each view.

    A view's place in the shared space is what a linear method makes of it plus what a network with
    one hidden layer adds. Training begins at the linear solution and keeps of the networks what
    holds on rows that were held out, perhaps nothing: where the views agree along lines this is
    `CCA`, where they agree along curves more.

    Parameters
    ----------
    n_components : int, default=None
        Width of the shared space; with "mse" the principal coordinates kept of each view, and the
        shared space is the sum over the views wide. None takes as many as `CCA` does, and 16 at
        least; with "mse" 16, or as many as the data allow if that is fewer.
    objective : {"contrastive", "mse", "reconstruction"}, default="contrastive"
        What the networks learn. "contrastive": a row finds its partner among the rows of its batch,
        by the cross-entropy of cosines over a learned temperature, in both directions. "mse": every
        view predicts the principal coordinates of the others by squared error, and stands in the
        shared space with its own next to those. "reconstruction": a view's place is a code that
        rebuilds the coordinates of all views through one decoder for each.
    hidden_size : int, default=64
        Units of every hidden layer.
    activation : {"relu", "tanh"}, default="relu"
        Of the hidden layers.
    max_inputs : int, default=32
        Leading principal coordinates of a view that its network reads; the linear part reads all.
        None reads the columns themselves, dense ones at unit variance each, CSR ones without
        densifying them and all times one factor.
    alpha : float >= 0, default=1e-2
        Weight decay: the share of every weight that a step takes away, times `learning_rate`.
    dropout : float in [0, 1), default=0.2
        Share of the hidden units that are left out of a step.
    learning_rate : float > 0, default=1e-3
        Step of Adam.
    batch_size : int, default=256
        The most rows in a step, and among which "contrastive" looks for partners.
    max_iter : int, default=300
        The most passes over the data.
    validation_fraction : float in (0, 1), default=0.1
        Share of the rows kept apart to stop early; with fewer than 20 rows that have two views
        there is too little to keep apart, and the networks stay as they are: they add nothing to
        the linear solution. (`partial_fit` learns from any number.)
    n_iter_no_change : int, default=20
        Passes without a gain of `tol` after which training ends.
    tol : float >= 0, default=1e-4
        What counts as a gain of the loss.
    warm_start : bool, default=False
        Go on from the last `fit` of views of the same names and widths: scaling, linear part,
        networks and the optimiser's state are those of before.
    random_state : int, RandomState instance or None, default=0
        Decides initial weights, batches, dropout and the rows kept apart.

    Attributes
    ----------
    networks_ : dict of list of ndarray
        By view: weights and bias of the hidden layer, weights and bias of the output, float32.
    decoders_ : dict of list of ndarray
        The same of the decoders; empty but for "reconstruction".
    temperature_ : float
        What cosines are divided by, in [0.01, 1]; only if "contrastive" had pairs to learn from.
    loss_curve_ : list of float
        Mean loss of every pass; NaN of one that had no rows to learn from.
    validation_scores_ : list of float
        Minus the loss of the rows kept apart: of the linear solution, then after every pass; empty
        if none were.
    n_iter_ : int
        Passes over the data.
    n_components_ : int
        Width of the shared space.
    view_widths_in_ : dict
        Width of every fitted view by name.
    n_features_in_ : int
        Total width of the fitted views.

    Notes
    -----
    O(n hidden_size (max_inputs + n_components)) for each pass and view, and with "contrastive"
    O(n batch_size n_components) for each pair. A pair of views learns from the rows that have both,
    two at least; the loss is the mean over the pairs. A single view gives its principal
    coordinates, and with "reconstruction" the code of an autoencoder.

    The linear part is `CCA`, with "mse" ridge regression. It is solved for the rows that are not
    held out, and after training for all, turned to where it was. Of what the networks add, the
    share from 0 to 1 by quarters that suits the held-out rows best is kept.

    Parameters and training are float32; the same data, parameters and seed give the same bits
    whatever the number of threads, on one machine and with one set of libraries. The optimiser's
    state, twice the size of the parameters, is kept by `partial_fit` and with `warm_start` only.

    References
    ----------
    D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization", ICLR 2015 (algorithm 1).
    I. Loshchilov and F. Hutter, "Decoupled weight decay regularization", ICLR 2019.
    A. Radford et al., "Learning transferable visual models from natural language supervision",
    ICML 2021 (figure 3, the contrastive loss). J. Ngiam et al., "Multimodal deep learning", ICML
    2011 (cross-reconstruction).

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.align import MLPAligner
    >>> from mmclassic.views import Views
    >>> X = np.random.default_rng(0).normal(size=(100, 3))
    >>> aligner = MLPAligner(n_components=2, random_state=0)
    >>> aligner.fit_transform(Views({"image": X, "text": X**3}))["text"].shape
    (100, 2)
    """

    _parameter_constraints: dict = {
        "n_components": [*POSITIVE_INTEGER, None],
        "objective": [StrOptions(set(OBJECTIVES))],
        "hidden_size": POSITIVE_INTEGER,
        "activation": [StrOptions({"relu", "tanh"})],
        "max_inputs": [*POSITIVE_INTEGER, None],
        "alpha": NON_NEGATIVE_REAL,
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "learning_rate": POSITIVE_REAL,
        "batch_size": POSITIVE_INTEGER,
        "max_iter": POSITIVE_INTEGER,
        "validation_fraction": OPEN_UNIT_REAL,
        "n_iter_no_change": POSITIVE_INTEGER,
        "tol": NON_NEGATIVE_REAL,
        "warm_start": ["boolean"],
        "random_state": RANDOM_STATE,
    }

    def __init__(
        self,
        n_components=None,
        *,
        objective="contrastive",
        hidden_size=64,
        activation="relu",
        max_inputs=32,
        alpha=1e-2,
        dropout=0.2,
        learning_rate=1e-3,
        batch_size=256,
        max_iter=300,
        validation_fraction=0.1,
        n_iter_no_change=20,
        tol=1e-4,
        warm_start=False,
        random_state=0,
    ):
        self.n_components = n_components
        self.objective = objective
        self.hidden_size = hidden_size
        self.activation = activation
        self.max_inputs = max_inputs
        self.alpha = alpha
        self.dropout = dropout
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.warm_start = warm_start
        self.random_state = random_state

    def _take_units(self, views):
        if not self._continues():
            return super()._take_units(views)
        self._check_like_before(views)
        return self._in_units(views)

    def _continues(self):
        return self.warm_start and "n_components_" in vars(self)

    def _check_like_before(self, views):
        before = {name: c.width for name, c in self._coordinates.items()}
        if views.widths != before:
            raise ValueError(
                f"with warm_start=True the views must be those of before, {before} (name: width); "
                f"got {views.widths}. Set warm_start=False to begin anew."
            )
        self._check_like_networks()

    def _check_like_networks(self):
        if self._teaches() and not self._objective().fits(self.networks_, self.decoders_):
            raise ValueError(
                f"objective={self.objective!r} and hidden_size={self.hidden_size} are not those of "
                "the networks so far; with warm_start and in partial_fit these must stay. Fit anew "
                "with warm_start=False."
            )

    def _fit_views(self, views, y):
        # BLAS adds up in another order on more threads.
        with one_blas_thread():
            random_state = check_random_state(self.random_state)
            known, held_out = held_apart(views, self.validation_fraction, random_state)
            anew = not self._continues()
            if anew:
                self._describe(views, random_state)
            self.n_iter_, self.loss_curve_, self.validation_scores_ = 1, [], []
            if not self._teaches():
                return
            if anew:
                self._solve(views, known)
            rows = self._rows(views)
            if anew:
                self._start(rows[held_out if held_out.size else known], random_state)
            if held_out.size:
                draws = random_state if anew else self._draws()
                self._train(rows[known], rows[held_out], draws)
            elif anew:
                self._silence()
            if anew and held_out.size:
                self._linear = resolved(
                    self._linear, views, self._coordinates, self.objective, self.n_components
                )

    def _train(self, rows, held_out, random_state):
        objective = self._objective()
        flat, adam = self._state(objective)
        self.loss_curve_, self.validation_scores_, converged = train(
            objective, flat, adam, rows, held_out, self, random_state
        )
        self.n_iter_ = len(self.loss_curve_)
        if not converged:
            warnings.warn(
                f"Maximum iterations: the networks were still learning after max_iter="
                f"{self.max_iter} passes.",
                ConvergenceWarning,
                stacklevel=4,
            )
        self._keep(objective, flat, adam, keep_optimiser=self.warm_start)

    def partial_fit(self, X, y=None):
        """One pass over more rows, in batches, without early stopping.

        Parameters
        ----------
        X : Views or {array-like, CSR} of shape (n_rows, n_columns)
            More rows. The first call needs all views and fixes their scaling and the linear
            part, unless `fit` has; later ones may lack some, which then count as absent.
        y : array-like of shape (n_rows,), default=None
            Ignored.

        Returns
        -------
        self : object
            The aligner.

        Raises
        ------
        ValueError
            If two views have less than 2 rows in common in the first call, or training diverges.
        """
        self._validate_params()
        self._warn_of_second_view(y)
        first = "n_components_" not in vars(self)
        views = validate_views(self, X, reset=first)
        views = super()._take_units(views) if first else self._in_units(views)
        if not first:
            self._check_like_networks()
        with one_blas_thread():
            random_state = check_random_state(self.random_state) if first else self._draws()
            if first:
                self._describe(views, random_state)
                self.n_iter_, self.loss_curve_, self.validation_scores_ = 0, [], []
            if self._teaches():
                if first:
                    self._solve(views, np.arange(len(views)))
                rows = self._rows(views)
                if first:
                    self._start(rows, random_state)
                objective = self._objective()
                flat, adam = self._state(objective)
                loss = one_pass(objective, flat, adam, rows, self, random_state)
                self.loss_curve_ = [*self.loss_curve_, loss]
                self._keep(objective, flat, adam, keep_optimiser=True)
            self.n_iter_ += 1
        return self

    def _teaches(self):
        """Whether there is anything to learn: one view has no pairs."""
        return len(self._coordinates) > 1 or self.objective == "reconstruction"

    def _describe(self, views, random_state):
        """Fix the coordinates of every view."""
        check_pairs(views)
        for name in ("_optimiser", "temperature_", "n_components_"):
            vars(self).pop(name, None)
        n_components = self.n_components or _DEFAULT_COMPONENTS
        self._coordinates = {
            name: Coordinates(views.present_rows(name), n_components, self.max_inputs, random_state)
            for name in views.names
        }
        self._linear, self.networks_, self.decoders_ = {}, {}, {}
        if not self._teaches():
            self.n_components_ = self._coordinates[views.names[0]].n_components

    def _solve(self, views, known):
        """Fix the linear part by the known rows."""
        if self.objective == "mse":
            self._linear = regressions(views[known], self._coordinates)
            self.n_components_ = sum(c.n_components for c in self._coordinates.values())
        else:
            self._linear = common_directions(views[known], self.n_components)
            self.n_components_ = next(iter(self._linear.values())).offset.size

    def _start(self, judges, random_state):
        """Networks to begin with; what need not be learned suits some rows."""
        objective = self._objective()
        flat = objective.start(random_state, np.float32)
        objective.settle(flat, judges[:: -(-len(judges) // _JUDGES)])
        self._keep(objective, flat, None)

    def _silence(self):
        """Networks that add nothing: no rows tell what of them would hold."""
        objective = self._objective()
        flat, adam = self._state(objective)
        self._keep(objective, objective.shrunk(flat, 0.0), adam, keep_optimiser=self.warm_start)

    def _draws(self):
        """Random numbers of training that goes on: other ones after other steps."""
        if not isinstance(self.random_state, Integral) or "_optimiser" not in vars(self):
            return check_random_state(self.random_state)
        return np.random.RandomState([self.random_state, self._optimiser.n_steps])

    def _objective(self):
        make = OBJECTIVES[self.objective]
        return make(self._coordinates, self.n_components_, self.hidden_size, self.activation)

    def _state(self, objective):
        """Parameters in one vector, and the optimiser that was kept or a new one."""
        scalars = [-np.log(self.temperature_)] if objective.n_scalars else []
        flat = objective.join(self.networks_, self.decoders_, scalars)
        return flat, vars(self).get("_optimiser") or Adam(flat.size, flat.dtype)

    def _keep(self, objective, flat, adam, *, keep_optimiser=False):
        self.networks_, self.decoders_ = objective.apart(flat)
        if objective.n_scalars:
            self.temperature_ = float(np.exp(-flat[-1]))
        if keep_optimiser:
            self._optimiser = adam

    def _rows(self, views):
        """Rows as the networks take them; views that did not come are absent."""
        rows = rows_of(views, self._coordinates, self._linear)
        return self._objective().prepared(rows)

    def _check_state(self):
        if self._teaches():
            objective = self._objective()
            fits = objective.fits(self.networks_, self.decoders_)
            require(fits, self, "its networks do not fit its views.")
            for name in objective.names:
                found = np.size(getattr(self._linear.get(name), "offset", None))
                fits = found == objective.towers[name].n_outputs
                require(fits, self, f"the linear part of {name!r} does not fit its network.")

    def _project(self, name, block):
        inputs, own = self._coordinates[name].apply(block)
        if not self._teaches():
            return own
        objective = self._objective()
        parameters = [part.astype(block.dtype) for part in self.networks_[name]]
        found, _ = objective.towers[name].forward(parameters, inputs)
        found += self._linear[name].apply(block)
        if self.objective != "mse":
            return found
        columns = objective.columns(name)
        roots = {n: block.dtype.type(np.sqrt(w)) for n, w in objective.widths.items()}
        parts = [own if n == name else found[:, columns[n]] / roots[n] for n in objective.names]
        return np.hstack(parts)
