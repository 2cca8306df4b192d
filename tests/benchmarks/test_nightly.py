"""The benchmark of a shop night by night."""

import pytest

from benchmarks import nightly


@pytest.mark.filterwarnings("ignore::mmclassic.exceptions.ShortListWarning")
def test_every_step_has_its_time(monkeypatch):
    for name, size in {"N_ITEMS": 600, "N_USERS": 300, "N_NEW": 50, "N_NIGHTS": 2}.items():
        monkeypatch.setattr(nightly, name, size)
    rows = nightly.run(quick=True)
    steps = [row.method for row in rows if row.metric == "seconds"]
    assert steps[:4] == ["fit", "add_items", "update", "remove_items"]
    assert steps[-1] == "fit anew, for comparison"
    assert all(row.value > 0 for row in rows)
