"""Matching against literals and brute force: pairs, scores, confidence, ties, shapes, memory."""

import dataclasses
import pickle
import tracemalloc
from itertools import permutations

import numpy as np
import pytest
import scipy.sparse as sp

import mmclassic.match._match as implementation
from mmclassic.match import SIMILARITIES, Matches, match, similarity

METHODS = ("nearest", "mutual", "optimal")


def random_pair(seed=0, n_a=7, n_b=5, p=4):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n_a, p)), rng.normal(size=(n_b, p))


def test_literals():
    A = [[1.0, 0.0], [0.6, 0.8], [0.96, 0.28]]
    B = [[1.0, 0.0], [0.6, 0.8]]
    nearest = match(A, B)
    assert (len(nearest), nearest.n_rows) == (3, 3)
    np.testing.assert_array_equal(nearest.rows, [0, 1, 2])
    np.testing.assert_array_equal(nearest.columns, [0, 1, 0])
    np.testing.assert_allclose(nearest.scores, [1, 1, 0.96])
    # .96 * .6 + .28 * .8 = .8: distances sqrt(2 - 1.92) and sqrt(2 - 1.6).
    np.testing.assert_allclose(nearest.confidence, [1, 1, 1 - np.sqrt(0.08 / 0.4)], atol=1e-6)
    mutual = match(A, B, method="mutual")
    np.testing.assert_array_equal(mutual.rows, [0, 1])
    np.testing.assert_array_equal(mutual.columns, [0, 1])
    np.testing.assert_array_equal(mutual.partners(), [0, 1, -1])
    assert nearest.rows.dtype == nearest.columns.dtype == np.int64


def test_an_assignment_by_hand():
    A, B = [[0.0], [1.0], [9.0]], [[0.4], [1.6]]
    found = match(A, B, method="optimal", metric="euclidean")
    # 0 with .4 and 9 with 1.6 cost 7.8; 1 in place of 0 costs .6 + 7.4, in place of 9 .4 + .6.
    np.testing.assert_array_equal(found.rows, [0, 1])
    np.testing.assert_array_equal(found.columns, [0, 1])
    np.testing.assert_allclose(found.scores, [-0.4, -0.6])
    np.testing.assert_array_equal(found.partners(), [0, 1, -1])
    # Row 0 is .4 from its partner and 1.6 from the other; row 1 has .6 from either.
    np.testing.assert_allclose(found.confidence, [1 - 0.4 / 1.6, 0], atol=1e-12)


@pytest.mark.parametrize(
    ("metric", "row", "candidates", "expected"),
    [
        ("euclidean", [0.0, 0.0], [[3.0, 4.0], [0.0, 1.0], [6.0, 8.0]], 1 - 1 / 5),
        ("euclidean", [0.0, 0.0], [[3.0, 4.0], [0.0, 0.0], [6.0, 8.0]], 1),
        ("cosine", [2.0, 0.0], [[0.0, 1.0], [3.0, 0.0], [-1.0, 0.0]], 1),
        ("cosine", [2.0, 0.0], [[0.0, 1.0], [-3.0, 0.0]], 1 - np.sqrt(2 / 4)),
        ("pearson", [1.0, 2.0, 3.0], [[1.0, 0.0, -1.0], [2.0, 1.0, 3.0]], 1 - np.sqrt(1 / 4)),
        ("dot", [1.0, 0.0], [[0.8, 0.2], [0.2, 0.8]], 1 - 0.2 / 0.8),
        ("dot", [1.0, 0.0], [[0.8, 0.0], [-5.0, 0.0]], 1),
        ("dot", [1.0, 0.0], [[-0.8, 0.0], [-5.0, 0.0]], 0),
        ("dot", [0.0, 0.0], [[1.0, 0.0], [2.0, 0.0]], 0),
    ],
)
def test_confidence_by_hand(metric, row, candidates, expected):
    np.testing.assert_allclose(match([row], candidates, metric=metric).confidence, [expected])


def test_confidence_of_an_assignment_that_is_not_the_nearest_is_0():
    A, B = [[1.0, 0.0], [0.9, 0.1]], [[1.0, 0.05], [0.0, 1.0]]
    found = match(A, B, method="optimal")
    np.testing.assert_array_equal(found.columns, [0, 1])
    assert found.confidence[0] > 0.9
    assert found.confidence[1] == 0


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("metric", SIMILARITIES)
def test_one_candidate_gives_no_confidence(method, metric):
    A = np.array([[1.0, 2.0, 4.0], [1.0, 2.0, 3.0]])
    found = match(A, [[1.0, 2.0, 4.0]], method=method, metric=metric)
    np.testing.assert_array_equal(found.columns, [0, 0] if method == "nearest" else [0])
    assert np.isnan(found.confidence).all()


@pytest.mark.parametrize("method", METHODS)
def test_one_row(method):
    found = match([[0.0, 1.0]], [[1.0, 0.0], [0.0, 2.0], [-1.0, 0.0]], method=method)
    np.testing.assert_array_equal(found.rows, [0])
    np.testing.assert_array_equal(found.columns, [1])
    np.testing.assert_array_equal(found.scores, [1])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("n_a", "n_b"), [(0, 3), (2, 0), (0, 0)])
@pytest.mark.parametrize("convert", [np.asarray, sp.csr_matrix])
def test_no_rows_give_no_pairs(method, n_a, n_b, convert):
    found = match(convert(np.ones((n_a, 2))), convert(np.ones((n_b, 2))), method=method)
    assert len(found) == 0
    assert found.rows.dtype == found.columns.dtype == np.int64
    np.testing.assert_array_equal(found.partners(), [-1] * n_a)
    assert found.to_frame().shape == (0, 4)


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
@pytest.mark.parametrize("metric", SIMILARITIES)
@pytest.mark.parametrize("shape", [(5, 6), (6, 5), (5, 5)])
def test_against_brute_force(seed, metric, shape):
    A, B = random_pair(seed, *shape, p=12)  # of few features ranks tie
    S = similarity(A, B, metric=metric)
    nearest = match(A, B, metric=metric)
    np.testing.assert_array_equal(nearest.columns, S.argmax(1))
    np.testing.assert_allclose(nearest.scores, S.max(1))
    mutual = [j if S[:, j].argmax() == i else -1 for i, j in enumerate(S.argmax(1))]
    np.testing.assert_array_equal(match(A, B, method="mutual", metric=metric).partners(), mutual)
    S, swap = (S, False) if shape[0] <= shape[1] else (S.T, True)
    n, m = S.shape
    best = max(permutations(range(m), n), key=lambda p: S[np.arange(n), list(p)].sum())
    pairs = sorted((j, i) if swap else (i, j) for i, j in enumerate(best))
    optimal = match(A, B, method="optimal", metric=metric)
    assert list(zip(optimal.rows.tolist(), optimal.columns.tolist())) == pairs


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("metric", SIMILARITIES)
@pytest.mark.parametrize("method", METHODS)
def test_confidence_is_a_share_and_scores_are_similarities(seed, metric, method):
    A, B = random_pair(seed, 40, 30)
    found = match(A, B, method=method, metric=metric)
    S = similarity(A, B, metric=metric)
    np.testing.assert_allclose(found.scores, S[found.rows, found.columns])
    assert ((found.confidence >= 0) & (found.confidence <= 1)).all()
    S[found.rows, found.columns] = -np.inf
    best = found.scores > S[found.rows].max(axis=1)
    if metric != "dot":
        np.testing.assert_array_equal(found.confidence > 0, best)
    assert best.any()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("metric", SIMILARITIES)
def test_sparse_and_single_precision_rows(metric, method):
    A, B = (np.where(np.abs(X) < 0.6, 0, X) for X in random_pair(n_a=30, n_b=20, p=8))
    expected = match(A, B, metric=metric, method=method)
    for a, b in [(sp.csr_matrix(A), sp.csc_matrix(B)), (A, sp.csr_matrix(B))]:
        found = match(a, b, metric=metric, method=method)
        np.testing.assert_array_equal(found.columns, expected.columns)
        np.testing.assert_allclose(found.confidence, expected.confidence, atol=1e-6)
    single = match(A.astype(np.float32), B.astype(np.float32), metric=metric, method=method)
    np.testing.assert_array_equal(single.columns, expected.columns)
    np.testing.assert_allclose(single.scores, expected.scores, rtol=1e-4, atol=1e-5)
    assert single.scores.dtype == np.float32
    assert single.confidence.dtype == np.float64


def test_ties_by_hand():
    A, B = [[1.0, 0.0], [2.0, 0.0]], [[0.0, 1.0], [3.0, 0.0], [4.0, 0.0]]
    np.testing.assert_array_equal(match(A, B).columns, [1, 1])
    np.testing.assert_array_equal(match(A, B).confidence, [0, 0])
    mutual = match(A, B, method="mutual")
    np.testing.assert_array_equal([mutual.rows, mutual.columns], [[0], [1]])


@pytest.mark.parametrize("p", [3, 200, 2000])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("metric", SIMILARITIES)
def test_of_equal_rows_the_first_is_taken_whatever_the_processor_adds_up_first(p, dtype, metric):
    rng = np.random.default_rng(p)
    rows = rng.normal(size=(137, p)).astype(dtype)
    rows[70:] = rows[rng.integers(70, size=67)]
    B = rows[rng.permutation(137)]
    A = np.vstack([rows, rng.normal(size=(20, p)).astype(dtype)])
    _, kind = np.unique(B, axis=0, return_inverse=True)
    first = np.array([np.flatnonzero(kind == k)[0] for k in kind])
    found = match(A, B, metric=metric)
    np.testing.assert_array_equal(first[found.columns], found.columns)
    repeated = np.bincount(kind)[kind[found.columns]] > 1
    assert repeated.any()
    assert (found.confidence[repeated] == 0).all()
    mutual = match(A, B, metric=metric, method="mutual")
    back = match(B, A, metric=metric)
    np.testing.assert_array_equal(back.columns[mutual.columns], mutual.rows)


@pytest.mark.parametrize("metric", SIMILARITIES)
@pytest.mark.parametrize("method", ["nearest", "mutual"])
def test_blocks_give_what_one_block_gives(monkeypatch, metric, method):
    A, B = random_pair(n_a=50, n_b=30)
    B[3] = B[11]  # a tie goes to the lower row, whatever the block
    A[20] = A[41]
    whole = match(A, B, method=method, metric=metric)
    monkeypatch.setattr(implementation, "_BLOCK_ENTRIES", 90)
    blocks = match(A, B, method=method, metric=metric)
    for field in ("rows", "columns"):
        np.testing.assert_array_equal(getattr(blocks, field), getattr(whole, field))
    np.testing.assert_allclose(blocks.confidence, whole.confidence, atol=1e-12)
    assert 11 not in whole.columns


@pytest.mark.parametrize("metric", SIMILARITIES)
@pytest.mark.parametrize("method", ["nearest", "mutual"])
def test_the_similarities_are_never_held_at_once(metric, method):
    A, B = random_pair(n_a=6000, n_b=6000, p=2)
    tracemalloc.start()
    match(A, B, method=method, metric=metric)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6000 * 6000 * 8 / 3  # the whole matrix is 288 MB, a block 33 MB


@pytest.mark.parametrize(
    ("A", "B", "message"),
    [
        ([[1.0, 2.0]], [[1.0]], "A has 2 features and B has 1"),
        (np.empty((0, 2)), [[1.0]], "A has 2 features and B has 1"),
        ([[np.nan]], [[1.0]], "A contains NaN"),
        ([], [[1.0]], "Expected 2D array"),
    ],
)
def test_rows_that_cannot_be_compared(A, B, message):
    with pytest.raises(ValueError, match=message):
        match(A, B)


def test_optimal_beats_nearest_on_hard_pairs():
    rng = np.random.default_rng(0)
    A = rng.normal(size=(400, 8))
    B = A + 0.5 * rng.normal(size=A.shape)
    truth = np.arange(400)
    right = {m: np.mean(match(A, B, method=m).partners() == truth) for m in METHODS}
    assert right["optimal"] > right["nearest"] > 0.5


def test_confident_matches_are_right_more_often():
    rng = np.random.default_rng(0)
    A = rng.normal(size=(1000, 8))
    found = match(A, A + 0.5 * rng.normal(size=A.shape))
    right = found.columns == np.arange(1000)
    sure = found.confidence > np.median(found.confidence)
    assert right[sure].mean() > right[~sure].mean() + 0.2


def test_the_result_is_a_frozen_value():
    found = match([[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.6, 0.8]])
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.rows = np.arange(2)
    assert repr(found) == "Matches(2 pairs for 2 rows)"
    frame = found.to_frame()
    assert frame.columns.tolist() == ["row", "column", "score", "confidence"]
    np.testing.assert_allclose(frame["score"], [1, 0.8])
    again = pickle.loads(pickle.dumps(found))
    assert isinstance(again, Matches)
    np.testing.assert_array_equal(again.partners(), [0, 1])
