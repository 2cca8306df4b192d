"""Adam with decoupled weight decay."""

import numpy as np

from mmclassic.utils import is_array, require

_FIRST, _SECOND, _EPS = 0.9, 0.999, 1e-8


class Adam:
    """Steps of adaptive size for one vector of parameters.

    Parameters
    ----------
    size : int
        Number of parameters.
    dtype : dtype
        Their type.

    Attributes
    ----------
    n_steps : int
        Steps so far.
    mean, square : ndarray of shape (size,)
        Running means of the gradient and of its square.

    References
    ----------
    D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization", ICLR 2015 (algorithm 1).
    I. Loshchilov and F. Hutter, "Decoupled weight decay regularization", ICLR 2019 (algorithm 2).
    """

    def __init__(self, size, dtype):
        self.n_steps = 0
        self.mean = np.zeros(size, dtype)
        self.square = np.zeros(size, dtype)

    def step(self, parameters, gradient, learning_rate, decay):
        """Move the parameters in place.

        Parameters
        ----------
        parameters, gradient : ndarray of shape (size,)
            Where we are and what falls fastest; the gradient is used up.
        learning_rate : float
            Size of a step.
        decay : ndarray of shape (size,)
            Share of every parameter that the step takes away.
        """
        self.n_steps += 1
        self.mean -= gradient
        self.mean *= _FIRST
        self.mean += gradient
        np.square(gradient, out=gradient)
        self.square *= _SECOND
        gradient *= 1 - _SECOND
        self.square += gradient
        parameters -= decay * parameters
        # Both means began at 0, which is made up for here.
        size = learning_rate * np.sqrt(1 - _SECOND**self.n_steps) / (1 - _FIRST**self.n_steps)
        np.sqrt(self.square, out=gradient)
        gradient += _EPS
        np.divide(self.mean, gradient, out=gradient)
        gradient *= size
        parameters -= gradient

    def _check_state(self):
        size = (len(self.mean),)
        sound = is_array(self.mean, "f", size) and is_array(self.square, "f", size)
        require(sound and type(self.n_steps) is int, self, "its means do not fit together.")
        require((self.square >= 0).all(), self, "it has negative squares.")
