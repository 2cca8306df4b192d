"""Cumulative gain of ranked lists whose relevance has degrees."""

import numpy as np
from sklearn.utils._param_validation import StrOptions, validate_params

from mmclassic.metrics._ranked_lists import find_ratings
from mmclassic.metrics._ranking import finish


@validate_params(
    {"gain": [StrOptions({"linear", "exponential"})]}, prefer_skip_nested_validation=True
)
def graded_ndcg_at_k(ratings, recommended, k=10, *, gain="linear", per_user=False):
    """Discounted cumulative gain at k of graded relevance, relative to the best possible list.

    Parameters
    ----------
    ratings : sparse matrix of shape (n_users, n_items)
        How relevant every item is to a user: ratings or weights. What is not stored, 0 and
        negative numbers gain nothing.
    recommended : RankedLists or array-like of int of shape (n_users, n_recommended)
        Item indices, best first; -1 where there is no item, which gains nothing.
    k : int, 1 <= k <= n_recommended, default=10
        How many of the first columns count.
    gain : {"linear", "exponential"}, default="linear"
        What a rating r gains: r, as in trec_eval, or 2^r - 1.
    per_user : bool, default=False
        Return one value per user instead of the mean.

    Returns
    -------
    value : float or ndarray of shape (n_users,)
        The mean over the users with something to gain; with `per_user` the values, NaN for the
        other users.

    Raises
    ------
    ValueError
        If a rating is not finite, or its exponential gain exceeds float64.

    Notes
    -----
    The discount is 1 / log2(rank + 1), and the ideal list holds the `k` items of the largest
    gains, as ``ndcg_cut_k`` of trec_eval has it. With ratings of 0 and 1 both gains are
    `ndcg_at_k`.

    References
    ----------
    .. [1] Jarvelin, K. and Kekalainen, J. (2002). Cumulated gain-based evaluation of IR
       techniques. ACM Transactions on Information Systems 20(4).
    .. [2] Burges, C. et al. (2005). Learning to rank using gradient descent. ICML. (2^r - 1)

    Examples
    --------
    >>> import scipy.sparse as sp
    >>> from mmclassic.metrics import graded_ndcg_at_k
    >>> round(graded_ndcg_at_k(sp.csr_array([[3.0, 1.0, 0.0]]), [[1, 2, 0]], k=3), 4)
    0.6885
    """
    found, ratings = find_ratings(ratings, recommended, k)
    discounts = 1.0 / np.log2(np.arange(2, k + 2))
    best = _ideal(_gains(ratings.data, gain), ratings.indptr, discounts)
    got = _gains(np.nan_to_num(found, nan=0.0), gain) @ discounts
    values = np.divide(got, best, out=np.full(best.size, np.nan), where=best > 0)
    return finish(values, per_user, "no user has a rating above 0")


def _gains(ratings, gain):
    gains = np.maximum(ratings, 0.0)
    if gain == "exponential":
        largest = gains.max(initial=0.0)
        if largest > 1000:
            raise ValueError(
                f"2^{largest:g} - 1 is more than float64 holds; take gain='linear', or ratings on "
                "a smaller scale."
            )
        gains = np.exp2(gains) - 1.0
    return gains


def _ideal(gains, starts, discounts):
    """Gain of the best list that every user could get."""
    users = np.repeat(np.arange(starts.size - 1), np.diff(starts))
    order = np.lexsort((-gains, users))
    ranks = np.arange(gains.size) - starts[users]
    counted = np.append(discounts, 0.0)[np.minimum(ranks, discounts.size)]
    return np.bincount(users, gains[order] * counted, minlength=starts.size - 1)
