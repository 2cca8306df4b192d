"""From a table of a million interactions to numbers: time and memory."""

import numpy as np
import pandas as pd

from benchmarks._report import Row
from mmclassic import MultimodalRecommender
from mmclassic.evaluate import RandomSplit, evaluate
from mmclassic.interactions import Interactions
from mmclassic.metrics import RankedLists, bootstrap_interval, ndcg_at_k
from mmclassic.recommend import PopularRecommender
from mmclassic.utils import measure, top_k

DESCRIPTION = "a million interactions, 50,000 users, 20,000 items: reading, ranking, evaluating"

N_INTERACTIONS, N_USERS, N_ITEMS = 1_000_000, 50_000, 20_000
WIDTH = 32
K = 10
NOTE = (
    "{n:,} interactions of {users:,} users with {items:,} items whose popularity is Zipf's; peak: "
    "resident memory of the process within the stage, its data included."
)
TIES = "scores of 200 rows by 20,000 columns, float32, k = 10; the median of 7 runs."


def run(quick):
    """Measure the way from a table to an evaluation.

    Parameters
    ----------
    quick : bool
        A tenth of everything.

    Returns
    -------
    rows : list of Row
        The figures.
    """
    sizes = [size // 10 if quick else size for size in (N_INTERACTIONS, N_USERS, N_ITEMS)]
    n_interactions, n_users, n_items = sizes
    note = NOTE.format(n=n_interactions, users=n_users, items=n_items)
    items, table = _shop(n_interactions, n_users, n_items)
    rows = []

    with measure("table to Interactions") as stage:
        interactions = Interactions.from_frame(table, items=items["item_id"])
    rows += _stage_rows(stage, note)
    turned = items["item_id"].to_numpy(dtype=object)[::-1]
    with measure("for_items, the catalogue in another order") as stage:
        interactions.for_items(turned)
    rows += _stage_rows(stage, note)
    models = {
        "popular": PopularRecommender(),
        "content": MultimodalRecommender(numeric="vector", aligner="passthrough"),
    }
    split = RandomSplit(random_state=0)
    with measure("evaluate two models, with intervals") as stage:
        found = evaluate(models, items, interactions, split, k=K, random_state=0)
        found.summary()
    rows += _stage_rows(stage, note)
    for part in found.runs.itertuples():
        rows.append(_seconds(f"fit {part.model}", part.fit_seconds, note))
        rows.append(_seconds(f"rank {part.model}", part.rank_seconds, note))
    return rows + _metric_rows(interactions, note) + _tie_rows()


def _shop(n_interactions, n_users, n_items):
    """A table of items with vectors, and one of distinct pairs of users and items."""
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(n_items, WIDTH)).astype(np.float32)
    ids = np.array([f"item-{i:05d}" for i in range(n_items)], dtype=object)
    items = pd.DataFrame({"item_id": ids, "vector": list(vectors)})
    popular = rng.zipf(1.3, size=2 * n_interactions) % n_items
    pairs = rng.integers(n_users, size=2 * n_interactions) * n_items + popular
    pairs = pd.unique(pairs)[:n_interactions]
    users = np.array([f"user-{i}" for i in range(n_users)], dtype=object)
    return items, pd.DataFrame(
        {"user_id": users[pairs // n_items], "item_id": ids[pairs % n_items]}
    )


def _metric_rows(interactions, note):
    """One metric of all users, and the interval of its mean."""
    lists = PopularRecommender().fit(None, interactions).rank(k=K, include_seen=True)
    relevant = interactions.to_csr()
    order = lists.order
    with measure("NDCG of an array of positions") as stage:
        ndcg_at_k(relevant, order, K)
    rows = _stage_rows(stage, note)
    fresh = RankedLists(order, lists.scores, lists.askers, lists.items)
    with measure("NDCG of RankedLists, the second of several") as stage:
        values = ndcg_at_k(relevant, fresh, K, per_user=True)
        first = _now(lambda: ndcg_at_k(relevant, fresh, K))
    rows.append(_seconds(stage.name, first, note))
    with measure("interval of a mean over users") as stage:
        bootstrap_interval(values, random_state=0)
    return rows + _stage_rows(stage, note)


def _tie_rows():
    """Choosing the best, on distinct scores and on ties, against numpy.argpartition."""
    rng = np.random.default_rng(0)
    distinct = rng.normal(size=(200, 20_000)).astype(np.float32)
    counts = np.tile(rng.poisson(1, 20_000).astype(np.float32), (200, 1))
    rows = []
    for case, scores in {
        "distinct": distinct,
        "small counts": counts,
        "half zero": np.where(distinct < 0, 0, distinct),
        "all equal": np.zeros_like(distinct),
    }.items():
        ours = np.median([_now(lambda s=scores: top_k(s, K)) for _ in range(7)])
        theirs = np.median(
            [_now(lambda s=scores: np.argpartition(s, -K, axis=1)) for _ in range(7)]
        )
        ratio = "speedup over numpy.argpartition"
        rows.append(Row("top k", case, "seconds", float(ours), unit="s", note=TIES))
        rows.append(Row("top k", case, ratio, float(theirs / ours), note=TIES))
    return rows


def _now(function):
    with measure("") as stage:
        function()
    return stage.seconds


def _stage_rows(stage, note):
    rows = [_seconds(stage.name, stage.seconds, note)]
    if np.isfinite(stage.peak_mib):
        rows.append(Row("stages", stage.name, "peak", stage.peak_mib, unit="MiB", note=note))
    return rows


def _seconds(name, seconds, note):
    return Row("stages", name, "seconds", float(seconds), unit="s", note=note)
