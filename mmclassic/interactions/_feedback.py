"""What interactions say about users and items."""

from numbers import Real

import numpy as np
import pandas as pd
import scipy.sparse as sp

from mmclassic.interactions._biases import fit_biases
from mmclassic.interactions._reading import ends


class FeedbackMixin:
    """Give what users said of items, as matrices."""

    def to_csr(self):
        """Give what counts of every user and item: the sum of the weights, or the latest rating.

        Returns
        -------
        matrix : CSR of shape (n_users, n_items)
            float64; a sum or a rating of zero stays stored.

        Raises
        ------
        ValueError
            If a sum exceeds float64.
        """
        chosen = self._latest() if self.explicit else slice(None)
        pairs = (self.user_index[chosen], self.item_index[chosen])
        shape = (self.users.size, self.items.size)
        matrix = sp.coo_array((self.weight[chosen], pairs), shape=shape).tocsr()
        wrong = np.flatnonzero(~np.isfinite(matrix.data))
        if wrong.size:
            row = np.searchsorted(matrix.indptr, wrong[0], side="right") - 1
            user, item = self.users.tolist()[row], self.items.tolist()[matrix.indices[wrong[0]]]
            raise ValueError(
                f"the weights of user {user!r} and item {item!r} sum to more than float64 "
                "holds; divide all weights by one number."
            )
        return matrix

    def likes(self, min_rating=None):
        """Tell which items count as liked.

        Parameters
        ----------
        min_rating : float, default=None
            The least rating of a liked item. None takes what is above the middle of the scale of
            the ratings that were read, (least + largest) / 2. Not for weights.

        Returns
        -------
        liked : CSR of shape (n_users, n_items)
            bool, stored where the weights sum to more than zero, or the rating is that good.

        Raises
        ------
        ValueError
            If `min_rating` comes with weights.

        Examples
        --------
        >>> import pandas as pd
        >>> from mmclassic.interactions import Interactions
        >>> rated = pd.DataFrame({"user_id": ["u"] * 3, "item_id": [1, 2, 3], "rating": [5, 3, 1]})
        >>> Interactions.from_frame(rated).likes().toarray()
        array([[ True, False, False]])
        >>> Interactions.from_frame(rated).likes(min_rating=3).toarray()
        array([[ True,  True, False]])
        """
        if min_rating is not None and not self.explicit:
            raise ValueError(
                f"min_rating is for ratings, and these interactions have weights; got {min_rating} "
                "(liked is what has a positive weight)."
            )
        matrix = self.to_csr()
        if min_rating is None:
            matrix.data = matrix.data > (self._middle() if self.explicit else 0)
        else:
            matrix.data = matrix.data >= min_rating
        matrix.eliminate_zeros()
        return matrix

    def biases(self, damping=5.0):
        """Measure how far users and items rate from the mean.

        Parameters
        ----------
        damping : float >= 0, default=5.0
            Number of ratings at the mean that every user and item is given besides, so that few
            ratings say little.

        Returns
        -------
        biases : Biases
            The mean of the ratings that count, and damped means of what the items differ from it
            and, less that, the users.

        Raises
        ------
        ValueError
            If there are no ratings, or weights instead.

        Notes
        -----
        b_i = sum (r_ui - m) / (n_i + damping), then b_u = sum (r_ui - m - b_i) / (n_u + damping).
        O(n_interactions).

        References
        ----------
        Koren, Factor in the neighbors: scalable and accurate collaborative filtering, ACM TKDD 4
        (2010), section 2.1.
        """
        if not self.explicit:
            raise ValueError(
                "biases are those of ratings, and these interactions have weights; name a column "
                "of ratings with columns={'rating': ...}."
            )
        if not self.n_interactions:
            raise ValueError("there are no ratings to take the biases of.")
        _check_damping(damping)
        return fit_biases(self.to_csr(), damping)

    def preferences(self, damping=5.0):
        """Tell what speaks for and against items.

        Parameters
        ----------
        damping : float >= 0, default=5.0
            Of the biases, see `biases`. Weights have none.

        Returns
        -------
        preferences : CSR of shape (n_users, n_items)
            float64, below zero for a dislike. Weights are what `to_csr` gives. Of ratings the mean
            and the biases of user and item are subtracted, ``biases(damping).center(to_csr())``, so
            that it does not matter how generous a user is. A zero stays stored.

        Raises
        ------
        ValueError
            As of `to_csr` and `biases`, except that no ratings give no preferences.

        Examples
        --------
        >>> import pandas as pd
        >>> from mmclassic.interactions import Interactions
        >>> rated = pd.DataFrame(
        ...     {"user_id": ["u", "u", "v", "v"], "item_id": [1, 2, 1, 2], "rating": [5, 4, 2, 1]}
        ... )
        >>> Interactions.from_frame(rated).preferences(damping=0).toarray()
        array([[0., 0.],
               [0., 0.]])
        """
        matrix = self.to_csr()
        if not self.explicit or not self.n_interactions:
            return matrix
        _check_damping(damping)
        return fit_biases(matrix, damping).center(matrix)

    def _middle(self):
        """The middle of the scale of ratings."""
        low, high = self.scale or ends(self.weight) or (0.0, 0.0)
        return low + (high - low) / 2

    def _latest(self):
        """Rows of the last interaction of every user and item."""
        n = self.n_interactions
        rows = np.arange(n) if self.timestamp is None else np.argsort(self.timestamp, kind="stable")
        codes = self.user_index * max(1, self.items.size) + self.item_index
        return np.sort(rows[~pd.Series(codes[rows]).duplicated(keep="last").to_numpy()])


def _check_damping(damping):
    if not (isinstance(damping, Real) and 0 <= damping < np.inf):
        raise ValueError(f"damping must be a finite number of at least 0; got {damping!r}.")
