"""How alike two sparse rows are, by their inner product and their squared lengths."""

from dataclasses import dataclass
from numbers import Real
from typing import ClassVar

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import Interval, StrOptions

from mmclassic.utils import NON_NEGATIVE_REAL, in_float32

_NOISE = 16 * np.finfo(np.float64).eps


class AsymmetricCosine(BaseEstimator):
    """Cosine similarity whose length counts more for one row than for the other.

    For rows x and y, x . y / (abs(x)^(2 alpha) abs(y)^(2 (1 - alpha))), where x is the row that
    neighbours are found for: an item that is a candidate, or a user who asks.

    Parameters
    ----------
    alpha : float in [0, 1], default=0.5
        Share of the length of x. 0.5 is the cosine. For sets, 1 is the share of x that y has, too,
        and 0 the share of y that x has.

    References
    ----------
    .. [1] Aiolli, F. (2013). Efficient top-n recommendation for very large scale binary rated
       datasets. RecSys, section 4.

    Examples
    --------
    >>> from mmclassic.recommend import AsymmetricCosine
    >>> AsymmetricCosine(alpha=0.3)
    AsymmetricCosine(alpha=0.3)
    """

    _parameter_constraints: dict = {"alpha": [Interval(Real, 0, 1, closed="both")]}
    _binary: ClassVar = False
    _centered: ClassVar = None

    def __init__(self, alpha=0.5):
        self.alpha = alpha

    def _terms(self, product, target, other):
        return product, target**self.alpha * other ** (1 - self.alpha)


class Tversky(BaseEstimator):
    """Tversky index of two sets: what is common against what only one of them has.

    For sets X and Y, abs(X & Y) / (abs(X & Y) + alpha abs(X - Y) + beta abs(Y - X)), where X is
    of the row that neighbours are found for: an item that is a candidate, or a user who asks. A
    row is the set of its features above zero.

    Parameters
    ----------
    alpha : float >= 0, default=1.0
        How much counts what only X has.
    beta : float >= 0, default=1.0
        How much counts what only Y has. With both 1 it is Jaccard's index, with both 0.5 Dice's.

    References
    ----------
    .. [1] Tversky, A. (1977). Features of similarity. Psychological Review 84(4).

    Examples
    --------
    >>> from mmclassic.recommend import Tversky
    >>> Tversky(alpha=0.5, beta=2.0)
    Tversky(alpha=0.5, beta=2.0)
    """

    _parameter_constraints: dict = {"alpha": NON_NEGATIVE_REAL, "beta": NON_NEGATIVE_REAL}
    _binary: ClassVar = True
    _centered: ClassVar = None

    def __init__(self, alpha=1.0, beta=1.0):
        self.alpha = alpha
        self.beta = beta

    def _terms(self, product, target, other):
        ours = 1 - self.alpha - self.beta
        return product, ours * product + (self.alpha * target + self.beta * other)


@dataclass(frozen=True)
class _Formula:
    """One without parameters.

    `_terms` gives numerator and denominator. `_binary` reads rows as sets of what is above zero;
    `_centered` takes off the mean of the stored entries of every row ("rows") or column.
    """

    _terms: object
    _binary: bool = False
    _centered: str | None = None


def _cosine(product, target, other):
    return product, np.sqrt(target) * np.sqrt(other)


def _dot(product, target, other):
    return product, np.ones_like(product[:1, :1])


def _jaccard(product, target, other):
    return product, (target + other) - product


def _dice(product, target, other):
    return 2 * product, target + other


def _euclidean(product, target, other):
    squares = np.maximum((target + other) - 2 * product, 0)
    return (product != 0).astype(product.dtype), np.sqrt(squares) + 1


_FORMULAS = {
    "adjusted_cosine": _Formula(_cosine, _centered="columns"),
    "asymmetric_cosine": AsymmetricCosine(),
    "cosine": _Formula(_cosine),
    "dice": _Formula(_dice, _binary=True),
    "dot": _Formula(_dot),
    "euclidean": _Formula(_euclidean),
    "jaccard": _Formula(_jaccard, _binary=True),
    "pearson": _Formula(_cosine, _centered="rows"),
    "tversky": Tversky(),
}
SIMILARITIES = frozenset(_FORMULAS)
SIMILARITY = [StrOptions(set(SIMILARITIES)), AsymmetricCosine, Tversky]


def find_formula(similarity):
    """The formula of a name, or the object itself, its parameters checked."""
    if isinstance(similarity, str):
        return _FORMULAS[similarity]
    similarity._validate_params()
    return similarity


def compare(product, target, other, *, formula, shrink):
    """Similarities from products (n, m) and squared lengths of the rows, (n, 1) and (1, m).

    The denominator grows by `shrink`, so that what is seen little counts little; a product of 0 is
    a similarity of 0.
    """
    numerator, denominator = formula._terms(product, target, other)
    # Rows of zeros have denominators of 0, and products of 0.
    denominator += product.dtype.type(shrink + np.finfo(product.dtype).tiny)
    return np.divide(numerator, denominator, out=numerator)


def prepare_rows(X, formula, means=None):
    """Canonical CSR rows as the formula reads them, and their squared lengths in float64.

    `means` are those of `column_means` of the fitted rows. They are float32 where that keeps the
    range of the numbers and the formula does not subtract what is nearly equal.
    """
    if formula._binary:
        X = sp.csr_matrix(X > 0).astype(np.float64)
    elif formula._centered:
        X = _centered(X, means)
    lengths = np.asarray(X.multiply(X).sum(axis=1), dtype=np.float64).ravel()
    wrong = np.flatnonzero(~np.isfinite(lengths))
    if wrong.size:
        raise ValueError(
            f"row {wrong[0]}: the sum of squares of its weights is more than float64 holds; divide "
            "all weights by one number."
        )
    return X.astype(np.float64) if formula._terms is _euclidean else in_float32(X), lengths


def column_means(X):
    """Mean of the stored entries of every column; 0 for an empty one."""
    sums = np.bincount(X.indices, X.data, minlength=X.shape[1])
    return sums / np.maximum(np.bincount(X.indices, minlength=X.shape[1]), 1)


def _centered(X, means):
    """Stored entries less the mean of their column, or of their row where there are no means."""
    counts = np.diff(X.indptr)
    if means is None:
        sums = np.asarray(X.sum(axis=1), dtype=np.float64).ravel()
        off = np.repeat(sums / np.maximum(counts, 1), counts)
    else:
        off = means[X.indices]
    data = X.data - off
    # What rounding left of equal numbers would be brought to full length.
    data[np.abs(data) <= _NOISE * np.abs(off)] = 0
    centered = sp.csr_matrix((data, X.indices.copy(), X.indptr.copy()), shape=X.shape)
    centered.eliminate_zeros()
    return centered
