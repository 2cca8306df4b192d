"""Canonical correlation analysis that knows classes: generalised multiview LDA and cluster-CCA."""

from itertools import combinations_with_replacement

import numpy as np
import scipy.linalg as la
from sklearn.utils._param_validation import StrOptions

from mmclassic.align._labels import check_classes, check_labels
from mmclassic.align._linear import LinearAligner
from mmclassic.moments import ClassMoments, project, spans_of
from mmclassic.utils import NON_NEGATIVE_REAL, POSITIVE_INTEGER, align_signs, leading_eigenpairs

_DEFAULT_COMPONENTS = 32


class DiscriminantCCA(LinearAligner):
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
    moments_ : ClassMoments
        What `partial_fit` has seen; not kept by `fit`.
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
    about that view. `partial_fit` and `merge` give what `fit` gives on all rows, without
    reducing wide views. Signs make the largest weight of the first view positive.

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
        **LinearAligner._parameter_constraints,
        "n_components": [*POSITIVE_INTEGER, None],
        "objective": [StrOptions({"gmlda", "cluster"})],
        "ridge": NON_NEGATIVE_REAL,
        "correlation_power": NON_NEGATIVE_REAL,
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

    def fit(self, X, y, sample_weight=None):
        """Learn the shared space.

        Parameters
        ----------
        X : Views or {array-like, CSR} of shape (n_rows, n_columns)
            Row-aligned views.
        y : array-like of shape (n_rows,)
            The class of every row.
        sample_weight : array-like of shape (n_rows,), default=None
            Weight of every row, >= 0; None is 1.

        Returns
        -------
        self : object
            The fitted aligner.
        """
        return super().fit(X, y, sample_weight)

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Add rows to what was learned; the result is that of `fit` on all of them.

        Parameters
        ----------
        X : Views or {array-like, CSR} of shape (n_rows, n_columns)
            More rows. The first call needs all views; later ones may lack some, which
            then count as absent.
        y : array-like of shape (n_rows,)
            The class of every row. New classes may come in any call, and a call may
            hold only one.
        classes : array-like of shape (n_classes,), default=None
            The labels that are allowed in this call; None allows all. Not needed: the
            classes are those of the rows.
        sample_weight : array-like of shape (n_rows,), default=None
            Weight of every row, >= 0; None is 1.

        Returns
        -------
        self : object
            The aligner. It is solved at the first use after this.

        Raises
        ------
        ValueError
            If a view has more columns than `max_width`, a label is none of `classes`, or
            labels are strings after numbers or numbers after strings. What was learned
            before stays.

        Warns
        -----
        UserWarning
            If `fit` came before, which keeps no moments to add to: then this starts anew.
        """
        if classes is not None and y is not None:
            unknown = np.setdiff1d(y, classes)
            if unknown.size:
                raise ValueError(
                    f"y holds labels {unknown.tolist()} that are none of classes="
                    f"{np.asarray(classes).tolist()}; add them, or pass None to allow all."
                )
        return super().partial_fit(X, y, sample_weight)

    def _new_moments(self):
        return ClassMoments()

    def _add_rows(self, moments, views, y, weight):
        return moments.update(views, check_labels(self, views, y), weight)

    def _solve(self, moments, reductions, release):
        self.classes_ = check_classes(self, moments.classes)
        roots = np.sqrt(moments.class_weights / moments.class_weights.sum())[:, None]
        bases, coordinates, means = {}, {}, {}
        for name in moments.widths:
            means[name] = moments.moments[name].mean(name)
            whitener = self._whitener(moments, name)
            between = roots * moments.deviations(name)
            # Only the directions between class means matter: a problem of few dimensions.
            basis, coordinates[name] = la.qr((between @ whitener).T, mode="economic")
            bases[name] = whitener @ basis
        self._set_maps(self._leading_directions(coordinates, bases), means, reductions)
        signs = align_signs(next(iter(self.weights_.values())))
        self.weights_ = {name: weights * signs for name, weights in self.weights_.items()}

    def _whitener(self, moments, name):
        """``W`` with ``W.T (S + ridge I) W = I``; directions without variation are left out."""
        spread = moments.moments[name].covariance(name, name)
        variances = spread.diagonal().copy()
        if self.objective == "gmlda":
            spread -= moments.between(name)
        ridge = self.ridge * max(spread.trace(), 0) / self.view_widths_in_[name]
        spread[np.diag_indices_from(spread)] += ridge
        # Rounding is relative to the variances before those between classes were subtracted.
        scale = np.sqrt(variances + ridge)
        scale[scale == 0] = 1
        values, vectors = leading_eigenpairs(spread / np.outer(scale, scale))
        precision = moments.moments[name].precisions[name]
        keep = values > 10 * max(precision, np.sqrt(len(values)) * np.finfo(np.float64).eps)
        if not keep.any():
            return np.eye(len(values), 1)
        return vectors[:, keep] / np.sqrt(values[keep]) / scale[:, None]

    def _leading_directions(self, coordinates, bases):
        """Leading eigenvectors of the class means' agreement (Sharma et al., equation 5)."""
        names = list(coordinates)
        values, vectors = leading_eigenpairs(self._agreement(coordinates))
        positive = values > max(values[0], 0) * 1e-10
        k = self.n_components_ = self._check_n_components(int(np.count_nonzero(positive)))
        self.canonical_correlations_ = self._correlations(values[:k], len(names))
        vectors = vectors[:, :k] * np.sqrt(len(names))
        spans = spans_of({name: len(coordinates[name]) for name in names})
        return {name: bases[name] @ vectors[spans[name]] for name in names}

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
