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
    that at least two rows have on either side; `units` are the `ridge_unit` of some views.
    """

    def __init__(self, known, held_out, pairs, units):
        self.pairs = [
            pair for pair in pairs if min(m.n_rows(*pair) for m in (known, held_out)) >= 2
        ]
        self.variances, self.units, self.roots, self._across = {}, {}, {}, {}
        axes = {}
        for name in {name: None for pair in self.pairs for name in pair}:
            own = known.covariance(name, name)
            unit = ridge_unit(np.trace(own), len(own), known.sample_size(name))
            self.units[name] = units.get(name, unit)
            self.variances[name], axes[name] = _axes(own, known.precisions[name])
            self.roots[name] = axes[name].T @ _root(held_out.covariance(name, name))
        for a, b in self.pairs:
            self._across[a, b] = tuple(
                axes[a].T @ moments.covariance(a, b) @ axes[b] for moments in (known, held_out)
            )

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
            left, right = (1 / self._ridged(name, ridge) for name in (a, b))
            spread = (self.roots[a].T * left) @ across
            spread = la.norm((spread * right) @ self.roots[b])
            signal = left @ matched @ right
            found.append(signal / spread if spread > 0 else 0.0)
        return np.array(found)

    def correlations(self, a, b, ridge, most):
        """Canonical correlations of the known rows, and of these variates on the held-out rows."""
        across, held_out = self._across[a, b]
        left, right = (1 / np.sqrt(self._ridged(name, ridge)) for name in (a, b))
        whitened = left[:, None] * across * right
        U, fitted, V = leading_singular_triplets(whitened, min(most, *whitened.shape))
        U, V = left[:, None] * U, right[:, None] * V
        deviations = la.norm(self.roots[a].T @ U, axis=0) * la.norm(self.roots[b].T @ V, axis=0)
        products = np.einsum("ij,ij->j", U, held_out @ V)
        found = np.divide(products, deviations, out=np.zeros_like(products), where=deviations > 0)
        return np.minimum(fitted, 1), found.clip(-1, 1)

    def _ridged(self, name, ridge):
        return self.variances[name] + ridge * self.units[name]


def _axes(covariance, precision):
    """Variances above rounding, and their axes."""
    values, vectors = leading_eigenpairs(covariance)
    tolerance = _MARGIN * max(precision, np.sqrt(len(values)) * _EPS)
    keep = values > max(values[0], 0) * tolerance
    return values[keep], vectors[:, keep]


def _root(covariance):
    """``L`` with ``L L.T`` the covariance, as narrow as its rank: few rows make few columns."""
    factor, pivots, rank, _ = la.lapack.dpstrf(covariance, lower=True)
    root = np.zeros((len(covariance), rank))
    root[pivots - 1] = np.tril(factor)[:, :rank]
    return root
