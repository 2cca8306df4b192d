"""What a fold gives away."""

import numpy as np
import pandas as pd

from mmclassic.interactions import ITEM, USER, find_ids

_IN_BOTH = "a test item is among what the model sees of its user"
_IN_POOL = "an item of a user's pool is among what the model sees of the user"
_COLD = "a candidate that should be new has interactions"
_KNOWN_USER = "a user that should be new has interactions in the training part"
_LATER = "an interaction that the model sees is later than {} first in the test part"


def check_leakage(fold, *, order=None):
    """Look for what a fold gives away of its test part.

    Parameters
    ----------
    fold : Fold
        The division.
    order : {"user", "all"}, default=None
        What must not be later: "user" asks that nothing a model sees of a user is later than the
        first of the user's test items, each as of the last interaction with it, as after
        `LeaveLastOut`; "all" that nothing it sees is later than the first test interaction, as
        after `TimeSplit`. None does not look at times.

    Returns
    -------
    leaks : DataFrame
        One row for every kind that was found, with columns leak (in words), n_interactions, and
        user_id and item_id of the first of these. Empty for a good fold.

    Raises
    ------
    ValueError
        If `order` is another one, or given without timestamps.

    Notes
    -----
    What a model sees is ``fold.train`` and ``fold.given``. Looked for are pairs of user and item
    that it sees and is to find, or to rank in ``fold.pools``, interactions with
    ``fold.candidates``, and users of ``fold.given`` in ``fold.train``. Content can leak too (tags
    that the test users gave): that is not to be seen here.

    Examples
    --------
    >>> import pandas as pd
    >>> from mmclassic.evaluate import GivenSplit, check_leakage
    >>> from mmclassic.interactions import Interactions
    >>> frame = pd.DataFrame({"user_id": ["u"] * 3, "item_id": list("aba")})
    >>> (fold,) = GivenSplit([([0, 1], [2])]).split(Interactions.from_frame(frame))
    >>> check_leakage(fold)[["n_interactions", "user_id", "item_id"]]
       n_interactions user_id item_id
    0               1       u       a
    """
    if order not in (None, "user", "all"):
        raise ValueError(f"order must be 'user', 'all' or None; got {order!r}.")
    shown = [part for part in (fold.train, fold.given) if part is not None]
    test = _ids(fold.test)
    found = [_found(_IN_BOTH, test, _seen(test, shown))]
    if fold.pools is not None:
        pool = tuple(
            ids[i] for ids, i in zip((fold.test.users, fold.test.items), fold.pools.nonzero())
        )
        found.append(_found(_IN_POOL, pool, _seen(pool, shown)))
    if fold.candidates is not None:
        cold = np.asarray(fold.candidates)
        found += [_found(_COLD, _ids(part), _of_items(part, cold)) for part in shown]
    if fold.given is not None:
        known = _of_users(fold.train, fold.given)
        found.append(_found(_KNOWN_USER, _ids(fold.train), known))
    if order is not None:
        words = _LATER.format("its user's" if order == "user" else "the")
        found += [_found(words, _ids(part), _later(part, fold.test, order)) for part in shown]
    return pd.DataFrame(
        [leak for leak in found if leak["n_interactions"]],
        columns=["leak", "n_interactions", USER, ITEM],
    )


def _ids(part):
    """The user and the item of every interaction."""
    return part.users[part.user_index], part.items[part.item_index]


def _found(leak, pairs, mask):
    rows = np.flatnonzero(mask)
    first = [ids[rows[:1]].tolist() for ids in pairs]
    user, item = (values[0] if values else None for values in first)
    return {"leak": leak, "n_interactions": rows.size, USER: user, ITEM: item}


def _seen(pairs, shown):
    """Mark the pairs that are shown."""
    users, items = pairs
    seen = np.zeros(users.size, dtype=bool)
    for part in shown:
        rows, columns = find_ids(part.users, users), find_ids(part.items, items)
        n_items = max(1, part.items.size)
        among = np.isin(rows * n_items + columns, part.user_index * n_items + part.item_index)
        seen |= among & (rows >= 0) & (columns >= 0)
    return seen


def _of_items(part, ids):
    return (find_ids(ids, part.items) >= 0)[part.item_index]


def _of_users(part, others):
    active = others.users[np.unique(others.user_index)]
    return (find_ids(active, part.users) >= 0)[part.user_index]


def _later(part, test, order):
    """Mark the interactions that are later than the first test interaction (of the user)."""
    if part.timestamp is None or test.timestamp is None:
        raise ValueError(f"order={order!r} needs timestamps, and these interactions have none.")
    if not test.n_interactions:
        return np.zeros(part.n_interactions, dtype=bool)
    if order == "all":
        return part.timestamp > test.timestamp.min()
    # A test item is of the time when the user turned to it last, as for LeaveLastOut.
    pair, users, _ = test.distinct_pairs()
    last = pd.Series(test.timestamp).groupby(pair).max()
    first = last.groupby(test.users[users]).min()
    bounds = first.reindex(part.users).to_numpy()[part.user_index]
    return part.timestamp > bounds  # never, where a user has no test interaction
