"""Clusters of views, from all rows at once or from batches, and how many there are."""

import numpy as np
from sklearn.utils import check_random_state, gen_batches

from mmclassic.align._coordinates import standardised
from mmclassic.align._lloyd import (
    Totals,
    best_of_starts,
    completed_likelihood,
    nearest,
    over_batches,
    silhouette,
)

_MOST_CLUSTERS = 20
READ_ROWS = 2**13  # rows whose coordinates are made at a time


def find_clusters(views, coordinates, n_clusters, settings):
    """Clusters of views as they came; `settings` are the parameters of `KMeansAligner`."""
    rows = _rows_of_start(views, coordinates, n_clusters, settings)
    return _finish(_best(rows, n_clusters, settings), views, rows, coordinates, settings)


def choose_clusters(parts, coordinates, settings):
    """Clusters of every part, their number that of the highest score; the scores by number.

    With learned distances those of different numbers differ in scale and shape. On generated
    data the completed likelihood found the number 7 times of 8, their silhouette 3 times.
    """
    score = silhouette if settings["metric"] == "euclidean" else completed_likelihood
    most = min(_MOST_CLUSTERS, min(len(part) for part in parts) - 1)
    started = [_rows_of_start(part, coordinates, most, settings) for part in parts]
    found, scores = {}, {}
    for k in range(2, most + 1):
        found[k] = [_best(rows, k, settings) for rows in started]
        scores[k] = sum(score(rows, clusters) for rows, clusters in zip(started, found[k]))
    best = max(scores, key=scores.get)
    every = zip(parts, started, found[best])
    return [_finish(c, p, r, coordinates, settings) for p, r, c in every], scores


def labels_of(views, coordinates, metric):
    """Number of the nearest centre of every row, -1 for one without any view; totals by cluster."""
    centers, whiteners = metric
    totals = Totals(
        len(next(iter(centers.values()))), {name: rows.shape[1] for name, rows in centers.items()}
    )
    labels = np.empty(len(views), dtype=np.intp)
    for rows in gen_batches(len(views), READ_ROWS):
        part = standardised(views[rows], coordinates)
        found = nearest(part, centers, whiteners)
        totals.add(part, found)
        labels[rows] = np.where(part.present.any(axis=1), found, -1)
    return labels, totals


def _rows_of_start(views, coordinates, n_clusters, settings):
    """All rows, or as many as a batch has, drawn at random."""
    size = settings["batch_size"]
    if size is not None and size < len(views):
        size = min(max(size, n_clusters), len(views))
        drawn = check_random_state(settings["seed"]).choice(len(views), size, replace=False)
        views = views[np.sort(drawn)]
    return standardised(views, coordinates)


def _best(rows, n_clusters, settings):
    return best_of_starts(
        rows,
        n_clusters,
        metric=settings["metric"],
        n_init=settings["n_init"],
        max_iter=settings["max_iter"],
        random_state=check_random_state(settings["seed"]),
    )


def _finish(clusters, views, rows, coordinates, settings):
    """Learn on over batches if the start had only some of the rows."""
    if len(rows) == len(views):
        return clusters
    order = check_random_state(settings["seed"]).permutation(len(views))
    batches = [order[b] for b in gen_batches(len(views), settings["batch_size"])]
    return over_batches(
        lambda batch: standardised(views[batch], coordinates),
        batches,
        clusters,
        metric=settings["metric"],
        max_iter=settings["max_iter"],
    )
