"""From scores to positions of ranked items."""

import warnings

import numpy as np

from mmclassic.exceptions import ShortListWarning
from mmclassic.metrics import RankedLists
from mmclassic.recommend._exact import Approximate
from mmclassic.utils import top_k

_BLOCK_ELEMENTS = 1 << 22


def block_rows(width):
    """How many rows of `width` columns make a block of about 32 MiB of float64."""
    return max(1, _BLOCK_ELEMENTS // max(1, width))


def rank_blocks(score, exclude, *, shape, k, step):
    """Rank candidates for many rows, `step` rows at a time.

    `score` takes a slice of rows and gives fresh scores (rows, candidates), or `Approximate` ones;
    `exclude` takes it and gives two int arrays, (row within the slice, candidate), of what is not
    to be ranked. Order and scores come as (n_rows, min(k, n_candidates)), with -1 and NaN where a
    list has ended.
    """
    n_rows, n_candidates = shape
    k = min(k, n_candidates)
    order = np.empty((n_rows, k), dtype=np.int64)
    values = np.empty((n_rows, k))
    for start in range(0, n_rows if k else 0, step):
        rows = slice(start, min(start + step, n_rows))
        found = score(rows)
        scores = found.scores if isinstance(found, Approximate) else found
        scores[exclude(rows)] = -np.inf
        if isinstance(found, Approximate):
            order[rows], values[rows] = found.best(k)
        else:
            order[rows] = top_k(scores, k)
            values[rows] = np.take_along_axis(scores, order[rows], axis=1)
    ended = np.isneginf(values)
    order[ended], values[ended] = -1, np.nan
    return order, values


def rank_shared(scores, seen, k):
    """Rank by scores that are the same for every row, without the table of rows by candidates.

    `seen` is CSR (n_rows, n_candidates) of what is not to be ranked. O(nnz log nnz + n_rows k).
    """
    n_rows, n_candidates = seen.shape
    k = min(k, n_candidates)
    best = np.argsort(-scores, kind="stable")
    place = np.empty(n_candidates, dtype=np.int64)
    place[best] = np.arange(n_candidates)
    rows = np.repeat(np.arange(n_rows, dtype=np.int64), np.diff(seen.indptr))
    keys = np.sort(rows * n_candidates + place[seen.indices])
    # Of the seen candidates of a row, in order of place, number i has place - i unseen ones before
    # it; the j-th unseen one comes after all those with at most j.
    before = keys - rows * n_candidates - (np.arange(rows.size) - seen.indptr[rows])
    counts = np.bincount((rows * k + before)[before < k], minlength=n_rows * k)
    places = np.arange(k) + np.cumsum(counts.reshape(n_rows, k), axis=1)
    ended = places >= n_candidates
    order = best[np.minimum(places, n_candidates - 1)] if k else places
    values = scores[order].astype(np.float64)
    order[ended], values[ended] = -1, np.nan
    return order, values


def pad(array, k, value):
    """Widen to k columns, if there are fewer."""
    missing = max(0, k - array.shape[1])
    return np.pad(array, ((0, 0), (0, missing)), constant_values=value) if missing else array


def make_lists(order, values, *, k, width, askers, items, seen=None, who):
    """Lists of `width` places or more, with one warning that counts those of fewer than k items."""
    lists = RankedLists(pad(order, width, -1), pad(values, width, np.nan), askers, items, seen)
    n_short = int(np.count_nonzero(lists.lengths < k))
    if n_short:
        warnings.warn(
            f"{n_short} of {askers.size} {who} have fewer than k={k} items left to rank (among "
            f"{items.size}); their lists hold all there are.",
            ShortListWarning,
            stacklevel=4,
        )
    return lists


def round_scores(scores):
    """Round scores to float32, so that rounding noise does not decide between equals.

    A matrix product gives other last bits when the same row comes in a block of another shape.
    Unrounded, two items with equal scores could change places with the company a user is asked
    in; after rounding they tie and keep the order of the candidates.
    """
    return scores.astype(np.float32)
