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
    bound = lower_bound(scores, k, n_groups)
    hits = compare_rows(np.greater_equal, scores, bound)
    # Counting the hits by row takes as long as the maxima did, so it is left out where few tie.
    if np.count_nonzero(hits) <= n_groups * len(scores):
        rows, columns = places_of(hits)
        if np.bincount(rows).max(initial=0) <= n_groups:
            return _best_hits(scores, rows, columns, k)
    crowded = np.count_nonzero(hits, axis=1) > n_groups
    top = np.empty((len(scores), k), dtype=np.int64)
    clear, tied = np.flatnonzero(~crowded), np.flatnonzero(crowded)
    top[clear] = _best_hits(scores[clear], *places_of(hits[clear]), k)
    top[tied] = _best_of_tied(scores[tied], bound[tied], k)
    return top


# numpy.argpartition is 5 to 15 times slower on rows with many equal scores (popularity, zeros of
# items without a common view) than on distinct ones. A bound below the k-th score needs maxima
# alone: k groups of columns have a maximum of at least the k-th largest maximum, hence k scores
# are at least that. Few others are, unless they tie.


def lower_bound(scores, k, n_groups):
    """The k-th largest of the maxima of groups of columns, by row."""
    width = scores.shape[1] // n_groups
    groups = scores[:, : width * n_groups].reshape(len(scores), width, n_groups)
    maxima = groups.max(axis=1)
    if np.isnan(maxima).any():
        raise ValueError("scores hold NaN, which has no rank.")
    return np.partition(maxima, n_groups - k, axis=1)[:, n_groups - k]


def compare_rows(compare, scores, bounds):
    """What ``compare(scores, bounds[:, None])`` gives, in half the time.

    NumPy puts rows of up to half its buffer into that and copies the bounds to every column.
    """
    with np.errstate():  # which puts the buffer back
        np.setbufsize(16)
        return compare(scores, bounds[:, None])


def places_of(hits):
    return np.divmod(flat_places(hits), hits.shape[1])


def flat_places(hits):
    """Positions of what is true in raveled bools, three times as fast as NumPy's where few are."""
    flat = hits.ravel()
    whole = flat.size - flat.size % 8
    words = flat[:whole].view(np.uint64)
    some = np.flatnonzero(words != 0)
    within = np.flatnonzero(words[some].view(bool))
    places = 8 * some[within >> 3] + (within & 7)
    return np.concatenate([places, whole + np.flatnonzero(flat[whole:])])


def _best_hits(scores, rows, columns, k):
    """The k best of some columns, in order of rows, of which every row has at least k."""
    places, n_rows = places_in_rows(rows), len(scores)
    found = scores[rows, columns]
    if scores.dtype == np.float32:
        packed = pack_keys(found, columns)
        keys = np.full((n_rows, places.max(initial=0) + 1), LAST_KEY)
        keys[rows, places] = packed
        return unpack_columns(best_keys(keys, k))
    # Stable: ties stay in order of columns, and before what fills the row up.
    negated = np.full((n_rows, places.max(initial=0) + 1), np.inf)
    negated[rows, places] = -found
    order = np.argsort(negated, axis=1, kind="stable")[:, :k]
    starts = np.searchsorted(rows, np.arange(n_rows))
    return columns[starts[:, None] + order]


# A score of float32 and its column make one integer, which sorts by score and then by column: NumPy
# sorts integers 50 times as fast as it finds the order of rows by two keys.
LAST_KEY = np.uint64(2**64 - 1)
_SIGN = np.uint32(2**31)


def pack_keys(scores, columns):
    """Keys of which the smallest is the best: float32 scores, then columns below 2 ** 32."""
    bits = (scores + np.float32(0)).view(np.uint32)  # -0 is 0
    falling = np.where(bits < _SIGN, ~(bits | _SIGN), bits)
    return (falling.astype(np.uint64) << np.uint64(32)) | columns.astype(np.uint64)


def best_keys(keys, k):
    """The `k` best of every row, in order; `keys` is overwritten."""
    keys.sort(axis=1)
    return keys[:, :k]


def unpack_columns(keys):
    """The columns of keys."""
    return (keys & np.uint64(2**32 - 1)).astype(np.int64)


def unpack_scores(keys):
    """The scores of keys."""
    falling = (keys >> np.uint64(32)).astype(np.uint32)
    return np.where(falling < _SIGN, ~(falling | _SIGN), falling).view(np.float32)


def places_in_rows(rows):
    """Number (from 0) of every entry within its row; `rows` is sorted."""
    counts = np.bincount(rows)
    return np.arange(rows.size) - np.repeat(np.cumsum(counts) - counts, counts)


def _best_of_tied(scores, bound, k):
    """The k best where many columns equal the bound: those above, then the first of these."""
    top = np.empty((len(scores), k), dtype=np.int64)
    # Columns above the bound lie in fewer than k groups, so they are few.
    rows, columns = places_of(scores > bound[:, None])
    order = np.lexsort((-scores[rows, columns], rows))
    places = places_in_rows(rows)
    fits = places < k
    top[rows[fits], places[fits]] = columns[order][fits]
    filled = np.minimum(np.bincount(rows, minlength=len(scores)), k)
    start, width = 0, 4 * k
    while (open_rows := np.flatnonzero(filled < k)).size:
        level = scores[open_rows, start : start + width] == bound[open_rows, None]
        found, columns = np.nonzero(level)
        places = filled[open_rows][found] + places_in_rows(found)
        fits = places < k
        top[open_rows[found[fits]], places[fits]] = start + columns[fits]
        filled[open_rows] = np.minimum(filled[open_rows] + np.count_nonzero(level, axis=1), k)
        start, width = start + width, 4 * width
    return top
