"""Objectives of the canonical family as functions of covariances and whiteners.

Each gives values in decreasing order and, by view, the rotations of the whitened views;
`weights_of` turns those into columns that project the views themselves.
"""

from itertools import combinations

import numpy as np
import scipy.linalg as la

from mmclassic.align._solve import whiten
from mmclassic.moments import spans_of
from mmclassic.utils import leading_eigenpairs, leading_singular_triplets


def whiteners(covariances, ridges, *, in_place):
    """Whitening of every view, with ridges in its `ridge_unit`; see `whiten`."""
    return {
        name: whiten(
            covariances[name, name],
            ridges[name] * covariances.ridge_units[name],
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


def directions_by_pair(covariances, whites, held_out, wanted):
    """Directions of the largest sum of correlations that hold on other rows, and those.

    The whitened block of every pair is put as ``U diag(r) V.T``, with `held_out` ``r`` in place
    of its singular values: a view without correlations that hold takes no part. Of two views
    these are the singular vectors themselves, also where ``r`` is 0.
    """
    names = covariances.names
    blocks = {}
    for pair, kept in held_out.items():
        block = _whitened(covariances, whites, *pair)
        most = min(wanted, *block.shape)
        if len(names) > 2:
            most = max(1, min(most, np.count_nonzero(kept)))
        left, _, right = leading_singular_triplets(block, most)
        blocks[pair] = left, kept[:most], right
    if len(names) == 2:
        ((left, kept, right),) = blocks.values()
        return kept, dict(zip(names, (left, right)))
    return _join({name: whites[name].rank for name in names}, blocks, wanted)


def _join(ranks, blocks, wanted):
    """Eigenvectors of all blocks together, in the span of the vectors of each view."""
    vectors = {name: [np.zeros((rank, 0))] for name, rank in ranks.items()}
    for (a, b), (left, kept, right) in blocks.items():
        vectors[a].append(left[:, kept > 0])
        vectors[b].append(right[:, kept > 0])
    bases = {name: la.orth(np.hstack(own)) for name, own in vectors.items()}
    sizes = {name: basis.shape[1] for name, basis in bases.items()}
    size = sum(sizes.values())
    if not size:
        return np.zeros(1), {name: np.zeros((len(b), 1)) for name, b in bases.items()}

    def block(a, b):
        left, kept, right = blocks[a, b]
        return (bases[a].T @ left * kept) @ (right.T @ bases[b])

    matrix = block_matrix(sizes, block, diagonal=False)
    values, vectors = leading_eigenpairs(matrix, min(wanted, size))
    spans = spans_of(sizes)
    # Of unit length on average over the views, as in the case of two.
    vectors = vectors * np.sqrt(len(ranks))
    values = np.maximum(values, 0) / (len(ranks) - 1)
    return values, {name: bases[name] @ vectors[spans[name]] for name in ranks}


def average_products(covariances, weights):
    """Of every component, the covariance between views and the variance within, on average."""
    names = covariances.names
    pairs = list(combinations(names, 2))
    between = sum(diagonal_of(weights[a], covariances[a, b], weights[b]) for a, b in pairs)
    within = sum(diagonal_of(weights[a], covariances[a, a], weights[a]) for a in names)
    return between / len(pairs), within / len(names)


def principal_axes(covariances, ridge, wanted):
    """Of one view, the whitened axes by decreasing variance, as weights."""
    (name,) = covariances.names
    matrix = covariances[name, name]
    # n rows have no more than n - 1 directions of variance.
    wanted = max(1, min(wanted, len(matrix), covariances.n_rows[name] - 1))
    values, axes = leading_eigenpairs(matrix, wanted)
    values = np.maximum(values, 0)
    scale = values + ridge * covariances.ridge_units[name]
    scale = np.where(scale > 0, scale, 1.0)
    return values / scale, {name: axes / np.sqrt(scale)}


def weights_of(rotations, whites):
    """Columns that project the views; gives covariances whose place was taken that back."""
    weights = {name: whites[name].weights(rotation) for name, rotation in rotations.items()}
    for white in whites.values():
        white.release()
    return weights


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
