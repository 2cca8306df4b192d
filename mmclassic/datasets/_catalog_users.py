"""Users of a generated catalog and what they bought."""

import numpy as np
import pandas as pd

_SHARPNESS = 1.5
_POPULARITY = 0.6
_START = np.datetime64("2024-01-01T00:00:00", "s")
_YEAR = 365 * 24 * 3600
# Scores held at once: 16 MiB of float32.
_BLOCK_SCORES = 1 << 22


def draw_interactions(root, item_latent, tastes, *, popularity, per_user, noise):
    """Let every user choose items near the own taste: user and item indices and times, increasing.

    No pair occurs twice. Every user has an own random stream from `root`, so blocks do not matter;
    `popularity` (standard normal) is what makes an item sell that no modality shows; `noise` scales
    the Gumbel term, which makes the choice a draw from a softmax. `per_user` is a mean.
    """
    n_items = len(item_latent)
    block = max(1, _BLOCK_SCORES // n_items)
    base = _POPULARITY * popularity - _SHARPNESS / 2 * (item_latent**2).sum(axis=1)
    base, latent = base.astype(np.float32), item_latent.astype(np.float32)
    columns = []
    for start in range(0, len(tastes), block):
        part = tastes[start : start + block].astype(np.float32)
        scores = np.float32(_SHARPNESS) * (part @ latent.T) + base
        for offset, row in enumerate(scores):
            rng = np.random.default_rng([root, 1, start + offset])
            chosen, times = _shop(row, rng, per_user, noise)
            columns.append((np.full(len(chosen), start + offset), chosen, times))
    user, item, seconds = (np.concatenate(parts) for parts in zip(*columns))
    order = np.lexsort((item, user, seconds))
    timestamp = _START + seconds[order].astype("timedelta64[s]")
    return user[order], item[order], timestamp


def _shop(scores, rng, per_user, noise):
    """The purchases of one user: the top of score plus Gumbel noise, in any order in time."""
    wanted = round(per_user * rng.lognormal(-0.045, 0.3))
    count = min(max(wanted, 1), max(1, scores.size // 2))
    if noise > 0:
        exponential = rng.standard_exponential(scores.size, dtype=np.float32)
        # In single precision an exact zero does occur.
        gumbel = -np.log(np.maximum(exponential, np.finfo(np.float32).tiny))
        scores = scores + np.float32(noise) * gumbel
    # A copy, or every user would keep an array as long as the catalog alive.
    chosen = np.argpartition(-scores, count - 1)[:count].copy()
    rng.shuffle(chosen)
    return chosen, np.sort(rng.integers(_YEAR, size=count))


def interactions_frame(user, item, timestamp, *, user_ids, item_ids):
    """user_id, item_id and timestamp, from indices and the names that belong to them."""
    return pd.DataFrame(
        {"user_id": user_ids[user], "item_id": item_ids[item], "timestamp": timestamp}
    )
