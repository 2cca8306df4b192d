"""When similarities are equal but for rounding."""

import numpy as np

from mmclassic.utils import row_norms

# Times the precision: what another order of the summands changes. It is twice of what was seen with
# OpenBLAS, of 200 summands by its kernels for AVX2.
_DIGITS = 16


class Rounding:
    """How far apart similarities of equal rows may come out.

    A matrix product adds up in another order at the edges of its blocks, so equal rows get
    similarities that differ in their last digits. Without a bound on that, ties would go to
    whichever row the processor favours.
    """

    def __init__(self, A, B, metric):
        self.metric = metric
        self.eps = np.finfo(np.result_type(A.dtype, B.dtype)).eps
        self.norms = [np.ones(X.shape[0]) for X in (A, B)]
        if metric == "csls":
            self.eps = 4 * np.finfo(np.float32).eps
        elif metric == "transport":
            self.eps = np.finfo(np.float32).eps
        elif metric in ("dot", "euclidean"):
            self.norms = [row_norms(A), row_norms(B)]

    def least_tied(self, scores, rows, columns):
        """The smallest similarity that may be equal to that of each pair."""
        scores = scores.astype(np.float64)
        a, b = self.norms[0][rows], self.norms[1][columns]
        if self.metric == "euclidean":
            # |a|^2 - 2 ab + |b|^2, in float64 whatever the input, loses what |a|^2 has in common
            # with the distance, and the root of a distance of 0 comes out as 1e-8 |a|.
            lost = np.sqrt(8 * _DIGITS * np.finfo(np.float64).eps) * np.maximum(a, b)
            return -np.hypot(scores * np.sqrt(1 + _DIGITS * self.eps), lost)
        if self.metric == "manhattan":
            return scores * (1 + _DIGITS * self.eps)
        return scores - _DIGITS * self.eps * a * b
