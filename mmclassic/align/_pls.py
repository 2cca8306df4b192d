"""Partial least squares: directions of the highest covariance between views."""

import numpy as np

from mmclassic.align._subspace import SubspaceAligner
from mmclassic.moments import spans_of
from mmclassic.utils import leading_eigenpairs, leading_singular_triplets


class PLS(SubspaceAligner):
    """Partial least squares by the singular vectors of the cross-covariance.

    Like `CCA` without whitening: directions of large variance weigh more, and
    nothing has to be inverted, so no ridge is needed. More than two views
    maximise the sum of the covariances of all pairs.

    Parameters
    ----------
    n_components : int, default=None
        Width of the shared space. None takes 32, or as many as the data allow
        if that is fewer.
    max_width : int, default=4096
        A view with more columns than rows, or more columns than this, is first
        reduced to its leading principal axes, at most this many. Of a view with
        more than 3,000 rows and columns at most 256 axes are kept.
    random_state : int, RandomState instance or None, default=0
        For the randomised decomposition of very large views; smaller ones are
        decomposed exactly.

    Attributes
    ----------
    covariances_ : ndarray of shape (n_components_,)
        Covariances of the variates, in decreasing order; for more than two views
        the average over the pairs, of views scaled to total variance 1; for one
        view the variances.
    weights_ : dict of ndarray of shape (width, n_components_)
        Columns that project a centred view; orthonormal for one or two views.
    loadings_ : dict of ndarray of shape (width, n_components_)
        Correlations of a view's columns with its own variates; 0 where one is
        constant.
    means_ : dict of ndarray of shape (width,)
        Mean of every view.
    moments_ : Moments
        What `partial_fit` has seen; not kept by `fit`.
    n_components_ : int
        Width of the shared space.
    view_widths_in_ : dict
        Width of every fitted view by name.
    n_features_in_ : int
        Total width of the fitted views.

    Notes
    -----
    Cost O(n p^2 + p^3) for p columns in all. Missing, sparse and wide views as in
    `CCA`. Columns are not scaled: put ``PerView(StandardScaler())`` before if their
    units differ. More than two views are scaled to total variance 1 each. Signs
    make the largest weight of the first view positive.

    References
    ----------
    P. D. Sampson, A. P. Streissguth, H. M. Barr and F. L. Bookstein,
    "Neurobehavioral effects of prenatal alcohol: Part II. Partial least squares
    analysis", Neurotoxicology and Teratology 11, 1989. H. Abdi and L. J. Williams,
    "Partial least squares methods: partial least squares correlation and partial
    least square regression", Methods in Molecular Biology 930, 2013.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.align import PLS
    >>> from mmclassic.views import Views
    >>> rng = np.random.default_rng(0)
    >>> shared = rng.normal(size=(200, 1))
    >>> X = shared + 0.1 * rng.normal(size=(200, 3))
    >>> Y = -shared + 0.1 * rng.normal(size=(200, 2))
    >>> PLS(n_components=1).fit_transform(Views({"x": X, "y": Y}))["y"].shape
    (200, 1)
    """

    def __init__(self, n_components=None, *, max_width=4096, random_state=0):
        self.n_components = n_components
        self.max_width = max_width
        self.random_state = random_state

    def _directions(self, covariances):
        names = covariances.names
        if len(names) == 1:
            matrix = covariances[names * 2]
            values, axes = leading_eigenpairs(matrix, self._wanted(len(matrix)))
            weights = {names[0]: axes}
        elif len(names) == 2:
            block = covariances[names]
            left, values, right = leading_singular_triplets(block, self._wanted(min(block.shape)))
            weights = dict(zip(names, (left, right)))
        else:
            values, weights = self._many(covariances)
        tiny = values[0] * sum(covariances.widths.values()) * max(covariances.precisions.values())
        k = self._n_components(max(1, np.count_nonzero(values > tiny)))
        self.covariances_ = np.maximum(values[:k], 0)
        return {name: matrix[:, :k] for name, matrix in weights.items()}

    def _many(self, covariances):
        """Leading eigenvectors of the matrix of all cross-covariances."""
        names = covariances.names
        spans = spans_of(covariances.widths)
        totals = np.array([np.trace(covariances[name, name]) for name in names])
        scales = dict(zip(names, 1 / np.sqrt(np.where(totals > 0, totals, 1))))
        size = spans[names[-1]].stop
        matrix = np.zeros((size, size))
        for i, a in enumerate(names):
            for b in names[i + 1 :]:
                # leading_eigenpairs reads the lower triangle.
                matrix[spans[b], spans[a]] = scales[a] * scales[b] * covariances[b, a]
        values, vectors = leading_eigenpairs(matrix, self._wanted(size))
        # Of unit length on average over the views, as in the case of two.
        vectors = vectors * np.sqrt(len(names))
        weights = {name: scales[name] * vectors[spans[name]] for name in names}
        return values / (len(names) - 1), weights
