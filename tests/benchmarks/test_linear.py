"""The benchmarks of the linear family, checked where the truth is known."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import linear, missing
from benchmarks._planted import held_out_correlation, planted_views, planted_words

ROOT = Path(linear.__file__).parents[1]


@pytest.mark.parametrize("seed", [0, 1])
def test_planted_components_have_the_correlations_they_say(seed):
    # Of very wide views the noise of single columns averages out.
    a, b = planted_views(4000, (800, 800), n_components=3, seed=seed)
    left, right = (np.linalg.svd(v, full_matrices=False)[0][:, :3] for v in (a, b))
    correlations = np.linalg.svd(left.T @ right)[1]
    np.testing.assert_allclose(correlations, [0.9, 0.6, 0.3], atol=0.05)


def test_planted_words_are_sparse_and_follow_the_topics_of_the_dense_view():
    words, dense = planted_words(400, 3000, 50, n_topics=4)
    assert words.shape == (400, 3000)
    assert dense.shape == (400, 50)
    assert np.asarray(words.sum(axis=1)).ravel().tolist() == [40] * 400
    assert words.nnz <= 400 * 40


def test_held_out_correlation_by_hand():
    a = np.array([[1.0, 1.0], [2.0, 1.0], [3.0, 1.0]])
    b = np.array([[3.0, 5.0], [2.0, 1.0], [1.0, 2.0]])
    assert held_out_correlation([a, b]) == pytest.approx(-0.5)  # -1, and 0 for the constant


def test_ratios_are_of_cpu_time():
    figures = {"wall": 9.0, "memory": 0.0, "correlation": 0.5}
    found = {
        linear.FLOOR: {**figures, "cpu": 2.0},
        "mmclassic CCA": {**figures, "cpu": 3.0},
        "cca-zoo CCA": {**figures, "cpu": 12.0},
    }
    rows = {(row.method, row.metric): row.value for row in linear._ratio_rows("case", found)}
    assert rows == {
        ("mmclassic CCA", "CPU time over products alone"): 1.5,
        ("cca-zoo CCA", "CPU time over products alone"): 6.0,
        ("mmclassic CCA", "speedup over cca-zoo CCA"): 4.0,
    }


def test_an_absent_peer_is_a_row_with_the_reason(monkeypatch):
    monkeypatch.delenv(linear.MVLEARN, raising=False)
    case = linear.Case("c", "views", {}, 1, 1, (linear.MVLEARN_CCA,))
    (row,) = linear._peers_absent(case)
    assert (row.value, row.method) == (None, "mvlearn CCA")
    assert linear.MVLEARN in row.note


def test_a_method_is_measured_in_a_process_of_its_own():
    task = {
        "method": "ours_cca",
        "maker": "views",
        "data": {"n_rows": 3000, "widths": [20, 10], "n_components": 2},
        "n_components": 2,
        "repeats": 1,
    }
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks._linear_child", json.dumps(task)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    figures = json.loads(run.stdout)
    assert 0.3 < figures["correlation"] < 0.9
    assert min(figures["cpu"], figures["wall"]) > 0


@pytest.mark.parametrize("share", [0.0, 0.6])
def test_every_row_keeps_a_view(share):
    present = missing._present(share, 3, seed=0)
    assert present.any(axis=1).all()
    assert present.mean() == pytest.approx(1 - share, abs=0.1)
