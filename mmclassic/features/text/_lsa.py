"""Latent semantic analysis: sparse weights of terms to few dense columns."""

import numpy as np
from sklearn.decomposition import TruncatedSVD

from mmclassic.utils import row_norms, scale_rows

# A row without any part in the components is rounding noise of about 1e-10 of its length; scaled
# to length 1 the noise would pass for a meaning.
_NOISE = 1e-6


def fit_lsa(weights, n_components, random_state):
    """A TruncatedSVD of weighted terms; ValueError if there cannot be so many components."""
    n_texts, n_terms = weights.shape
    if n_terms == 1:
        raise ValueError("one term has no components; pass n_components=None to keep the term.")
    if n_components > min(n_texts, n_terms):
        raise ValueError(
            f"n_components={n_components} is more than {n_texts} text(s) with {n_terms} terms "
            f"allow; pass at most {min(n_texts, n_terms)}, or None to keep the terms."
        )
    # Not centred, as a PCA would be: that makes sparse weights dense.
    # Equal texts have no variance; only the share of it, which nobody reads, is 0 / 0.
    with np.errstate(invalid="ignore"):
        return TruncatedSVD(n_components, random_state=random_state).fit(weights)


def project(svd, weights):
    """Weighted terms in components, float32 rows of length 1, or 0 without a part in any."""
    if weights.shape[0] == 0:
        return np.zeros((0, svd.components_.shape[0]), dtype=np.float32)
    block = svd.transform(weights).astype(np.float32, copy=False)
    # Length 1, as the weights of TF-IDF have: what is left of a text after the projection says how
    # much of it the components know, and not how much a neighbour should count.
    norms = row_norms(block)
    meant = norms > _NOISE * row_norms(weights)
    return scale_rows(block, np.divide(1.0, norms, out=np.zeros_like(norms), where=meant))
