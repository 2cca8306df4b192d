"""Alignment when cells are missing: what the pairs that are left are worth."""

import numpy as np

from benchmarks._planted import held_out_correlation, planted_views
from benchmarks._report import Row
from mmclassic.align import CCA
from mmclassic.views import Views

DESCRIPTION = "three planted views with 0-60 % of cells missing: held-out correlation of CCA"

N_ROWS, N_HELD_OUT = 2000, 2000
WIDTHS = (40, 40, 40)
N_COMPONENTS = 5
SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
RIDGE = 0.1
NOTE = (
    f"{N_ROWS} training rows, widths {WIDTHS}, {N_COMPONENTS} components, ridge {RIDGE}; every "
    "cell is missing with the same probability, and a row keeps at least one; {n} draws of the "
    "data, brackets: the lowest and the highest draw."
)


def run(quick):
    """Compare three ways to treat missing cells.

    A quick run has two draws instead of ten.
    """
    seeds = range(2 if quick else 10)
    rows = []
    for share in SHARES:
        values = [_one_draw(share, seed) for seed in seeds]
        rows += _rows(f"{share:.0%} of cells missing", values)
    return rows


def _one_draw(share, seed):
    """Held-out correlation of every way on the same rows."""
    views = planted_views(N_ROWS + N_HELD_OUT, WIDTHS, n_components=N_COMPONENTS, seed=seed)
    names = tuple("abc")
    training = {name: view[:N_ROWS] for name, view in zip(names, views)}
    present = _present(share, len(names), seed)
    held_out = Views({name: view[N_ROWS:] for name, view in zip(names, views)})
    figures = {}
    for way, prepare in WAYS.items():
        space = CCA(N_COMPONENTS, ridge=RIDGE).fit(prepare(training, present)).transform(held_out)
        figures[way] = held_out_correlation([space[name] for name in names])
    return figures


def _present(share, n_views, seed):
    rng = np.random.default_rng([seed, round(100 * share)])
    present = rng.random((N_ROWS, n_views)) >= share
    empty = ~present.any(axis=1)
    present[empty, rng.integers(n_views, size=empty.sum())] = True
    return present


def _all_pairs(blocks, present):
    return Views(blocks, present)


def _complete_rows(blocks, present):
    complete = present.all(axis=1)
    return Views({name: block[complete] for name, block in blocks.items()})


def _mean_filled(blocks, present):
    filled = {}
    for (name, block), there in zip(blocks.items(), present.T):
        filled[name] = np.where(there[:, None], block, block[there].mean(axis=0))
    return Views(filled)


OURS = "mmclassic, all rows"
WAYS = {OURS: _all_pairs, "complete rows only": _complete_rows, "mean filled in": _mean_filled}


def _rows(case, values):
    note = NOTE.replace("{n}", str(len(values)))
    columns = {way: np.array([draw[way] for draw in values]) for way in WAYS}
    rows = [
        _row(case, way, "held-out correlation", column, note) for way, column in columns.items()
    ]
    margins = {way: columns[OURS] - column for way, column in columns.items() if way != OURS}
    return rows + [_row(case, OURS, f"margin over {way}", m, note) for way, m in margins.items()]


def _row(case, method, metric, values, note):
    low, high = float(values.min()), float(values.max())
    return Row(case, method, metric, float(values.mean()), low, high, note=note)
