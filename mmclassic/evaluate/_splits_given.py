"""Hold out what somebody else has chosen."""

import numpy as np
from sklearn.base import BaseEstimator

from mmclassic.evaluate._folds import Fold, occurring


class GivenSplit(BaseEstimator):
    """Hold out given interactions, such as those of a published division.

    Parameters
    ----------
    folds : sequence of pairs (train, test)
        For every fold the rows of either part: their numbers, or a mask of bool. Rows may be in
        neither part.

    Notes
    -----
    The parts are taken as they are, except that test rows of users without a row in the training
    part are dropped and counted. `check_leakage` tells what else may be wrong with a fold.

    Examples
    --------
    >>> import pandas as pd
    >>> from mmclassic.evaluate import GivenSplit
    >>> from mmclassic.interactions import Interactions
    >>> frame = pd.DataFrame({"user_id": [1, 1, 2], "item_id": list("aba")})
    >>> (fold,) = GivenSplit([([0, 2], [1])]).split(Interactions.from_frame(frame))
    >>> fold.test.to_frame()["item_id"].tolist()
    ['b']
    """

    _parameter_constraints: dict = {"folds": "no_validation"}

    def __init__(self, folds):
        self.folds = folds

    def split(self, interactions):
        """Yield the folds.

        Parameters
        ----------
        interactions : Interactions
            All interactions, in the order of the rows.

        Yields
        ------
        fold : Fold
            A division.

        Raises
        ------
        ValueError
            If rows do not exist, repeat, or are in both parts.
        """
        for number, pair in enumerate(self.folds):
            where = f"fold {number} of GivenSplit"
            if not isinstance(pair, (tuple, list)) or len(pair) != 2:
                raise ValueError(f"{where} must be a pair of rows (train, test); got {pair!r}.")
            train, test = (_mask(rows, interactions.n_interactions, where) for rows in pair)
            both = np.flatnonzero(train & test)
            if both.size:
                raise ValueError(f"{where} has row {both[0]} in both parts ({both.size} such).")
            known = occurring(interactions.user_index[train], interactions.users.size)
            known = known[interactions.user_index]
            yield Fold(
                train=interactions.select(train),
                test=interactions.select(test & known),
                n_dropped=int(np.count_nonzero(test & ~known)),
            )


def _mask(rows, n_rows, where):
    """Rows as a mask, of numbers or of a mask."""
    rows = np.asarray(rows)
    if rows.dtype == bool:
        if rows.shape != (n_rows,):
            raise ValueError(
                f"a mask of {where} has shape {rows.shape}; there are {n_rows} interactions."
            )
        return rows
    if rows.ndim != 1 or (rows.size and rows.dtype.kind not in "iu"):
        raise ValueError(
            f"{where} needs row numbers or masks of bool; got {rows.dtype} of shape {rows.shape}."
        )
    rows = rows.astype(np.int64)
    outside = rows[(rows < 0) | (rows >= n_rows)]
    if outside.size:
        raise ValueError(f"{where} names row {outside[0]}; there are {n_rows} interactions.")
    counts = np.bincount(rows, minlength=n_rows)
    if (counts > 1).any():
        raise ValueError(f"{where} names row {np.argmax(counts > 1)} twice in one part.")
    return counts > 0
