"""The lower bound: chance."""

from hashlib import blake2b
from numbers import Integral

import numpy as np
from sklearn.utils import check_random_state

from mmclassic.recommend._content_free import ContentFreeRecommender
from mmclassic.utils import RANDOM_STATE, is_array, require


class RandomRecommender(ContentFreeRecommender):
    """Recommend items at random: what any model must beat.

    Parameters
    ----------
    random_state : int, RandomState instance or None, default=None
        Seed of the scores; None draws one in `fit`.

    Attributes
    ----------
    seed_ : int
        The seed that was drawn.
    item_keys_ : ndarray of uint64 of shape (n_items,)
        A number of every fitted item, by its id alone.
    features_ : None
        Features are not read.
    user_ids_ : ndarray of shape (n_users,)
        The users that have interactions.
    item_ids_ : ndarray of shape (n_items,)
        The fitted items.
    interactions_ : CSR of shape (n_users, n_items)
        Summed weights, or the latest ratings.

    See Also
    --------
    PopularRecommender : The baseline that is harder to beat.

    Notes
    -----
    A score is uniform in [0, 1) and depends on the seed, on the id of the item and on which items
    the user has interacted with: not on who else is asked for, or what else is ranked. Two users of
    the same history get the same list.

    Examples
    --------
    >>> import pandas as pd
    >>> from mmclassic.recommend import RandomRecommender
    >>> bought = pd.DataFrame({"user_id": [1, 2, 2], "item_id": ["a", "b", "c"]})
    >>> model = RandomRecommender(random_state=0).fit(None, bought)
    >>> alone, together = model.rank(2, k=1), model.rank([1, 2], k=1)
    >>> alone.scores[0] == together.scores[1]
    array([ True])
    """

    _basis = "chance"
    _parameter_constraints: dict = {"random_state": RANDOM_STATE}

    def __init__(self, random_state=None):
        self.random_state = random_state

    def _fit_items(self, interactions):
        random = check_random_state(self.random_state)
        self.seed_ = int(random.randint(np.iinfo(np.int32).max))
        self.item_keys_ = _keys(self.item_ids_)

    def _score_block(self, history, candidates):
        new = candidates.positions < 0
        items = np.append(self.item_keys_, np.uint64(0))[candidates.positions]
        items[new] = _keys(candidates.ids[new])
        # What wraps in uint64 is wanted: the keys of a row's items are added up.
        sums = np.concatenate([[np.uint64(0)], np.cumsum(_mix(self.item_keys_[history.indices]))])
        rows = sums[history.indptr[1:]] - sums[history.indptr[:-1]]
        rows = _mix(rows + _mix(np.array([self.seed_], dtype=np.uint64)))
        return (_mix(rows[:, None] ^ items) >> np.uint64(11)) * 2.0**-53

    def _check_state(self):
        super()._check_state()
        fits = is_array(self.item_keys_, "u", (self.item_ids_.size,))
        require(fits, self, f"item_keys_ has not {self.item_ids_.size} numbers.")
        require(isinstance(self.seed_, Integral), self, "seed_ is no whole number.")


def _keys(ids):
    """A number of 64 bits for every id, the same in every process."""
    texts = (str(name).encode("utf-8", errors="surrogatepass") for name in ids.tolist())
    digests = b"".join(blake2b(text, digest_size=8).digest() for text in texts)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


def _mix(values):
    """Spread every bit over all: the last step of SplitMix64."""
    values = values ^ (values >> np.uint64(30))
    values *= np.uint64(0xBF58476D1CE4E5B9)
    values ^= values >> np.uint64(27)
    values *= np.uint64(0x94D049BB133111EB)
    values ^= values >> np.uint64(31)
    return values
