"""Which clusters of several views are the same."""

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.metrics.cluster import contingency_matrix


def map_clusters(labels, n_clusters):
    """Bring the clusters of every view to those of the view that agrees with the others most.

    Parameters
    ----------
    labels : dict of ndarray of int of shape (n_rows,)
        Cluster of every row by view, -1 where it has none.
    n_clusters : int
        Number of clusters of every view.

    Returns
    -------
    columns : dict of ndarray of int of shape (n_clusters,)
        By view, the cluster of the first-named that every cluster is: a permutation.

    Raises
    ------
    ValueError
        If two views that are to be compared have no rows in common.
    """
    maps, agreeing = {}, {}
    for name, own in labels.items():
        found = {other: _assign(labels[other], own, n_clusters) for other in labels}
        maps[name] = {other: columns for other, (columns, _) in found.items()}
        agreeing[name] = sum(count for _, count in found.values())
    reference = max(sorted(labels), key=agreeing.get)
    for name in labels:
        if not ((labels[name] >= 0) & (labels[reference] >= 0)).any():
            raise ValueError(
                f"views {name!r} and {reference!r} have no row in common, by which their clusters "
                "could be brought together; leave one of them out, or use joint=True."
            )
    return maps[reference]


def _assign(labels, wanted, n_clusters):
    """The cluster of `wanted` for each of `labels`, and how many rows agree."""
    both = (labels >= 0) & (wanted >= 0)
    # A row for every cluster, so that empty ones have one too.
    every = np.arange(n_clusters)
    table = contingency_matrix(np.r_[labels[both], every], np.r_[wanted[both], every])
    table -= np.eye(n_clusters, dtype=table.dtype)
    rows, columns = linear_sum_assignment(table, maximize=True)
    return columns, int(table[rows, columns].sum())
