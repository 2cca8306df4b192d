"""Area under the ROC curve of lists that end."""

import numpy as np

from mmclassic.metrics._hits import read_relevant
from mmclassic.metrics._ranked_lists import RankedLists, find_hits, find_order
from mmclassic.metrics._ranking import finish


def auc_at_k(relevant, recommended, k=10, *, n_candidates=None, per_user=False):
    """Chance that a relevant candidate is ranked above one that is not, by lists of k.

    Parameters
    ----------
    relevant : sparse matrix of shape (n_users, n_items) or list of sequences of int
        Nonzero entries are relevant; or the relevant item indices of every user.
    recommended : RankedLists or array-like of int of shape (n_users, n_recommended)
        Item indices, best first; -1 where there is no item, which counts as a miss.
    k : int, 1 <= k <= n_recommended, default=10
        How many of the first columns count.
    n_candidates : int or array-like of int of shape (n_users,), default=None
        How many items could have been ranked for every user, the relevant ones included. None
        takes the items of the RankedLists, less those seen in training and not relevant.
    per_user : bool, default=False
        Return one value per user instead of the mean.

    Returns
    -------
    value : float or ndarray of shape (n_users,)
        The mean over the users with relevant and other candidates; with `per_user` the values,
        NaN for the other users.

    Raises
    ------
    ValueError
        If a user has fewer candidates than relevant and listed items, or `n_candidates` is not
        known.

    Notes
    -----
    Candidates that the list does not hold come after it, in no order: a pair of them counts one
    half. An empty list has .5, and with `k` the number of candidates the value is the area under
    the whole ROC curve.

    References
    ----------
    .. [1] Rendle, S., Freudenthaler, C., Gantner, Z. and Schmidt-Thieme, L. (2009). BPR: Bayesian
       personalized ranking from implicit feedback. UAI.

    Examples
    --------
    >>> auc_at_k([[1, 5]], [[2, 1]], k=2, n_candidates=6)
    0.5625
    """
    hits, n_relevant = find_hits(relevant, recommended, k)
    order, n_items = find_order(recommended, k)
    if n_candidates is None:
        n_candidates = _count_candidates(relevant, recommended, n_items)
    missed = ~hits & (order >= 0)
    others = n_candidates - n_relevant
    unlisted = others - np.count_nonzero(missed, axis=1)
    if np.any(unlisted < 0):
        (user, *_) = np.flatnonzero(np.broadcast_to(unlisted < 0, n_relevant.shape))
        raise ValueError(
            f"user {user} has more relevant and listed items than n_candidates, "
            f"{np.broadcast_to(n_candidates, n_relevant.shape)[user]}."
        )
    below = others[:, None] - np.cumsum(missed, axis=1)
    won = (hits * below).sum(axis=1) + (n_relevant - hits.sum(axis=1)) * unlisted / 2
    pairs = n_relevant * others
    values = np.divide(won, pairs, out=np.full(pairs.shape, np.nan), where=pairs > 0)
    return finish(values, per_user, "no user has a relevant and another candidate")


def _count_candidates(relevant, lists, n_items):
    """Items of RankedLists, less those seen in training that are not relevant."""
    if not isinstance(lists, RankedLists):
        raise ValueError(
            "recommended is an array, which does not tell how many items could have been ranked; "
            "give n_candidates."
        )
    if lists.seen is None:
        return np.full(len(lists.askers), n_items)
    seen = lists.seen.astype(bool)
    relevant = read_relevant(relevant, n_items, lists.order).astype(bool)
    return n_items - np.diff(seen.indptr) + np.diff((seen.multiply(relevant)).tocsr().indptr)
