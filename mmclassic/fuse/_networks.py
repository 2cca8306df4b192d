"""Networks of rows: affinities, nearest neighbours and their diffusion across views."""

import numpy as np
import scipy.sparse as sp

from mmclassic.match import similarity
from mmclassic.utils import leading_eigenpairs, top_k


def distances(A, B):
    """Euclidean distances of every row of A to every row of B, float64."""
    # In float32 those of near rows would be nothing but rounding.
    A, B = (X.astype(np.float64, copy=False) for X in (A, B))
    found = similarity(A, B, metric="euclidean")
    return np.negative(found, out=found)


def mean_nearest(found, k):
    """The mean of the `k` smallest distances of every row, or of all there are."""
    k = min(k, found.shape[1])
    return np.partition(found, k - 1, axis=1)[:, :k].mean(axis=1)


def scaled_kernel(found, row_scales, column_scales, mu):
    """exp(-d^2 / (2 (mu e)^2)), e the mean of a distance and of those to the nearest on its sides.

    The paper has d^2 / (mu e), which depends on the unit; this is its authors' code.
    """
    scales = (row_scales[:, None] + column_scales + found) / 3
    # Where all three are 0 the rows are equal, as are their nearest.
    ratio = np.divide(found, mu * scales, out=np.zeros_like(found), where=scales > 0)
    return np.exp(-0.5 * ratio**2)


def full_network(affinity):
    """The paper's P: a half of every row's mass at itself, the rest shared by affinity."""
    network = affinity.copy()
    np.fill_diagonal(network, 0)
    mass = 2 * network.sum(axis=1, keepdims=True)
    np.divide(network, mass, out=network, where=mass > 0)
    network = (network + network.T) / 2
    np.fill_diagonal(network, 0.5)
    return network


def nearest_network(affinity, k):
    """The paper's S, CSR: shares of the `k` largest affinities of every row."""
    k = min(k, affinity.shape[1])
    nearest = top_k(affinity, k)
    shares = np.take_along_axis(affinity, nearest, axis=1)
    mass = shares.sum(axis=1, keepdims=True)
    shares = np.divide(shares, mass, out=np.zeros_like(shares), where=mass > 0)
    indptr = np.arange(0, nearest.size + 1, k)
    return sp.csr_matrix((shares.ravel(), nearest.ravel(), indptr), shape=affinity.shape)


def cross_diffuse(full, nearest, places, n_rows, n_iter):
    """Fuse networks, each of the rows at its `places`, into one (n_rows, n_rows).

    In every step each network is diffused by its neighbours over the mean of the others; between
    rows that no other network has, over itself.
    """
    # A slice copies nothing of complete views.
    pairs = [np.ix_(w, w) if w.size < n_rows else np.s_[:, :] for w in places]
    counts = _sum_networks(np.ones(len(places)), pairs, n_rows)
    for _ in range(n_iter):
        total = _sum_networks(full, pairs, n_rows)
        for i, (own, shares, where) in enumerate(zip(full, nearest, pairs)):
            others = counts[where] - 1
            mean = np.divide(total[where] - own, others, out=own, where=others > 0)
            full[i] = full_network(shares @ (shares @ mean).T)
    fused = _sum_networks(full, pairs, n_rows) / np.maximum(counts, 1)
    return (fused + fused.T) / 2


def _sum_networks(full, pairs, n_rows):
    total = np.zeros((n_rows, n_rows))
    for own, where in zip(full, pairs):
        total[where] += own
    return total


def spectral_embedding(affinity, n_components):
    """Laplacian eigenmaps: the first eigenvectors of the random walk but for the constant one."""
    degrees = affinity.sum(axis=1)
    roots = np.divide(1, np.sqrt(degrees), out=np.zeros_like(degrees), where=degrees > 0)
    _, vectors = leading_eigenpairs(roots[:, None] * affinity * roots, n_components + 1)
    return roots[:, None] * vectors[:, 1:]
