"""What ratings say of likes and dislikes."""

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from mmclassic.interactions import Biases
from mmclassic.utils import require

_DISLIKE = 0.5


@dataclass(frozen=True, eq=False)
class Preferences:
    """Signed preferences of ratings on a scale from `low` to `high`.

    A rating above the middle of the scale is a like, of weight 1 + p, and any other a dislike of
    p / 2 at most 0, where p is how far it lies above what the mean and the biases of user and item
    predict, in half scales. Likes count for more than what they exceed, for most of what is known
    of a taste is what somebody chose at all: with p alone, without the 1, films were ranked for
    their users a quarter as well, and with dislikes in full two thirds.
    """

    biases: Biases
    low: float
    high: float

    def of(self, ratings):
        """CSR of shape and places as CSR `ratings` (n_askers, n_items)."""
        half = (self.high - self.low) / 2
        above = self.biases.center(ratings).data / (half if half > 0 else 1.0)
        liked = ratings.data > self.low + half if half > 0 else np.ones(ratings.nnz, dtype=bool)
        weights = np.where(liked, np.maximum(1 + above, 0), _DISLIKE * np.minimum(above, 0))
        return sp.csr_matrix((weights, ratings.indices, ratings.indptr), shape=ratings.shape)

    def with_items(self, n_new):
        """The same with new items of which nothing is known."""
        items = np.concatenate([self.biases.items, np.zeros(n_new)])
        return replace(self, biases=replace(self.biases, items=items))

    def of_items(self, kept):
        """The same of the items that are kept, by a mask."""
        return replace(self, biases=replace(self.biases, items=self.biases.items[kept]))

    def _check_state(self):
        require(isinstance(self.biases, Biases), self, "biases are something else.")
        ends = (self.low, self.high)
        numbers = all(isinstance(end, float) and np.isfinite(end) for end in ends)
        require(numbers, self, "the scale is not two numbers.")


def fit_preferences(interactions):
    """Of explicit Interactions; None of others, whose weights are preferences themselves."""
    if not interactions.explicit or not interactions.n_interactions:
        return None
    low, high = interactions.scale
    return Preferences(interactions.biases(), float(low), float(high))
