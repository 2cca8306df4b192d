"""How popular items should be by their content: a ridge regression on what others reached."""

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import LinearOperator, cg

from mmclassic.recommend._content import dense_as_float64

_RIDGE = 1.0  # in mean products of an item with itself: half of its own is believed
_PRECISION, _MOST_STEPS = 1e-4, 100


def popularity_profile(content, features, popularity, warm):
    """Profile whose score of an item is by how much it should exceed the mean popularity.

    In the dual form, (K + ridge I) a = y - mean y over the warm items, whose products are K: the
    profile is of the items times a. K is never made; a step costs a product with the features.
    """
    known = np.flatnonzero(warm)
    rows = dense_as_float64(features[known])
    profiles = content.of_rows(rows)

    def products(factors):
        return content.between(_combined(content, factors, rows), profiles).ravel()

    ridge = _RIDGE * content.with_themselves(profiles).mean() if known.size else 0.0
    factors = np.zeros(known.size)
    if ridge > 0:
        above_mean = popularity[known] - popularity[known].mean()
        shape = known.size, known.size
        system = LinearOperator(shape, lambda a: products(a) + ridge * a, dtype=np.float64)
        factors, _ = cg(system, above_mean, rtol=_PRECISION, maxiter=_MOST_STEPS)
    return _combined(content, factors, rows)


def expected_popularity(content, profile, rows):
    """What such a profile says of prepared rows, (n_rows,) float32."""
    # Rounded, for the last bits of a product hang on how many rows there are.
    return content.between(profile, content.of_rows(rows)).astype(np.float32).ravel()


def _combined(content, factors, rows):
    return content.combined(sp.csr_matrix(factors[None]), rows)
