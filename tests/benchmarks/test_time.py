"""The benchmark of time: how settings are chosen, what is planted, and peers that are not there."""

import numpy as np
import pytest

from benchmarks import _warped_digits, _warping_accuracy, _warping_speed

DIGITS = np.tile(np.arange(5), 12)
SPEAKERS = np.repeat(list("abcdef"), 10)


def distances(features):
    found = np.abs(features[:, None] - features)
    return np.where(SPEAKERS[:, None] == SPEAKERS, np.inf, found)


def test_the_setting_is_chosen_without_the_tested_speaker():
    noise = distances(np.random.default_rng(0).normal(size=60))
    # What is good for five speakers is useless for the last, who has no say in it.
    good = distances(np.where(SPEAKERS == "f", 100.0, DIGITS))
    value, chosen = _warped_digits._chosen([noise, good], DIGITS, SPEAKERS)
    assert chosen == [1] * 6
    assert value == pytest.approx((5 + 0.2) / 6)


def test_planted_streams_share_three_causes_at_the_places_told():
    X, Y, at = _warping_accuracy.planted_streams(0, 0.0)
    assert (at[0], at[-1]) == (0, 1)
    assert (np.diff(at) > 0).all()
    places = np.linspace(0, 1, len(X))
    shown = np.column_stack([np.interp(at, places, column) for column in X.T])
    bases = [np.linalg.svd(Z - Z.mean(axis=0))[0][:, :5] for Z in (shown, Y)]
    correlations = np.linalg.svd(bases[0].T @ bases[1])[1]
    assert correlations[2] > 0.99
    assert correlations[3] < 0.8


def test_a_peer_that_is_not_installed_is_a_row_with_the_reason(monkeypatch):
    name = "tslearn (squared distances)"
    monkeypatch.setitem(_warping_speed.PACKAGE, name, "no_such_package")
    monkeypatch.setattr(_warping_speed._child, "measure", lambda *arguments: 1.0)
    rows = _warping_speed._of_size(60, 50, n_runs=1)
    (row,) = [r for r in rows if r.method == name]
    assert (row.value, row.note) == (None, "no_such_package is not installed")
    (apart,) = [r for r in rows if "parts in 1e9" in r.metric]
    assert apart.value < 1


def test_without_the_readings_a_row_says_so(monkeypatch):
    monkeypatch.delenv("MMCLASSIC_DATA", raising=False)
    (row,) = _warping_accuracy.published_path()
    assert row.value is None
    assert "MMCLASSIC_DATA" in row.note
