"""Probabilities of pairs: right as often as they say, by hand, and what is refused."""

import numpy as np
import pytest

import mmclassic
from mmclassic.match import MatchCalibrator, Matches, match


def planted(seed, n=1500, noise=0.9):
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(n, 16))
    return A, A + noise * rng.normal(size=A.shape)


def calibration_error(probabilities, right):
    """Mean distance of what is said and what is, over ten bins."""
    bins = np.minimum((10 * probabilities).astype(int), 9)
    return sum(
        np.mean(bins == i) * abs(probabilities[bins == i].mean() - right[bins == i].mean())
        for i in np.unique(bins)
    )


@pytest.mark.parametrize("method", ["nearest", "mutual", "csls"])
def test_pairs_are_right_as_often_as_said(method):
    errors = []
    for seed in range(3):
        A, B = planted(seed)
        found = match(A, B, method=method)
        known = np.arange(400)
        sure = MatchCalibrator().fit(found, known, rows=known).calibrate(found)
        new = sure.rows >= 400
        right = sure.columns[new] == sure.rows[new]
        errors.append(calibration_error(sure.confidence[new], right))
    assert np.mean(errors) < 0.06


def made_up(scores, confidence):
    rows = np.arange(len(scores))
    return Matches(rows, rows, np.asarray(scores, float), np.asarray(confidence, float), rows.size)


def test_where_nothing_tells_the_probability_is_the_share():
    found = made_up(np.ones(40), np.full(40, 0.5))
    partners = np.where(np.arange(40) < 30, np.arange(40), -1)
    sure = MatchCalibrator().fit(found, partners).calibrate(found)
    np.testing.assert_allclose(sure.confidence, 0.75, atol=1e-3)
    np.testing.assert_array_equal(found.confidence, 0.5)  # a new value


def test_more_is_surer_and_no_competitor_is_most():
    rng = np.random.default_rng(0)
    scores, confidence = rng.random(300), rng.random(300)
    right = rng.random(300) < (scores + confidence) / 2
    partners = np.where(right, np.arange(300), -1)
    calibrator = MatchCalibrator().fit(made_up(scores, confidence), partners)
    assert (calibrator.coef_ > 0).all()
    assert calibrator.n_pairs_ == 300
    asked = made_up([0.5, 0.5, 0.9, 0.5], [0.1, 0.9, 0.9, np.nan])
    low, middle, high, alone = calibrator.calibrate(asked).confidence
    assert 0 < low < middle < high < 1
    assert alone > middle


def test_what_is_refused():
    found = made_up([0.1, 0.2, 0.3, 0.4], [0.5] * 4)
    with pytest.raises(ValueError, match="4 are right and 0 wrong"):
        MatchCalibrator().fit(found, [0, 1, 2, 3])
    with pytest.raises(ValueError, match="3 partners and 4 different of 4 rows"):
        MatchCalibrator().fit(found, [0, 1, 2])
    with pytest.raises(ValueError, match="2 partners and 1 different of 2 rows"):
        MatchCalibrator().fit(found, [0, 1], rows=[1, 1])
    with pytest.raises(ValueError, match="at least 0 and at most 3; got 0 to 4"):
        MatchCalibrator().fit(found, [0, 1], rows=[0, 4])
    with pytest.raises(ValueError, match="partners must be at least -1; got -2"):
        MatchCalibrator().fit(found, [0, -2, 1, 1])
    with pytest.raises(ValueError, match="whole numbers; got float64"):
        MatchCalibrator().fit(found, [0.0, 1.0, 2.0, 3.0])


def test_a_file_gives_the_same_and_a_damaged_one_is_refused(tmp_path):
    A, B = planted(0, n=100)
    found = match(A, B)
    calibrator = MatchCalibrator().fit(found, np.arange(100))
    mmclassic.save(calibrator, tmp_path / "calibrator.skops")
    again = mmclassic.load(tmp_path / "calibrator.skops")
    expected = calibrator.calibrate(found).confidence
    np.testing.assert_array_equal(again.calibrate(found).confidence, expected)
    calibrator.coef_ = calibrator.coef_[:1]
    with pytest.raises(ValueError, match="damaged: coef_ is not two numbers"):
        calibrator._check_state()
