"""What profiles cost beside the bare product and choice: one user and many, 100,000 items."""

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from benchmarks._ratios import interleaved_seconds, ratio_row, time_row
from mmclassic.recommend import KNNRecommender
from mmclassic.views import Views

N_ITEMS, WIDTH, N_USERS, K = 100_000, 64, 1_000, 20
CASE = "{items:,} items of {width} numbers, {k} recommendations"
BARE = "NumPy, product and argpartition"
OURS = "KNNRecommender.rank"
_BLOCK = 40


def profile_rows(quick):
    """Times of one user and of 1,000, and how many times as long as the bare product they take."""
    n_items, n_runs = (N_ITEMS // 10, 3) if quick else (N_ITEMS, 9)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_items, WIDTH)).astype(np.float32)
    users = np.repeat(np.arange(N_USERS), 20)
    liked = pd.DataFrame({"user_id": users, "item_id": rng.integers(0, n_items, users.size)})
    model = KNNRecommender({"x0": 1.0}).fit(Views({"x0": X}), liked.drop_duplicates())
    queries = rng.normal(size=(N_USERS, WIDTH)).astype(np.float32)
    case = CASE.format(items=n_items, width=WIDTH, k=K)
    rows = []
    for n, target, runs in ((1, 2.0, 5 * n_runs), (N_USERS, 1.5, n_runs)):
        asked = queries[:n]
        tasks = {
            BARE: lambda asked=asked: _bare(X, asked),
            OURS: lambda n=n: model.rank(model.user_ids_[:n], K),
        }
        with threadpool_limits(1):
            seconds = interleaved_seconds(tasks, runs, cpu=True)
        part = f"{case}, {n:,} users" if n > 1 else f"{case}, one user"
        for name in tasks:
            rows.append(time_row(part, name, seconds[name], n_items=n, item="user"))
        metric = "times as long as the bare product"
        note = f"at most {target}"
        rows.append(ratio_row(part, OURS, metric, seconds[OURS], seconds[BARE], note=note))
    return rows


def _bare(X, queries):
    for start in range(0, len(queries), _BLOCK):
        scores = queries[start : start + _BLOCK] @ X.T
        best = np.argpartition(-scores, K, axis=1)[:, :K]
        found = np.take_along_axis(scores, best, axis=1)
        np.take_along_axis(best, np.argsort(-found, axis=1), axis=1)
