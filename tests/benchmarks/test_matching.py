"""The benchmark of matching: planted truth, plain references, missing peers."""

import numpy as np
import pytest

from benchmarks import _anchors, _few_labels, matching
from mmclassic.match import match
from mmclassic.views import Views


def test_plain_references_find_what_match_finds():
    A, B = matching.noisy_pairs(300)
    for method, plain in (("nearest", matching._nearest_loop), ("csls", matching._plain_csls)):
        np.testing.assert_array_equal(match(A, B, method=method).columns, plain(A, B))
    np.testing.assert_array_equal(matching._scipy(A, B), match(A, B, method="optimal").columns)


def test_a_calibration_error_by_hand():
    # Two bins: said .05 and .95, true in none of one and one of two.
    right = np.array([False, True, False])
    found = matching._calibration_error(np.array([0.05, 0.95, 0.95]), right)
    assert found == pytest.approx(0.05 / 3 + 2 * 0.45 / 3)


def test_rows_of_one_view_alone_have_their_partners_there():
    known, new = _anchors._few_pairs(0, 10, noise=0.0)
    assert known.present.all(axis=1).sum() == 10
    assert (known.mask("x").sum(), known.mask("y").sum()) == (510, 510)
    assert len(new) == 500
    lengths = [np.sort(np.linalg.norm(known[n][10:][known.mask(n)[10:]], axis=1)) for n in "xy"]
    np.testing.assert_allclose(*lengths)


def test_rows_that_are_no_pairs_come_once_for_each_view():
    views = Views({"image": np.arange(6.0)[:, None], "text": np.arange(6.0)[:, None] + 10})
    known = _few_labels.unpaired(views, np.array([4, 1]))
    assert known.present.sum(axis=1).tolist() == [2, 2, *[1] * 8]
    assert known["image"][known.mask("image"), 0].tolist() == [4, 1, 0, 2, 3, 5]
    texts = known["text"][known.mask("text"), 0]
    assert texts[:2].tolist() == [14, 11]
    assert sorted(texts[2:]) == [10, 12, 13, 15]


def test_without_pot_the_rows_say_so(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    A, B = matching.noisy_pairs(20)
    rows = [*matching._pot("case", A, B), *matching._unpaired(1)]
    assert len(rows) == 5
    assert all(row.value is None and row.note == "POT is not installed" for row in rows)
