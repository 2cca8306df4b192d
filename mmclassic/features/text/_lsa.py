"""Latent semantic analysis: sparse weights of terms to few dense columns."""

import numpy as np
from sklearn.decomposition import TruncatedSVD

from mmclassic.utils import row_norms, scale_rows

# A row without any part in the components is rounding noise of about 1e-10 of its length; scaled
# to length 1 the noise would pass for a meaning.
_NOISE = 1e-6


def fit_lsa(weights, n_components, random_state):
    """Find the leading components of weighted terms.

    Parameters
    ----------
    weights : CSR of shape (n_texts, n_terms)
        The weights.
    n_components : int
        Number of components.
    random_state : int, RandomState instance or None
        Start of the randomised decomposition.

    Returns
    -------
    svd : TruncatedSVD
        The fitted decomposition.

    Raises
    ------
    ValueError
        If there are more components than texts or terms, or one term only.
    """
    n_texts, n_terms = weights.shape
    if n_terms == 1:
        raise ValueError("one term has no components; pass n_components=None to keep the term.")
    if n_components > min(n_texts, n_terms):
        raise ValueError(
            f"n_components={n_components} is more than {n_texts} text(s) with {n_terms} terms "
            f"allow; pass at most {min(n_texts, n_terms)}, or None to keep the terms."
        )
    # Equal texts have no variance; only the share of it, which nobody reads, is 0 / 0.
    with np.errstate(invalid="ignore"):
        return TruncatedSVD(n_components, random_state=random_state).fit(weights)


def project(svd, weights):
    """Map weighted terms to components, with rows of length 1.

    Parameters
    ----------
    svd : TruncatedSVD
        The fitted decomposition.
    weights : CSR of shape (n_texts, n_terms)
        The weights.

    Returns
    -------
    block : ndarray of float32 of shape (n_texts, n_components)
        Rows of Euclidean length 1, or of 0 where a text has no part in the
        components.
    """
    if weights.shape[0] == 0:
        return np.zeros((0, svd.components_.shape[0]), dtype=np.float32)
    block = svd.transform(weights).astype(np.float32, copy=False)
    norms = row_norms(block)
    meant = norms > _NOISE * row_norms(weights)
    return scale_rows(block, np.divide(1.0, norms, out=np.zeros_like(norms), where=meant))
