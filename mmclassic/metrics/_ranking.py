"""Metrics of ranked recommendation lists, vectorised over users.

All take the same arguments and count binary relevance; a user without relevant
items has no value. Accuracy of labels is ``sklearn.metrics.accuracy_score``.
"""

import numpy as np
from sklearn.utils._param_validation import StrOptions, validate_params

from mmclassic.metrics._ranked_lists import find_hits


def _finish(values, n_relevant, per_user):
    """Give NaN to users without relevant items, or average over the others."""
    values = np.where(n_relevant > 0, values, np.nan)
    return finish(values, per_user, "no user has a relevant item")


def finish(values, per_user, why):
    """Values by user, NaN for those without any, or the mean of the others."""
    if per_user:
        return values
    known = ~np.isnan(values)
    if not known.any():
        raise ValueError(f"{why}, so there is no mean to take.")
    return float(values[known].mean())


def _first_hit(hits):
    """Rank (from 1) of the first hit of every user; 0 where there is none."""
    return np.where(hits.any(axis=1), hits.argmax(axis=1) + 1, 0)


def precision_at_k(relevant, recommended, k=10, *, per_user=False):
    """Share of the first k places that hold a relevant item.

    Parameters
    ----------
    relevant : sparse matrix of shape (n_users, n_items) or list of sequences of int
        Nonzero entries are relevant; or the relevant item indices of every user.
    recommended : RankedLists or array-like of int of shape (n_users, n_recommended)
        Item indices, best first; -1 where there is no item, which counts as a miss.
    k : int, 1 <= k <= n_recommended, default=10
        How many of the first columns count.
    per_user : bool, default=False
        Return one value per user instead of the mean.

    Returns
    -------
    value : float or ndarray of shape (n_users,)
        The mean over the users with at least one relevant item; with `per_user` the
        values, NaN for users without relevant items.

    Notes
    -----
    The divisor is `k` itself, also where a list is filled up with -1.

    Examples
    --------
    >>> precision_at_k([[1, 5, 6]], [[2, 1]], k=2)
    0.5
    """
    hits, n_relevant = find_hits(relevant, recommended, k)
    values = hits.sum(axis=1) / k
    return _finish(values, n_relevant, per_user)


def recall_at_k(relevant, recommended, k=10, *, per_user=False):
    """Share of a user's relevant items that are among the first k.

    Parameters
    ----------
    relevant : sparse matrix of shape (n_users, n_items) or list of sequences of int
        Nonzero entries are relevant; or the relevant item indices of every user.
    recommended : RankedLists or array-like of int of shape (n_users, n_recommended)
        Item indices, best first; -1 where there is no item, which counts as a miss.
    k : int, 1 <= k <= n_recommended, default=10
        How many of the first columns count.
    per_user : bool, default=False
        Return one value per user instead of the mean.

    Returns
    -------
    value : float or ndarray of shape (n_users,)
        The mean over the users with at least one relevant item; with `per_user` the
        values, NaN for users without relevant items.

    Notes
    -----
    The divisor is the number of relevant items, so with more of them than `k` the value stays
    below 1.

    Examples
    --------
    >>> recall_at_k([[1, 5, 6]], [[2, 1]], k=2)
    0.3333333333333333
    """
    hits, n_relevant = find_hits(relevant, recommended, k)
    values = hits.sum(axis=1) / np.maximum(n_relevant, 1)
    return _finish(values, n_relevant, per_user)


def f1_at_k(relevant, recommended, k=10, *, per_user=False):
    """Harmonic mean of precision and recall at k, user by user.

    Parameters
    ----------
    relevant : sparse matrix of shape (n_users, n_items) or list of sequences of int
        Nonzero entries are relevant; or the relevant item indices of every user.
    recommended : RankedLists or array-like of int of shape (n_users, n_recommended)
        Item indices, best first; -1 where there is no item, which counts as a miss.
    k : int, 1 <= k <= n_recommended, default=10
        How many of the first columns count.
    per_user : bool, default=False
        Return one value per user instead of the mean.

    Returns
    -------
    value : float or ndarray of shape (n_users,)
        The mean over the users with at least one relevant item; with `per_user` the
        values, NaN for users without relevant items.

    Notes
    -----
    2 hits / (k + n_relevant), which is 0 without hits. The mean over users is the mean of their
    values, not the harmonic mean of the mean precision and recall.

    Examples
    --------
    >>> f1_at_k([[1, 5, 6]], [[2, 1]], k=2)
    0.4
    """
    hits, n_relevant = find_hits(relevant, recommended, k)
    values = 2.0 * hits.sum(axis=1) / (k + n_relevant)
    return _finish(values, n_relevant, per_user)


def hit_rate_at_k(relevant, recommended, k=10, *, per_user=False):
    """Whether at least one of the first k is relevant.

    Parameters
    ----------
    relevant : sparse matrix of shape (n_users, n_items) or list of sequences of int
        Nonzero entries are relevant; or the relevant item indices of every user.
    recommended : RankedLists or array-like of int of shape (n_users, n_recommended)
        Item indices, best first; -1 where there is no item, which counts as a miss.
    k : int, 1 <= k <= n_recommended, default=10
        How many of the first columns count.
    per_user : bool, default=False
        Return one value per user instead of the mean.

    Returns
    -------
    value : float or ndarray of shape (n_users,)
        The mean over the users with at least one relevant item; with `per_user` the
        values, NaN for users without relevant items.

    Examples
    --------
    >>> hit_rate_at_k([[1, 5, 6]], [[2, 1]], k=2)
    1.0
    """
    hits, n_relevant = find_hits(relevant, recommended, k)
    values = hits.any(axis=1).astype(np.float64)
    return _finish(values, n_relevant, per_user)


def ndcg_at_k(relevant, recommended, k=10, *, per_user=False):
    """Discounted cumulative gain at k, relative to the best possible list.

    Parameters
    ----------
    relevant : sparse matrix of shape (n_users, n_items) or list of sequences of int
        Nonzero entries are relevant; or the relevant item indices of every user.
    recommended : RankedLists or array-like of int of shape (n_users, n_recommended)
        Item indices, best first; -1 where there is no item, which counts as a miss.
    k : int, 1 <= k <= n_recommended, default=10
        How many of the first columns count.
    per_user : bool, default=False
        Return one value per user instead of the mean.

    Returns
    -------
    value : float or ndarray of shape (n_users,)
        The mean over the users with at least one relevant item; with `per_user` the
        values, NaN for users without relevant items.

    Notes
    -----
    The gain is binary and the discount 1 / log2(rank + 1). The ideal list holds
    min(k, n_relevant) relevant items, as in trec_eval: a perfect list scores 1. Dividing by
    `k` relevant items instead would keep every user with fewer of them below 1 whatever is
    recommended, and the mean would say more about the users than about the lists.

    References
    ----------
    .. [1] Jarvelin, K. and Kekalainen, J. (2002). Cumulated gain-based evaluation of IR
       techniques. ACM Transactions on Information Systems 20(4).

    Examples
    --------
    >>> ndcg_at_k([[1, 5, 6]], [[2, 1]], k=2)
    0.38685280723454163
    """
    hits, n_relevant = find_hits(relevant, recommended, k)
    discounts = 1.0 / np.log2(np.arange(2, k + 2))
    ideal = np.cumsum(discounts)[np.clip(n_relevant, 1, k) - 1]
    values = hits @ discounts / ideal
    return _finish(values, n_relevant, per_user)


@validate_params(
    {"divisor": [StrOptions({"possible", "relevant"})]}, prefer_skip_nested_validation=True
)
def map_at_k(relevant, recommended, k=10, *, divisor="possible", per_user=False):
    """Average precision at k: precision at every hit, averaged.

    Parameters
    ----------
    relevant : sparse matrix of shape (n_users, n_items) or list of sequences of int
        Nonzero entries are relevant; or the relevant item indices of every user.
    recommended : RankedLists or array-like of int of shape (n_users, n_recommended)
        Item indices, best first; -1 where there is no item, which counts as a miss.
    k : int, 1 <= k <= n_recommended, default=10
        How many of the first columns count.
    divisor : {"possible", "relevant"}, default="possible"
        What the sum of the precisions at the hits is divided by: min(k, n_relevant), the hits
        that are possible, or n_relevant, as ``map_cut_k`` of trec_eval does.
    per_user : bool, default=False
        Return one value per user instead of the mean.

    Returns
    -------
    value : float or ndarray of shape (n_users,)
        The mean over the users with at least one relevant item; with `per_user` the
        values, NaN for users without relevant items.

    Notes
    -----
    With "possible" a perfect list scores 1, as in most recommender libraries; with "relevant" two
    hits in a list of two, of 5 relevant items, score .4. Where no user has more than `k` relevant
    items both are the same.

    Examples
    --------
    >>> map_at_k([[1, 5, 6]], [[2, 1]], k=2)
    0.25
    >>> map_at_k([[1, 5, 6]], [[5, 1]], k=2, divisor="relevant")
    0.6666666666666666
    """
    hits, n_relevant = find_hits(relevant, recommended, k)
    precisions = np.cumsum(hits, axis=1) / np.arange(1, k + 1)
    most = k if divisor == "possible" else None
    values = (hits * precisions).sum(axis=1) / np.clip(n_relevant, 1, most)
    return _finish(values, n_relevant, per_user)


def mrr(relevant, recommended, k=10, *, per_user=False):
    """Reciprocal rank of the first relevant item among the first k.

    Parameters
    ----------
    relevant : sparse matrix of shape (n_users, n_items) or list of sequences of int
        Nonzero entries are relevant; or the relevant item indices of every user.
    recommended : RankedLists or array-like of int of shape (n_users, n_recommended)
        Item indices, best first; -1 where there is no item, which counts as a miss.
    k : int, 1 <= k <= n_recommended, default=10
        How many of the first columns count.
    per_user : bool, default=False
        Return one value per user instead of the mean.

    Returns
    -------
    value : float or ndarray of shape (n_users,)
        The mean over the users with at least one relevant item; with `per_user` the
        values, NaN for users without relevant items.

    Notes
    -----
    0 where none of the first `k` is relevant.

    Examples
    --------
    >>> mrr([[1, 5, 6]], [[2, 1]], k=2)
    0.5
    """
    hits, n_relevant = find_hits(relevant, recommended, k)
    first = _first_hit(hits)
    values = np.divide(1.0, first, out=np.zeros(first.size), where=first > 0)
    return _finish(values, n_relevant, per_user)


def r_precision(relevant, recommended, k=10, *, per_user=False):
    """Share of relevant items in a list as long as there are relevant items.

    Parameters
    ----------
    relevant : sparse matrix of shape (n_users, n_items) or list of sequences of int
        Nonzero entries are relevant; or the relevant item indices of every user.
    recommended : RankedLists or array-like of int of shape (n_users, n_recommended)
        Item indices, best first; -1 where there is no item, which counts as a miss.
    k : int, 1 <= k <= n_recommended, default=10
        How many of the first columns count.
    per_user : bool, default=False
        Return one value per user instead of the mean.

    Returns
    -------
    value : float or ndarray of shape (n_users,)
        The mean over the users with at least one relevant item; with `per_user` the
        values, NaN for users without relevant items.

    Notes
    -----
    The hits among the first min(k, n_relevant) places, divided by n_relevant: trec_eval's
    ``Rprec`` of lists of `k`. A user with more than `k` relevant items stays below 1, so `k` is
    best as large as the lists are long.

    Examples
    --------
    >>> r_precision([[1, 5, 6]], [[2, 1, 5, 6]], k=4)
    0.6666666666666666
    """
    hits, n_relevant = find_hits(relevant, recommended, k)
    inside = np.arange(k) < n_relevant[:, None]
    values = np.count_nonzero(hits & inside, axis=1) / np.maximum(n_relevant, 1)
    return _finish(values, n_relevant, per_user)
