"""Positions of ids, and the index that is kept for few of many."""

import gc

import numpy as np
import pytest

from mmclassic.interactions import _lookup, find_ids

N = 20_000


def _ids(kind):
    numbers = np.random.default_rng(0).permutation(3 * N)[:N]
    return numbers if kind == "int" else numbers.astype(str).astype(object)


@pytest.mark.parametrize("kind", ["int", "str"])
def test_few_of_many_are_found_as_all_are(kind):
    known = _ids(kind)
    every = find_ids(known, known)
    np.testing.assert_array_equal(every, np.arange(N))
    for _ in range(2):
        np.testing.assert_array_equal(find_ids(known, known[[5, 0, 5, N - 1]]), [5, 0, 5, N - 1])
        assert find_ids(known, known[:0]).shape == (0,)
        unknown = known[:2].copy()
        unknown[0] = -1 if kind == "int" else "x"
        np.testing.assert_array_equal(find_ids(known, unknown), [-1, 1])


@pytest.mark.parametrize("kind", ["int", "str"])
def test_an_array_that_was_changed_is_read_anew(kind):
    known = _ids(kind)
    first, last = known[:1].copy(), known[-1:].copy()
    assert find_ids(known, first) == 0
    known[[0, -1]] = known[[-1, 0]]
    assert find_ids(known, first) == N - 1
    assert find_ids(known, last) == 0
    known[3] = -5 if kind == "int" else "new"
    assert find_ids(known, known[3:4].copy()) == 3


def test_the_index_goes_with_its_array():
    known = _ids("str")
    key = id(known)
    find_ids(known, known[:1])
    assert key in _lookup._kept
    del known
    gc.collect()
    assert key not in _lookup._kept


def test_the_second_time_no_index_is_made(monkeypatch):
    known = _ids("int")
    find_ids(known, known[:1])
    monkeypatch.setattr(_lookup, "_keep_index", None)
    assert find_ids(known, known[7:8]) == 7
