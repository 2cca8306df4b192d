"""Objectives of the canonical family as functions of covariances and whiteners.

Each gives values in decreasing order and, by view, the rotations of the whitened views;
`weights_of` turns those into columns that project the views themselves.
"""

from itertools import combinations

import numpy as np

from mmclassic.align._solve import whiten
from mmclassic.moments import spans_of
from mmclassic.utils import leading_eigenpairs, leading_singular_triplets


def whiteners(covariances, ridges, *, in_place):
    """Whitening of every view, with ridges relative to its average variance; see `whiten`."""
    return {
        name: whiten(
            covariances[name, name],
            ridges[name] * covariances.average_variances[name],
            n_rows=covariances.n_rows[name],
            precision=covariances.precisions[name],
            rounding=covariances.rounding[name],
            in_place=in_place,
        )
        for name in covariances.names
    }


def block_matrix(sizes, block, *, diagonal):
    """Lower triangle of the joint matrix whose blocks are ``block(a, b)``, a not after b.

    Without `diagonal` the blocks of a view with itself are zero. The upper triangle is not
    written: `leading_eigenpairs` reads the lower one.
    """
    names, spans = list(sizes), spans_of(sizes)
    size = spans[names[-1]].stop
    matrix = np.zeros((size, size))
    for i, a in enumerate(names):
        for b in names[i if diagonal else i + 1 :]:
            matrix[spans[b], spans[a]] = block(a, b).T
    return matrix


def sum_of_covariances(covariances, whites, wanted):
    """Directions of the largest sum of covariances over the pairs of whitened views.

    Of two views singular vectors (Hotelling 1936), of more the eigenvectors of all pairwise
    blocks (Kettenring 1971), whose values are averages over the pairs.
    """
    names = covariances.names
    if len(names) == 2:
        block = _whitened(covariances, whites, *names)
        left, values, right = leading_singular_triplets(block, min(wanted, *block.shape))
        return values, dict(zip(names, (left, right)))
    values, vectors, spans = _joint(covariances, whites, wanted, diagonal=False)
    # Of unit length on average over the views, as in the case of two.
    vectors = vectors * np.sqrt(len(names))
    rotations = {name: vectors[spans[name]] for name in names}
    return np.maximum(values, 0) / (len(names) - 1), rotations


def shared_variables(covariances, whites, wanted):
    """Variables that the views predict best on average (MAXVAR, Horst 1961), and predictions.

    Values are the sum over the views of the variance predicted, of variables of variance 1.
    """
    values, vectors, spans = _joint(covariances, whites, wanted, diagonal=True)
    values = np.maximum(values, 0)
    # G = B u / sqrt(value) has unit variance, so (C_v + r I)^-1 C_vG = white_v u_v sqrt(value).
    vectors = vectors * np.sqrt(values)
    return values, {name: vectors[spans[name]] for name in covariances.names}


def principal_axes(covariances, ridge, wanted):
    """Of one view, the whitened axes by decreasing variance, as weights."""
    (name,) = covariances.names
    matrix = covariances[name, name]
    # n rows have no more than n - 1 directions of variance.
    wanted = max(1, min(wanted, len(matrix), covariances.n_rows[name] - 1))
    values, axes = leading_eigenpairs(matrix, wanted)
    values = np.maximum(values, 0)
    scale = values + ridge * covariances.average_variances[name]
    scale = np.where(scale > 0, scale, 1.0)
    return values / scale, {name: axes / np.sqrt(scale)}


def weights_of(rotations, whites):
    """Columns that project the views; gives covariances whose place was taken that back."""
    weights = {name: whites[name].weights(rotation) for name, rotation in rotations.items()}
    for white in whites.values():
        white.release()
    return weights


def correlation(moments, weights):
    """Correlation of the variates on the rows of the moments, summed over the components."""
    total = 0.0
    pairs = list(combinations(weights, 2)) or [(name, name) for name in weights]
    for a, b in pairs:
        across = diagonal_of(weights[a], moments.covariance(a, b), weights[b])
        own_a = diagonal_of(weights[a], moments.covariance(a, a, rows_with=(b,)), weights[a])
        own_b = diagonal_of(weights[b], moments.covariance(b, b, rows_with=(a,)), weights[b])
        total += sum_of_ratios(across, own_a, own_b)
    return total / len(pairs)


def sum_of_ratios(across, own_a, own_b):
    """Sum of correlations from covariances and variances; those without variance count 0."""
    scale = np.sqrt(np.maximum(own_a, 0) * np.maximum(own_b, 0))
    return np.divide(across, scale, out=np.zeros_like(across), where=scale > 0).sum()


def diagonal_of(left, matrix, right):
    """Diagonal of ``left.T @ matrix @ right``."""
    return np.einsum("ij,ij->j", left, matrix @ right)


def _whitened(covariances, whites, a, b):
    """``W_a.T C_ab W_b``."""
    return whites[b].reduce_right(whites[a].reduce(covariances[a, b]))


def _joint(covariances, whites, wanted, *, diagonal):
    """Leading eigenpairs of the joint matrix of the whitened views."""
    sizes = {name: whites[name].rank for name in covariances.names}
    matrix = block_matrix(
        sizes, lambda a, b: _whitened(covariances, whites, a, b), diagonal=diagonal
    )
    return *leading_eigenpairs(matrix, min(wanted, len(matrix))), spans_of(sizes)
