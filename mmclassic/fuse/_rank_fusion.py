"""Ranked lists of several models to one, by places alone."""

from dataclasses import replace
from numbers import Integral, Real

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions, validate_params

from mmclassic.interactions import locate_ids
from mmclassic.metrics import RankedLists
from mmclassic.utils import is_weight


@validate_params(
    {
        "lists": [list, tuple],
        "method": [StrOptions({"rrf", "borda"})],
        "k": [Interval(Integral, 1, None, closed="left"), None],
        "weights": [list, tuple, np.ndarray, None],
        "c": [Interval(Real, 0, None, closed="left")],
    },
    prefer_skip_nested_validation=True,
)
def rank_fusion(lists, method="rrf", *, k=None, weights=None, c=60):
    """Fuse the lists of several models into one for everybody who asked.

    Only places count, so that models may score on scales that have nothing in common, such as
    cosines of content and sums of EASE.

    Parameters
    ----------
    lists : list of RankedLists
        One from each model, for the same askers and of the same items. Askers and items may come
        in another order; they are matched by their ids.
    method : {"rrf", "borda"}, default="rrf"
        - "rrf", reciprocal rank fusion [1]_: an item at rank r (from 1) of a list gets
          ``1 / (c + r)``, and nothing of a list that lacks it;
        - "borda", the Borda count [2]_: of the n items that any list has for the asker, the
          first of a list gets n points, the next n - 1 and so on, and those that the list lacks
          share what is left evenly.
    k : int > 0, default=None
        Length of the fused lists; None is that of the longest given ones.
    weights : array-like of float >= 0 of shape (n_models,), default=None
        What the points of every model are multiplied by; None is 1 for each.
    c : float >= 0, default=60
        Of "rrf": the larger, the less the first places stand out from the next.

    Returns
    -------
    fused : RankedLists
        By decreasing sum of points, which are the scores; equal sums keep the order of `items`.
        Askers, items and `seen` are those of the first list. Where the lists of an asker have
        fewer than `k` items among them, the fused one has all of these.

    Raises
    ------
    UnknownIdError
        If a list has askers or items that the first has not.
    ValueError
        If lists have fewer askers or items than the first, or weights do not fit.
    TypeError
        If one is no RankedLists.

    Notes
    -----
    Long lists fuse better than short ones: what a model ranks 11th is as good as unknown where
    its list ends at 10. O(n log n) for n ranked items in all.

    References
    ----------
    .. [1] G. V. Cormack, C. L. A. Clarke and S. Büttcher, "Reciprocal Rank Fusion outperforms
       Condorcet and individual Rank Learning Methods", SIGIR 2009.
    .. [2] J. A. Aslam and M. Montague, "Models for Metasearch", SIGIR 2001.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.fuse import rank_fusion
    >>> from mmclassic.metrics import RankedLists
    >>> items = np.array(["a", "b", "c"], dtype=object)
    >>> content, people = (
    ...     RankedLists(np.array([order]), np.array([[9.0, 7.0]]), np.array([1]), items)
    ...     for order in ([0, 1], [1, 2])
    ... )
    >>> rank_fusion([content, people], k=3).to_frame()["item_id"].tolist()
    ['b', 'a', 'c']
    >>> rank_fusion([content, people], "borda").scores
    array([[5., 4.]])
    """
    orders = _matched_orders(lists)
    n_items = lists[0].items.size
    weights = _check_weights(weights, len(lists))
    k = max(order.shape[1] for order in orders) if k is None else k
    pairs, places = _ranked_pairs(orders, n_items)
    rows = pairs // n_items
    points = _reciprocal_ranks(places, c) if method == "rrf" else _borda_points(places, rows)
    # Equal points in another order must have the same sum, for ties are broken by it.
    totals = np.sort(weights[:, None] * points, axis=0).sum(axis=0)
    order = np.lexsort((-totals, rows))  # stable: the pairs are in order of items
    pairs, rows, totals = pairs[order], rows[order], totals[order]
    place = np.arange(rows.size) - np.searchsorted(rows, rows)
    fits = place < k
    fused = np.full((len(orders[0]), k), -1, dtype=np.int64)
    scores = np.full(fused.shape, np.nan)
    fused[rows[fits], place[fits]] = pairs[fits] % n_items
    scores[rows[fits], place[fits]] = totals[fits]
    return replace(lists[0], order=fused, scores=scores)


def _matched_orders(lists):
    """The places of every model, rows and positions being those of the first."""
    if not lists:
        raise ValueError("rank_fusion needs the RankedLists of one model or more; got none.")
    for number, one in enumerate(lists):
        if not isinstance(one, RankedLists):
            raise TypeError(f"lists[{number}] must be RankedLists; got {type(one).__name__}.")
    first, *others = lists
    return [first.order, *(_as_in_the_first(one, first, i) for i, one in enumerate(others, 1))]


def _as_in_the_first(one, first, number):
    rows = _positions(one, first, number, "askers")
    columns = _positions(one, first, number, "items")
    order = np.empty_like(one.order)
    order[rows] = np.where(one.order < 0, -1, columns[one.order])
    return order


def _positions(one, first, number, name):
    """Where in the first list the askers or items of another are: all of them, each once."""
    known, asked = getattr(first, name), getattr(one, name)
    if known.size != asked.size:
        raise ValueError(
            f"lists[{number}] has {asked.size} {name} and lists[0] has {known.size}; rank for the "
            f"same {name} by every model."
        )
    if np.array_equal(known, asked):
        return np.arange(known.size)
    return locate_ids(known, asked, name=name.removesuffix("s"), where="lists[0]")


def _check_weights(weights, n_models):
    if weights is None:
        return np.ones(n_models)
    weights = list(weights)
    if len(weights) != n_models or not all(map(is_weight, weights)) or not any(weights):
        raise ValueError(
            f"weights must give each of the {n_models} lists a finite number of at least 0, not "
            f"all 0; got {weights}."
        )
    return np.array(weights, dtype=np.float64)


def _ranked_pairs(orders, n_items):
    """What any model ranks, as sorted row * n_items + item, and its place or -1 by model."""
    found = []
    for order in orders:
        rows, places = np.nonzero(order >= 0)
        found.append((rows * n_items + order[rows, places], places))
    pairs = np.unique(np.concatenate([keys for keys, _ in found]))
    all_places = np.full((len(orders), pairs.size), -1)
    for own, (keys, places) in zip(all_places, found):
        own[np.searchsorted(pairs, keys)] = places
    return pairs, all_places


def _reciprocal_ranks(places, c):
    return np.where(places < 0, 0.0, 1 / (c + 1.0 + np.maximum(places, 0)))


def _borda_points(places, rows):
    """n - place, or the mean of what is left of n, n - 1, ..., 1 below the ranked ones."""
    n_candidates = np.bincount(rows)[rows]
    points = np.empty(places.shape)
    for own, of_model in zip(points, places):
        n_ranked = np.bincount(rows[of_model >= 0], minlength=rows.max(initial=-1) + 1)[rows]
        rest = (n_candidates - n_ranked + 1) / 2
        own[:] = np.where(of_model < 0, rest, n_candidates - of_model)
    return points
