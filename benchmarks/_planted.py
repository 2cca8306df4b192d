"""Views with planted correlations: the truth is known, so held-out correlation means something."""

import numpy as np
import scipy.sparse as sp

_WORDS_PER_ROW = 40


def planted_views(
    n_rows, widths, *, n_components, correlations=(0.9, 0.3), dtype=np.float64, seed=0
):
    """Dense views that share latent components of known correlation.

    Parameters
    ----------
    n_rows : int
        Rows.
    widths : sequence of int
        Columns of every view.
    n_components : int
        Shared components.
    correlations : tuple of float, default=(0.9, 0.3)
        Of the first and of the last of them between two views, before the noise of the columns.
    dtype : dtype, default=float64
        Precision of the views.
    seed : int, default=0
        Seed of everything.

    Returns
    -------
    views : list of ndarray of shape (n_rows, width)
        The views.
    """
    rng = np.random.default_rng(seed)
    shares = np.sqrt(np.linspace(*correlations, n_components, dtype=np.float32))
    shared = _normal(rng, n_rows, n_components)
    views = []
    for width in widths:
        own = _normal(rng, n_rows, n_components)
        latent = shares * shared + np.sqrt(1 - shares**2) * own
        view = latent @ _normal(rng, n_components, width)
        view += np.sqrt(n_components) * _normal(rng, n_rows, width)
        views.append(view.astype(dtype))
    return views


def planted_words(n_rows, n_words, width, *, n_topics, seed=0):
    """A sparse view of word counts and a dense view that both follow the topics of a row.

    Parameters
    ----------
    n_rows, n_words, width : int
        Rows, columns of the sparse view, columns of the dense view.
    n_topics : int
        Topics; each prefers words of its own, few of them often (Zipf).
    seed : int, default=0
        Seed of everything.

    Returns
    -------
    words : CSR of float32 of shape (n_rows, n_words)
        About 40 words a row.
    dense : ndarray of float32 of shape (n_rows, width)
        The other view.
    """
    rng = np.random.default_rng(seed)
    shares = np.exp(2 * _normal(rng, n_rows, n_topics))
    shares /= shares.sum(axis=1, keepdims=True)
    edges = np.cumsum(shares, axis=1)
    draws = rng.random((n_rows, _WORDS_PER_ROW), dtype=np.float32)
    topics = (draws[:, :, None] > edges[:, None, :-1]).sum(axis=2)
    rank = np.minimum(rng.zipf(1.3, topics.shape), n_words) - 1
    order = np.stack([rng.permutation(n_words) for _ in range(n_topics)])
    columns = order[topics, rank].ravel()
    rows = np.repeat(np.arange(n_rows), _WORDS_PER_ROW)
    words = sp.coo_matrix((np.ones(rows.size, np.float32), (rows, columns)), (n_rows, n_words))
    dense = shares @ _normal(rng, n_topics, width) + 1.8 * _normal(rng, n_rows, width)
    return words.tocsr(), dense


def held_out_correlation(projected):
    """Mean correlation over components and pairs of views.

    Parameters
    ----------
    projected : list of ndarray of shape (n_rows, n_components)
        Held-out rows in the shared space.

    Returns
    -------
    correlation : float
        From -1 to 1; a component without variance counts as 0.
    """
    units = [_unit_columns(np.asarray(block, dtype=np.float64)) for block in projected]
    pairs = [(units[i] * units[j]).sum(axis=0) for i in range(len(units)) for j in range(i)]
    return float(np.mean(pairs))


def _unit_columns(block):
    centred = block - block.mean(axis=0)
    norms = np.linalg.norm(centred, axis=0)
    return np.divide(centred, norms, out=np.zeros_like(centred), where=norms > 0)


def _normal(rng, *shape):
    return rng.standard_normal(shape, dtype=np.float32)
