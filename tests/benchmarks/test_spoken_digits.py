"""The choice of settings for spoken digits, checked where the best one is known."""

import numpy as np
from numpy.testing import assert_allclose

from benchmarks._spoken_digits import CLASSIFIERS, _chosen, _inner_means

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
