"""Lists in another order than that of scores: few of one group, and unlike each other."""

from numbers import Real

import numpy as np

_POOL = 10  # times k: how far down a list looks for what is unlike the items before it


def check_diversity(diversity):
    """Refuse what is no share."""
    if isinstance(diversity, bool) or not isinstance(diversity, Real) or not 0 <= diversity < 1:
        raise ValueError(f"diversity must be a number in [0, 1); got {diversity!r}.")


def rerank(best, k, groups, most, diversity, alike):
    """Order and scores of k places, of lists by score that `best` gives of any length.

    `groups` is that of every candidate, of which `most` may be in a list; None is no bound.
    """
    if groups is None and not diversity:
        return best(k)
    size = _POOL * k
    order, values = best(size)
    if groups is not None:
        pool = _at_most(order, values, groups, most)
        # Where one group fills what was looked at, look further down.
        while (pool[0][:, :k] < 0).any() and size < groups.size:
            size *= _POOL
            pool = _at_most(*best(size), groups, most)
        order, values = pool
    if diversity:
        return _unlike(order, values, k, diversity, alike)
    return order[:, :k], values[:, :k]


def _at_most(order, values, groups, most):
    """Leave out what comes after `most` places of its group; the gaps close."""
    lists, places = np.nonzero(order >= 0)
    group = groups[order[lists, places]]
    sequence = np.lexsort((places, group, lists))
    ordered = lists[sequence] * (groups.max(initial=0) + 1) + group[sequence]
    rank = np.arange(ordered.size) - np.searchsorted(ordered, ordered)
    kept = np.zeros(order.shape, dtype=bool)
    kept[lists[sequence[rank < most]], places[sequence[rank < most]]] = True
    closed = np.argsort(~kept, axis=1, kind="stable")
    order = np.take_along_axis(np.where(kept, order, -1), closed, axis=1)
    return order, np.take_along_axis(np.where(kept, values, np.nan), closed, axis=1)


def _unlike(order, values, k, diversity, similarity):
    """Choose k places by maximal marginal relevance (Carbonell and Goldstein 1998).

    One after the other, that of the largest (1 - diversity) s - diversity m: s is the score over
    the range of the list's own, from 0 to 1, and m the largest similarity to a place chosen
    before. `similarity(positions)` gives that of all pairs, (n, n).
    """
    chosen = np.full((len(order), min(k, order.shape[1])), -1)
    for i, (row, scores) in enumerate(zip(order, values)):
        filled = np.count_nonzero(row >= 0)
        if filled:
            places = _marginal(scores[:filled], k, diversity, similarity(row[:filled]))
            chosen[i, : places.size] = places
    order = np.where(chosen >= 0, np.take_along_axis(order, chosen, axis=1), -1)
    return order, np.where(chosen >= 0, np.take_along_axis(values, chosen, axis=1), np.nan)


def _marginal(scores, k, diversity, alike):
    span = scores.max() - scores.min()
    relevance = (1 - diversity) * ((scores - scores.min()) / span if span > 0 else scores * 0)
    nearest = np.full(scores.size, -np.inf)
    places = []
    for _ in range(min(k, scores.size)):
        penalty = diversity * nearest if places else 0.0
        gain = relevance - penalty
        gain[places] = -np.inf
        places.append(int(np.argmax(gain)))
        nearest = np.maximum(nearest, alike[places[-1]])
    return np.array(places)
