"""What a fold gives away."""

import numpy as np
import pandas as pd

from mmclassic.interactions import ITEM, USER, find_ids

_IN_BOTH = "a test item is among what the model sees of its user"
_COLD = "a candidate that should be new has interactions"
_KNOWN_USER = "a user that should be new has interactions in the training part"
_LATER = "{} later than {} first in the test part"


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
    that it sees and is to find, interactions with ``fold.candidates``, and users of
    ``fold.given`` in ``fold.train``. Content can leak too (tags that the test users gave): that is
    not to be seen here.

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
    found = [_found(_IN_BOTH, fold.test, _seen_in(fold.test, shown))]
    if fold.candidates is not None:
        cold = np.asarray(fold.candidates)
        found += [_found(_COLD, part, _of_items(part, cold)) for part in shown]
    if fold.given is not None:
        found.append(_found(_KNOWN_USER, fold.train, _of_users(fold.train, fold.given)))
    if order is not None:
        who = "its user's" if order == "user" else "the"
        words = _LATER.format("an interaction that the model sees is", who)
        found += [_found(words, part, _later(part, fold.test, order)) for part in shown]
    return pd.DataFrame(
        [leak for leak in found if leak["n_interactions"]],
        columns=["leak", "n_interactions", USER, ITEM],
    )


def _found(leak, part, mask):
    rows = np.flatnonzero(mask)
    first = {USER: None, ITEM: None}
    if rows.size:
        pair = part.select(np.arange(mask.size) == rows[0]).to_frame()
        first = {name: pair[name].tolist()[0] for name in first}
    return {"leak": leak, "n_interactions": rows.size, **first}


def _seen_in(test, shown):
    """Mark the test interactions whose pair is shown."""
    users, items = test.users[test.user_index], test.items[test.item_index]
    seen = np.zeros(test.n_interactions, dtype=bool)
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
