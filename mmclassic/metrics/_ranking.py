"""Metrics of ranked recommendation lists, vectorised over users.

All take the same arguments and count binary relevance; a user without relevant
items has no value. Accuracy of labels is ``sklearn.metrics.accuracy_score``.
"""

import numpy as np

from mmclassic.metrics._ranked_lists import find_hits


def _finish(values, n_relevant, per_user):
    """Give NaN to users without relevant items, or average over the others."""
    rated = n_relevant > 0
    if per_user:
        return np.where(rated, values, np.nan)
    if not rated.any():
        raise ValueError("no user has a relevant item, so there is no mean to take.")
    return float(values[rated].mean())


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


def map_at_k(relevant, recommended, k=10, *, per_user=False):
    """Average precision at k: precision at every hit, averaged.

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
    The sum of the precisions at the hits is divided by min(k, n_relevant), so a perfect list
    scores 1. trec_eval's ``map_cut_k`` divides by n_relevant: of 5 relevant items a list of two
    hits has .4 there at k = 2, and 1 here. Where no user has more than `k` relevant items both
    are the same.

    Examples
    --------
    >>> map_at_k([[1, 5, 6]], [[2, 1]], k=2)
    0.25
    """
    hits, n_relevant = find_hits(relevant, recommended, k)
    precisions = np.cumsum(hits, axis=1) / np.arange(1, k + 1)
    values = (hits * precisions).sum(axis=1) / np.clip(n_relevant, 1, k)
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
