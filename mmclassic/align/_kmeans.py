"""Joint K-means over all views; cluster memberships are the shared space."""

import numpy as np
import scipy.sparse as sp
from scipy.optimize import linear_sum_assignment
from scipy.special import softmax
from sklearn.cluster import KMeans
from sklearn.metrics import pairwise_distances_argmin
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.utils import check_random_state

from mmclassic.align._base import BaseAligner
from mmclassic.moments import Reduction, rows_by_views
from mmclassic.utils import POSITIVE_INTEGER, POSITIVE_REAL, RANDOM_STATE
from mmclassic.views import Views, validate_views

_SPARSE_RANK = 256


class KMeansAligner(BaseAligner):
    """Cluster all views together; each view then tells how much it belongs to each cluster.

    Views are standardised and scaled to equal energy, so that a wide view does
    not drown a narrow one, and clustered as one. A row that has only some of
    the views takes part with those.

    Parameters
    ----------
    n_clusters : int, default=8
        Number of clusters, the width of the shared space.
    temperature : float > 0, default=0.25
        Softness of the memberships: squared distances are divided by
        `temperature` times the view's mean squared distance to its own centre.
    n_init : int, default=10
        Runs of K-means from different starts; the best is kept.
    max_iter : int, default=100
        The most rounds over rows that lack a view, after K-means on the
        complete rows.
    random_state : int, RandomState instance or None, default=0
        Decides the starts.

    Attributes
    ----------
    cluster_centers_ : dict of ndarray of shape (n_clusters, n_coordinates)
        Centres by view, in standardised coordinates.
    labels_ : ndarray of shape (n_rows,)
        Cluster of every row of the training data.
    inertia_ : float
        Sum of squared distances of the present cells to their centres.
    n_iter_ : int
        Rounds over rows that lack a view; 1 if nothing was missing.
    n_components_ : int
        Width of the shared space, ``n_clusters``.
    view_widths_in_ : dict
        Width of every fitted view by name.
    n_features_in_ : int
        Total width of the fitted views.

    Notes
    -----
    O(n p n_clusters) for each iteration of K-means. With missing views,
    K-means on the complete rows gives the first centres; Lloyd's rounds over
    all rows then measure distances, and average, over the present cells only,
    which minimises the squared distance of the present cells (the objective of
    Chi et al.). CSR views are reduced to 256 principal axes first.
    A single view gives ordinary soft K-means.

    References
    ----------
    S. P. Lloyd, "Least squares quantization in PCM", IEEE Transactions on
    Information Theory 28(2), 1982. J. T. Chi, E. C. Chi and R. G. Baraniuk,
    "k-POD: a method for k-means clustering of missing data", The American
    Statistician 70(1), 2016.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.align import KMeansAligner
    >>> from mmclassic.views import Views
    >>> X = np.array([[0.0], [0.1], [5.0], [5.1]])
    >>> aligner = KMeansAligner(n_clusters=2, random_state=0)
    >>> Z = aligner.fit_transform(Views({"image": X, "text": -X}))
    >>> bool((Z["image"].argmax(axis=1) == Z["text"].argmax(axis=1)).all())
    True
    """

    _parameter_constraints: dict = {
        "n_clusters": POSITIVE_INTEGER,
        "temperature": POSITIVE_REAL,
        "n_init": POSITIVE_INTEGER,
        "max_iter": POSITIVE_INTEGER,
        "random_state": RANDOM_STATE,
    }

    def __init__(self, n_clusters=8, *, temperature=0.25, n_init=10, max_iter=100, random_state=0):
        self.n_clusters = n_clusters
        self.temperature = temperature
        self.n_init = n_init
        self.max_iter = max_iter
        self.random_state = random_state

    def _fit_views(self, views, y):
        if len(views) < self.n_clusters:
            raise ValueError(
                f"n_samples={len(views)} should be >= n_clusters={self.n_clusters}: "
                "every cluster needs a row."
            )
        random_state = check_random_state(self.random_state)
        self._coordinates = {
            name: _Coordinates(views.present_rows(name), random_state) for name in views.names
        }
        blocks = {}
        for name in views.names:
            blocks[name] = self._coordinates[name].apply(views[name]).astype(np.float64)
            blocks[name][~views.mask(name)] = 0
        self.cluster_centers_ = self._first_centers(blocks, views.present, random_state)
        self.labels_ = self._refine(Views(blocks, views.present))
        self._scales, self.inertia_ = {}, 0.0
        for name, block in blocks.items():
            own = (block - self.cluster_centers_[name][self.labels_])[views.mask(name)]
            squared = float(np.einsum("ij,ij->", own, own))
            self.inertia_ += squared
            self._scales[name] = squared / len(own)
        self.n_components_ = self.n_clusters

    def _onto(self, part, found, wanted):
        """Each cluster to the one that shares its rows, one to one."""
        onto = np.zeros((self.n_components_, self.n_components_))
        onto[linear_sum_assignment(found.T @ wanted, maximize=True)] = 1
        return onto

    def _first_centers(self, blocks, present, random_state):
        """K-means on the complete rows, or on all rows with the mean, 0, where a view is absent."""
        complete = present.all(axis=1)
        if complete.sum() < self.n_clusters:
            complete[:] = True
        joined = np.hstack([block[complete] for block in blocks.values()])
        seed = random_state.randint(np.iinfo(np.int32).max)
        kmeans = KMeans(self.n_clusters, n_init=self.n_init, random_state=seed).fit(joined)
        edges = np.cumsum([block.shape[1] for block in blocks.values()])[:-1]
        return dict(zip(blocks, np.split(kmeans.cluster_centers_, edges, axis=1)))

    def _refine(self, views):
        """Lloyd's rounds over the present cells until no label changes."""
        labels = self._nearest(views)
        self.n_iter_ = 1
        while self.n_iter_ < self.max_iter and not views.present.all():
            for name in views.names:
                self._update_centers(name, views[name], views.mask(name), labels)
            previous, labels = labels, self._nearest(views)
            self.n_iter_ += 1
            if np.array_equal(previous, labels):
                break
        return labels

    def _nearest(self, views):
        """Nearest centre in the views that a row has; 0 for a row without any."""
        labels = np.zeros(len(views), dtype=np.intp)
        for names, rows in rows_by_views(views, None, views.names):
            joined = np.hstack([views[name][rows] for name in names], dtype=np.float64)
            centers = np.hstack([self.cluster_centers_[name] for name in names])
            labels[rows] = pairwise_distances_argmin(joined, centers)
        return labels

    def _update_centers(self, name, block, mask, labels):
        """Means of the present rows; a cluster that lost its rows keeps its centre."""
        members = sp.csr_matrix(
            (np.ones(mask.sum()), (labels[mask], np.flatnonzero(mask))),
            shape=(self.n_clusters, len(block)),
        )
        counts = np.asarray(members.sum(axis=1))
        centers = self.cluster_centers_[name]
        self.cluster_centers_[name] = np.where(
            counts > 0, (members @ block) / np.maximum(counts, 1), centers
        )

    def _project(self, name, block):
        coordinates = self._coordinates[name].apply(block)
        centers = self.cluster_centers_[name].astype(coordinates.dtype)
        squared = euclidean_distances(coordinates, centers, squared=True)
        width = self.temperature * self._scales[name]
        if width == 0:
            # Every row sits on its centre: memberships are hard.
            return (squared == squared.min(axis=1, keepdims=True)).astype(squared.dtype)
        return softmax(-squared / squared.dtype.type(width), axis=1)

    def predict(self, X):
        """Cluster of every row, judged by the views it has.

        Parameters
        ----------
        X : Views or {array-like, CSR} of shape (n_rows, n_columns)
            The data; a subset of the fitted views is fine.

        Returns
        -------
        labels : ndarray of shape (n_rows,)
            Cluster numbers; -1 for a row without any view.
        """
        self._check_fitted()
        views = self._in_units(validate_views(self, X, reset=False))
        blocks = {name: self._coordinates[name].apply(views[name]) for name in views.names}
        labels = self._nearest(Views(blocks, views.present))
        return np.where(views.present.any(axis=1), labels, -1)


class _Coordinates:
    """Standardised coordinates of one view with total variance 1, from its present rows."""

    def __init__(self, X, random_state):
        self.reduction = None
        if sp.issparse(X):
            self.reduction = Reduction(X, max_rank=_SPARSE_RANK, random_state=random_state)
            spread = np.sqrt(self.reduction.total_variance)
            self.scale = 1.0 / spread if spread > 0 else 0.0
            return
        self.mean = X.mean(axis=0, dtype=np.float64)
        spread = X.std(axis=0, dtype=np.float64)
        # A deviation that rounding of the mean can make is no deviation.
        tiny = 10 * np.finfo(X.dtype).eps * np.abs(self.mean)
        varies = spread > tiny
        inverse = np.divide(1.0, spread, out=np.zeros_like(spread), where=varies)
        self.scale = inverse / np.sqrt(max(np.count_nonzero(varies), 1))

    def apply(self, X):
        """Rows in these coordinates, in their own dtype."""
        if self.reduction is not None:
            return self.reduction.apply(X) * X.dtype.type(self.scale)
        return (X - self.mean.astype(X.dtype)) * self.scale.astype(X.dtype)
