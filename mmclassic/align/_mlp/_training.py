"""Mini-batches, early stopping and what is told of them."""

import numpy as np

_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)  # of what the networks add
_HELD_OUT_ROWS = 1024  # that are compared with each other at a time


def train(objective, flat, adam, rows, held_out, settings, random_state):
    """Passes over the rows until nothing gets better; changes the parameters in place.

    Parameters
    ----------
    objective : Objective
        What is learned.
    flat : ndarray of shape (n_parameters,)
        Where to begin; afterwards the parameters of the best pass.
    adam : Adam
        The optimiser.
    rows : Rows
        What is learned from.
    held_out : Rows
        What tells when to stop.
    settings : MLPAligner
        Its parameters.
    random_state : RandomState
        For the order of the rows and dropout.

    Returns
    -------
    losses : list of float
        Mean loss of every pass.
    scores : list of float
        Minus the loss of held-out rows, before the first pass and after each.
    converged : bool
        Whether it ended before ``max_iter`` passes.
    """
    best = held_out_score(objective, flat, held_out)
    losses, scores = [], [best]
    kept, idle = flat.copy(), 0
    for _ in range(settings.max_iter):
        losses.append(one_pass(objective, flat, adam, rows, settings, random_state))
        score = held_out_score(objective, flat, held_out)
        scores.append(score)
        idle = 0 if score > best + settings.tol else idle + 1
        if score > best:
            best = score
            kept[:] = flat
        if idle >= settings.n_iter_no_change:
            break
    flat[:] = _shrunk(objective, kept, held_out)
    return losses, scores, idle >= settings.n_iter_no_change


def _shrunk(objective, flat, rows):
    """Parameters whose networks add what share of it suits rows best, perhaps nothing."""
    found = []
    for share in _SHARES:
        shrunk = objective.shrunk(flat, share)
        objective.settle(shrunk, rows)
        found.append((held_out_score(objective, shrunk, rows), shrunk))
    return max(found, key=lambda pair: pair[0])[1]


def one_pass(objective, flat, adam, rows, settings, random_state):
    """One pass in batches of nearly the same size; their mean loss, NaN if nothing was learned."""
    if settings.batch_size < objective.smallest_batch:
        raise ValueError(
            f"objective={settings.objective!r} compares the rows of a batch and needs a batch_size "
            f"of {objective.smallest_batch} or more; got {settings.batch_size}."
        )
    decays = objective.decays(flat.dtype)
    decays *= flat.dtype.type(settings.alpha * settings.learning_rate)
    order = random_state.permutation(rows.with_views(objective.fewest_views))
    batches = np.array_split(order, max(1, -(-order.size // settings.batch_size)))
    room = rows[batches[0]]  # the longest
    losses = []
    for batch in batches:
        some = rows.taken(batch, room)
        gradient = np.zeros_like(flat)
        keeps = _keeps(objective, len(some), settings.dropout, flat.dtype, random_state)
        loss = objective.loss(flat, some, gradient, keeps)
        if loss is not None:
            adam.step(flat, gradient, settings.learning_rate, decays)
            objective.clamp(flat)
            losses.append(loss)
    if not np.isfinite(flat).all():
        raise ValueError(
            "training diverged: parameters are no longer finite. Set a smaller learning_rate; it "
            f"is {settings.learning_rate}."
        )
    return float(np.mean(losses)) if losses else float("nan")


def held_out_score(objective, flat, rows):
    """Minus the mean loss of rows; minus infinity where there are none."""
    parts = np.array_split(np.arange(len(rows)), -(-len(rows) // _HELD_OUT_ROWS))
    losses = [objective.loss(flat, rows[part]) for part in parts]
    losses = [loss for loss in losses if loss is not None]
    return -float(np.mean(losses)) if losses else -np.inf


def _keeps(objective, n_rows, dropout, dtype, random_state):
    """By tower: 0 for hidden units that are left out, and what makes up for it for the others."""
    if not dropout:
        return None
    return {
        key: (random_state.random_sample((n_rows, tower.n_hidden)) >= dropout).astype(dtype)
        / dtype.type(1 - dropout)
        for key, tower in objective.towers.items()
    }
