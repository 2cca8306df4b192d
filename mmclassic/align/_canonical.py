"""What canonical analyses share: whitening with a ridge, and the choice of the ridge."""

import warnings
from itertools import combinations
from numbers import Real

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

from mmclassic.align._covariances import Covariances
from mmclassic.align._folds import N_FOLDS, FoldedMoments
from mmclassic.align._moments import Moments
from mmclassic.align._solve import whiten
from mmclassic.align._subspace import SubspaceAligner

_CANDIDATES = (0.001, 0.01, 0.1, 1.0, 10.0)


class CanonicalAligner(SubspaceAligner):
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
        "ridge": [Interval(Real, 0, None, closed="left"), dict, tuple, list, StrOptions({"cv"})],
    }

    def _new_moments(self):
        return Moments() if self._candidates() is None else FoldedMoments()

    def _solve(self, moments, reductions, release):
        average = {n: r.total_variance / r.mean.size for n, r in reductions.items()}
        candidates = self._candidates()
        if candidates is None:
            self.ridge_ = self._given_ridges()
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

    def _candidates(self):
        """The ridges to choose from, or None where the ridge is given."""
        if isinstance(self.ridge, str):
            return _CANDIDATES
        if isinstance(self.ridge, (Real, dict)):
            return None
        if not len(self.ridge) or not all(isinstance(r, Real) and r >= 0 for r in self.ridge):
            raise ValueError(
                f"ridge must be a number, a dict, 'cv' or candidates >= 0; got {self.ridge!r}."
            )
        return tuple(self.ridge)

    def _given_ridges(self):
        names = list(self.view_widths_in_)
        if not isinstance(self.ridge, dict):
            return dict.fromkeys(names, float(self.ridge))
        wrong = {n: r for n, r in self.ridge.items() if not (isinstance(r, Real) and r >= 0)}
        if set(self.ridge) != set(names) or wrong:
            raise ValueError(
                f"ridge must give a number >= 0 for each of the views {names}; got {self.ridge}."
            )
        return dict(self.ridge)

    def _choose_ridge(self, candidates, moments, average):
        """The candidate of the highest correlation on held-out folds, all from the moments."""
        names = list(self.view_widths_in_)
        _check_folds(moments, names)
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


def whiteners(covariances, ridges, *, count_rank):
    """Whitening of every view, with ridges relative to its average variance.

    Parameters
    ----------
    covariances : Covariances
        The views.
    ridges : dict of str to float
        Relative ridge of every view.
    count_rank : bool
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
            count_rank=count_rank,
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
    return whites[b].reduce(whites[a].reduce(covariances[a, b]).T).T


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


def _check_folds(moments, names):
    if not isinstance(moments, FoldedMoments):
        raise ValueError(
            "choosing the ridge needs moments by fold, which partial_fit keeps only if ridge "
            "holds candidates from its first call on."
        )
    for a, b in list(combinations(names, 2)) or [(names[0], names[0])]:
        fewest = min(m.n_rows(a, b) if m.widths else 0 for m in moments.folds)
        if fewest < 2:
            raise ValueError(
                f"choosing the ridge takes {N_FOLDS} folds with at least 2 rows that have both "
                f"{a!r} and {b!r}; the smallest has {fewest}. Give one ridge instead."
            )
