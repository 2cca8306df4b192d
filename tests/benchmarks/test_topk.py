"""The benchmark of exact lists: its rows, and peers that are not installed."""

import numpy as np

from benchmarks import topk


def test_rows_are_of_length_one_and_common_features_are_common():
    texts = topk._texts(200, 500, terms=30)
    assert texts.dtype == np.float32
    np.testing.assert_allclose(texts.multiply(texts).sum(axis=1), 1, rtol=1e-5)
    counts = np.bincount(texts.indices, minlength=500)
    assert counts[:50].mean() > 3 * counts[-50:].mean()


def test_a_peer_that_is_not_installed_is_a_row_with_the_reason():
    tasks = {}
    (row,) = topk._peer("case", "no_such_package", "peer", tasks, lambda: None)
    assert (row.value, row.note, tasks) == (None, "no_such_package is not installed", {})


def test_the_product_alone_multiplies_every_tile(monkeypatch):
    monkeypatch.setattr(topk, "_TILE", (2, 3))
    tiles = []
    monkeypatch.setattr(topk.np, "matmul", lambda a, b, out: tiles.append(out.shape))
    topk._product_alone(np.ones((5, 2), np.float32), np.ones((4, 2), np.float32))
    assert sorted(tiles) == [(1, 1), (1, 3), (2, 1), (2, 1), (2, 3), (2, 3)]
