"""The benchmark of the way from interactions to numbers."""

import pytest

from benchmarks import interactions


@pytest.mark.filterwarnings("ignore::mmclassic.exceptions.ShortListWarning")
def test_rows_of_every_stage(monkeypatch):
    sizes = {"N_INTERACTIONS": 20_000, "N_USERS": 2_000, "N_ITEMS": 1_000}
    for name, size in sizes.items():
        monkeypatch.setattr(interactions, name, size)
    rows = interactions.run(quick=True)
    stages = {row.method for row in rows if row.case == "stages" and row.metric == "seconds"}
    assert {"table to Interactions", "rank popular", "rank content", "fit content"} <= stages
    assert "evaluate two models, with intervals" in stages
    assert all(row.value >= 0 for row in rows)
    ratios = [row for row in rows if row.metric == "speedup over numpy.argpartition"]
    assert [row.method for row in ratios] == ["distinct", "small counts", "half zero", "all equal"]
