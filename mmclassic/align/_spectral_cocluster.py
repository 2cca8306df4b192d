"""Co-clustering of items and terms; other views join by their centres."""

import numpy as np
import scipy.sparse as sp
from sklearn.cluster import SpectralCoclustering
from sklearn.utils import check_random_state

from mmclassic.align._cluster_base import BaseClusterAligner
from mmclassic.align._clusters import labels_of
from mmclassic.utils import (
    POSITIVE_INTEGER,
    POSITIVE_REAL,
    RANDOM_STATE,
    is_array,
    is_finite,
    require,
)


class SpectralCoclusterAligner(BaseClusterAligner):
    """Cluster items and the terms of one view at once; each cluster comes with its words.

    One view holds counts or weights of terms, none negative. Items and terms are the two sides of
    a graph, which is cut where little is lost. The other views take over the clusters
    of the items: each row goes to the nearest centre in the views that it has.

    Parameters
    ----------
    n_clusters : int, default=8
        Number of clusters, the width of the shared space.
    view : str or None, default=None
        The view of the terms. None takes the only CSR view, or the only view.
    temperature : float > 0, default=0.25
        Softness of the memberships: squared distances are divided by
        `temperature` times the view's mean squared distance to its own centre.
    n_init : int, default=10
        Runs of K-means on the spectral coordinates; the best is kept.
    random_state : int, RandomState instance or None, default=0
        Decides the starts.

    Attributes
    ----------
    view_ : str
        The view of the terms.
    labels_ : ndarray of shape (n_rows,)
        Cluster of every row of the training data: by the cut where the row has terms, else by the
        nearest centre; -1 for a row without any view.
    column_labels_ : ndarray of shape (n_terms,)
        Cluster of every term; -1 for one that no row has.
    column_shares_ : ndarray of shape (n_terms,)
        Share of a term in all that its cluster's rows have of its cluster's terms.
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
    scikit-learn's ``SpectralCoclustering`` finds the clusters: a truncated SVD of the terms, O(n
    terms log2 n_clusters), and K-means. Memberships are by distances to centres, as in
    `KMeansAligner`.

    References
    ----------
    I. S. Dhillon, "Co-clustering documents and words using bipartite spectral graph
    partitioning", KDD 2001.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.align import SpectralCoclusterAligner
    >>> X = np.array([[2, 1, 0, 0], [1, 2, 0, 0], [0, 0, 1, 2], [0, 1, 2, 2]])
    >>> aligner = SpectralCoclusterAligner(2).fit(X)
    >>> sorted(aligner.words(["sea", "boat", "snow", "ski"]))
    [['sea', 'boat'], ['ski', 'snow']]
    """

    _parameter_constraints: dict = {
        "n_clusters": POSITIVE_INTEGER,
        "view": [str, None],
        "temperature": POSITIVE_REAL,
        "n_init": POSITIVE_INTEGER,
        "random_state": RANDOM_STATE,
    }

    def __init__(self, n_clusters=8, *, view=None, temperature=0.25, n_init=10, random_state=0):
        self.n_clusters = n_clusters
        self.view = view
        self.temperature = temperature
        self.n_init = n_init
        self.random_state = random_state

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = True
        return tags

    def _fit_views(self, views, y):
        random_state = check_random_state(self.random_state)
        self.view_ = self._view_of_terms(views)
        labels = self._cut(views, random_state)
        self._take_coordinates(views, random_state)
        self._adopt(views, labels, self.n_clusters)
        metric = self._metric(sorted(views.names))
        nearest, _ = labels_of(views, self._coordinates, metric)
        self.labels_ = np.where(labels >= 0, labels, nearest)

    def _view_of_terms(self, views):
        if self.view is not None:
            if self.view not in views:
                raise ValueError(f"view={self.view!r} is none of the views {list(views.names)}.")
            return self.view
        sparse = [name for name in views.names if sp.issparse(views[name])]
        found = sparse if len(views.names) > 1 else list(views.names)
        if len(found) != 1:
            raise ValueError(
                f"of the views {list(views.names)} {len(found)} are sparse; say by view= which one "
                "holds the terms."
            )
        return found[0]

    def _cut(self, views, random_state):
        """Clusters of the rows that have terms, -1 for others; sets those of the terms."""
        terms = sp.csr_matrix(views[self.view_], dtype=np.float64)
        terms = sp.diags(views.mask(self.view_).astype(np.float64)) @ terms
        if terms.data.size and terms.data.min() < 0:
            row = int(np.flatnonzero((terms < 0).sum(axis=1))[0])
            raise ValueError(
                f"Negative values in data passed to SpectralCoclusterAligner: view {self.view_!r}, "
                f"row {row}; terms are counts or weights of 0 or more."
            )
        rows = np.flatnonzero(np.asarray(terms.sum(axis=1)).ravel())
        columns = np.flatnonzero(np.asarray(terms.sum(axis=0)).ravel())
        if min(rows.size, columns.size) < self.n_clusters:
            raise ValueError(
                f"n_samples={rows.size} rows with terms and {columns.size} terms should be >= "
                f"n_clusters={self.n_clusters}: every cluster needs a row and a term."
            )
        labels = np.full(terms.shape[0], -1, dtype=np.intp)
        self.column_labels_ = np.full(terms.shape[1], -1, dtype=np.intp)
        used = terms[rows][:, columns]
        labels[rows], self.column_labels_[columns] = self._cocluster(used, random_state)
        self._share(terms, labels)
        return labels

    def _cocluster(self, used, random_state):
        if self.n_clusters == 1:
            return (np.zeros(n, dtype=np.intp) for n in used.shape)
        model = SpectralCoclustering(
            self.n_clusters, n_init=self.n_init, random_state=random_state
        ).fit(used)
        return model.row_labels_, model.column_labels_

    def _share(self, terms, labels):
        self.column_shares_ = np.zeros(terms.shape[1])
        for c in range(self.n_clusters):
            own = self.column_labels_ == c
            sums = np.asarray(terms[labels == c].sum(axis=0)).ravel()[own]
            self.column_shares_[own] = sums / sums.sum() if sums.sum() > 0 else 0.0

    def _check_state(self):
        super()._check_state()
        require(self.view_ in self.view_widths_in_, self, "view_ is none of its views.")
        shape = (self.view_widths_in_[self.view_],)
        self._require_labels("column_labels_", shape)
        fits = is_array(self.column_shares_, "f", shape) and is_finite(self.column_shares_)
        require(fits, self, f"column_shares_ are not {shape[0]} numbers.")

    def words(self, names, k=10):
        """List the words of every cluster, those with the largest shares first.

        Parameters
        ----------
        names : sequence of str of length n_terms
            Names of the columns of the view of terms, such as ``get_feature_names_out()`` of the
            vectorizer.
        k : int > 0, default=10
            The most words of a cluster.

        Returns
        -------
        words : list of list of str
            By cluster.

        Raises
        ------
        ValueError
            If there are not as many names as terms.
        """
        self._check_fitted()
        if len(names) != len(self.column_labels_):
            raise ValueError(
                f"view {self.view_!r} has {len(self.column_labels_)} columns; got {len(names)} "
                "names."
            )
        order = np.lexsort((np.arange(len(names)), -self.column_shares_))
        every = (order[self.column_labels_[order] == c][:k] for c in range(self.n_components_))
        return [[str(names[i]) for i in found] for found in every]
