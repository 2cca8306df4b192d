"""What canonical analyses share: whitening with a ridge, and the choice of the ridge."""

import warnings
from itertools import combinations

import numpy as np

from mmclassic.align._ridge import RidgeMixin, check_folds
from mmclassic.align._solve import whiten
from mmclassic.align._subspace import SubspaceAligner
from mmclassic.moments import N_FOLDS, Covariances, FoldedMoments
from mmclassic.utils import leading_eigenpairs


class CanonicalAligner(RidgeMixin, SubspaceAligner):
    """Subspace aligner that whitens every view, with a ridge that may be chosen from the data.

    A subclass writes ``_canonical(covariances, ridges)``, which returns values in decreasing
    order, the weights by view and the number of components there are, and
    ``_keep(values, n_views)``, which sets its attributes.

    Attributes
    ----------
    ridge_ : dict of str to float
        The ridge of every view.
    ridge_scores_ : ndarray of shape (n_candidates, 5)
        Correlation on held-out rows, summed over the components and averaged over the pairs
        of views, by candidate and fold; only if the ridge was chosen from candidates.
    loadings_ : dict of ndarray of shape (width, n_components_)
        Correlations of a view's columns with its own variates; 0 where one is constant.
    weights_ : dict of ndarray of shape (width, n_components_)
        Columns that project a centred view on its variates.
    means_ : dict of ndarray of shape (width,)
        Mean of every view.
    n_components_ : int
        Width of the shared space.
    view_widths_in_ : dict
        Width of every fitted view by name.
    n_features_in_ : int
        Total width of the fitted views.
    """

    _parameter_constraints: dict = {
        **SubspaceAligner._parameter_constraints,
        **RidgeMixin._parameter_constraints,
    }

    def _solve(self, moments, reductions, release):
        average = {n: r.total_variance / r.mean.size for n, r in reductions.items()}
        candidates = self._candidates()
        if candidates is None:
            self.ridge_ = self._given_ridges(self.view_widths_in_)
        else:
            self.ridge_ = self._choose_ridge(candidates, moments, average)
        if isinstance(moments, FoldedMoments):
            moments, release = moments.total(), True
        super()._solve(moments, reductions, release)

    def _directions(self, covariances):
        self._warn_of_no_ridge(covariances)
        values, weights, available = self._canonical(covariances, self.ridge_)
        k = self._n_components(available)
        self._keep(values[:k], len(weights))
        return {name: matrix[:, :k] for name, matrix in weights.items()}

    def _principal_axes(self, covariances, ridges):
        """One view: its whitened axes by decreasing variance."""
        (name,) = covariances.names
        matrix = covariances[name, name]
        values, axes = leading_eigenpairs(matrix, self._wanted(len(matrix)))
        tolerance = max(values[0], 0) * len(matrix) * covariances.precisions[name]
        available = max(1, np.count_nonzero(values > tolerance))
        available = max(1, min(available, covariances.n_rows[name] - 1))
        values = np.maximum(values[:available], 0)
        scale = values + ridges[name] * covariances.average_variances[name]
        scale = np.where(scale > 0, scale, 1.0)
        return values / scale, {name: axes[:, :available] / np.sqrt(scale)}, available

    def _choose_ridge(self, candidates, moments, average):
        """The candidate of the highest correlation on held-out folds, all from the moments."""
        names = list(self.view_widths_in_)
        check_folds(moments, list(combinations(names, 2)) or [(names[0], names[0])])
        scores = np.zeros((len(candidates), N_FOLDS))
        for fold, held_out in enumerate(moments.folds):
            known = Covariances(moments.without(fold), average_variances=average, release=True)
            for i, ridge in enumerate(candidates):
                _, weights, _ = self._canonical(known, dict.fromkeys(names, float(ridge)))
                scores[i, fold] = _correlation(held_out, weights)
        self.ridge_scores_ = scores
        return dict.fromkeys(names, float(candidates[int(scores.mean(axis=1).argmax())]))

    def _warn_of_no_ridge(self, covariances):
        for name, width in self.view_widths_in_.items():
            n_rows = covariances.n_rows[name]
            if width >= n_rows and self.ridge_[name] == 0 and len(self.view_widths_in_) > 1:
                warnings.warn(
                    f"view {name!r} has {width} columns and {n_rows} rows: without a ridge every "
                    "correlation is 1 and nothing is learned; set ridge > 0.",
                    stacklevel=6,
                )


def whiteners(covariances, ridges, *, in_place):
    """Whitening of every view, with ridges relative to its average variance.

    Parameters
    ----------
    covariances : Covariances
        The views.
    ridges : dict of str to float
        Relative ridge of every view.
    in_place : bool
        See `whiten`.

    Returns
    -------
    whites : dict of CholeskyWhitener or SpectralWhitener
        See `whiten`.
    """
    return {
        name: whiten(
            covariances[name, name],
            ridges[name] * covariances.average_variances[name],
            n_rows=covariances.n_rows[name],
            precision=covariances.precisions[name],
            in_place=in_place,
        )
        for name in covariances.names
    }


def whitened(covariances, whites, a, b):
    """Covariance of two whitened views.

    Parameters
    ----------
    covariances : Covariances
        The views.
    whites : dict
        Their whitening.
    a, b : str
        Names of two views, possibly the same.

    Returns
    -------
    block : ndarray of shape (rank_a, rank_b)
        ``W_a.T C_ab W_b``.
    """
    return whites[b].reduce_right(whites[a].reduce(covariances[a, b]))


def _correlation(moments, weights):
    """Correlation of the variates on the rows of the moments; NaN-free."""
    total = 0.0
    pairs = list(combinations(weights, 2)) or [(name, name) for name in weights]
    for a, b in pairs:
        across = _diagonal(weights[a], moments.covariance(a, b), weights[b])
        own_a = _diagonal(weights[a], moments.covariance(a, a, rows_with=(b,)), weights[a])
        own_b = _diagonal(weights[b], moments.covariance(b, b, rows_with=(a,)), weights[b])
        scale = np.sqrt(np.maximum(own_a, 0) * np.maximum(own_b, 0))
        total += np.divide(across, scale, out=np.zeros_like(across), where=scale > 0).sum()
    return total / len(pairs)


def _diagonal(left, matrix, right):
    return np.einsum("ij,ij->j", left, matrix @ right)
