"""How new, how popular and how unexpected recommended items are."""

from numbers import Integral

import numpy as np
import scipy.sparse as sp

from mmclassic.metrics._hits import locate_entries, read_relevant
from mmclassic.metrics._ranked_lists import find_hits, find_order
from mmclassic.metrics._ranking import finish


def novelty_at_k(recommended, popularity, n_users, k=10, *, per_user=False):
    """Mean self-information of the recommended items, in bits: how little known they are.

    Parameters
    ----------
    recommended : RankedLists or array-like of int of shape (n_users, n_recommended)
        Item indices, best first; -1 where there is no item.
    popularity : array-like of shape (n_items,)
        How many users had each item in training.
    n_users : int > 0
        How many users there were in training.
    k : int, 1 <= k <= n_recommended, default=10
        How many of the first columns count.
    per_user : bool, default=False
        Return one value per user instead of the mean.

    Returns
    -------
    value : float >= 0 or ndarray of shape (n_users,)
        Mean of -log2(popularity / n_users) over the first `k` places; the mean over the users with
        a list, with `per_user` the values, NaN for empty lists.

    Notes
    -----
    An item that nobody had counts as if one user had.

    References
    ----------
    .. [1] Zhou, T. et al. (2010). Solving the apparent diversity-accuracy dilemma of recommender
       systems. PNAS 107(10).

    Examples
    --------
    >>> from mmclassic.metrics import novelty_at_k
    >>> novelty_at_k([[0, 1], [2, 1]], [8, 2, 0], n_users=8, k=2, per_user=True)
    array([1. , 2.5])
    """
    if not isinstance(n_users, Integral) or n_users < 1:
        raise ValueError(f"n_users must be a positive integer; got {n_users!r}.")
    order, n_items = find_order(recommended, k)
    popularity = _read_popularity(popularity, order, n_items)
    if popularity.max(initial=0) > n_users:
        raise ValueError(
            f"popularity holds {popularity.max():g}, more than the {n_users} users there are."
        )
    bits = np.log2(n_users) - np.log2(np.maximum(popularity, 1))
    return finish(_mean_of_listed(bits, order), per_user, "all lists are empty")


def popularity_bias_at_k(recommended, popularity, history, k=10, *, per_user=False):
    """How much more popular the recommended items are than those the user had.

    Parameters
    ----------
    recommended : RankedLists or array-like of int of shape (n_users, n_recommended)
        Item indices, best first; -1 where there is no item.
    popularity : array-like of shape (n_items,)
        How many users had each item in training.
    history : sparse matrix of shape (n_users, n_items)
        What every user had; nonzero entries count, once each.
    k : int, 1 <= k <= n_recommended, default=10
        How many of the first columns count.
    per_user : bool, default=False
        Return one value per user instead of the mean.

    Returns
    -------
    value : float >= -1 or ndarray of shape (n_users,)
        Mean popularity of the list, divided by that of the history, less 1: 0 is what the user
        is used to. The mean over the users with a list and a history of known items, with
        `per_user` the values, NaN for the other users.

    References
    ----------
    .. [1] Abdollahpouri, H., Mansoury, M., Burke, R. and Mobasher, B. (2019). The unfairness of
       popularity bias in recommendation. RMSE workshop at RecSys. (Delta GAP, user by user)

    Examples
    --------
    >>> import scipy.sparse as sp
    >>> from mmclassic.metrics import popularity_bias_at_k
    >>> popularity_bias_at_k([[0, 1]], [8, 2, 4], sp.csr_array([[0, 0, 1]]), k=2)
    0.25
    """
    order, n_items = find_order(recommended, k)
    popularity = _read_popularity(popularity, order, n_items)
    history = read_relevant(history, popularity.size, order).astype(bool)
    if history.shape[0] != order.shape[0]:
        raise ValueError(f"history has {history.shape[0]} users and the lists {order.shape[0]}.")
    sizes = np.diff(history.indptr)
    usual = (history @ popularity) / np.maximum(sizes, 1)
    ratio = np.full(usual.size, np.nan)
    np.divide(_mean_of_listed(popularity, order), usual, out=ratio, where=usual > 0)
    return finish(ratio - 1, per_user, "no user has a list and a history")


def serendipity_at_k(relevant, recommended, expected, k=10, *, per_user=False):
    """Share of the first k places that hold a relevant item which was not to be expected.

    Parameters
    ----------
    relevant : sparse matrix of shape (n_users, n_items) or list of sequences of int
        Nonzero entries are relevant; or the relevant item indices of every user.
    recommended : RankedLists or array-like of int of shape (n_users, n_recommended)
        Item indices, best first; -1 where there is no item, which counts as a miss.
    expected : RankedLists or array-like of int of shape (n_users, n_expected)
        What a primitive recommender gives each user, usually what is popular; at least `k` long.
    k : int, 1 <= k <= n_recommended, default=10
        How many of the first columns of both count.
    per_user : bool, default=False
        Return one value per user instead of the mean.

    Returns
    -------
    value : float in [0, 1] or ndarray of shape (n_users,)
        The mean over the users with at least one relevant item; with `per_user` the
        values, NaN for users without relevant items.

    Notes
    -----
    Never above `precision_at_k`, and equal to it where nothing recommended is expected.

    References
    ----------
    .. [1] Ge, M., Delgado-Battenfeld, C. and Jannach, D. (2010). Beyond accuracy: evaluating
       recommender systems by coverage and serendipity. RecSys.

    Examples
    --------
    >>> from mmclassic.metrics import serendipity_at_k
    >>> serendipity_at_k([[1, 5, 6]], [[5, 1, 2]], [[1, 3, 4]], k=3)
    0.3333333333333333
    """
    hits, n_relevant = find_hits(relevant, recommended, k)
    order, n_items = find_order(recommended, k)
    usual, n_usual = find_order(expected, k)
    if usual.shape[0] != order.shape[0] or (n_items and n_usual and n_items != n_usual):
        raise ValueError("recommended and expected must be of the same users and items.")
    hits = hits & ~_listed_in(order, usual)
    values = np.where(n_relevant > 0, hits.sum(axis=1) / k, np.nan)
    return finish(values, per_user, "no user has a relevant item")


def _listed_in(order, lists):
    """Whether the same row of `lists` holds each item."""
    users, places = np.nonzero(lists >= 0)
    n_items = 1 + max(order.max(initial=-1), lists.max(initial=-1))
    marks = np.ones(users.size, dtype=bool)
    shape = (len(lists), n_items)
    matrix = sp.coo_array((marks, (users, lists[users, places])), shape=shape).tocsr()
    matrix.sort_indices()
    return locate_entries(matrix, order) >= 0


def _read_popularity(popularity, order, n_items):
    popularity = np.asarray(popularity, dtype=np.float64)
    needed = order.max(initial=-1) + 1 if n_items is None else n_items
    if popularity.ndim != 1 or popularity.size < needed:
        raise ValueError(
            f"popularity must hold a number for each of {needed} items; got shape "
            f"{popularity.shape}."
        )
    if not np.isfinite(popularity).all() or popularity.min(initial=0) < 0:
        raise ValueError("popularity must be finite and not negative.")
    return popularity


def _mean_of_listed(values, order):
    """Mean over every list of a value by item; NaN of empty lists."""
    listed = order >= 0
    counts = np.count_nonzero(listed, axis=1)
    total = np.where(listed, values[order], 0.0).sum(axis=1)
    return np.divide(total, counts, out=np.full(counts.shape, np.nan), where=counts > 0)
