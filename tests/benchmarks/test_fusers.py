"""The benchmark of fusers: lists where cells miss, the chosen view, and groups."""

import numpy as np
import pytest

from benchmarks import fusers
from benchmarks.fusion import make_splits
from mmclassic.views import Views


@pytest.fixture(scope="module")
def task():
    return fusers.generated(quick=True)


def test_rows_without_the_view_ask_nothing_and_are_not_found():
    known = Views({"a": np.eye(4)}, [[True], [False], [True], [True]])
    new = Views({"a": np.eye(4)[:2]}, [[True], [False]])
    lists = fusers._lists_by(new, known, "a")
    assert lists.order.tolist() == [[0, 2, 3], [-1, -1, -1]]


def test_the_view_is_chosen_by_neighbours_other_than_the_row_itself():
    classes = np.repeat([0, 1], 15)
    rng = np.random.default_rng(0)
    tells = np.eye(2)[classes] + 0.1 * rng.random((30, 2))
    own = np.eye(30)  # each row is nearest to itself, and to nobody else
    assert fusers._choose(Views({"own": own, "tells": tells}), classes) == "tells"


def test_fused_lists_are_those_of_the_training_rows(task):
    (split, *_) = make_splits(task, 0.0, n_used=1)
    classes = task.labels[split.train]
    by_view = [fusers._lists_by(split.new, split.known, name) for name in task.columns]
    found = fusers._fused_lists(split, classes, by_view)
    assert set(found) == set(fusers._NOTES)
    chance = 0.25
    for name, lists in found.items():
        assert lists.items.size == split.train.size
        assert fusers._share(lists, task, split) > chance + 0.2, name


def test_groups_of_clear_classes_are_found():
    X = np.repeat(10 * np.eye(3), 20, axis=0) + np.random.default_rng(0).random((60, 3))
    labels = np.repeat(np.arange(3), 20)
    for groups in (fusers._spectral(Views({"a": X}), 3), fusers._k_means(X, 3)):
        assert fusers._nmi(labels, groups) == pytest.approx([1.0] * fusers.N_STARTS)
