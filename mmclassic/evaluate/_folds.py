"""One division of the interactions, and what all splitters share."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from mmclassic.interactions import Interactions


@dataclass(frozen=True, eq=False)
class Fold:
    """One division of the interactions.

    Parameters
    ----------
    train : Interactions
        What a model may learn from.
    test : Interactions
        What it is asked to find; every user has interactions in `train` or in `given`.
    candidates : ndarray of item ids, default=None
        Items to be ranked, which a model must not have been fitted on; None ranks all items
        that the user has not seen in `train` or `given`.
    n_dropped : int, default=0
        Held-out interactions that are in no part, because they could not be found or asked for: see
        the notes of the splitter.
    given : Interactions, default=None
        What a model is shown when it ranks, of users it was not fitted on.
    pools : CSR of bool of shape (n_users, n_items), default=None
        For each of ``test.users`` which of ``test.items`` are to be ranked; None is as
        `candidates` says.
    """

    train: Interactions
    test: Interactions
    candidates: np.ndarray | None = None
    n_dropped: int = 0
    given: Interactions | None = None
    pools: sp.csr_array | None = None


def rank_within(groups, keys):
    """Rank (from 0) of every entry by key among those of its group."""
    order = np.lexsort((keys, groups))
    ordered = groups[order]
    starts = np.searchsorted(ordered, ordered, side="left")
    ranks = np.empty(groups.size, dtype=np.int64)
    ranks[order] = np.arange(groups.size) - starts
    return ranks


def share_of(sizes, share):
    """A share of every number, rounded to the nearest, halves up."""
    return np.floor(share * sizes + 0.5).astype(np.int64)


def occurring(index, size):
    """Mark the numbers below `size` that occur."""
    return np.bincount(index, minlength=size) > 0


def warm_fold(interactions, held, testable=True, **more):
    """The fold that tests what is held out of items that somebody has in the training part."""
    known = occurring(interactions.item_index[~held], interactions.items.size)
    return make_fold(interactions, held, testable & known[interactions.item_index], **more)


def make_fold(interactions, held, testable, **more):
    """The fold that tests what is held out and testable, and counts the rest of the held out."""
    test = held & testable
    return Fold(
        train=interactions.select(~held),
        test=interactions.select(test),
        n_dropped=int(np.count_nonzero(held & ~testable)),
        **more,
    )
