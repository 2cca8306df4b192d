"""TF-IDF of many counts with little memory beside theirs."""

import numpy as np
from sklearn.feature_extraction.text import TfidfTransformer

# Counts at a time. `TfidfTransformer` takes twice the memory of the indices of what it is given,
# once to fit and once to transform.
_BLOCK = 2**22


def text_frequency(counts):
    """In how many texts each term occurs, by the pattern of CSR counts, int64 (n_terms,)."""
    frequency = np.zeros(counts.shape[1], dtype=np.int64)
    for start in range(0, counts.nnz, _BLOCK):
        block = counts.indices[start : start + _BLOCK]
        frequency += np.bincount(block, minlength=frequency.size)
    return frequency


def fit_tfidf(counts, *, sublinear_tf):
    """A `TfidfTransformer` as it is fitted to counts, the same bits."""
    transformer = TfidfTransformer(sublinear_tf=sublinear_tf)
    idf = np.full(counts.shape[1], counts.shape[0] + 1, dtype=counts.dtype)
    idf /= text_frequency(counts).astype(counts.dtype) + 1
    np.log(idf, out=idf)
    transformer.idf_ = idf + 1
    transformer.n_features_in_ = counts.shape[1]
    return transformer


def weigh_in_place(transformer, counts):
    """Counts as a fitted `TfidfTransformer` weighs them, in their place."""
    n_rows = max(1, _BLOCK * counts.shape[0] // max(counts.nnz, 1))
    for start in range(0, counts.shape[0], n_rows):
        block = counts[start : start + n_rows]
        first, end = counts.indptr[[start, start + block.shape[0]]]
        counts.data[first:end] = transformer.transform(block, copy=False).data
    return counts
