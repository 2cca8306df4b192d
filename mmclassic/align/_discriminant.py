"""Canonical correlation analysis that knows classes: generalised multiview LDA and cluster-CCA."""

from itertools import combinations_with_replacement

import numpy as np
import scipy.linalg as la
import scipy.sparse as sp
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import StrOptions

from mmclassic.align._base import BaseAligner
from mmclassic.align._labels import check_labels
from mmclassic.align._reduce import Reduction, project
from mmclassic.utils._constraints import NON_NEGATIVE_REAL, POSITIVE_INTEGER, RANDOM_STATE
from mmclassic.utils._linalg import align_signs, leading_eigenpairs

_DEFAULT_COMPONENTS = 32


class DiscriminantCCA(BaseAligner):
    """Directions in which the views agree on the classes.

    Where `CCA` pairs a row's views with each other, this pairs the class means of
    one view with those of the others: every row of a class is a partner
    of all its rows. Rows need not be paired one to one, only labelled.

    Parameters
    ----------
    n_components : int, default=None
        Width of the shared space. None takes 32, or as many as there are if that
        is fewer: one less than classes, or a few more for "cluster" with many views.
    objective : {"gmlda", "cluster"}, default="gmlda"
        - "gmlda": class means of all views lie apart and together across views, in
          units of the variation within classes (generalised multiview linear
          discriminant analysis; of a single view, linear discriminant analysis);
        - "cluster": class means correlate across views, in units of the total
          variation (mean cluster-CCA).
    ridge : float >= 0, default=1.0
        Regularisation of each view's variation, relative to its average over the
        columns, as in `CCA`.
    correlation_power : float >= 0, default=1.0
        Each component is multiplied by its correlation to this power, as in `CCA`.
    max_width : int, default=1000
        A view with more columns than rows, or more columns than this, is first reduced
        to its leading principal axes, at most this many.
    random_state : int, RandomState instance or None, default=0
        For the randomised decomposition of very large views.

    Attributes
    ----------
    canonical_correlations_ : ndarray of shape (n_components_,)
        In decreasing order, in [0, 1]. For "cluster" the average over pairs of views
        of the correlation of class means; for "gmlda" ``sqrt(r / (1 + r))`` of the average
        ratio r of variation between to variation within classes.
    weights_ : dict of ndarray of shape (width, n_components_)
        Columns that project a centred view.
    means_ : dict of ndarray of shape (width,)
        What is subtracted from a view: the mean over the rows that have it.
    classes_ : ndarray of shape (n_classes,)
        The classes.
    n_components_ : int
        Width of the shared space.
    view_widths_in_ : dict
        Width of every fitted view by name.
    n_features_in_ : int
        Total width of the fitted views.

    Raises
    ------
    ValueError
        If there are no labels, only one class, or more components are asked for than
        there are.

    Notes
    -----
    O(n p^2 + p^3) for views of width p. A class without rows in a view says nothing
    about that view. Signs make the largest weight of the first view positive.

    References
    ----------
    A. Sharma, A. Kumar, H. Daume and D. W. Jacobs, "Generalized multiview analysis: a
    discriminative latent space", CVPR 2012 (equation 5 and section 4).
    N. Rasiwasia, D. Mahajan, V. Mahadevan and G. Aggarwal, "Cluster canonical
    correlation analysis", AISTATS 2014 (mean-CCA, section 2.3).

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.align import DiscriminantCCA
    >>> from mmclassic.views import Views
    >>> rng = np.random.default_rng(0)
    >>> y = rng.integers(3, size=150)
    >>> views = Views({"x": np.eye(3)[y] + 0.3 * rng.normal(size=(150, 3)),
    ...                "y": -np.eye(3)[y] + 0.3 * rng.normal(size=(150, 3))})
    >>> space = DiscriminantCCA(ridge=0.01).fit(views, y).transform(views)
    >>> space.widths
    {'x': 2, 'y': 2}
    """

    _parameter_constraints: dict = {
        "n_components": [*POSITIVE_INTEGER, None],
        "objective": [StrOptions({"gmlda", "cluster"})],
        "ridge": NON_NEGATIVE_REAL,
        "correlation_power": NON_NEGATIVE_REAL,
        "max_width": POSITIVE_INTEGER,
        "random_state": RANDOM_STATE,
    }

    def __init__(
        self,
        n_components=None,
        *,
        objective="gmlda",
        ridge=1.0,
        correlation_power=1.0,
        max_width=1000,
        random_state=0,
    ):
        self.n_components = n_components
        self.objective = objective
        self.ridge = ridge
        self.correlation_power = correlation_power
        self.max_width = max_width
        self.random_state = random_state

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags

    def fit(self, X, y):
        """Learn the shared space.

        Parameters
        ----------
        X : Views or {array-like, CSR} of shape (n_rows, n_columns)
            Row-aligned views.
        y : array-like of shape (n_rows,)
            The class of every row.

        Returns
        -------
        self : object
            The fitted aligner.
        """
        return super().fit(X, y)

    def _fit_views(self, views, y):
        y, self.classes_ = check_labels(self, views, y)
        codes = np.searchsorted(self.classes_, y)
        shares = np.bincount(codes) / codes.size
        random_state = check_random_state(self.random_state)
        bases, coordinates, self.means_ = {}, {}, {}
        for name in views.names:
            mask = views.mask(name)
            rows = views[name] if mask.all() else views[name][mask]
            axes = None
            if rows.shape[1] > min(rows.shape[0], self.max_width):
                reduction = Reduction(rows, max_rank=self.max_width, random_state=random_state)
                rows, axes = reduction.apply(rows), reduction.axes
            mean, class_means, within = _class_moments(rows, codes[mask], shares.size)
            between = (class_means - mean) * np.sqrt(shares)[:, None]
            spread = within
            if self.objective == "cluster":
                spread = within + _between_scatter(class_means - mean, codes[mask])
            width = views.widths[name]
            whitener = _whitener(spread, self.ridge * np.trace(spread) / width)
            # Only the directions between class means matter: a problem of few dimensions.
            basis, coordinates[name] = la.qr((between @ whitener).T, mode="economic")
            bases[name] = whitener @ basis
            self.means_[name] = mean
            if axes is not None:
                bases[name] = axes @ bases[name]
                self.means_[name] = reduction.mean + axes @ mean
        self._solve(coordinates, bases)

    def _solve(self, coordinates, bases):
        """Leading eigenvectors of the class means' agreement (Sharma et al., equation 5)."""
        names = list(coordinates)
        values, vectors = leading_eigenpairs(self._agreement(coordinates))
        positive = values > max(values[0], 0) * 1e-10
        k = self._check_n_components(int(np.count_nonzero(positive)))
        self.canonical_correlations_ = self._correlations(values[:k], len(names))
        edges = np.cumsum([0, *(coordinates[name].shape[0] for name in names)])
        self.weights_ = {}
        for i, name in enumerate(names):
            part = vectors[edges[i] : edges[i + 1], :k] * np.sqrt(len(names))
            self.weights_[name] = bases[name] @ part
        signs = align_signs(self.weights_[names[0]])
        self.weights_ = {name: weights * signs for name, weights in self.weights_.items()}
        self.n_components_ = k

    def _agreement(self, coordinates):
        """Products of the whitened class means of all pairs of views, in blocks."""
        names = list(coordinates)
        blocks = [[None] * len(names) for _ in names]
        for i, j in combinations_with_replacement(range(len(names)), 2):
            product = coordinates[names[i]] @ coordinates[names[j]].T
            if i == j and self.objective == "cluster" and len(names) > 1:
                product = np.zeros_like(product)
            blocks[i][j], blocks[j][i] = product, product.T
        return np.block(blocks)

    def _correlations(self, values, n_views):
        values = np.maximum(values, 0)
        if self.objective == "cluster":
            return np.clip(values / max(n_views - 1, 1), 0, 1)
        ratio = values / n_views
        return np.sqrt(ratio / (1 + ratio))

    def _project(self, name, block):
        scale = self.canonical_correlations_**self.correlation_power
        return project(block, self.weights_[name] * scale, self.means_[name])

    def _check_n_components(self, available):
        if self.n_components is None:
            return min(_DEFAULT_COMPONENTS, max(available, 1))
        if self.n_components > max(available, 1):
            raise ValueError(
                f"n_components={self.n_components}, but {self.classes_.size} classes of these "
                f"views have at most {available} components; ask for fewer, or pass None for as "
                "many as there are."
            )
        return self.n_components


def _class_moments(rows, codes, n_classes):
    """Mean, mean of every class (the overall mean where it has no row), scatter within classes."""
    n_rows = rows.shape[0]
    members = sp.csr_matrix(
        (np.ones(n_rows), (codes, np.arange(n_rows))), shape=(n_classes, n_rows)
    )
    counts = np.bincount(codes, minlength=n_classes)
    mean = np.asarray(rows.mean(axis=0, dtype=np.float64)).ravel()
    if sp.issparse(rows):
        sums = (members @ rows).toarray()
        class_means = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], mean)
        gram = (rows.T @ rows).toarray().astype(np.float64)
        within = gram - (class_means * counts[:, None]).T @ class_means
        return mean, class_means, within / n_rows
    # Centre first: with a large mean, products minus squares of means cancel.
    deviations = members @ (rows - mean) / np.maximum(counts, 1)[:, None]
    centred = rows - mean - deviations[codes]
    return mean, mean + deviations, centred.T @ centred / n_rows


def _between_scatter(deviations, codes):
    counts = np.bincount(codes, minlength=deviations.shape[0])
    return (deviations * counts[:, None]).T @ deviations / codes.size


def _whitener(scatter, ridge):
    """``W`` with ``W.T (S + ridge I) W = I``; directions without variation are left out."""
    values, vectors = leading_eigenpairs(scatter)
    scale = np.maximum(values, 0) + ridge
    keep = scale > max(scale[0], 0) * len(values) * np.finfo(np.float64).eps
    if not keep.any():
        return np.eye(len(values), 1)
    return vectors[:, keep] / np.sqrt(scale[keep])
