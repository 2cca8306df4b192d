"""Metrics of retrieval, from the similarities of queries to a gallery.

Equal similarities have no order, so each metric is its exact expectation over all
orders of the tied items: similarities that are all the same score what chance scores.
"""

from numbers import Integral

import numpy as np
from scipy.special import gammaln

from mmclassic.metrics._relevance import check_similarities

_BLOCK_ELEMENTS = 1 << 21


def retrieval_recall_at_k(similarities, k=10, *, relevance=None, per_query=False):
    """Share of queries that find a relevant item among the k most similar.

    Parameters
    ----------
    similarities : array-like of shape (n_queries, n_gallery)
        Larger is more similar.
    k : int, 1 <= k <= n_gallery, default=10
        How many gallery items a query looks at.
    relevance : array-like of bool of shape (n_queries, n_gallery), default=None
        True where the gallery item answers the query (see `label_relevance`). None means
        that query i belongs to gallery item i.
    per_query : bool, default=False
        Return one value per query instead of the mean.

    Returns
    -------
    value : float or ndarray of shape (n_queries,)
        The mean over the queries with at least one relevant item; with `per_query` the
        values, NaN for queries without relevant items.

    Notes
    -----
    Ties are averaged over all orders, so a query's value may lie between 0 and 1.
    O(n_queries n_gallery).

    Examples
    --------
    >>> retrieval_recall_at_k([[0.9, 0.1], [0.8, 0.2]], k=1)
    0.5
    """
    similarities, relevance = check_similarities(similarities, relevance)
    _check_k(k, similarities.shape[1])
    above, tied, tied_relevant = _best_relevant(similarities, relevance)
    places = np.clip(k - above, 0, tied)
    values = 1.0 - _probability_of_none(places, tied, tied_relevant)
    return _finish(values, relevance, per_query)


def median_rank(similarities, relevance=None, *, per_query=False):
    """Median over the queries of the rank of the first relevant item; 1 is best.

    Parameters
    ----------
    similarities : array-like of shape (n_queries, n_gallery)
        Larger is more similar.
    relevance : array-like of bool of shape (n_queries, n_gallery), default=None
        True where the gallery item answers the query (see `label_relevance`). None means
        that query i belongs to gallery item i.
    per_query : bool, default=False
        Return the rank of every query instead of the median.

    Returns
    -------
    rank : float or ndarray of shape (n_queries,)
        The median over the queries with at least one relevant item; with `per_query` the
        ranks, NaN for queries without relevant items.

    Notes
    -----
    Among tied items the expected rank counts, which need not be an integer.
    O(n_queries n_gallery).

    Examples
    --------
    >>> median_rank([[0.9, 0.1, 0.0], [0.8, 0.2, 0.4], [0.3, 0.3, 0.3]])
    2.0
    """
    similarities, relevance = check_similarities(similarities, relevance)
    above, tied, tied_relevant = _best_relevant(similarities, relevance)
    # The first of r marked places among t, drawn at random, is (t + 1) / (r + 1) on average.
    ranks = above + (tied + 1.0) / (tied_relevant + 1.0)
    return _finish(ranks, relevance, per_query, mean=np.median)


def retrieval_map(similarities, relevance=None, k=None, *, per_query=False):
    """Mean average precision of retrieval, over the whole gallery or the first k.

    Parameters
    ----------
    similarities : array-like of shape (n_queries, n_gallery)
        Larger is more similar.
    relevance : array-like of bool of shape (n_queries, n_gallery), default=None
        True where the gallery item answers the query (see `label_relevance`). None means
        that query i belongs to gallery item i.
    k : int, 1 <= k <= n_gallery, default=None
        Only the first `k` places count; None is the whole gallery.
    per_query : bool, default=False
        Return one value per query instead of the mean.

    Returns
    -------
    value : float or ndarray of shape (n_queries,)
        The mean over the queries with at least one relevant item; with `per_query` the
        values, NaN for queries without relevant items.

    Notes
    -----
    The divisor is min(k, number of relevant items), so a perfect order scores 1. Ties are
    averaged over all orders in closed form [1]_. O(n_queries n_gallery log n_gallery), in
    blocks of queries.

    References
    ----------
    .. [1] McSherry, F. and Najork, M. (2008). Computing information retrieval performance
       measures efficiently in the presence of tied scores. ECIR.

    Examples
    --------
    >>> retrieval_map([[0.9, 0.5, 0.1]], [[True, False, True]])
    0.8333333333333333
    """
    similarities, relevance = check_similarities(similarities, relevance)
    n_queries, n_gallery = similarities.shape
    k = n_gallery if k is None else k
    _check_k(k, n_gallery)
    step = max(1, _BLOCK_ELEMENTS // n_gallery)
    values = np.empty(n_queries)
    for start in range(0, n_queries, step):
        rows = slice(start, start + step)
        values[rows] = _average_precision(similarities[rows], relevance[rows], k)
    return _finish(values, relevance, per_query)


def _check_k(k, n_gallery):
    if not isinstance(k, Integral) or not 1 <= k <= n_gallery:
        raise ValueError(
            f"k must be an integer in [1, {n_gallery}], the size of the gallery; got {k!r}."
        )


def _finish(values, relevance, per_query, mean=np.mean):
    answered = relevance.any(axis=1)
    if per_query:
        return np.where(answered, values, np.nan)
    return float(mean(values[answered]))


def _best_relevant(similarities, relevance):
    """Items above a query's best relevant one, items tied with it, relevant ones among these."""
    lowest = similarities.min(axis=1, keepdims=True)
    best = np.where(relevance, similarities, lowest).max(axis=1, keepdims=True)
    level = similarities == best
    above = np.count_nonzero(similarities > best, axis=1)
    return above, np.count_nonzero(level, axis=1), np.count_nonzero(level & relevance, axis=1)


def _probability_of_none(places, tied, marked):
    """Chance that `places` draws without replacement from `tied` items miss all `marked`."""
    possible = places + marked <= tied
    rest = np.where(possible, tied - marked, tied)
    # C(tied - marked, places) / C(tied, places)
    log_ratio = (
        gammaln(rest + 1.0)
        - gammaln(rest - places + 1.0)
        - gammaln(tied + 1.0)
        + gammaln(tied - places + 1.0)
    )
    return np.where(possible, np.exp(log_ratio), 0.0)


def _average_precision(similarities, relevance, k):
    """Expected average precision of every query over all orders of tied items."""
    order = np.argsort(-similarities, axis=1)
    ranked = np.take_along_axis(similarities, order, axis=1)
    hits = np.take_along_axis(relevance, order, axis=1)
    first, last = _tie_groups(ranked)
    found = np.concatenate([np.zeros((len(hits), 1)), np.cumsum(hits, axis=1)], axis=1)
    before = np.take_along_axis(found, first, axis=1)
    in_group = np.take_along_axis(found, last + 1, axis=1) - before
    size = last - first + 1
    places = np.arange(hits.shape[1])
    # Relevant items expected at and before this place, given that it holds one itself.
    inside = (places - first) * (in_group - 1) / np.maximum(size - 1, 1)
    expected = in_group / size * (before + 1 + inside) / (places + 1)
    return expected[:, :k].sum(axis=1) / np.clip(found[:, -1], 1, k)


def _tie_groups(ranked):
    """First and last place of the group of equal values that every place belongs to."""
    n_rows, n_columns = ranked.shape
    places = np.arange(n_columns)
    edge = np.ones((n_rows, 1), dtype=bool)
    change = ranked[:, 1:] != ranked[:, :-1]
    first = np.maximum.accumulate(np.where(np.hstack([edge, change]), places, 0), axis=1)
    ends = np.where(np.hstack([change, edge]), places, n_columns)
    last = np.minimum.accumulate(ends[:, ::-1], axis=1)[:, ::-1]
    return first, last
