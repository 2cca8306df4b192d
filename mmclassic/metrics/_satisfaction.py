"""How content users were with what they are recommended, by their own ratings."""

from numbers import Real

import numpy as np
import scipy.sparse as sp
from sklearn.utils._param_validation import Interval, validate_params

from mmclassic.metrics._hits import read_ratings
from mmclassic.metrics._ranked_lists import find_ratings
from mmclassic.metrics._ranking import finish

_NOBODY = "no recommended item was rated"


def own_scale(ratings, history=None):
    """Bring ratings to each user's own scale: their place among the ratings of that user.

    Parameters
    ----------
    ratings : sparse matrix of shape (n_users, n_items)
        What is stored is a rating, zeros too.
    history : sparse matrix of shape (n_users, any number), default=None
        All ratings that tell how a user rates. None takes `ratings`.

    Returns
    -------
    scaled : CSR of shape (n_users, n_items)
        In [0, 1]: the share of the user's `history` that is lower, plus half of what is equal.

    Raises
    ------
    ValueError
        If a user with ratings has no history, or a rating is not finite.

    Notes
    -----
    One user's 3 of 5 is another's best. The place among one's own ratings needs no assumption of
    how wide steps are, and a user whose ratings are all equal has .5 throughout.
    O(n log n) of the number of ratings.

    Examples
    --------
    >>> import scipy.sparse as sp
    >>> from mmclassic.metrics import own_scale
    >>> own_scale(sp.csr_array([[5.0, 4.0, 1.0], [3.0, 2.0, 2.0]])).toarray().round(3)
    array([[0.833, 0.5  , 0.167],
           [0.833, 0.333, 0.333]])
    """
    ratings = read_ratings(ratings, np.shape(ratings))
    if history is None:
        history = ratings
    history = read_ratings(history, (ratings.shape[0], *history.shape[1:]), "history")
    counts = np.diff(history.indptr)
    users = np.repeat(np.arange(counts.size), np.diff(ratings.indptr))
    without = users[counts[users] == 0]
    if without.size:
        raise ValueError(f"user {without[0]} has ratings, but none in history to compare with.")
    levels, codes = np.unique(np.concatenate([history.data, ratings.data]), return_inverse=True)
    owners = np.repeat(np.arange(counts.size), counts)
    known = np.sort(owners * levels.size + codes[: owners.size])
    asked = users * levels.size + codes[owners.size :]
    below, through = (np.searchsorted(known, asked, side) for side in ("left", "right"))
    places = ((below + through) / 2 - history.indptr[users]) / np.maximum(counts[users], 1)
    return sp.csr_array((places, ratings.indices, ratings.indptr), shape=ratings.shape)


def satisfaction_at_k(ratings, recommended, k=10, *, history=None, per_user=False):
    """Mean rating, on the user's own scale, of the recommended items that the user rated.

    Parameters
    ----------
    ratings : sparse matrix of shape (n_users, n_items)
        Held-out ratings; what is stored is a rating, zeros too.
    recommended : RankedLists or array-like of int of shape (n_users, n_recommended)
        Item indices, best first; -1 where there is no item.
    k : int, 1 <= k <= n_recommended, default=10
        How many of the first columns count.
    history : sparse matrix of shape (n_users, any number), default=None
        All ratings that tell how a user rates, see `own_scale`. None takes `ratings`.
    per_user : bool, default=False
        Return one value per user instead of the mean.

    Returns
    -------
    value : float in [0, 1] or ndarray of shape (n_users,)
        The mean over the users who rated a recommended item; with `per_user` the values, NaN for
        the other users. Half is as content as the user is on average.

    Notes
    -----
    An offline proxy: users rate what they chose themselves, so of most recommended items nothing
    is known, and what is known speaks too well of them. It compares models; it does not foresee
    what users of a running shop would say.

    Examples
    --------
    >>> import scipy.sparse as sp
    >>> from mmclassic.metrics import satisfaction_at_k
    >>> ratings = sp.csr_array([[5.0, 4.0, 1.0, 0.0], [0.0, 3.0, 2.0, 2.0]])
    >>> satisfaction_at_k(ratings, [[0, 1, 3], [2, 0, 3]], k=3, per_user=True)
    array([0.66666667, 0.33333333])
    """
    values, _ = find_ratings(own_scale(ratings, history), recommended, k)
    known = ~np.isnan(values)
    counts = known.sum(axis=1)
    means = np.full(counts.size, np.nan)
    np.divide(np.where(known, values, 0.0).sum(axis=1), counts, out=means, where=counts > 0)
    return finish(means, per_user, _NOBODY)


@validate_params(
    {"threshold": [Interval(Real, 0, 1, closed="both")]}, prefer_skip_nested_validation=True
)
def satisfied_at_k(ratings, recommended, k=10, *, threshold=0.5, history=None, per_user=False):
    """Share of users whose satisfaction with the recommended items reaches a threshold.

    Parameters
    ----------
    ratings : sparse matrix of shape (n_users, n_items)
        Held-out ratings; what is stored is a rating, zeros too.
    recommended : RankedLists or array-like of int of shape (n_users, n_recommended)
        Item indices, best first; -1 where there is no item.
    k : int, 1 <= k <= n_recommended, default=10
        How many of the first columns count.
    threshold : float in [0, 1], default=0.5
        A user is satisfied whose `satisfaction_at_k` is at least this.
    history : sparse matrix of shape (n_users, any number), default=None
        All ratings that tell how a user rates, see `own_scale`. None takes `ratings`.
    per_user : bool, default=False
        Return 1 or 0 for every user instead of the share.

    Returns
    -------
    value : float in [0, 1] or ndarray of shape (n_users,)
        The share among the users who rated a recommended item; with `per_user` 1 or 0, NaN for
        the other users.

    Examples
    --------
    >>> import scipy.sparse as sp
    >>> from mmclassic.metrics import satisfied_at_k
    >>> ratings = sp.csr_array([[5.0, 4.0, 1.0, 0.0], [0.0, 3.0, 2.0, 2.0]])
    >>> satisfied_at_k(ratings, [[0, 1, 3], [2, 0, 3]], k=3)
    0.5
    """
    values = satisfaction_at_k(ratings, recommended, k, history=history, per_user=True)
    satisfied = np.where(np.isnan(values), np.nan, values >= threshold)
    return finish(satisfied, per_user, _NOBODY)
