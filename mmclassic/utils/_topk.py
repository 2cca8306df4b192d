"""Exact top-k selection with a fixed order among ties."""

from numbers import Integral

import numpy as np

_MANY_GROUPS = 256


def check_k(k):
    """Refuse a length of lists that is not a positive integer."""
    if not isinstance(k, Integral) or isinstance(k, bool) or k < 1:
        raise ValueError(f"k must be an integer of at least 1; got {k!r}.")


def top_k(scores, k):
    """Column indices of the `k` largest scores of every row, best first, ties by lower index.

    Scores hold no NaN; -inf marks columns that come last. O(n_rows n_columns) for the choice.
    """
    scores = np.asarray(scores)
    n_columns = scores.shape[1]
    if not 1 <= k <= n_columns:
        raise ValueError(f"k must be in [1, {n_columns}], the number of candidates; got {k}.")
    n_groups = max(4 * k, min(_MANY_GROUPS, n_columns // 8))
    if n_columns < 4 * n_groups:
        return np.argsort(-scores, axis=1, kind="stable")[:, :k]
    bound = _lower_bound(scores, k, n_groups)
    hits = scores >= bound[:, None]
    crowded = np.count_nonzero(hits, axis=1) > n_groups
    if not crowded.any():
        return _best_hits(scores, hits, k)
    top = np.empty((len(scores), k), dtype=np.int64)
    clear, tied = np.flatnonzero(~crowded), np.flatnonzero(crowded)
    top[clear] = _best_hits(scores[clear], hits[clear], k)
    top[tied] = _best_of_tied(scores[tied], bound[tied], k)
    return top


# numpy.argpartition is 5 to 15 times slower on rows with many equal scores (popularity, zeros of
# items without a common view) than on distinct ones. A bound below the k-th score needs maxima
# alone: k groups of columns have a maximum of at least the k-th largest maximum, hence k scores
# are at least that. Few others are, unless they tie.


def _lower_bound(scores, k, n_groups):
    """The k-th largest of the maxima of groups of columns, by row."""
    width = scores.shape[1] // n_groups
    groups = scores[:, : width * n_groups].reshape(len(scores), width, n_groups)
    maxima = groups.max(axis=1)
    if np.isnan(maxima).any():
        raise ValueError("scores hold NaN, which has no rank.")
    return np.partition(maxima, n_groups - k, axis=1)[:, n_groups - k]


def _best_hits(scores, hits, k):
    """The k best of the marked columns, of which every row has at least k."""
    rows, columns = np.divmod(np.flatnonzero(hits), scores.shape[1])
    order = np.lexsort((-scores[rows, columns], rows))  # stable: ties stay in order of columns
    return columns[order][_places(rows) < k].reshape(-1, k)


def _places(rows):
    """Number (from 0) of every entry within its row; `rows` is sorted."""
    return np.arange(rows.size) - np.searchsorted(rows, rows)


def _best_of_tied(scores, bound, k):
    """The k best where many columns equal the bound: those above, then the first of these."""
    top = np.empty((len(scores), k), dtype=np.int64)
    # Columns above the bound lie in fewer than k groups, so they are few.
    rows, columns = np.divmod(np.flatnonzero(scores > bound[:, None]), scores.shape[1])
    order = np.lexsort((-scores[rows, columns], rows))
    places = _places(rows)
    fits = places < k
    top[rows[fits], places[fits]] = columns[order][fits]
    filled = np.minimum(np.bincount(rows, minlength=len(scores)), k)
    start, width = 0, 4 * k
    while (open_rows := np.flatnonzero(filled < k)).size:
        level = scores[open_rows, start : start + width] == bound[open_rows, None]
        found, columns = np.nonzero(level)
        places = filled[open_rows][found] + _places(found)
        fits = places < k
        top[open_rows[found[fits]], places[fits]] = start + columns[fits]
        filled[open_rows] = np.minimum(filled[open_rows] + np.count_nonzero(level, axis=1), k)
        start, width = start + width, 4 * width
    return top
