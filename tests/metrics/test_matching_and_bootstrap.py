"""Matching accuracy and bootstrap intervals."""

import numpy as np
import pytest
from scipy.stats import bootstrap

from mmclassic.match import match
from mmclassic.metrics import bootstrap_interval, matching_accuracy


def test_matching_accuracy_counts_unmatched_as_wrong():
    assert matching_accuracy([0, 2, -1, 3], [0, 1, 2, 3]) == 2 / 4
    assert matching_accuracy([-1, -1], [0, 1]) == 0.0


def test_matching_accuracy_of_matches():
    # Rows 0 and 2 have one nearest partner; "mutual" leaves row 2 without any.
    A, B = [[1.0, 0.0], [0.0, 1.0], [1.0, 0.2]], [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]
    assert matching_accuracy(match(A, B), [0, 1, 0]) == 1.0
    assert matching_accuracy(match(A, B, method="mutual"), [0, 1, 0]) == 2 / 3
    assert matching_accuracy(match(A, B, method="optimal"), [0, 1, 2]) == 1.0
    with pytest.raises(ValueError, match=r"of one length.*\(3,\) and \(2,\)"):
        matching_accuracy(match(A, B), [0, 1])


def test_matching_accuracy_errors():
    with pytest.raises(ValueError, match="of one length"):
        matching_accuracy([0, 1], [0])
    with pytest.raises(ValueError, match="row 1: -1 is no partner"):
        matching_accuracy([0, -1], [0, -1])
    with pytest.raises(TypeError, match="must hold indices"):
        matching_accuracy([0.0], [0])
    with pytest.raises(ValueError, match="not empty"):
        matching_accuracy([], [])


@pytest.mark.parametrize("seed", range(3))
def test_interval_is_that_of_the_normal_distribution_for_many_values(seed):
    values = np.random.default_rng(seed).normal(2.0, 3.0, size=4000)
    low, high = bootstrap_interval(values, n_resamples=2000, random_state=seed)
    error = values.std() / np.sqrt(values.size)
    assert low == pytest.approx(values.mean() - 1.96 * error, abs=0.2 * error)
    assert high == pytest.approx(values.mean() + 1.96 * error, abs=0.2 * error)


def test_interval_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(0)
    covered = 0
    for i in range(200):
        low, high = bootstrap_interval(
            rng.exponential(size=80), confidence=0.8, n_resamples=300, random_state=i
        )
        covered += low <= 1.0 <= high
    assert 0.68 <= covered / 200 <= 0.9


def test_nan_is_left_out_and_the_seed_decides():
    values = np.array([0.0, np.nan, 1.0, 1.0, 0.0])
    first = bootstrap_interval(values, random_state=3)
    assert first == bootstrap_interval(values[~np.isnan(values)], random_state=3)
    assert first != bootstrap_interval(np.linspace(0, 1, 5), random_state=3)


def test_one_value_is_its_own_interval():
    assert bootstrap_interval([0.25], random_state=0) == (0.25, 0.25)


def test_wider_confidence_is_a_wider_interval():
    values = np.random.default_rng(0).random(50)
    low, high = bootstrap_interval(values, confidence=0.5, random_state=0)
    lower, higher = bootstrap_interval(values, confidence=0.99, random_state=0)
    assert lower < low < high < higher


def test_bootstrap_errors():
    with pytest.raises(ValueError, match="no value that is not NaN"):
        bootstrap_interval([np.nan])
    with pytest.raises(ValueError, match="got infinity"):
        bootstrap_interval([1.0, np.inf])
    with pytest.raises(ValueError, match="must be 1-D or 2-D"):
        bootstrap_interval([[[1.0]]])
    with pytest.raises(ValueError, match="no value that is not NaN"):
        bootstrap_interval([[1.0, np.nan], [2.0, np.nan]])
    with pytest.raises(ValueError, match="confidence"):
        bootstrap_interval([1.0], confidence=1.0)


def test_columns_get_the_intervals_they_get_alone():
    values = np.random.default_rng(0).random((300, 5))
    values[:40, 1] = np.nan
    values[7:47, 3] = np.nan
    low, high = bootstrap_interval(values, random_state=4)
    alone = [bootstrap_interval(column, random_state=4) for column in values.T]
    np.testing.assert_allclose(np.transpose([low, high]), alone, rtol=1e-12)


def test_agrees_with_scipy():
    values = np.random.default_rng(1).exponential(size=400)
    ours = bootstrap_interval(values, n_resamples=4000, random_state=0)
    theirs = bootstrap((values,), np.mean, method="percentile", n_resamples=4000, random_state=0)
    np.testing.assert_allclose(ours, theirs.confidence_interval, atol=0.1 * np.ptp(ours))


def test_equal_values_have_their_mean_for_an_interval():
    assert bootstrap_interval(np.full(77, 0.1), random_state=0) == (0.1, 0.1)
