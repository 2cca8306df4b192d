"""What aligners by clusters have in common: memberships of each view, labels from any of them."""

from numbers import Integral

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.special import softmax
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.utils import gen_batches

from mmclassic.align._base import BaseAligner
from mmclassic.align._clusters import READ_ROWS, labels_of
from mmclassic.align._coordinates import Coordinates, standardised
from mmclassic.align._lloyd import Totals
from mmclassic.utils import are_numbers, is_array, is_finite, require
from mmclassic.views import validate_views


class BaseClusterAligner(BaseAligner):
    """Centres and a metric by view; ``_project`` gives the soft memberships.

    A subclass sets `_coordinates`, then calls ``_adopt`` with labels, or sets `cluster_centers_`
    and `whiteners_` and calls ``_describe``.
    """

    def _take_coordinates(self, views, random_state):
        self._coordinates = {
            name: Coordinates(views.present_rows(name), random_state)
            for name in sorted(views.names)
        }

    def _adopt(self, views, labels, n_clusters):
        """Centres and metric of clusters that are known; rows of label -1 take no part."""
        known = views[np.flatnonzero(labels >= 0)]
        own = labels[labels >= 0]
        totals = None
        for rows in gen_batches(len(known), READ_ROWS):
            part = standardised(known[rows], self._coordinates)
            totals = totals or Totals(n_clusters, part.widths)
            totals.add(part, own[rows])
        # A cluster without rows of a view lies in its middle.
        middle = {name: np.zeros_like(sums) for name, sums in totals.sums.items()}
        self.cluster_centers_ = totals.centers(middle)
        self.whiteners_, _ = totals.within(self.cluster_centers_)
        self.labels_, self.n_components_ = labels, n_clusters
        self._describe(totals)

    def _metric(self, names):
        """Centres and whiteners of some views."""
        return tuple({n: d[n] for n in names} for d in (self.cluster_centers_, self.whiteners_))

    def _describe(self, totals):
        """The scatter of every view within clusters and between them."""
        self._scales, self.inertia_, between = {}, 0.0, {}
        for name, centers in self.cluster_centers_.items():
            rows, whitener = max(totals.counts[name].sum(), 1), self.whiteners_[name]
            self._scales[name] = totals.scatter(name, self.cluster_centers_, whitener) / rows
            identity = np.eye(len(whitener))
            self.inertia_ += totals.scatter(name, self.cluster_centers_, identity)
            shares, centers = totals.counts[name] / rows, centers @ whitener
            between[name] = float(shares @ ((centers - shares @ centers) ** 2).sum(axis=1))
        whole = sum(between.values())
        self.view_weights_ = {
            name: found / whole if whole > 0 else 1 / len(between)
            for name, found in between.items()
        }

    def _onto(self, part, found, wanted):
        """Each cluster to the one that shares its rows, one to one."""
        onto = np.zeros((part.n_components_, self.n_components_))
        onto[linear_sum_assignment(found.T @ wanted, maximize=True)] = 1
        return onto

    def _project(self, name, block):
        coordinates = self._coordinates[name].apply(block)
        whitener = self.whiteners_[name]
        centers = (self.cluster_centers_[name] @ whitener).astype(coordinates.dtype)
        coordinates = coordinates @ whitener.astype(coordinates.dtype)
        squared = euclidean_distances(coordinates, centers, squared=True)
        width = self.temperature * self._scales[name]
        if width == 0:
            # Every row sits on its centre: memberships are hard.
            return (squared == squared.min(axis=1, keepdims=True)).astype(squared.dtype)
        return softmax(-squared / squared.dtype.type(width), axis=1)

    def _check_state(self):
        """Raise ValueError unless the loaded state fits together."""
        k, widths = self.n_components_, self.view_widths_in_
        require(isinstance(k, Integral) and k > 0, self, "n_components_ is no number of clusters.")
        for name, width in widths.items():
            coordinates = self._coordinates.get(name)
            fits = isinstance(coordinates, Coordinates) and coordinates.width == width
            require(fits, self, f"the coordinates of {name!r} are not those of {width} columns.")
            n = coordinates.n_coordinates
            for part, shape in (("cluster_centers_", (k, n)), ("whiteners_", (n, n))):
                value = getattr(self, part).get(name)
                fits = is_array(value, "f", shape) and is_finite(value)
                require(fits, self, f"{part}[{name!r}] has not the shape {shape}.")
        require(are_numbers(self._scales, widths), self, "its scales are no variances.")
        require(are_numbers(self.view_weights_, widths), self, "view_weights_ are no weights.")
        self._require_labels("labels_", (None,))

    def _require_labels(self, attribute, shape):
        """Raise ValueError unless an attribute holds numbers of clusters, or -1 for none."""
        value = getattr(self, attribute)
        fits = is_array(value, "i", shape) and ((value >= -1) & (value < self.n_components_)).all()
        require(
            fits, self, f"{attribute} are not all numbers of its {self.n_components_} clusters."
        )

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
        return labels_of(views, self._coordinates, self._metric(sorted(views.names)))[0]
