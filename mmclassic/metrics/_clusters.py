"""How well clusters agree with classes, or with the clusters of another view."""

import numpy as np
from scipy.optimize import linear_sum_assignment


def purity(truth, labels):
    """Share of rows that are of the commonest class of their cluster.

    Parameters
    ----------
    truth : array-like of shape (n_rows,)
        Class of every row.
    labels : array-like of int of shape (n_rows,)
        Cluster of every row. A row of label -1 is in no cluster and counts as wrong.

    Returns
    -------
    purity : float
        In (0, 1]; 1 where no cluster mixes classes, as with a cluster for every row.

    Raises
    ------
    ValueError
        If the lengths differ, or there are no rows.

    Notes
    -----
    For chance-corrected agreement see ``adjusted_rand_score`` and ``normalized_mutual_info_score``
    of ``sklearn.metrics``.

    Examples
    --------
    >>> purity(["a", "a", "b", "b"], [0, 0, 0, 1])
    0.75
    """
    table, n_rows = _contingency(truth, labels)
    return float(table.max(axis=0, initial=0).sum() / n_rows)


def clustering_accuracy(truth, labels):
    """Share of rows whose cluster is the counterpart of their class, one to one.

    The counterparts are those with the highest share. With the clusters that one view gives as
    `truth` and those of another as `labels` this is the accuracy of the alignment of clusters.

    Parameters
    ----------
    truth : array-like of shape (n_rows,)
        Class of every row, or its cluster by another view.
    labels : array-like of int of shape (n_rows,)
        Cluster of every row. A row of label -1, here or as an integer in `truth`, is in no
        cluster and counts as wrong.

    Returns
    -------
    accuracy : float
        In [0, 1]; symmetric in its arguments.

    Raises
    ------
    ValueError
        If the lengths differ, or there are no rows.

    Examples
    --------
    >>> clustering_accuracy(["a", "a", "b", "b"], [1, 1, 0, 2])
    0.75
    """
    table, n_rows = _contingency(truth, labels)
    found = linear_sum_assignment(table, maximize=True)
    return float(table[found].sum() / n_rows)


def _contingency(truth, labels):
    """Rows by class and cluster, without those of label -1, and the number of all rows."""
    truth, labels = np.asarray(truth), np.asarray(labels)
    if truth.shape != labels.shape or truth.ndim != 1 or truth.size == 0:
        raise ValueError(
            "truth and labels must be 1-D, of one length and not empty; got shapes "
            f"{truth.shape} and {labels.shape}."
        )
    kept = np.ones(truth.size, dtype=bool)
    for found in (truth, labels):
        if found.dtype.kind in "if":
            kept &= found != -1
    classes, row = np.unique(truth[kept], return_inverse=True)
    clusters, column = np.unique(labels[kept], return_inverse=True)
    table = np.zeros((classes.size, clusters.size), dtype=np.int64)
    np.add.at(table, (row, column), 1)
    return table, truth.size
