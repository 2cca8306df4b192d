"""The benchmark of neighbours at scale: its data, and its rows with and without the peer."""

import importlib.util

import numpy as np
import pytest

from benchmarks import _taste, scale_recommend


def test_interactions_are_distinct_and_as_many_as_asked_for():
    X = _taste.interactions(300, 200, 5000)
    assert X.shape == (300, 200)
    assert X.nnz == 5000
    assert X.has_canonical_format
    assert (X.data == 1).all()
    assert (_taste.interactions(300, 200, 5000) != X).nnz == 0
    counts = np.sort(np.bincount(X.indices, minlength=200))
    assert counts[-20:].sum() > 2 * counts[:20].sum()


@pytest.mark.parametrize("there", [True, False])
def test_rows(there, monkeypatch):
    if there and importlib.util.find_spec("implicit") is None:
        monkeypatch.setattr(scale_recommend, "_implicit", lambda likes: (1.0, 2.0))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: "found" if there else None)
    for name, size in {"N_USERS": 2000, "N_ITEMS": 1000, "N_INTERACTIONS": 40_000}.items():
        monkeypatch.setattr(scale_recommend, name, size)
    rows = scale_recommend.run(quick=True)
    found = {(row.method, row.metric): row.value for row in rows}
    assert found[scale_recommend.OURS, "fit"] >= 0
    assert found[scale_recommend.OURS, "peak memory, data included"] > 0
    if there:
        assert found[scale_recommend.OURS, "times as fast as implicit, both"] > 0
    else:
        assert found[scale_recommend.PEER, "fit"] is None
