"""How much of the catalogue is shown, and how varied the lists are."""

from numbers import Integral

import numpy as np
import scipy.sparse as sp

from mmclassic.metrics._ranked_lists import find_order
from mmclassic.metrics._ranking import finish
from mmclassic.utils import normalize_rows
from mmclassic.views import Views

_BLOCK_ELEMENTS = 1 << 22


def catalog_coverage_at_k(recommended, k=10, *, n_items=None):
    """Share of the catalogue that is recommended to anybody.

    Parameters
    ----------
    recommended : RankedLists or array-like of int of shape (n_users, n_recommended)
        Item indices, best first; -1 where there is no item.
    k : int, 1 <= k <= n_recommended, default=10
        How many of the first columns count.
    n_items : int > 0, default=None
        Size of the catalogue; None takes that of the RankedLists.

    Returns
    -------
    value : float in [0, 1]
        Distinct recommended items, divided by `n_items`.

    Examples
    --------
    >>> from mmclassic.metrics import catalog_coverage_at_k
    >>> catalog_coverage_at_k([[0, 1], [0, 2]], k=2, n_items=6)
    0.5
    """
    return float(np.count_nonzero(_exposure(recommended, k, n_items)) / _size(recommended, n_items))


def gini_at_k(recommended, k=10, *, n_items=None):
    """How unevenly the places in the lists go to the items of the catalogue.

    Parameters
    ----------
    recommended : RankedLists or array-like of int of shape (n_users, n_recommended)
        Item indices, best first; -1 where there is no item.
    k : int, 1 <= k <= n_recommended, default=10
        How many of the first columns count.
    n_items : int > 0, default=None
        Size of the catalogue; None takes that of the RankedLists.

    Returns
    -------
    value : float in [0, 1)
        The Gini coefficient: 0 where all items are recommended equally often,
        1 - 1 / `n_items` where all places go to one.

    Examples
    --------
    >>> from mmclassic.metrics import gini_at_k
    >>> gini_at_k([[0], [0], [0], [1]], k=1, n_items=4)
    0.625
    """
    counts = np.sort(_exposure(recommended, k, n_items))
    if counts.sum() == 0:
        raise ValueError("all lists are empty, so no item has a share of them.")
    weights = 2 * np.arange(1, counts.size + 1) - counts.size - 1
    return float(weights @ counts / (counts.size * counts.sum()))


def intra_list_diversity_at_k(recommended, features, k=10, *, per_user=False):
    """How different the items of a list are: mean over their pairs of 1 - cosine.

    Parameters
    ----------
    recommended : RankedLists or array-like of int of shape (n_users, n_recommended)
        Item indices, best first; -1 where there is no item.
    features : Views or {array-like, CSR} of shape (n_items, n_features)
        Rows of the items.
    k : int, 1 <= k <= n_recommended, default=10
        How many of the first columns count.
    per_user : bool, default=False
        Return one value per user instead of the mean.

    Returns
    -------
    value : float in [0, 2] or ndarray of shape (n_users,)
        The mean over the users with two items at least; with `per_user` the values, NaN for the
        other users. Of Views the mean over the views, each over the pairs of items that have it.

    Notes
    -----
    A row of zeros has cosine 0 with all. Sums of rows instead of pairs: O(n_users k n_features)
    time, in blocks of users.

    References
    ----------
    .. [1] Ziegler, C.-N., McNee, S., Konstan, J. and Lausen, G. (2005). Improving recommendation
       lists through topic diversification. WWW.

    Examples
    --------
    >>> from mmclassic.metrics import intra_list_diversity_at_k
    >>> round(intra_list_diversity_at_k([[0, 1, 2]], [[1, 0], [2, 0], [0, 1]], k=3), 4)
    0.6667
    """
    order, n_items = find_order(recommended, k)
    if not isinstance(features, Views):
        features = Views({"x0": features if sp.issparse(features) else np.asarray(features)})
    if len(features) <= order.max(initial=-1) or len(features) != (n_items or len(features)):
        raise ValueError(
            f"features have {len(features)} rows, and the lists rank {n_items or order.max() + 1} "
            "items; row j is item j."
        )
    values = np.stack([_diversity(order, *_unit_rows(features, name)) for name in features.names])
    known = ~np.isnan(values)
    means = np.full(len(order), np.nan)
    total = np.where(known, values, 0.0).sum(axis=0)
    np.divide(total, known.sum(axis=0), out=means, where=known.any(axis=0))
    return finish(means, per_user, "no list has two items to compare")


def _unit_rows(features, name):
    rows = features[name]
    if not sp.issparse(rows):
        rows = np.where(features.mask(name)[:, None], rows, 0.0)
    return normalize_rows(rows.astype(np.float64)), features.mask(name)


def _diversity(order, rows, present):
    """1 less the mean cosine of the pairs in every list that have the view."""
    listed = (order >= 0) & present[order]
    counts = np.count_nonzero(listed, axis=1)
    lengths = np.asarray(rows.multiply(rows).sum(axis=1)).ravel() if sp.issparse(rows) else None
    lengths = np.einsum("ij,ij->i", rows, rows) if lengths is None else lengths
    own = np.where(listed, lengths[order], 0.0).sum(axis=1)
    both = np.empty(len(order))
    step = max(1, _BLOCK_ELEMENTS // (1024 if sp.issparse(rows) else max(1, rows.shape[1])))
    for start in range(0, len(order), step):
        part = slice(start, start + step)
        lists, places = np.nonzero(listed[part])
        chosen = order[part][lists, places]
        shape = (len(listed[part]), rows.shape[0])
        sums = sp.csr_array((np.ones(lists.size), (lists, chosen)), shape=shape) @ rows
        squares = sums.multiply(sums) if sp.issparse(sums) else np.square(sums)
        both[part] = np.asarray(squares.sum(axis=1)).ravel()
    pairs = counts * (counts - 1)
    return 1 - np.divide(both - own, pairs, out=np.full(pairs.shape, np.nan), where=pairs > 0)


def _size(recommended, n_items):
    """The size of the catalogue, as given or as the lists know it."""
    known = len(recommended.items) if hasattr(recommended, "items") else None
    n_items = known if n_items is None else n_items
    if not isinstance(n_items, Integral) or n_items < 1:
        raise ValueError(
            "an array of lists does not tell how large the catalogue is; give n_items, a positive "
            f"integer (got {n_items!r})."
        )
    return n_items


def _exposure(recommended, k, n_items):
    """In how many lists every item of the catalogue is."""
    order, _ = find_order(recommended, k)
    n_items = _size(recommended, n_items)
    if order.max(initial=-1) >= n_items:
        raise ValueError(f"recommended holds position {order.max()} among {n_items} items.")
    return np.bincount(order[order >= 0], minlength=n_items)
