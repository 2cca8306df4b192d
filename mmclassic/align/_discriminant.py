"""Canonical correlation analysis that knows classes: generalised multiview LDA and cluster-CCA."""

from itertools import combinations

import numpy as np
import scipy.linalg as la
from sklearn.utils._param_validation import StrOptions

from mmclassic.align._labels import check_classes, check_labels
from mmclassic.align._linear import LinearAligner
from mmclassic.align._objectives import block_matrix, diagonal_of, sum_of_ratios
from mmclassic.align._ridge import RIDGE, candidates_of, check_folds, choose_ridge, given_ridges
from mmclassic.align._solve import whiten
from mmclassic.align._unsolvable import UnsolvableError
from mmclassic.moments import ClassMoments, FoldedMoments, project, ridge_unit, spans_of
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
    ridge : float >= 0, dict of str to float, sequence of float or "cv", default=1.0
        Regularisation of each view's variation, relative to its trace divided by
        ``min(p, n - 1)``, as in `CCA`. A dict sets it by view. Of a sequence, or of 0.001 to 10 for
        "cv", the value is taken with which rows of one class agree most in held-out rows, by
        cross-validation with five folds in the same pass over the data.
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
    ridge_ : dict of str to float
        The ridge of every view.
    ridge_scores_ : ndarray of shape (n_candidates, 5)
        Correlation on held-out rows of a row of one view with a row of its class of another
        view, summed over the components and averaged over the pairs of views; only if the
        ridge was chosen from candidates.
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
        "ridge": RIDGE,
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
            The aligner.

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

        Notes
        -----
        Every call solves the problem, O(p^3) for views of width p. Where many small pieces
        come, gather them in `ClassMoments` (`update`) and call `fit_moments` once at the end.
        While the rows allow no solution, as those of one class do, they are kept, and
        reading raises NotFittedError that says what is lacking.
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
        chosen = candidates_of(self.ridge) is not None
        return FoldedMoments(ClassMoments) if chosen else ClassMoments()

    def _add_rows(self, moments, views, y, weight):
        return moments.update(views, y=check_labels(self, views, y), sample_weight=weight)

    def _check_settings(self, widths):
        if candidates_of(self.ridge) is None:
            given_ridges(self.ridge, list(widths))

    def _solve(self, moments, reductions, release):
        total = moments.total()
        self.classes_ = check_classes(self, total.classes)
        self.ridge_ = self._ridges(moments)
        values, weights = self._directions(total, self.ridge_)
        k = self._n_components(values.size)
        self.canonical_correlations_ = self._correlations(values[:k], len(weights))
        means = {name: total.moments[name].mean(name) for name in total.widths}
        self._set_maps({n: w[:, :k] for n, w in weights.items()}, means, reductions)
        signs = align_signs(next(iter(self.weights_.values())))
        self.weights_ = {name: weights * signs for name, weights in self.weights_.items()}
        self.n_components_ = k

    def _ridges(self, moments):
        """The ridge of every view, given or chosen on held-out folds."""
        names = list(self.view_widths_in_)
        candidates = candidates_of(self.ridge)
        if candidates is None:
            return given_ridges(self.ridge, names)
        check_folds(moments, [(name,) for name in names])
        most = self.n_components or _DEFAULT_COMPONENTS

        def score(known, held_out):
            check_classes(self, known.classes)
            scores = []
            for ridge in candidates:
                weights = self._directions(known, dict.fromkeys(names, float(ridge)))[1]
                scores.append(_agreement({n: w[:, :most] for n, w in weights.items()}, held_out))
            return scores

        best, self.ridge_scores_ = choose_ridge(candidates, moments, score)
        return dict.fromkeys(names, best)

    def _directions(self, moments, ridges):
        """All eigenvectors of the class means' agreement (Sharma et al., equation 5)."""
        names = list(moments.widths)
        roots = np.sqrt(moments.class_weights / moments.class_weights.sum())[:, None]
        bases, coordinates = {}, {}
        for name in names:
            white = self._whitener(moments, name, ridges[name])
            between = white.reduce((roots * moments.deviations(name)).T)
            # Only the directions between class means matter: a problem of few dimensions.
            basis, coordinates[name] = la.qr(between, mode="economic")
            bases[name] = white.weights(basis)
        sizes = {name: len(coordinates[name]) for name in names}
        matrix = block_matrix(
            sizes,
            lambda a, b: coordinates[a] @ coordinates[b].T,
            diagonal=self.objective == "gmlda" or len(names) == 1,
        )
        values, vectors = leading_eigenpairs(matrix)
        # The values of a few dimensions, most of them 0 up to rounding or negative ("cluster").
        k = max(1, np.count_nonzero(values > max(values[0], 0) * 1e-10))
        vectors = vectors[:, :k] * np.sqrt(len(names))
        spans = spans_of(sizes)
        return values[:k], {name: bases[name] @ vectors[spans[name]] for name in names}

    def _whitener(self, moments, name, ridge):
        """Of the variation within classes ("gmlda"), or of all of it."""
        spread = moments.moments[name].covariance(name, name)
        variances = spread.diagonal().copy()
        if self.objective == "gmlda":
            spread -= moments.between(name)
        # A direction without variation within classes tells them apart best, so it must not be
        # left out where there is a ridge: hence in place. Rounding is relative to the variances
        # before those between classes were subtracted.
        unit = ridge_unit(
            max(spread.trace(), 0), self.view_widths_in_[name], moments.sample_size(name)
        )
        return whiten(
            spread,
            ridge * unit,
            precision=moments.moments[name].precisions[name],
            variances=variances,
            in_place=True,
        )

    def _correlations(self, values, n_views):
        values = np.maximum(values, 0)
        if self.objective == "cluster":
            return np.clip(values / max(n_views - 1, 1), 0, 1)
        ratio = values / n_views
        return np.sqrt(ratio / (1 + ratio))

    def _component_scale(self):
        return self.canonical_correlations_**self.correlation_power

    def _project(self, name, block):
        return project(block, self.weights_[name] * self._component_scale(), self.means_[name])

    def _n_components(self, available):
        if self.n_components is None:
            return min(_DEFAULT_COMPONENTS, available)
        if self.n_components > available:
            raise UnsolvableError(
                f"n_components={self.n_components}, but {self.classes_.size} classes of these "
                f"views have at most {available} components; ask for fewer, or pass None for as "
                "many as there are."
            )
        return self.n_components


def _agreement(weights, moments):
    """Correlation of rows of one class in different views, summed over the components."""
    shares = moments.class_weights / moments.class_weights.sum()
    means = {name: moments.deviations(name) @ w for name, w in weights.items()}
    spreads = {
        name: diagonal_of(w, moments.moments[name].covariance(name, name), w)
        for name, w in weights.items()
    }
    pairs = list(combinations(weights, 2)) or [(name, name) for name in weights]
    total = sum(
        sum_of_ratios(shares @ (means[a] * means[b]), spreads[a], spreads[b]) for a, b in pairs
    )
    return total / len(pairs)
