"""What the benchmark of clusters makes and how it counts."""

import numpy as np
import scipy.sparse as sp

from benchmarks import clustering
from mmclassic.views import Views


def test_planted_rows_keep_a_view_each_where_cells_are_missing():
    views, y = clustering.planted(0, 500, 0.9)
    assert views.widths == clustering._WIDTHS
    assert views.present.any(axis=1).all()
    assert 0.1 < views.present.mean() < 0.3
    assert set(y) == set(range(10))


def test_rows_tell_the_mean_and_the_deviation_of_seeds():
    found = {"KMeansAligner": [{"ARI": 0.9}, {"ARI": 1.0}], "other": [{"ARI": 0.5}]}
    ours, other = clustering._rows("case", found, "target: 1")
    np.testing.assert_allclose([ours.value, ours.low, ours.high], [0.95, 0.9, 1.0])
    assert ours.note.startswith("target: 1; mean of 2 seeds")
    assert (other.value, other.low, other.note) == (0.5, None, "one seed.")


def test_every_method_is_asked_and_the_others_less_often(monkeypatch):
    monkeypatch.setattr(clustering, "N_CLUSTERS", 2)
    monkeypatch.setattr(clustering, "N_OTHERS", 3)
    rng = np.random.default_rng(0)
    y = np.arange(40) % 2
    cases = [(Views({"a": 9 * y[:, None] + rng.normal(size=(40, 2))}), y)] * 4
    found = clustering._all_methods(cases, peers=True, n_init=1)
    assert {method: len(values) for method, values in found.items()} == {
        "KMeansAligner": 4,
        "KMeansAligner, Euclidean": 3,
        "AgglomerativeAligner, Ward": 3,
        "K-means on a": 3,
        "K-means, z-scored concatenation": 3,
    }
    assert all(value["ARI"] == 1 for values in found.values() for value in values)


def test_a_peer_that_is_not_installed_is_a_row_with_the_reason(monkeypatch):
    monkeypatch.setattr(clustering.importlib.util, "find_spec", lambda name: None)
    rows = clustering._mvlearn("case", None)
    assert len(rows) == 3
    assert all((row.value, row.note) == (None, "mvlearn is not installed") for row in rows)


def test_texts_are_clustered_as_they_come_too():
    rng = np.random.default_rng(0)
    y = np.arange(40) % 2
    text = sp.csr_matrix(np.eye(2)[y] + 0.1 * rng.random((40, 2)))
    views = Views({"image": 9 * y[:, None] + rng.normal(size=(40, 1)), "text": text})
    found = dict(clustering._others(views, 2, 0, peers=True, n_init=1))
    assert {"K-means on text", "K-means on text, not z-scored"} <= set(found)
    assert all(clustering._agreement(y, labels)["ARI"] == 1 for labels in found.values())
