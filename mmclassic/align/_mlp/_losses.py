"""Losses and their derivatives, in the type of what comes."""

import numpy as np


def contrastive_loss(left, right, log_scale):
    """Symmetric cross-entropy of finding a row's partner among all rows of the batch.

    With unit rows u and v the logits are ``exp(log_scale) * u @ v.T``; partners are on the
    diagonal, and the loss is the mean of the cross-entropy of its rows and of its columns.

    Parameters
    ----------
    left, right : ndarray of shape (n, k)
        Embeddings, not normalised.
    log_scale : float
        Logarithm of the inverse temperature.

    Returns
    -------
    loss : float
        The loss; log(n) where nothing is known.
    slopes : tuple of (ndarray, ndarray, float)
        Derivatives by `left`, `right` and `log_scale`.
    """
    n = len(left)
    scale = left.dtype.type(np.exp(log_scale))
    (u, u_norms), (v, v_norms) = _unit(left), _unit(right)
    logits = u @ v.T
    logits *= scale
    slopes, by_row = _softmax(logits, axis=1)
    by_columns, by_column = _softmax(logits, axis=0)
    loss = float(np.mean((by_row + by_column) / 2 - np.diagonal(logits)))
    slopes += by_columns
    slopes /= 2
    slopes[np.diag_indices(n)] -= 1
    slopes /= n
    by_scale = float(np.vdot(slopes, logits))
    slopes *= scale
    return loss, (
        _through_norm(slopes @ v, u, u_norms),
        _through_norm(slopes.T @ u, v, v_norms),
        by_scale,
    )


def squared_loss(errors, mask):
    """Half the squared error, averaged over columns and the rows that count.

    Parameters
    ----------
    errors : ndarray of shape (n, k)
        Predictions minus truth; overwritten by the derivatives of the loss by the predictions,
        which are 0 in rows that do not count.
    mask : ndarray of bool of shape (n,)
        Rows that count, one at least.

    Returns
    -------
    loss : float
        The loss.
    """
    errors[~mask] = 0
    count = np.count_nonzero(mask) * errors.shape[1]
    loss = float(np.vdot(errors, errors)) / (2 * count)
    errors /= errors.dtype.type(count)
    return loss


def _softmax(logits, axis):
    """Shares along an axis, and the logarithm of the sum of exponentials."""
    largest = logits.max(axis=axis, keepdims=True)
    shares = np.exp(logits - largest)
    totals = shares.sum(axis=axis, keepdims=True)
    shares /= totals
    return shares, (largest + np.log(totals)).ravel()


def _unit(Z):
    """Rows of length 1 and the lengths; a row of zeros stays."""
    norms = np.sqrt(np.einsum("ij,ij->i", Z, Z))[:, None]
    norms[norms == 0] = 1
    return Z / norms, norms


def _through_norm(slopes, unit, norms):
    along = np.einsum("ij,ij->i", slopes, unit)[:, None]
    return (slopes - along * unit) / norms
