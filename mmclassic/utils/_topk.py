"""Exact top-k selection with a fixed order among ties."""

from numbers import Integral

import numpy as np


def check_k(k):
    """Refuse a length of lists that is not a positive integer.

    Parameters
    ----------
    k : object
        The length asked for.
    """
    if not isinstance(k, Integral) or k < 1:
        raise ValueError(f"k must be an integer of at least 1; got {k!r}.")


def top_k(scores, k):
    """Column indices of the `k` largest scores of every row, best first.

    Ties are broken by the lower column index, so the same scores always give
    the same ranking.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_columns)
        Scores without NaN; ``-inf`` marks columns that should come last.
    k : int, 1 <= k <= n_columns
        How many columns to keep.

    Returns
    -------
    indices : ndarray of shape (n_rows, k), dtype int64
        Column indices by decreasing score.

    Raises
    ------
    ValueError
        If `k` is out of range.

    Notes
    -----
    O(n_rows * n_columns) for the selection and O(n_rows * k log k) for the order.

    Examples
    --------
    >>> import numpy as np
    >>> top_k(np.array([[1.0, 3.0, 3.0, 2.0]]), k=2)
    array([[1, 2]])
    """
    scores = np.asarray(scores)
    n_columns = scores.shape[1]
    if not 1 <= k <= n_columns:
        raise ValueError(f"k must be in [1, {n_columns}], the number of candidates; got {k}.")
    if k == n_columns:
        return np.argsort(-scores, axis=1, kind="stable")
    chosen = np.argpartition(scores, n_columns - k, axis=1)[:, n_columns - k :]
    thresholds = np.take_along_axis(scores, chosen, axis=1).min(axis=1)
    ambiguous = np.count_nonzero(scores >= thresholds[:, None], axis=1) > k
    for row in np.flatnonzero(ambiguous):
        above = np.flatnonzero(scores[row] > thresholds[row])
        level = np.flatnonzero(scores[row] == thresholds[row])[: k - above.size]
        chosen[row] = np.concatenate([above, level])
    chosen.sort(axis=1)
    order = np.argsort(-np.take_along_axis(scores, chosen, axis=1), axis=1, kind="stable")
    return np.take_along_axis(chosen, order, axis=1)
