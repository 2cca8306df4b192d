"""How alike the lists of two models are."""

from numbers import Real

import numpy as np
from sklearn.utils._param_validation import Interval, validate_params

from mmclassic.interactions import same_ids
from mmclassic.metrics._hits import check_order
from mmclassic.metrics._ranked_lists import RankedLists
from mmclassic.metrics._ranking import finish


@validate_params(
    {"p": [Interval(Real, 0, 1, closed="neither")]}, prefer_skip_nested_validation=True
)
def rank_biased_overlap(lists_a, lists_b, p=0.9, *, per_user=False):
    """Overlap of two lists for every user, in which the first places weigh most.

    Parameters
    ----------
    lists_a : RankedLists or array-like of int of shape (n_users, k)
        Item indices, best first; -1 where a list has ended.
    lists_b : RankedLists or array-like of int of shape (n_users, any number)
        The other lists, of the same users and items.
    p : float in (0, 1), default=0.9
        How far down a reader goes: to the next place with this probability. The first 10 places
        have .86 of the weight at .9.
    per_user : bool, default=False
        Return one value per user instead of the mean.

    Returns
    -------
    value : float in [0, 1] or ndarray of shape (n_users,)
        1 for equal lists and 0 for lists without a common item; the mean over the users with an
        item in either list, with `per_user` the values, NaN for the other users.

    Raises
    ------
    ValueError
        If the lists are not of the same users and items.

    Notes
    -----
    The extrapolated overlap of [1]_ (equation 32): beyond the lists' ends the agreement goes on as
    it was there. Lists may be of different lengths. O(n_users k log(n_users k)).

    References
    ----------
    .. [1] Webber, W., Moffat, A. and Zobel, J. (2010). A similarity measure for indefinite
       rankings. ACM Transactions on Information Systems 28(4).

    Examples
    --------
    >>> from mmclassic.metrics import rank_biased_overlap
    >>> round(rank_biased_overlap([[1, 2, 3]], [[1, 3, 2]], p=0.9), 4)
    0.955
    """
    a, b = _orders(lists_a, lists_b)
    depth = max(a.shape[1], b.shape[1])
    common = _common_items(a, b, depth)
    lengths = np.stack([np.count_nonzero(order >= 0, axis=1) for order in (a, b)])
    values = _extrapolated(common, lengths.min(axis=0), lengths.max(axis=0), p)
    return finish(values, per_user, "all lists are empty")


def _orders(a, b):
    both = isinstance(a, RankedLists) and isinstance(b, RankedLists)
    if both and not (same_ids(a.askers, b.askers) and same_ids(a.items, b.items)):
        raise ValueError("the two models' lists must be of the same users and items, in one order.")
    a, b = (
        lists.order if isinstance(lists, RankedLists) else check_order(lists, name)
        for lists, name in ((a, "lists_a"), (b, "lists_b"))
    )
    if len(a) != len(b):
        raise ValueError(
            f"the two models' lists must be of the same users; got {len(a)} and {len(b)}."
        )
    return a, b


def _common_items(a, b, depth):
    """Number of items that the first 1, 2, ..., depth places of both have, by user."""
    n_items = 1 + max(a.max(initial=-1), b.max(initial=-1))
    (users, place_a), (users_b, place_b) = np.nonzero(a >= 0), np.nonzero(b >= 0)
    keys, keys_b = users * n_items + a[users, place_a], users_b * n_items + b[users_b, place_b]
    _, in_a, in_b = np.intersect1d(keys, keys_b, assume_unique=True, return_indices=True)
    from_depth = np.maximum(place_a[in_a], place_b[in_b])
    new = np.bincount(users[in_a] * depth + from_depth, minlength=len(a) * depth)
    return np.cumsum(new.reshape(len(a), depth), axis=1)


def _extrapolated(common, short, long, p):
    """RBO_EXT of the common items by depth, and the lengths of the shorter and longer lists."""
    depths = np.arange(1, common.shape[1] + 1)
    rows = np.arange(len(common))
    at_short = np.where(short > 0, common[rows, np.maximum(short, 1) - 1], 0)
    at_long = np.where(long > 0, common[rows, np.maximum(long, 1) - 1], 0)
    divisor = np.maximum(short, 1)
    beyond = (depths > short[:, None]) * (depths - short[:, None]) / divisor[:, None]
    agreement = (common + at_short[:, None] * beyond) / depths
    weights = np.where(depths <= long[:, None], p**depths, 0.0)
    end = (at_long - at_short) / np.maximum(long, 1) + at_short / divisor
    values = (1 - p) / p * (agreement * weights).sum(axis=1) + end * p ** long.astype(float)
    return np.where(long > 0, values, np.nan)
