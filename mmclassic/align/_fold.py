"""One fold of the rows in the principal axes of the others, where every ridge is diagonal."""

import numpy as np
import scipy.linalg as la

from mmclassic.moments import ridge_unit
from mmclassic.utils import leading_eigenpairs, leading_singular_triplets

_EPS = float(np.finfo(np.float64).eps)
_MARGIN = 10  # how often rounding a variance must exceed, as in `whiten`


class Fold:
    """Covariances of held-out rows along the axes of the rows outside the fold.

    One eigendecomposition of every view then serves all ridges and all pairs. `pairs` are those
    that at least two rows have on either side; `extents` are the total variance and the width of
    views whose moments are of coordinates only. All is in ridge units, and in the precision of
    the data: what chooses among decades need not be more exact, and float32 takes half the time.
    """

    def __init__(self, known, held_out, pairs, extents):
        self.pairs = [
            pair for pair in pairs if min(m.n_rows(*pair) for m in (known, held_out)) >= 2
        ]
        self.variances, self.own, self.roots, self._across = {}, {}, {}, {}
        axes = {}
        for name in {name: None for pair in self.pairs for name in pair}:
            axes[name] = self._turn(known, held_out, name, extents.get(name))
        for a, b in self.pairs:
            # Products with float64, whose numbers may be of any size, need not fit into float32.
            kind = np.result_type(axes[a], axes[b])
            self._across[a, b] = tuple(
                axes[a].T @ moments.covariance(a, b).astype(kind) @ axes[b]
                for moments in (known, held_out)
            )

    def _turn(self, known, held_out, name, extent):
        """Axes of a view, in units of which its known rows have a ridge unit of 1."""
        covariance = known.covariance(name, name)
        variance, width = extent or (np.trace(covariance), len(covariance))
        unit = ridge_unit(variance, width, known.sample_size(name))
        single = known.precisions[name] > np.sqrt(_EPS)
        scale = 1 / unit if unit > 0 else 1.0
        covariance = (covariance * scale).astype(np.float32 if single else np.float64)
        self.variances[name], axes = _axes(covariance, known.precisions[name])
        axes = axes * float(np.sqrt(scale))
        self.own[name] = axes.T @ held_out.covariance(name, name).astype(axes.dtype) @ axes
        self.roots[name] = _root(self.own[name])
        return axes

    def separations(self, a, b, ridges):
        """How far matched held-out rows of two views stand out, for every relative ridge.

        With ``S = x.T (C_a + r_a)^-1 C_ab (C_b + r_b)^-1 y`` the mean of S over the matched rows
        in units of its root mean square over all pairs of rows, which is the root of
        ``tr(H_a T H_b T.T)``, T the matrix in S and H the held-out covariances.
        """
        across, held_out = self._across[a, b]
        matched = across * held_out
        found = []
        for ridge in ridges:
            left, right = (1 / (self.variances[name] + ridge) for name in (a, b))
            # T H_b T.T = Y Y.T, a symmetric product, which takes half the time of another.
            Y = left[:, None] * ((across * right) @ self.roots[b])
            spread = np.sqrt(max(np.vdot(self.own[a], Y @ Y.T), 0.0))
            signal = float(left @ matched @ right)
            found.append(signal / spread if spread > 0 else 0.0)
        return np.array(found)

    def correlations(self, a, b, ridge, most):
        """Canonical correlations of the known rows, and of these variates on the held-out rows."""
        across, held_out = self._across[a, b]
        left, right = (
            1 / np.sqrt(self.variances[name].astype(np.float64) + ridge) for name in (a, b)
        )
        whitened = left[:, None] * across * right
        U, fitted, V = leading_singular_triplets(whitened, min(most, *whitened.shape))
        U, V = left[:, None] * U, right[:, None] * V
        products = np.einsum("ij,ij->j", U, held_out @ V)
        variances = np.einsum("ij,ij->j", U, self.own[a] @ U).clip(0)
        variances *= np.einsum("ij,ij->j", V, self.own[b] @ V).clip(0)
        deviations = np.sqrt(variances)
        found = np.divide(products, deviations, out=np.zeros_like(products), where=deviations > 0)
        return np.minimum(fitted, 1), found.clip(-1, 1)


def _axes(covariance, precision):
    """Variances above rounding, and their axes."""
    values, vectors = leading_eigenpairs(covariance)
    tolerance = _MARGIN * max(precision, np.sqrt(len(values)) * _EPS)
    keep = values > max(values[0], 0) * tolerance
    return values[keep], vectors[:, keep]


def _root(covariance):
    """``L`` with ``L L.T`` the covariance, as narrow as its rank: few rows make few columns."""
    if not len(covariance):
        return covariance
    (pstrf,) = la.get_lapack_funcs(("pstrf",), (covariance,))
    factor, pivots, rank, _ = pstrf(covariance, lower=True)
    root = np.zeros((len(covariance), rank), dtype=covariance.dtype)
    root[pivots - 1] = np.tril(factor)[:, :rank]
    return root
