"""Hierarchical clustering over all views."""

from itertools import combinations

import numpy as np
import scipy.sparse as sp
from scipy.cluster.hierarchy import is_valid_linkage, linkage
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import squareform
from sklearn.metrics import adjusted_rand_score
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import StrOptions

from mmclassic.align._cluster_base import BaseClusterAligner
from mmclassic.align._coordinates import standardised
from mmclassic.match import similarity
from mmclassic.utils import POSITIVE_INTEGER, POSITIVE_REAL, RANDOM_STATE, is_array, require

_MOST_ROWS = 10_000


class AgglomerativeAligner(BaseClusterAligner):
    """Merge rows into clusters step by step, by all views; memberships are the shared space.

    Views are standardised and scaled to equal energy, and of three and more each weighs as much
    as its own clusters agree with those of the others. Two rows are compared by the views that
    both have. The whole tree of merges is kept, to be drawn or cut elsewhere.

    Parameters
    ----------
    n_clusters : int, default=8
        Number of clusters at which the tree is cut, the width of the shared space.
    linkage : {"ward", "average", "complete", "single"}, default="ward"
        What is merged: the clusters whose union scatters least ("ward"), or those at the lowest
        mean, largest or smallest distance of their rows.
    temperature : float > 0, default=0.25
        Softness of the memberships: squared distances are divided by
        `temperature` times the view's mean squared distance to its own centre.
    random_state : int, RandomState instance or None, default=0
        For the reduction of large sparse views.

    Attributes
    ----------
    linkage_matrix_ : ndarray of shape (n_rows_with_any_view - 1, 4)
        The merges in SciPy's format: ``scipy.cluster.hierarchy.dendrogram`` draws it. Rows
        without any view are left out.
    labels_ : ndarray of shape (n_rows,)
        Cluster of every row of the training data by the tree, numbered as they first come; -1
        for a row without any view.
    cluster_centers_ : dict of ndarray of shape (n_clusters, n_coordinates)
        Centres by view, in standardised coordinates.
    whiteners_ : dict of ndarray of shape (n_coordinates, n_coordinates)
        By view, what coordinates are multiplied by before distances to centres are taken, as in
        `KMeansAligner`.
    view_weights_ : dict of float
        Share of every view in the squared distances between clusters; they sum to 1.
    inertia_ : float
        Sum of squared distances of the present cells to their centres, in standardised
        coordinates.
    n_components_ : int
        Width of the shared space, ``n_clusters``.
    view_widths_in_ : dict
        Width of every fitted view by name.
    n_features_in_ : int
        Total width of the fitted views.

    Notes
    -----
    O(n^2 p) time, one tree more for each of three views and more, and 16 n^2 bytes; more than
    10,000 rows are refused: fit a sample, and `predict` the others. The squared distance of two
    rows is the weighted mean over the views that both have, times the number of views; that of two
    rows without a common view is what is expected of rows drawn at random. A view's weight is the
    mean adjusted Rand index of its own tree's clusters with those of every other view, a hundredth
    of the largest at least: a view of noise agrees with none. Of two views none can be told to be
    the worse, and they weigh alike, as all do where one has no more rows than clusters. Leave out a
    view that is known to tell nothing.

    New rows, and rows that come with some of the views, go to the nearest centre (`predict`,
    `transform`), which may differ from `labels_` for fitted rows at the edge of a cluster.
    Distances to centres are by the covariance within clusters, as `KMeansAligner` has it.

    References
    ----------
    J. H. Ward, "Hierarchical grouping to optimize an objective function", Journal of the American
    Statistical Association 58(301), 1963. D. Muellner, "Modern hierarchical, agglomerative
    clustering algorithms", arXiv:1109.2378, 2011.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.align import AgglomerativeAligner
    >>> from mmclassic.views import Views
    >>> X = np.array([[0.0], [0.1], [5.0], [5.1]])
    >>> aligner = AgglomerativeAligner(n_clusters=2).fit(Views({"image": X, "text": -X}))
    >>> aligner.labels_.tolist()
    [0, 0, 1, 1]
    >>> aligner.linkage_matrix_[:, :2].astype(int).tolist()
    [[0, 1], [2, 3], [4, 5]]
    """

    _parameter_constraints: dict = {
        "n_clusters": POSITIVE_INTEGER,
        "linkage": [StrOptions({"ward", "average", "complete", "single"})],
        "temperature": POSITIVE_REAL,
        "random_state": RANDOM_STATE,
    }

    def __init__(self, n_clusters=8, *, linkage="ward", temperature=0.25, random_state=0):
        self.n_clusters = n_clusters
        self.linkage = linkage
        self.temperature = temperature
        self.random_state = random_state

    def _fit_views(self, views, y):
        has = np.flatnonzero(views.present.any(axis=1))
        if has.size > _MOST_ROWS:
            raise ValueError(
                f"AgglomerativeAligner takes at most {_MOST_ROWS} rows, for it compares all pairs; "
                f"got {has.size}. Fit a sample of the rows and predict the others, or use "
                "KMeansAligner."
            )
        if has.size < max(self.n_clusters, 2):
            raise ValueError(
                f"n_samples={has.size} should be >= n_clusters={max(self.n_clusters, 2)}: every "
                "cluster needs a row, and a tree two."
            )
        self._take_coordinates(views, check_random_state(self.random_state))
        rows = standardised(views[has], self._coordinates)
        labels = np.full(len(views), -1, dtype=np.intp)
        self.linkage_matrix_ = self._merge(rows, self._weights(rows))
        labels[has] = cut(self.linkage_matrix_, self.n_clusters)
        self._adopt(views, labels, self.n_clusters)

    def _merge(self, rows, weights):
        return linkage(squareform(_distances(rows, weights), checks=False), method=self.linkage)

    def _weights(self, rows):
        """By view the mean adjusted Rand index of its clusters with those of the others."""
        own, alike = {}, dict.fromkeys(rows.names, 1.0)
        if len(alike) < 3:
            return alike
        for name in rows.names:
            has = np.flatnonzero(rows.mask(name))
            if has.size <= self.n_clusters:  # then its clusters are no groups
                return alike
            own[name] = np.full(len(rows), -1)
            merges = self._merge(rows[has].select(name), {name: 1.0})
            own[name][has] = cut(merges, self.n_clusters)
        agreement = np.ones((len(own), len(own)))
        for (i, a), (j, b) in combinations(enumerate(own.values()), 2):
            both = (a >= 0) & (b >= 0)
            agreement[i, j] = agreement[j, i] = adjusted_rand_score(a[both], b[both])
        mean = (agreement.sum(axis=1) - 1) / (len(own) - 1)
        least = 0.01 * mean.max()
        return dict(zip(own, np.maximum(mean, least))) if least > 0 else alike

    def _check_state(self):
        super()._check_state()
        n_rows, merges = np.count_nonzero(self.labels_ >= 0), self.linkage_matrix_
        fits = is_array(merges, "f", (n_rows - 1, 4)) and is_valid_linkage(merges)
        require(fits, self, f"linkage_matrix_ is no tree of {n_rows} rows.")


def _distances(views, weights):
    """Distances of all pairs of rows by the views that both have."""
    n_rows, n_views = views.present.shape
    total, shared = np.zeros((n_rows, n_rows)), np.zeros((n_rows, n_rows))
    for name, block in views.items():
        both = np.outer(views.mask(name), views.mask(name))
        total += weights[name] * both * similarity(block, block, metric="euclidean") ** 2
        shared += weights[name] * both
    # Views have variance 1 in all, so that rows drawn at random are at a squared distance of 2.
    mean = np.divide(total, shared, out=np.full_like(total, 2.0), where=shared > 0)
    found = np.sqrt(n_views * (mean + mean.T) / 2)
    np.fill_diagonal(found, 0)
    return found


def cut(merges, n_clusters):
    """Cluster of every row where merging stops at `n_clusters`, numbered as they first come."""
    n_rows = len(merges) + 1
    done = n_rows - n_clusters
    children = merges[:done, :2].astype(np.intp).ravel()
    parents = np.repeat(np.arange(n_rows, n_rows + done), 2)
    shape = (n_rows + done, n_rows + done)
    graph = sp.coo_matrix((np.ones(2 * done), (children, parents)), shape=shape)
    _, found = connected_components(graph, directed=False)
    _, first, labels = np.unique(found[:n_rows], return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[labels]
