"""How many rows of two sets were matched rightly."""

import numpy as np

from mmclassic.match import Matches


def matching_accuracy(matched, truth):
    """Share of rows matched to their true partner.

    Parameters
    ----------
    matched : Matches or array-like of int of shape (n_rows,)
        What `mmclassic.match.match` found, or the index of the partner of every row and -1
        where none was found. A row without a partner counts as wrong.
    truth : array-like of int >= 0 of shape (n_rows,)
        Index of the true partner of every row.

    Returns
    -------
    accuracy : float
        In [0, 1].

    Raises
    ------
    ValueError
        If the lengths differ, there are no rows, or `truth` holds a negative index.

    Notes
    -----
    The accuracy of predicted class labels is ``sklearn.metrics.accuracy_score``.

    Examples
    --------
    >>> matching_accuracy([0, 2, -1, 3], [0, 1, 2, 3])
    0.5
    """
    matched = matched.partners() if isinstance(matched, Matches) else np.asarray(matched)
    truth = np.asarray(truth)
    if matched.shape != truth.shape or matched.ndim != 1 or matched.size == 0:
        raise ValueError(
            "matched and truth must be 1-D, of one length and not empty; got shapes "
            f"{matched.shape} and {truth.shape}."
        )
    if matched.dtype.kind not in "iu" or truth.dtype.kind not in "iu":
        raise TypeError(
            f"matched and truth must hold indices; got {matched.dtype} and {truth.dtype}."
        )
    if truth.min() < 0:
        row = int(np.flatnonzero(truth < 0)[0])
        raise ValueError(
            f"truth, row {row}: {truth[row]} is no partner; leave rows without one out."
        )
    return float(np.mean(matched == truth))
