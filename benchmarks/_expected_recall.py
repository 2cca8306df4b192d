"""Recall where ties count by expectation, so that no order of equals is drawn or chosen."""

import numpy as np

from mmclassic.utils import top_k

_BLOCK_ROWS = 256


def expected_recalls(score, split, ks):
    """Recall at every k of every user with something to find, (n_users, n_k).

    ``score(users)`` gives scores (n_users, n_items); what is in training is left out. Among items
    of one score all orders are as likely: of those that are tied at place k a share is found.
    """
    users = np.flatnonzero(np.diff(split.test.indptr))
    found = [
        _recalls(score(block), split.train[block], split.test[block].toarray() > 0, ks)
        for block in np.split(users, range(_BLOCK_ROWS, users.size, _BLOCK_ROWS))
    ]
    return np.concatenate(found)


def _recalls(scores, seen, right, ks):
    seen = seen.tocoo()
    scores[seen.row, seen.col] = -np.inf
    best = np.take_along_axis(scores, top_k(scores, max(ks)), axis=1)
    recalls = []
    for k in ks:
        bound = best[:, k - 1 : k]
        above, tied = scores > bound, scores == bound
        left = k - np.count_nonzero(above, axis=1)
        share = left / np.count_nonzero(tied, axis=1)
        hits = (above & right).sum(axis=1) + share * (tied & right).sum(axis=1)
        recalls.append(hits / right.sum(axis=1))
    return np.column_stack(recalls)
