"""How the benchmark of sounds measures and chooses, where the truth is known."""

import numpy as np
from numpy.testing import assert_allclose

from benchmarks._sounds_methods import Features
from benchmarks._sounds_tasks import Task, _windows
from benchmarks._spoken_digits import CLASSIFIERS, _chosen, _inner_means
from benchmarks.sounds import _causes, _hits, _voted

MODEL = CLASSIFIERS["as they are, euclidean"]
DIGITS = np.tile(np.arange(5), 12)
SPEAKERS = np.repeat(list("abcdef"), 10)


def test_the_tested_speaker_takes_no_part_in_the_choice():
    rng = np.random.default_rng(0)
    block = DIGITS[:, None] + rng.normal(size=(60, 1))
    means = _inner_means(MODEL, block, DIGITS, SPEAKERS)
    for i, name in enumerate("abcdef"):
        poisoned = np.where(SPEAKERS[:, None] == name, rng.normal(size=(60, 1)), block)
        assert_allclose(_inner_means(MODEL, poisoned, DIGITS, SPEAKERS)[i], means[i])
        assert not np.allclose(_inner_means(MODEL, poisoned, DIGITS, SPEAKERS), means)


def test_the_better_features_are_chosen_and_tested_on_the_speaker_left_out():
    noise = np.random.default_rng(1).normal(size=(60, 1))
    # What is good for five speakers is useless for the last, who has no say in it.
    good = np.where(SPEAKERS[:, None] == "f", 100.0, DIGITS[:, None])
    hits, note = _chosen({"noise": (noise, MODEL), "good": (good, MODEL)}, DIGITS, SPEAKERS)
    assert [hits[name] for name in "abcde"] == [1] * 5
    assert hits["f"] == 0.2
    assert "good (6)" in note


def test_votes_go_to_the_most_frequent_and_then_to_the_nearer():
    labels = np.array([[0, 1, 1, 2, 3], [2, 1, 1, 2, 3], [4, 3, 2, 1, 0]])
    assert _voted(labels).tolist() == [1, 2, 4]


def test_measures_of_neighbours_by_hand():
    train = np.array([[0.0, 1], [0, 2], [0, 3], [1, 0], [2, 0], [3, 0]])
    known = np.array([0, 0, 0, 1, 1, 1])
    # Far out in the direction of the first class, and in that of the second said to be the first.
    test, truth = np.array([[0.0, 9], [9, 0]]), np.array([0, 0])
    hits = _hits(Features(train, test, "by hand"), known, truth)
    assert hits["1-NN"].tolist() == hits["5-NN"].tolist() == [True, False]
    assert hits["1-NN, centred cosine"].tolist() == hits["linear SVM"].tolist() == [True, False]
    assert_allclose(hits["P@5"], [3 / 5, 2 / 5])


def test_causes_that_are_columns_are_told():
    rng = np.random.default_rng(0)
    causes = rng.normal(size=(300, 2))
    made = Features(causes[:200] * 50, causes[200:] * 50, "by hand")
    task = Task("causes", [], causes, [], "drawn")
    told, ridge = _causes(task, "ours", [(made, causes[:200], causes[200:])])
    assert 0.8 < told.value < 1
    assert ridge.value > 0.999
    blind = Features(rng.normal(size=(200, 2)), rng.normal(size=(100, 2)), "noise")
    assert _causes(task, "ours", [(blind, causes[:200], causes[200:])])[1].value < 0.05


def test_windows_of_silence_are_left_out():
    samples = np.concatenate([np.ones(20), np.zeros(10), np.full(15, 0.5)])
    assert [w.tolist() for w in _windows(samples, 10)] == [[1] * 10, [1] * 10, [0.5] * 10]
