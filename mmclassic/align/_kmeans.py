"""Joint K-means over all views; cluster memberships are the shared space."""

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import StrOptions

from mmclassic.align._cluster_base import BaseClusterAligner
from mmclassic.align._cluster_map import map_clusters
from mmclassic.align._clusters import choose_clusters, find_clusters, labels_of
from mmclassic.utils import POSITIVE_INTEGER, POSITIVE_REAL, RANDOM_STATE, is_array, require


class KMeansAligner(BaseClusterAligner):
    """Cluster all views together; each view then tells how much it belongs to each cluster.

    Views are standardised and scaled to equal energy, so that a wide view does
    not drown a narrow one, and clustered as one. Then distances are learned from the scatter
    within clusters: directions and views in which clusters are tight come to count more, those
    that say nothing less. A row that has only some of the views takes part with those.

    Parameters
    ----------
    n_clusters : int or None, default=8
        Number of clusters, the width of the shared space. None tries 2 to 20 and takes the
        best: by the integrated completed likelihood, or for "euclidean" the mean silhouette.
    metric : {"within", "euclidean"}, default="within"
        "within" learns, for every view, the covariance within clusters, and measures distances
        by its inverse. "euclidean" is ordinary K-means of the standardised views.
    joint : bool, default=True
        False clusters every view alone, and brings the clusters of the views together by the rows
        they share, one to one: `cluster_map_`.
    temperature : float > 0, default=0.25
        Softness of the memberships: squared distances are divided by
        `temperature` times the view's mean squared distance to its own centre.
    n_init : int, default=10
        Runs of K-means from different starts; the best is kept.
    max_iter : int, default=100
        The most rounds over the rows, with Euclidean distances and again with learned ones.
    batch_size : int or None, default=None
        For many rows: the starts are run on this many rows, drawn at random, and the centres and
        distances of the best one learn on from batches of this size. None uses all rows at once.
    random_state : int, RandomState instance or None, default=0
        Decides the starts and the batches.

    Attributes
    ----------
    cluster_centers_ : dict of ndarray of shape (n_clusters, n_coordinates)
        Centres by view, in standardised coordinates.
    whiteners_ : dict of ndarray of shape (n_coordinates, n_coordinates)
        By view, what coordinates are multiplied by before distances are taken: ``W @ W.T`` is
        the inverse of the covariance within clusters. The identity for "euclidean".
    labels_ : ndarray of shape (n_rows,)
        Cluster of every row of the training data; -1 for a row without any view.
    cluster_map_ : dict of ndarray of int of shape (n_clusters,)
        With ``joint=False``, by view: the column of the shared space of every cluster, in the
        order in which the view alone had found them.
    view_weights_ : dict of float
        Share of every view in the squared distances between clusters; they sum to 1.
    inertia_ : float
        Sum of squared distances of the present cells to their centres, in standardised
        coordinates.
    objective_ : float
        What the best start minimised: `inertia_` for "euclidean", else minus the log-likelihood
        of the rows without constants. Summed over views with ``joint=False``.
    cluster_scores_ : dict of float
        Score by number of clusters, if `n_clusters` is None.
    n_iter_ : int
        Rounds of the best start, the most of any view with ``joint=False``, or passes over the
        batches.
    n_components_ : int
        Width of the shared space, the number of clusters.
    view_widths_in_ : dict
        Width of every fitted view by name.
    n_features_in_ : int
        Total width of the fitted views.

    Notes
    -----
    O(n p n_clusters) for each round and start, and O(p^3) for each view and round where distances
    are learned. Rows of 8 n p bytes are held, or those of a batch.

    Distances, means and covariances are over the present cells only (Chi et al.). The starts are
    drawn by K-means++ from the complete rows.

    With learned distances this is the classification likelihood of normal clusters that have one
    covariance in common, by view, and are independent across views given the cluster (Celeux and
    Govaert). A prior worth three rows a column, that columns are uncorrelated, keeps it regular
    where rows are few. CSR views, and those of more than 256 columns, are reduced to 256 principal
    axes first.

    A single view gives ordinary soft K-means, in learned distances.

    References
    ----------
    S. P. Lloyd, "Least squares quantization in PCM", IEEE Transactions on
    Information Theory 28(2), 1982. J. T. Chi, E. C. Chi and R. G. Baraniuk,
    "k-POD: a method for k-means clustering of missing data", The American
    Statistician 70(1), 2016. G. Celeux and G. Govaert, "Gaussian parsimonious clustering models",
    Pattern Recognition 28(5), 1995. C. Biernacki, G. Celeux and G. Govaert, "Assessing a mixture
    model for clustering with the integrated completed likelihood", IEEE Transactions on Pattern
    Analysis and Machine Intelligence 22(7), 2000. D. Sculley, "Web-scale k-means clustering",
    WWW 2010.

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
        "n_clusters": [*POSITIVE_INTEGER, None],
        "metric": [StrOptions({"within", "euclidean"})],
        "joint": ["boolean"],
        "temperature": POSITIVE_REAL,
        "n_init": POSITIVE_INTEGER,
        "max_iter": POSITIVE_INTEGER,
        "batch_size": [*POSITIVE_INTEGER, None],
        "random_state": RANDOM_STATE,
    }

    def __init__(
        self,
        n_clusters=8,
        *,
        metric="within",
        joint=True,
        temperature=0.25,
        n_init=10,
        max_iter=100,
        batch_size=None,
        random_state=0,
    ):
        self.n_clusters = n_clusters
        self.metric = metric
        self.joint = joint
        self.temperature = temperature
        self.n_init = n_init
        self.max_iter = max_iter
        self.batch_size = batch_size
        self.random_state = random_state

    def _fit_views(self, views, y):
        random_state = check_random_state(self.random_state)
        names = sorted(views.names)
        self._check_enough_rows(views, names)
        self._take_coordinates(views, random_state)
        parts = [views.select(*names)]
        if not self.joint:
            parts = [views.select(name)[views.mask(name)] for name in names]
        settings = {k: getattr(self, k) for k in ("metric", "n_init", "max_iter", "batch_size")}
        settings |= {"seed": random_state.randint(np.iinfo(np.int32).max)}
        if self.n_clusters is None:
            found, self.cluster_scores_ = choose_clusters(parts, self._coordinates, settings)
        else:
            found = [find_clusters(p, self._coordinates, self.n_clusters, settings) for p in parts]
        self.cluster_centers_ = {n: rows for part in found for n, rows in part.centers.items()}
        self.whiteners_ = {n: W for part in found for n, W in part.whiteners.items()}
        self.objective_ = float(sum(part.objective for part in found))
        self.n_iter_ = max(part.n_iter for part in found)
        self.n_components_ = len(self.cluster_centers_[names[0]])
        if not self.joint:
            self._join_columns(views)
        metric = self._metric(names)
        self.labels_, totals = labels_of(views, self._coordinates, metric)
        self._describe(totals)

    def _check_enough_rows(self, views, names):
        """Every cluster needs a row; with ``joint=False`` one of every view."""
        least = self.n_clusters or 3
        have = [("n_samples", len(views))]
        if not self.joint:
            have += [(f"rows of view {name!r}", int(views.mask(name).sum())) for name in names]
        for what, rows in have:
            if rows < least:
                raise ValueError(
                    f"{what}={rows} should be >= n_clusters={least}: every cluster needs a row."
                )

    def _join_columns(self, views):
        """Bring clusters of views that were clustered alone to the same columns."""
        labels = {
            name: labels_of(views.select(name), self._coordinates, self._metric([name]))[0]
            for name in self.cluster_centers_
        }
        self.cluster_map_ = map_clusters(labels, self.n_components_)
        for name, columns in self.cluster_map_.items():
            self.cluster_centers_[name] = self.cluster_centers_[name][np.argsort(columns)]

    def _copy_for_part(self):
        """An unfitted copy for a part of the rows; the number of clusters stays chosen."""
        return super()._copy_for_part().set_params(n_clusters=self.n_components_)

    def _check_state(self):
        super()._check_state()
        for name in self.view_widths_in_ if not self.joint else ():
            columns, k = self.cluster_map_.get(name), self.n_components_
            fits = is_array(columns, "i", (k,)) and np.array_equal(np.sort(columns), np.arange(k))
            require(fits, self, f"cluster_map_[{name!r}] does not name each of {k} columns once.")
