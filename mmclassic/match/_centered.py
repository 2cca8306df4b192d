"""Unit rows about their mean, and inner products of them that leave sparse rows sparse.

Rows are Views of float64 unit rows, present where a row has the view and a direction. Dense blocks
have their centre subtracted; CSR blocks have not, and products correct for it by their support.
"""

import numpy as np
import scipy.sparse as sp
from sklearn.utils.extmath import safe_sparse_dot

from mmclassic.utils import normalize_rows, row_norms
from mmclassic.views import Views


def unit_rows(views):
    """Float64 rows of length 1; a row of zeros has no direction and counts as absent."""
    blocks = {
        name: normalize_rows(block.astype(np.float64, copy=False)) for name, block in views.items()
    }
    directed = np.column_stack([row_norms(block) > 0 for block in blocks.values()])
    return Views(blocks, views.present & directed)


def mean_rows(unit):
    """Mean of the present rows of every view, by name."""
    centers = {}
    for i, (name, block) in enumerate(unit.items()):
        total = np.asarray(block.sum(axis=0), dtype=np.float64).ravel()
        centers[name] = total / max(int(unit.present[:, i].sum()), 1)
    return centers


def center_rows(unit, centers):
    """Subtract the centres from the present rows of dense views, in place; CSR views stay."""
    for i, (name, block) in enumerate(unit.items()):
        if not sp.issparse(block):
            block[unit.present[:, i]] -= centers[name]
    return unit


def all_products(A, support_a, B, support_b, center):
    """Centred inner products of every row of A with every row of B, (n_a, n_b), of their dtype."""

    def dot(left, right):
        return safe_sparse_dot(left, right.T, dense_output=True)

    return _corrected(dot, np.outer, (A, support_a), (B, support_b), center)


def paired_products(A, support_a, B, support_b, center):
    """Centred inner products of each row of A with the same row of B, (n_rows,)."""
    return _corrected(_dot_of_pairs, np.multiply, (A, support_a), (B, support_b), center)


def _corrected(dot, times, a, b, center):
    """(A - support_a center)(B - support_b center)', each minus only where its rows are CSR.

    Multiplied out, so that the centre comes in by terms of rank one and no row becomes dense. The
    difference is off by about 1e-16, which counts where all rows lie close to the centre; those of
    words do not.
    """
    (A, support_a), (B, support_b) = a, b
    products = dot(A, B)

    def rank_one(left, right):
        return times(left.astype(products.dtype), right.astype(products.dtype))

    if sp.issparse(A):
        products -= rank_one(support_a, B @ center)
    if sp.issparse(B):
        products -= rank_one(A @ center, support_b)
    if sp.issparse(A) and sp.issparse(B):
        products += rank_one((center @ center) * support_a, support_b)
    return products


def _dot_of_pairs(A, B):
    if sp.issparse(A) or sp.issparse(B):
        product = A.multiply(B) if sp.issparse(A) else B.multiply(A)
        return np.asarray(product.sum(axis=1), dtype=np.float64).ravel()
    return np.einsum("ij,ij->i", A, B)
