"""Purity and the accuracy of clusters."""

from itertools import permutations

import numpy as np
import pytest

from mmclassic.metrics import clustering_accuracy, purity


def test_worked_by_hand():
    """Clusters of 3 a + 1 b, 2 b + 1 a and 1 c."""
    truth = list("aaabbbac")
    labels = [0, 0, 0, 0, 1, 1, 1, 2]
    assert purity(truth, labels) == 6 / 8
    assert clustering_accuracy(truth, labels) == 6 / 8
    assert purity(truth, np.arange(8)) == 1
    assert clustering_accuracy(truth, np.arange(8)) == 3 / 8
    assert purity(truth, np.zeros(8, int)) == clustering_accuracy(truth, np.zeros(8, int)) == 0.5


def test_accuracy_is_the_best_of_all_namings():
    rng = np.random.default_rng(0)
    a, b = rng.integers(4, size=(2, 60))
    best = max(np.mean(np.array(naming)[b] == a) for naming in permutations(range(4)))
    assert clustering_accuracy(a, b) == clustering_accuracy(b, a) == pytest.approx(best)


def test_rows_in_no_cluster_count_as_wrong():
    assert purity([0, 0, 1, 1], [0, 0, 1, -1]) == 0.75
    assert clustering_accuracy([0, 0, 1, -1], [0, 0, 1, 1]) == 0.75
    assert purity([0, 1], [-1, -1]) == clustering_accuracy([0, 1], [-1, -1]) == 0


@pytest.mark.parametrize("measure", [purity, clustering_accuracy])
@pytest.mark.parametrize("pair", [([], []), ([0, 1], [0]), ([[0]], [[0]])])
def test_lengths_must_agree(measure, pair):
    with pytest.raises(ValueError, match="1-D, of one length and not empty"):
        measure(*pair)
