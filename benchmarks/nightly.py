"""A shop of 5,000 items, night by night: what each step costs, and what a new fit would."""

import tempfile

import numpy as np
import pandas as pd

from benchmarks._report import Row
from mmclassic import MultimodalRecommender
from mmclassic.datasets import make_catalog
from mmclassic.utils import measure

DESCRIPTION = "5,000 items, new items and orders each night without a new fit: time of each step"

N_ITEMS, N_USERS, N_NIGHTS, N_NEW = 5_000, 1_000, 3, 100
CASE = "a shop of pictures and comments"
_COLUMNS = {"image": "picture", "text": "comment"}


def run(quick):
    """Fit once, then take in new items and orders on three nights.

    Parameters
    ----------
    quick : bool
        A tenth of everything.

    Returns
    -------
    rows : list of Row
        Seconds of every step, and whether users got what they should.
    """
    n_items, n_users, n_new = (n // 10 if quick else n for n in (N_ITEMS, N_USERS, N_NEW))
    with tempfile.TemporaryDirectory() as folder:
        shop = make_catalog(
            n_items + N_NIGHTS * n_new, n_users, folder=folder, image_size=128, audio_seconds=0.1
        )
        return _nights(shop, n_items, n_new)


def _nights(shop, n_items, n_new):
    items, orders = shop.items, _with_one_who_has_all(shop, n_items)
    place = pd.Series(np.arange(len(items)), items["item_id"])[orders["item_id"]].to_numpy()
    steps = []

    def step(name, work):
        with measure(name) as stage:
            found = work()
        steps.append(stage)
        return found

    model = MultimodalRecommender(**_COLUMNS)
    step("fit", lambda: model.fit(items[:n_items], orders[place < n_items]))
    for night in range(1, N_NIGHTS + 1):
        old, known = n_items + (night - 1) * n_new, n_items + night * n_new
        step("add_items", lambda: model.add_items(items[old:known]))  # noqa: B023
        came = orders[(place >= old) & (place < known)]
        step("update", lambda: model.update(came))  # noqa: B023
        step("remove_items", lambda: model.remove_items(items["item_id"][night]))  # noqa: B023
        found = step("recommend, 10 for every user", lambda: model.recommend(k=10))
        nobody = step("recommend, a user of whom nothing is known", lambda: model.recommend("?"))
        assert set(nobody["basis"]) == {"popularity"}
        assert found["item_id"].isin(items["item_id"][:known]).all()
    whole = MultimodalRecommender(**_COLUMNS)
    step("fit anew, for comparison", lambda: whole.fit(items, orders))
    return _rows(steps, len(items), n_new)


def _with_one_who_has_all(shop, n_items):
    """The orders, and a user who has bought all items of the first day."""
    everything = shop.items["item_id"][:n_items]
    return pd.concat(
        [
            shop.interactions[["user_id", "item_id"]],
            pd.DataFrame({"item_id": everything}).assign(user_id="all"),
        ],
        ignore_index=True,
    )


def _rows(steps, n_items, n_new):
    note = f"{n_items:,} items at last, {n_new} new ones a night; the median of {N_NIGHTS} nights."
    rows = []
    for name in dict.fromkeys(stage.name for stage in steps):
        stages = [stage for stage in steps if stage.name == name]
        seconds = float(np.median([stage.seconds for stage in stages]))
        peak = max(stage.peak_mib for stage in stages)
        rows.append(Row(CASE, name, "seconds", seconds, unit="s", note=note))
        rows.append(Row(CASE, name, "peak", peak, unit="MiB", note=note))
    return rows
