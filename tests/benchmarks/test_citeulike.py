"""The benchmark of CiteULike: recall with ties by hand, and rows of a small set of its form."""

import numpy as np
import pytest
import scipy.sparse as sp

from benchmarks import _citeulike_data as data
from benchmarks import citeulike
from benchmarks._expected_recall import expected_recalls


def test_ties_count_by_expectation():
    scores = np.array([[9.0, 1, 1, 1, 0, 0], [9, 0, 0, 0, 0, 0], [1, 2, 3, 4, 5, 6]])
    train = sp.csr_matrix(([1.0, 1, 1], ([0, 1, 2], [0, 0, 5])), shape=(3, 6))
    test = sp.csr_matrix(np.array([[0, 1.0, 0, 0, 1, 0], [0, 1, 1, 1, 0, 0], [0, 0, 0, 0, 0, 0]]))
    split = data.Split(train, test)
    found = expected_recalls(lambda users: scores[users], split, (2, 4))
    # At 2: two of three ones, one of them right; two of five zeros. At 4: all ones and one of two
    # zeros; four of five zeros.
    np.testing.assert_allclose(found, [[2 / 3 / 2, (1 + 1 / 2) / 2], [2 / 5, 4 / 5]], rtol=1e-12)


@pytest.fixture
def small_set(tmp_path, monkeypatch):
    folder = tmp_path / data.FOLDER
    folder.mkdir()
    rng = np.random.default_rng(0)
    monkeypatch.setattr(data, "N_ITEMS", 400)
    monkeypatch.setattr(data, "N_WORDS", 50)
    monkeypatch.setenv("MMCLASSIC_DATA", str(tmp_path))
    saved = [rng.permutation(400)[:15] for _ in range(40)]
    for n in (1, 10):
        for part, chosen in (("train", slice(n)), ("test", slice(n, None))):
            lines = [f"{row[chosen].size} {' '.join(map(str, row[chosen]))}" for row in saved]
            (folder / f"cf-{part}-{n}-users.dat").write_text("\n".join(lines) + "\n")
    texts = [rng.permutation(50)[: rng.integers(8)] for _ in range(400)]
    lines = [f"{row.size} {' '.join(f'{word}:2' for word in row)}" for row in texts]
    (folder / "mult.dat").write_text("\n".join(lines) + "\n")
    for name, n, most in (("citations.dat", 400, 4), ("tag-item.dat", 30, 20)):
        linked = [rng.permutation(400)[: rng.integers(most)] for _ in range(n)]
        lines = [f"{row.size} {' '.join(map(str, row))}" for row in linked]
        (folder / name).write_text("\n".join(lines) + "\n")


@pytest.mark.usefixtures("small_set")
def test_rows_of_every_method():
    rows = citeulike.run(quick=False)
    methods = {(row.case, row.method) for row in rows}
    ours = {found for found in methods if found[1].startswith("KNNRecommender")}
    assert len(ours) == 10
    assert len(methods - ours) == 9
    for metric in ("recall@50", citeulike.FIT, "peak memory"):
        assert len([row for row in rows if row.metric == metric]) == 19
    for metric in ("published@300", citeulike.SCORE):
        assert len([row for row in rows if row.metric == metric]) == 9
    found = [row.value for row in rows if row.metric == "recall@300"]
    assert all(0 < value <= 1 for value in found)


def test_without_the_data_it_says_why(monkeypatch, tmp_path):
    monkeypatch.setenv("MMCLASSIC_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="the data are for research alone"):
        citeulike.run(quick=True)
