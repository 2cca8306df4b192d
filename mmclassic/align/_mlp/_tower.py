"""A network with one hidden layer: outputs and, backwards, the gradient of its parameters."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Tower:
    """Affine map, activation, affine map; the parameters come with every call.

    Parameters
    ----------
    n_inputs, n_hidden, n_outputs : int
        Widths.
    activation : {"relu", "tanh"}
        Of the hidden layer.
    center : ndarray of shape (n_inputs,) or None
        What is subtracted from every row in the products, so that CSR rows stay sparse; None for
        rows that are centred.
    """

    n_inputs: int
    n_hidden: int
    n_outputs: int
    activation: str
    center: np.ndarray | None = None

    @property
    def shapes(self):
        """Shapes of the parameters: weights and bias of the hidden, then of the output layer."""
        hidden, outputs = self.n_hidden, self.n_outputs
        return [(self.n_inputs, hidden), (hidden,), (hidden, outputs), (outputs,)]

    def start(self, random_state, gain):
        """Parameters to begin with: variance is kept up to the outputs, which are times `gain`."""
        factor = 2.0 if self.activation == "relu" else 1.0
        for shape, size in zip(self.shapes, (1.0, 0.0, gain, 0.0)):
            spread = size * np.sqrt(factor / shape[0])
            yield spread * random_state.standard_normal(shape) if size else np.zeros(shape)

    def forward(self, parameters, X, keep=None):
        """Outputs (n, n_outputs) of rows, and the hidden layer that `backward` asks for.

        `keep` is what hidden units are multiplied by in dropout.
        """
        first, shift, second, bias = parameters
        hidden = X @ first
        hidden += shift if self.center is None else shift - self._center(first) @ first
        if self.activation == "relu":
            np.maximum(hidden, 0, out=hidden)
        else:
            np.tanh(hidden, out=hidden)
        dropped = hidden if keep is None else hidden * keep
        outputs = dropped @ second
        outputs += bias
        return outputs, (hidden, dropped, keep)

    def backward(self, parameters, X, tape, slopes, gradient):
        """Add to the gradient of the parameters; gives the slopes of the hidden layer's inputs.

        Parameters
        ----------
        parameters, X : list of ndarray, {ndarray, CSR}
            As in `forward`.
        tape : tuple
            What `forward` gave.
        slopes : ndarray of shape (n, n_outputs)
            Derivatives of the loss by the outputs.
        gradient : list of ndarray
            By parameter; added to.

        Returns
        -------
        inner : ndarray of shape (n, n_hidden)
            Derivatives by what goes into the activation.
        """
        hidden, dropped, keep = tape
        gradient[2] += dropped.T @ slopes
        gradient[3] += slopes.sum(axis=0)
        inner = slopes @ parameters[2].T
        if keep is not None:
            inner *= keep
        inner *= hidden > 0 if self.activation == "relu" else 1 - hidden**2
        total = inner.sum(axis=0)
        gradient[0] += X.T @ inner
        if self.center is not None:
            gradient[0] -= np.outer(self._center(total), total)
        gradient[1] += total
        return inner

    def _center(self, like):
        return self.center.astype(like.dtype, copy=False)


def split(flat, shapes):
    """Views of one vector in these shapes, one after the other."""
    ends = np.cumsum([0, *(int(np.prod(shape)) for shape in shapes)])
    return [flat[a:b].reshape(s) for a, b, s in zip(ends[:-1], ends[1:], shapes, strict=True)]
