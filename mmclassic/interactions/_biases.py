"""What is generous and what is liked: biases of users and items."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from mmclassic.utils import is_array, require


@dataclass(frozen=True, eq=False, repr=False)
class Biases:
    """How far users and items rate from the mean.

    `Interactions.biases` fits them. The arrays are not to be changed.

    Parameters
    ----------
    mean : float
        Mean of the ratings.
    users : ndarray of float64 of shape (n_users,)
        How much higher every user rates, the items being what they are; 0 without ratings.
    items : ndarray of float64 of shape (n_items,)
        How much higher every item is rated; 0 without ratings.
    damping : float >= 0
        Number of ratings at the mean that every user and item was given besides.

    Examples
    --------
    >>> import pandas as pd
    >>> from mmclassic.interactions import Interactions
    >>> rated = pd.DataFrame(
    ...     {"user_id": ["u", "u", "v"], "item_id": ["a", "b", "a"], "rating": [5, 3, 4]}
    ... )
    >>> biases = Interactions.from_frame(rated).biases(damping=1)
    >>> biases
    Biases(mean=4.0, 2 users, 2 items, damping=1)
    >>> biases.items.round(2).tolist(), biases.users.round(2).tolist()
    ([0.33, -0.5], [0.06, -0.17])
    >>> biases.predict([0, -1], [1, 0]).round(2).tolist()  # -1: a user who is not known
    [3.56, 4.33]
    """

    mean: float
    users: np.ndarray
    items: np.ndarray
    damping: float

    def predict(self, user_index, item_index):
        """Predict ratings by the mean and what is known of the user and of the item.

        Parameters
        ----------
        user_index, item_index : int or array-like of int, broadcast together
            Positions of the users and the items; -1 where one is not known, whose bias is 0.

        Returns
        -------
        ratings : ndarray of float64
            The mean plus both biases.

        Raises
        ------
        IndexError
            If a position is not among them.
        """
        return self.mean + _at(self.users, user_index, "user") + _at(self.items, item_index, "item")

    def center(self, ratings):
        """Subtract the mean, the biases of the items and that of every row, from the row itself.

        Parameters
        ----------
        ratings : CSR of shape (n_rows, n_items)
            What each row, such as a new user, gave to the fitted items.

        Returns
        -------
        centered : CSR of shape (n_rows, n_items)
            float64, stored where `ratings` are, also where the difference is 0. Of the rows that
            were fitted on, the biases are those of `users`.

        Raises
        ------
        ValueError
            If the ratings are of another number of items.
        """
        if ratings.shape[1] != self.items.size:
            raise ValueError(
                f"the biases are of {self.items.size} items; got ratings of {ratings.shape[1]}."
            )
        ratings = sp.csr_array(ratings)
        residuals = ratings.data - self.mean - self.items[ratings.indices]
        rows = _rows(ratings)
        residuals -= _damped_means(rows, residuals, ratings.shape[0], self.damping)[rows]
        return sp.csr_array((residuals, ratings.indices, ratings.indptr), shape=ratings.shape)

    def _check_state(self):
        """Raise ValueError unless loaded numbers are finite."""
        for name in ("users", "items"):
            values = getattr(self, name)
            finite = is_array(values, "f", (None,)) and np.isfinite(values).all()
            require(finite, self, f"{name} is no array of finite numbers.")
        require(np.isfinite([self.mean, self.damping]).all(), self, "a number is not finite.")

    def __repr__(self):
        return (
            f"Biases(mean={self.mean:.6}, {self.users.size} users, {self.items.size} items, "
            f"damping={self.damping})"
        )


def fit_biases(ratings, damping):
    """Biases of a CSR of ratings: of the items first, of the users on what is left."""
    n_users, n_items = ratings.shape
    with np.errstate(over="ignore", invalid="ignore"):
        mean = float(ratings.data.mean())
        residuals = ratings.data - mean
        items = _damped_means(ratings.indices, residuals, n_items, damping)
        residuals -= items[ratings.indices]
        users = _damped_means(_rows(ratings), residuals, n_users, damping)
    if not (np.isfinite(items).all() and np.isfinite(users).all()):
        raise ValueError("the ratings sum to more than float64 holds; divide all by one number.")
    return Biases(mean, users, items, damping)


def _damped_means(groups, values, n_groups, damping):
    """Sums by group over counts that are larger by the damping; 0 of nothing."""
    counts = np.bincount(groups, minlength=n_groups) + damping
    sums = np.bincount(groups, weights=values, minlength=n_groups)
    return np.divide(sums, counts, out=np.zeros(n_groups), where=counts > 0)


def _rows(matrix):
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))


def _at(biases, index, name):
    index = np.asarray(index)
    outside = (index < -1) | (index >= biases.size)
    if outside.any():
        raise IndexError(
            f"there are {biases.size} {name}s, and -1 is one that is not known; got position "
            f"{index[outside].flat[0]}."
        )
    return np.append(biases, 0.0)[index]
