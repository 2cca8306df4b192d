"""How many components are real: one rule for every method that finds directions."""

from itertools import combinations

import numpy as np
import scipy.linalg as la

# How often rounding itself a figure must exceed to count as more than that.
_MARGIN = 10


def real_components(weights, covariances, most):
    """Indices, in order, of the components on which the views agree, at most `most` of them.

    `weights` hold by view the columns that project it. What counts is ``T``, the covariances of
    the variates summed over the pairs of views (of one view, its variances):

    - A component is rounding where its agreement is below ``precision * |D w_a| |D w_b|`` with D
      the deviations of the columns: so much rounding of the covariances can make of nothing.
    - A view takes no part in a component whose variance there is what storing the data made.
    - ``T`` stays positive definite on the components kept (a Cholesky factorisation that leaves
      out what fails). So each adds agreement, and by Sylvester's law of inertia there are no
      more than the joint matrix of the pairs has positive eigenvalues: the rank in common.
    """
    weights = {name: _above_rounding(name, w, covariances) for name, w in weights.items()}
    agreement, doubt = _agreement(weights, covariances)
    first = slice(most)
    factor, failed = la.lapack.dpotrf(agreement[first, first], lower=True)
    if not failed and (np.diag(factor) ** 2 > doubt[first]).all():
        return np.arange(len(factor))  # nearly always
    kept, factor = [], np.zeros((0, 0))
    for k in range(len(agreement)):
        if len(kept) == most:
            break
        row = la.solve_triangular(factor, agreement[kept, k], lower=True) if kept else np.zeros(0)
        left = agreement[k, k] - row @ row
        if left > doubt[k]:
            factor = np.block([[factor, np.zeros((len(kept), 1))], [row, np.sqrt(left)]])
            kept.append(k)
    return np.array(kept, dtype=np.intp)


def _above_rounding(name, weights, covariances):
    """Weights without the components whose variates are the rounding of the data."""
    variances = np.einsum("ij,ij->j", weights, covariances[name, name] @ weights)
    rounding = covariances.rounding[name] @ weights**2
    return np.where(variances > _MARGIN * rounding, weights, 0.0)


def _agreement(weights, covariances):
    """``T``, and what of its diagonal rounding may have made."""
    pairs = list(combinations(weights, 2)) or [(name, name) for name in weights]
    size = next(iter(weights.values())).shape[1]
    agreement, doubt = np.zeros((size, size)), np.zeros(size)
    for a, b in pairs:
        across = weights[a].T @ covariances[a, b] @ weights[b]
        agreement += across + across.T
        precision = max(covariances.precisions[a], covariances.precisions[b])
        # The norm of a p x q matrix of independent errors is near sqrt(p) + sqrt(q).
        spread = sum(np.sqrt(covariances.widths[name]) for name in (a, b))
        doubt += (
            2
            * _MARGIN
            * precision
            * spread
            * np.prod([_scaled_norms(name, weights, covariances) for name in (a, b)], axis=0)
        )
    return agreement, doubt


def _scaled_norms(name, weights, covariances):
    variances = np.maximum(np.diag(covariances[name, name]), 0)
    return np.sqrt(variances @ weights[name] ** 2)
