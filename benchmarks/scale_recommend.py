"""Neighbours of items among five million interactions: time and memory, beside implicit's."""

import importlib.util
import time

import numpy as np

from benchmarks import _taste
from benchmarks._profile_speed import profile_rows
from benchmarks._ratios import ratio_row
from benchmarks._report import Row
from mmclassic.recommend._neighbours import ItemNeighbours
from mmclassic.recommend._ranking import block_rows, rank_blocks
from mmclassic.utils import measure

DESCRIPTION = "20 recommendations for each of 50,000 users by item neighbours, beside implicit's"

N_USERS, N_ITEMS, N_INTERACTIONS = 50_000, 20_000, 5_000_000
K = N_NEIGHBORS = 20
N_RUNS, N_QUICK_RUNS = 3, 1
OURS, PEER = "item neighbours", "implicit"
FIT, RANK, BOTH = "fit", "rank for all users", "both"
CASE = "{interactions:,} interactions of {users:,} users with {items:,} items, cosine"
NOTES = {
    OURS: f"the {N_NEIGHBORS} most similar others of each candidate, exact, ties by position",
    PEER: f"CosineRecommender(K={N_NEIGHBORS}): the {N_NEIGHBORS} most similar of each liked item, "
    "itself among them",
}
HOW = "CPU seconds on one thread, median of {} runs in turn"
TARGET = "no less than 1"


def run(quick):
    """Fit and rank by both in turn; a quick run has a tenth of everything."""
    users, items, n = (size // 10 if quick else size for size in (N_USERS, N_ITEMS, N_INTERACTIONS))
    likes = _taste.interactions(users, items, n)
    case = CASE.format(interactions=n, users=users, items=items)
    methods = {OURS: _ours}
    if importlib.util.find_spec("implicit") is not None:
        methods[PEER] = _implicit
    n_runs = N_QUICK_RUNS if quick else N_RUNS
    seconds = {name: np.empty((n_runs, 2)) for name in methods}
    peaks = dict.fromkeys(methods, 0.0)
    for number in range(n_runs):
        for name, method in methods.items():
            with measure(name) as stage:
                seconds[name][number] = method(likes)
            peaks[name] = max(peaks[name], stage.peak_mib)
    rows = profile_rows(quick)
    for name in methods:
        rows += _rows(case, name, seconds[name], peaks[name])
    if PEER not in methods:
        return [*rows, Row(case, PEER, FIT, None, note="the package implicit is not installed")]
    for metric, stages in ((FIT, [0]), (RANK, [1]), (BOTH, [0, 1])):
        above, below = (seconds[name][:, stages].sum(axis=1) for name in (PEER, OURS))
        metric = f"times as fast as {PEER}, {metric}"
        rows.append(ratio_row(case, OURS, metric, above, below, note=TARGET))
    return rows


def _rows(case, name, seconds, peak):
    note = f"{NOTES[name]}; {HOW.format(len(seconds))}"
    fit, rank = np.median(seconds, axis=0)
    return [
        Row(case, name, FIT, float(fit), unit="s", note=note),
        Row(case, name, RANK, float(rank), unit="s", note=note),
        Row(case, name, "peak memory, data included", peak, unit="MiB", note=note),
    ]


def _ours(likes):
    start = time.process_time()
    model = ItemNeighbours("cosine", n_neighbors=N_NEIGHBORS).fit(likes.T)
    fitted = time.process_time()

    def seen(rows):
        return likes[rows].nonzero()

    rank_blocks(
        lambda rows: model.score(likes[rows]),
        seen,
        shape=likes.shape,
        k=K,
        step=block_rows(likes.shape[1]),
    )
    return fitted - start, time.process_time() - fitted


def _implicit(likes):
    from implicit.nearest_neighbours import CosineRecommender  # noqa: PLC0415

    start = time.process_time()
    model = CosineRecommender(K=N_NEIGHBORS, num_threads=1)
    model.fit(likes, show_progress=False)
    fitted = time.process_time()
    model.recommend(np.arange(likes.shape[0]), likes, N=K)
    return fitted - start, time.process_time() - fitted
