"""What counts as a match between queries and a gallery."""

import numpy as np


def label_relevance(query_labels, gallery_labels):
    """Which gallery items share the label of each query.

    Parameters
    ----------
    query_labels : array-like of shape (n_queries,)
        Label of every query.
    gallery_labels : array-like of shape (n_gallery,)
        Label of every gallery item.

    Returns
    -------
    relevance : ndarray of bool of shape (n_queries, n_gallery)
        True where the labels are equal.

    Examples
    --------
    >>> label_relevance(["cat", "dog"], ["dog", "cat", "cat"])
    array([[False,  True,  True],
           [ True, False, False]])
    """
    query_labels, gallery_labels = np.asarray(query_labels), np.asarray(gallery_labels)
    if query_labels.ndim != 1 or gallery_labels.ndim != 1:
        raise ValueError(
            f"labels must be 1-D; got shapes {query_labels.shape} and {gallery_labels.shape}."
        )
    if (query_labels.dtype.kind in "US") != (gallery_labels.dtype.kind in "US"):
        raise TypeError(
            "labels of queries and gallery must be of one kind; got "
            f"{query_labels.dtype} and {gallery_labels.dtype}."
        )
    return query_labels[:, None] == gallery_labels[None, :]


def check_similarities(similarities, relevance):
    """Check a similarity matrix and complete its relevance; None is query i with gallery item i.

    Gives floats without NaN and bool, both (n_queries, n_gallery), with a match at least.
    """
    similarities = np.asarray(similarities)
    if similarities.ndim != 2 or similarities.dtype.kind not in "fiu":
        raise ValueError(
            "similarities must be a numeric matrix (queries, gallery); got "
            f"{similarities.dtype} of shape {similarities.shape}."
        )
    if similarities.dtype.kind != "f":
        similarities = similarities.astype(np.float64)
    if np.isnan(similarities).any():
        row, column = np.argwhere(np.isnan(similarities))[0]
        raise ValueError(f"similarities hold NaN, first at query {row}, gallery item {column}.")
    relevance = _check_relevance(relevance, similarities.shape)
    if not relevance.any():
        raise ValueError("no query has a relevant gallery item, so there is nothing to measure.")
    return similarities, relevance


def _check_relevance(relevance, shape):
    if relevance is None:
        if shape[1] < shape[0]:
            raise ValueError(
                f"without relevance, query i belongs to gallery item i; {shape[0]} queries need "
                f"as many gallery items, got {shape[1]}."
            )
        return np.eye(*shape, dtype=bool)
    relevance = np.asarray(relevance)
    if relevance.dtype != bool or relevance.shape != shape:
        raise ValueError(
            f"relevance must be bool of shape {shape} (queries, gallery); got {relevance.dtype} "
            f"of shape {relevance.shape}. From labels: label_relevance(query, gallery)."
        )
    return relevance
