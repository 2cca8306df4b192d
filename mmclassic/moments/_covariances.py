"""Means and covariances of all views at once, missing views included."""

from itertools import combinations

import numpy as np
import scipy.linalg as la

# The prior of the regressions that fill in absent views, in the unit of a ridge: two
# columns for each row that has both views, but 0.1 at most; see the notes of `Covariances`.
_PRIOR = 0.1
_PRIOR_COUNT = 2
# Covariances of n rows are known to 1 / sqrt(n), so four digits of the largest variance are enough.
_MAX_ITER = 50
_TOLERANCE = 1e-4


class Covariances:
    """Means and covariances of views that fit together: one positive semidefinite matrix.

    Parameters
    ----------
    moments : Moments
        What was seen; every view in at least one row.
    ridge_units : dict of str to float, default=None
        `ridge_unit` of some views, where their moments are of coordinates and not of
        the columns themselves.
    release : bool, default=False
        Take the place of the moments where possible, which are of no use afterwards.
    pairwise : bool, default=False
        Leave each block to the rows that have its views, instead of completing the
        matrix; see the notes.

    Attributes
    ----------
    widths : dict
        Width of every view by name.
    means : dict of ndarray of shape (width,)
        Means.
    n_rows : dict of int
        Number of rows that have the view.
    precisions : dict of float
        Rounding error of the data relative to their size.
    ridge_units : dict of float
        What a ridge of 1 adds to the variances of every view.
    rounding : dict of ndarray of shape (width,)
        Variance that storing the data has added to every column at most: a number x is kept
        to half a unit in its last place, which is an error of variance ``(eps x)^2 / 12``.

    Notes
    -----
    Complete rows give the plain sample covariance. Where views are missing, covariances
    over whatever rows each pair has (`pairwise`) do not fit together: correlations exceed 1,
    and with little ridge, canonical correlations on new data fall below those of an analysis
    of the complete rows alone. They are for methods that look at one pair at a time and judge
    it on held-out rows. Otherwise the matrix is completed by expectation and maximisation:
    a row's absent views count as what its other views predict, with the uncertainty of that. The
    predictions are ridge regressions, which keeps them from following noise where few
    rows have both views: with 0.1 times a view's `ridge_unit`, or with two columns
    for each row that has both views if that is less, so many rows give the truth. What
    comes out is positive semidefinite by construction. Each of at most 50 iterations
    costs O(p^3) for each combination of views that occurs.

    References
    ----------
    A. P. Dempster, N. M. Laird and D. B. Rubin, "Maximum likelihood from incomplete data
    via the EM algorithm", Journal of the Royal Statistical Society B 39(1), 1977.
    R. J. A. Little and D. B. Rubin, "Statistical analysis with missing data", Wiley 2002,
    section 11.2 (the normal distribution).
    """

    def __init__(self, moments, *, ridge_units=None, release=False, pairwise=False):
        self.widths = moments.widths
        names = tuple(self.widths)
        self.means = {name: moments.mean(name) for name in names}
        self.n_rows = {name: moments.n_rows(name) for name in names}
        self.precisions = moments.precisions
        self._blocks = {}
        complete = all(part.names == names for part in moments.parts)
        if complete:
            compute = moments.release_covariance if release else moments.covariance
            self._fill(compute)
        else:
            self._fill(moments.covariance, only_own=not pairwise)
        self.ridge_units = {
            name: ridge_unit(np.trace(self._blocks[name, name]), width, moments.sample_size(name))
            for name, width in self.widths.items()
        }
        self.ridge_units.update(ridge_units or {})
        if not complete and not pairwise:
            self._complete(moments)
        self.rounding = {n: (self.precisions[n] * self.means[n]) ** 2 / 12 for n in names}

    @property
    def names(self):
        """Names of the views, in order."""
        return tuple(self.widths)

    def __getitem__(self, pair):
        """Covariance of two views: ndarray of shape (width_a, width_b)."""
        a, b = pair
        return self._blocks[a, b] if (a, b) in self._blocks else self._blocks[b, a].T

    def _fill(self, compute, *, only_own=False):
        for i, a in enumerate(self.names):
            for b in self.names[i : i + 1] if only_own else self.names[i:]:
                self._blocks[a, b] = compute(a, b)

    def _complete(self, moments):
        """Replace means and covariances by those of the completed rows (Little and Rubin, 11.2)."""
        # The prior is on the diagonal while absent views are predicted, and no part of the result.
        spans = spans_of(self.widths)
        own = [self._blocks[name, name] for name in self.names]
        fewest = min(moments.n_rows(a, b) for a, b in combinations(self.names, 2))
        share = min(_PRIOR, _PRIOR_COUNT * sum(self.widths.values()) / max(fewest, 1))
        prior = np.concatenate(
            [np.full(w, share * (self.ridge_units[n] or 1)) for n, w in self.widths.items()]
        )
        covariance = la.block_diag(*own)
        mean = np.concatenate(list(self.means.values()))
        parts = [_observed(part, moments, spans) for part in moments.parts]
        for _ in range(_MAX_ITER):
            covariance[np.diag_indices_from(covariance)] += prior
            move, completed = _maximise(parts, mean, covariance)
            mean = mean + move
            covariance[np.diag_indices_from(covariance)] -= prior
            change = np.abs(completed - covariance).max()
            covariance = completed
            if change <= _TOLERANCE * np.diag(covariance).max():
                break
        self.means = {name: mean[span] for name, span in spans.items()}
        for i, a in enumerate(self.names):
            for b in self.names[i:]:
                self._blocks[a, b] = covariance[spans[a], spans[b]].copy(order="F")


def ridge_unit(total_variance, width, sample_size):
    """Give what a relative ridge of 1 adds to the variances of a view.

    Parameters
    ----------
    total_variance : float
        Sum of the variances of its columns.
    width : int
        Number of columns.
    sample_size : float
        Number of rows the variances are of.

    Returns
    -------
    unit : float
        The average variance of the ``min(width, sample_size - 1)`` directions that can have any, so
        that it means the same for views with few and with very many columns.
    """
    return float(total_variance) / max(min(width, sample_size - 1), 1)


def spans_of(widths):
    """Where each view lies when all are put side by side.

    Parameters
    ----------
    widths : dict of str to int
        Width of every view.

    Returns
    -------
    spans : dict of slice
        Columns of every view.
    """
    edges = np.concatenate([[0], np.cumsum(list(widths.values()))])
    return {name: slice(int(edges[i]), int(edges[i + 1])) for i, name in enumerate(widths)}


def _observed(part, moments, spans):
    """Weight, columns, mean and covariance of the rows that have the same views."""
    columns = np.concatenate([np.arange(spans[n].start, spans[n].stop) for n in part.names])
    mean = np.concatenate([moments.shifts[n] + part.sums[n] / part.weight for n in part.names])
    covariance = np.block([[part.covariance(a, b) for b in part.names] for a in part.names])
    return part.weight, columns, mean, covariance


def _maximise(parts, mean, covariance):
    """One iteration: how far the mean moves, and the covariance of the completed rows.

    `left_over` is what a row's other views do not tell of an absent one; leaving it out would
    make absent views look as certain as their predictions.
    """
    size = len(mean)
    total, move, weights = np.zeros((size, size)), np.zeros(size), 0.0
    for weight, seen, part_mean, part_covariance in parts:
        deviation = np.zeros(size)
        deviation[seen] = part_mean - mean[seen]
        second = part_covariance + np.outer(deviation[seen], deviation[seen])
        total[np.ix_(seen, seen)] += weight * second
        unseen = np.setdiff1d(np.arange(size), seen)
        if unseen.size:
            across = covariance[np.ix_(seen, unseen)]
            slopes = la.solve(covariance[np.ix_(seen, seen)], across, assume_a="pos")
            deviation[unseen] = slopes.T @ deviation[seen]
            predicted = second @ slopes
            total[np.ix_(seen, unseen)] += weight * predicted
            total[np.ix_(unseen, seen)] += weight * predicted.T
            left_over = covariance[np.ix_(unseen, unseen)] - across.T @ slopes
            total[np.ix_(unseen, unseen)] += weight * (slopes.T @ predicted + left_over)
        move += weight * deviation
        weights += weight
    move /= weights
    return move, total / weights - np.outer(move, move)
