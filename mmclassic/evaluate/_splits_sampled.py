"""Hold one item out and rank it among a few others."""

from dataclasses import replace

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.random import sample_without_replacement

from mmclassic.evaluate._folds import rank_within, warm_fold
from mmclassic.evaluate._splits_last import last_of_users
from mmclassic.utils import POSITIVE_INTEGER, RANDOM_STATE


class SampledLeaveOneOut(BaseEstimator):
    """Hold out one item of every user, and rank it among a sample of items the user has not seen.

    Only for meeting figures that were published so. To compare models, rank all items, as
    `LeaveLastOut` does: against a sample the figures are other ones, and models change places.

    Parameters
    ----------
    n_negatives : int > 0, default=99
        Number of items of the catalogue to draw for every user, without repeats, that the user has
        no interaction with; all of these where there are fewer.
    random_state : int, RandomState instance or None, default=None
        Seed of the drawing.

    Notes
    -----
    Held out is the item of each user's last interaction as in `LeaveLastOut`; without timestamps a
    random one. Users with a single item stay in the training part only. A held-out item that
    nobody has in the training part is dropped and counted.

    An item at rank r of n comes at about rank 1 + (r - 1) m / n among m sampled ones, and below 1
    nothing can be told apart: with 99 of 10,000 items the first hundred places count as the first.
    So metrics that look at the top, such as NDCG, turn into something like AUC, and a model that is
    best on the sample need not be best on the catalogue [1]_.

    References
    ----------
    .. [1] Krichene and Rendle, On sampled metrics for item recommendation, KDD 2020.

    Examples
    --------
    >>> import pandas as pd
    >>> from mmclassic.evaluate import SampledLeaveOneOut
    >>> from mmclassic.interactions import Interactions
    >>> frame = pd.DataFrame({"user_id": [1, 1, 2, 2], "item_id": list("abba"),
    ...                       "timestamp": [1, 2, 3, 4]})
    >>> split = SampledLeaveOneOut(n_negatives=2, random_state=0)
    >>> (fold,) = split.split(Interactions.from_frame(frame, items=list("abcde")))
    >>> fold.pools.sum(axis=1).tolist()  # the held-out item and two others
    [3, 3]
    """

    _parameter_constraints: dict = {"n_negatives": POSITIVE_INTEGER, "random_state": RANDOM_STATE}

    def __init__(self, n_negatives=99, *, random_state=None):
        self.n_negatives = n_negatives
        self.random_state = random_state

    def split(self, interactions):
        """Yield the one fold.

        Parameters
        ----------
        interactions : Interactions
            All interactions.

        Yields
        ------
        fold : Fold
            The division; its pools hold, for every user of the test part, the held-out item and
            the sample.
        """
        self._validate_params()
        rng = check_random_state(self.random_state)
        if interactions.timestamp is None:
            held = _one_of_users(interactions, rng)
        else:
            held = last_of_users(interactions, 1)
        fold = warm_fold(interactions, held)
        yield replace(fold, pools=self._pools(interactions, fold.test, rng))

    def _pools(self, interactions, test, rng):
        """CSR of the held-out items and the samples."""
        _, users, items = interactions.distinct_pairs()
        shape = (interactions.users.size, interactions.items.size)
        seen = sp.csr_array((np.ones(users.size, dtype=bool), (users, items)), shape=shape)
        _, askers, found = test.distinct_pairs()
        rows, columns = [askers], [found]
        for user in askers:
            of_user = seen.indices[seen.indptr[user] : seen.indptr[user + 1]]
            columns.append(_draw_unseen(np.sort(of_user), shape[1], self.n_negatives, rng))
            rows.append(np.full(columns[-1].size, user))
        rows, columns = np.concatenate(rows), np.concatenate(columns)
        return sp.csr_array((np.ones(rows.size, dtype=bool), (rows, columns)), shape=shape)


def _draw_unseen(seen, n_items, n, rng):
    """Distinct items, `n` or all there are, that are not among the sorted `seen` ones."""
    n_unseen = n_items - seen.size
    ranks = sample_without_replacement(n_unseen, min(n, n_unseen), random_state=rng)
    # Seen item number i has seen[i] - i unseen ones before it.
    return ranks + np.searchsorted(seen - np.arange(seen.size), ranks, side="right")


def _one_of_users(interactions, rng):
    """Mark a random item of every user with more than one."""
    pair, users, _ = interactions.distinct_pairs()
    sizes = np.bincount(users, minlength=interactions.users.size)
    held = (rank_within(users, rng.random_sample(users.size)) < 1) & (sizes[users] > 1)
    return held[pair]
