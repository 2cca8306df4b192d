"""The benchmark of streams: what is planted, and data and peers that are not there."""

import numpy as np
import pytest

from benchmarks import _line_times, _planted_offsets, streams


def test_planted_offsets_are_judged_by_the_frame(monkeypatch):
    rng = np.random.default_rng(0)
    sounds = [_planted_offsets.generated_speech(15, rng)]
    assert len(sounds[0]) == 15 * _planted_offsets.RATE
    exact = {_planted_offsets.OURS: lambda a, b: (0.0, 99.0)}
    monkeypatch.setattr(_planted_offsets, "FINDERS", exact)
    monkeypatch.setattr(np.random, "default_rng", lambda seed: _Zero())
    rows = _planted_offsets.offset_rows("case", sounds, 1)
    shares = {r.case: r.value for r in rows if r.metric == "share within 10 ms"}
    assert list(shares.values()) == [1.0, 1.0, 1.0]


class _Zero:
    """A generator of which every number is the least."""

    def uniform(self, low, high):
        return low

    def normal(self, size):
        return np.full(size, 0.5)


def test_what_is_not_there_is_a_row_with_the_reason(monkeypatch):
    monkeypatch.delenv("MMCLASSIC_DATA", raising=False)
    assert streams._sonnets() is None
    rows = _line_times.rows(quick=True)
    assert all(row.value is None and "MMCLASSIC_DATA" in row.note for row in rows)


def test_without_a_synthesiser_the_reason_is_told(monkeypatch):
    def missing():
        raise ImportError("no module")

    monkeypatch.setattr(_line_times, "Reader", missing)
    rows = _line_times._by_synthetic_reading(np.zeros(9), np.zeros(1), ["x"])
    assert [row.value for row in rows] == [None] * 3
    assert "espeakng-loader is not installed" in rows[0].note


def test_measures_by_hand():
    found, truth = np.array([0.0, 1.0, 2.5, 4.0]), np.array([0.1, 1.0, 2.0, 3.6])
    rows = _line_times._rows("case", "method", found, truth, "note")
    assert [row.value for row in rows] == pytest.approx([0.5, 0.25, 0.25])
