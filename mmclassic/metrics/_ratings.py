"""Errors of predicted ratings."""

import numpy as np


def rmse(ratings, predicted, users=None, *, per_user=False):
    """Root of the mean squared error of predicted ratings.

    Parameters
    ----------
    ratings : array-like of shape (n_ratings,)
        What was given.
    predicted : array-like of shape (n_ratings,)
        What was predicted.
    users : array-like of int of shape (n_ratings,), default=None
        Position from 0 of the user of every rating. None measures over all ratings at once.
    per_user : bool, default=False
        Return one value for every user in `users` instead of the mean over users.

    Returns
    -------
    value : float or ndarray of shape (max(users) + 1,)
        Over all ratings without `users`; else the mean of the users' values, or with `per_user`
        the values, NaN for users without ratings.

    Raises
    ------
    ValueError
        If a rating or a prediction is not finite (a missing prediction is no prediction: leave
        the pair out of both and count it), or lengths differ.

    Notes
    -----
    Over all ratings users with many of them count more; most published figures are of that kind.

    Examples
    --------
    >>> from mmclassic.metrics import rmse
    >>> rmse([1, 5, 3], [2, 5, 3])
    0.5773502691896257
    >>> rmse([1, 5, 3], [2, 5, 3], [0, 0, 1], per_user=True)
    array([0.70710678, 0.        ])
    """
    return _measure(ratings, predicted, users, per_user, np.square, np.sqrt)


def mae(ratings, predicted, users=None, *, per_user=False):
    """Mean absolute error of predicted ratings.

    Parameters
    ----------
    ratings : array-like of shape (n_ratings,)
        What was given.
    predicted : array-like of shape (n_ratings,)
        What was predicted.
    users : array-like of int of shape (n_ratings,), default=None
        Position from 0 of the user of every rating. None measures over all ratings at once.
    per_user : bool, default=False
        Return one value for every user in `users` instead of the mean over users.

    Returns
    -------
    value : float or ndarray of shape (max(users) + 1,)
        Over all ratings without `users`; else the mean of the users' values, or with `per_user`
        the values, NaN for users without ratings.

    Raises
    ------
    ValueError
        If a rating or a prediction is not finite (a missing prediction is no prediction: leave
        the pair out of both and count it), or lengths differ.

    Examples
    --------
    >>> from mmclassic.metrics import mae
    >>> mae([1, 5, 3], [2, 5, 1])
    1.0
    """
    return _measure(ratings, predicted, users, per_user, np.abs, np.asarray)


def _measure(ratings, predicted, users, per_user, loss, finish):
    ratings, predicted = _as_numbers(ratings, "ratings"), _as_numbers(predicted, "predicted")
    if ratings.shape != predicted.shape or ratings.size == 0:
        raise ValueError(
            "ratings and predicted must be of one length of at least 1; got "
            f"{ratings.size} and {predicted.size}."
        )
    losses = loss(predicted - ratings)
    if users is None:
        if per_user:
            raise ValueError("per_user=True needs users, the user of every rating.")
        return float(finish(losses.mean()))
    users = np.asarray(users)
    if users.shape != ratings.shape or users.dtype.kind not in "iu" or users.min() < 0:
        raise ValueError(
            f"users must hold a position from 0 for each of {ratings.size} ratings; got "
            f"{users.dtype} of shape {users.shape}."
        )
    counts = np.bincount(users)
    means = np.full(counts.size, np.nan)
    np.divide(np.bincount(users, losses), counts, out=means, where=counts > 0)
    values = finish(means)
    return values if per_user else float(np.nanmean(values))


def _as_numbers(values, name):
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 1:
        raise ValueError(f"{name} must be 1-D; got shape {values.shape}.")
    wrong = np.flatnonzero(~np.isfinite(values))
    if wrong.size:
        raise ValueError(
            f"{name} must be finite; got {values[wrong[0]]} at position {wrong[0]} "
            f"({wrong.size} such)."
        )
    return values
