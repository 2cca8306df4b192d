"""Lloyd's rounds over views of which rows may lack some, with a metric learned on the way.

Absent cells of the views here hold 0 and take part in no distance, mean or count.
"""

from dataclasses import dataclass

import numpy as np
import scipy.linalg as la
import scipy.sparse as sp
from sklearn.cluster import kmeans_plusplus
from sklearn.utils import gen_batches

# The metric begins as that of this many rows, for every column, which vary as the view does as a
# whole. On generated data and scikit-learn's digits anything from 1 to 10 found the same or more
# than without; with less, 60 rows of 200 columns are told apart by chance.
_PRIOR_ROWS = 3
_BLOCK_SIZE = 2**22  # distances that are held at a time: 32 MB
_STILL = 1e-4  # squared shift of the centres, as a share, at which passes over batches end
_ROUNDING = 1e-9  # share of an objective that is no difference
# Share of the rows whose change of label no longer matters, in the last rounds and those before.
_FEW, _FEW_AT_FIRST = 1e-4, 1e-2


@dataclass(frozen=True)
class Clusters:
    """Centres and, by view, what makes coordinates Euclidean; a lower objective is better."""

    centers: dict
    whiteners: dict
    objective: float
    n_iter: int


class Totals:
    """Sums and counts by cluster, and second moments, of the present cells by view."""

    def __init__(self, n_clusters, widths):
        self.sums = {name: np.zeros((n_clusters, p)) for name, p in widths.items()}
        self.counts = {name: np.zeros(n_clusters) for name in widths}
        self.seconds = {name: np.zeros((p, p)) for name, p in widths.items()}

    def add(self, views, labels, *, seconds=None):
        """Add rows; `seconds` are their second moments where these are known."""
        for name, block in views.items():
            mask = views.mask(name)
            shape = (len(self.counts[name]), len(block))
            where = (labels[mask], np.flatnonzero(mask))
            members = sp.csr_matrix((np.ones(mask.sum()), where), shape=shape)
            self.sums[name] += members @ block
            self.counts[name] += np.bincount(labels[mask], minlength=shape[0])
            self.seconds[name] += block.T @ block if seconds is None else seconds[name]
        return self

    def centers(self, previous):
        """Mean of every cluster; one that has no rows stays where it was."""
        return {
            name: np.where(n[:, None] > 0, self.sums[name] / np.maximum(n, 1)[:, None], old)
            for name, n, old in ((m, self.counts[m], previous[m]) for m in self.sums)
        }

    def scatter(self, name, centers, whitener):
        """Sum of squared distances to the own centre; 0 where it is nothing but rounding."""
        whole = float(np.einsum("ij,ij->", self.seconds[name] @ whitener, whitener))
        own, sums = centers[name] @ whitener, self.sums[name] @ whitener
        lengths = np.einsum("ij,ij->i", own, own)
        squared = whole - 2 * float(np.einsum("ij,ij->", sums, own)) + self.counts[name] @ lengths
        return squared if squared > 1e-10 * whole else 0.0

    def euclidean(self, centers):
        """Coordinates as they are, and the sum of squared distances to the centres."""
        whiteners = {name: np.eye(len(second)) for name, second in self.seconds.items()}
        return whiteners, sum(self.scatter(m, centers, whiteners[m]) for m in whiteners)

    def within(self, centers):
        """Coordinates in which every cluster is round, and minus the log-likelihood of the rows.

        The covariance within clusters is one for all of them, by view; a prior keeps it regular.
        """
        whiteners, objective = {}, 0.0
        for name, second in self.seconds.items():
            counts, width = self.counts[name], len(second)
            rows, prior = counts.sum(), _PRIOR_ROWS * width
            between = (centers[name].T * counts) @ centers[name]
            variance = np.trace(second) / max(rows, 1) / width or 1.0
            covariance = second - between + prior * variance * np.eye(width)
            root = la.cholesky(covariance / (rows + prior), lower=True)
            whiteners[name] = la.solve_triangular(root, np.eye(width), lower=True).T
            objective += (rows + prior) * np.log(np.diag(root)).sum()
        return whiteners, objective


def squared_distances(views, centers, whiteners):
    """Over the views that a row has, less what is the same for all centres, its own length."""
    found = 0.0
    for name, block in views.items():
        own = centers[name] @ whiteners[name]
        lengths = np.einsum("ij,ij->i", own, own)
        found = found + views.mask(name)[:, None] * lengths
        found -= 2 * (block @ (whiteners[name] @ own.T))
    return found


def nearest(views, centers, whiteners):
    """Number of the nearest centre of every row; 0 for a row without any view."""
    n_clusters = len(next(iter(centers.values())))
    labels = np.empty(len(views), dtype=np.intp)
    for rows in gen_batches(len(views), max(1, _BLOCK_SIZE // n_clusters)):
        labels[rows] = squared_distances(views[rows], centers, whiteners).argmin(axis=1)
    return labels


def silhouette(views, clusters):
    """Mean simplified silhouette: how much nearer the own centre is than the next, in [0, 1]."""
    found = squared_distances(views, clusters.centers, clusters.whiteners)
    for name, block in views.items():
        own = block @ clusters.whiteners[name]
        found += np.einsum("ij,ij->i", own, own)[:, None]
    own, other = np.sqrt(np.maximum(np.partition(found, 1, axis=1)[:, :2], 0)).T
    return float(np.mean(1 - np.divide(own, other, out=np.ones_like(own), where=other > 0)))


def completed_likelihood(views, clusters):
    """Integrated completed log-likelihood of rows and labels, the clusters being equally likely."""
    n_clusters = len(next(iter(clusters.centers.values())))
    found = -clusters.objective - views.present.any(axis=1).sum() * np.log(n_clusters)
    for name, width in views.widths.items():
        found -= n_clusters * width * np.log(max(views.mask(name).sum(), 1)) / 2
    return float(found)


def first_centers(views, n_clusters, random_state):
    """K-means++ on complete rows; if these are too few on all, with 0 where a view is absent."""
    complete = views.present.all(axis=1)
    if complete.sum() < n_clusters:
        complete[:] = True
    joined = np.hstack([block[complete] for block in views.blocks.values()])
    found, _ = kmeans_plusplus(joined, n_clusters, random_state=random_state)
    edges = np.cumsum(list(views.widths.values()))[:-1]
    return dict(zip(views.names, np.split(found, edges, axis=1)))


def best_of_starts(views, n_clusters, *, metric, n_init, max_iter, random_state):
    """The best of several runs: `Clusters`."""
    seconds = {name: block.T @ block for name, block in views.items()}
    stages = ["euclidean"] if metric == "euclidean" else ["euclidean", "within"]
    best = None
    for _ in range(n_init):
        centers, total = first_centers(views, n_clusters, random_state), 0
        whiteners = {name: np.eye(p) for name, p in views.widths.items()}
        for stage in stages:
            few = _FEW if stage == stages[-1] else _FEW_AT_FIRST
            found = _rounds(views, seconds, centers, whiteners, stage, max_iter, few * len(views))
            centers, whiteners, total = found.centers, found.whiteners, total + found.n_iter
        # Runs that end in the same clusters, in other orders, differ by rounding alone.
        if best is None or found.objective < best.objective - _ROUNDING * abs(best.objective):
            best = Clusters(centers, whiteners, found.objective, total)
    return best


def _rounds(views, seconds, centers, whiteners, stage, max_iter, few):
    """Label the rows and learn from the labels, until at most `few` of these change.

    The objective never rises.
    """
    labels, n_iter = None, 0
    while n_iter < max_iter:
        n_iter += 1
        previous, labels = labels, nearest(views, centers, whiteners)
        if previous is not None and np.count_nonzero(previous != labels) <= few:
            break
        totals = Totals(len(centers[views.names[0]]), views.widths)
        totals.add(views, labels, seconds=seconds)
        centers = totals.centers(centers)
        whiteners, objective = getattr(totals, stage)(centers)
    return Clusters(centers, whiteners, objective, n_iter)


def over_batches(read, batches, clusters, *, metric, max_iter):
    """Learn on from batch to batch, all that came before counting, until centres stay.

    ``read(rows)`` gives the rows in coordinates; `batches` are arrays of row numbers.
    """
    centers, whiteners, objective = clusters.centers, clusters.whiteners, clusters.objective
    widths = {name: found.shape[1] for name, found in centers.items()}
    totals = Totals(len(next(iter(centers.values()))), widths)
    n_iter, moves = 0, True
    while moves and n_iter < max_iter:
        n_iter += 1
        before = centers
        for rows in batches:
            batch = read(rows)
            totals.add(batch, nearest(batch, centers, whiteners))
            centers = totals.centers(centers)
            whiteners, objective = getattr(totals, metric)(centers)
        shift = sum(((centers[m] - before[m]) ** 2).sum() for m in centers)
        moves = shift > _STILL * sum((found**2).sum() for found in centers.values())
    return Clusters(centers, whiteners, objective, n_iter)
