"""Ranking metrics against fractions worked by hand and a plain loop."""

import math

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from mmclassic import metrics

FUNCTIONS = [
    metrics.precision_at_k,
    metrics.recall_at_k,
    metrics.f1_at_k,
    metrics.hit_rate_at_k,
    metrics.ndcg_at_k,
    metrics.map_at_k,
    metrics.mrr,
]

# User 0 likes 1, 3, 5 and is shown 3, 0, 1, 2: hits at ranks 1 and 3.
# User 1 likes 0 and is shown 4, 5, 0, 1: a hit at rank 3.
# User 2 likes nothing. User 3 likes 2 and 4 and gets no hit.
RELEVANT = [[1, 3, 5], [0], [], [2, 4]]
RECOMMENDED = np.array([[3, 0, 1, 2], [4, 5, 0, 1], [0, 1, 2, 3], [0, 1, 3, 5]])


@pytest.mark.parametrize(
    ("function", "k", "expected"),
    [
        (metrics.precision_at_k, 4, [2 / 4, 1 / 4, np.nan, 0]),
        (metrics.precision_at_k, 2, [1 / 2, 0, np.nan, 0]),
        (metrics.recall_at_k, 4, [2 / 3, 1, np.nan, 0]),
        (metrics.recall_at_k, 1, [1 / 3, 0, np.nan, 0]),
        (metrics.f1_at_k, 4, [4 / 7, 2 / 5, np.nan, 0]),
        (metrics.hit_rate_at_k, 4, [1, 1, np.nan, 0]),
        (metrics.hit_rate_at_k, 2, [1, 0, np.nan, 0]),
        # Discounts 1, 1/log2(3), 1/2, 1/log2(5); user 0's ideal list has 3 hits, user 1's one.
        (metrics.ndcg_at_k, 4, [1.5 / (1.5 + 1 / math.log2(3)), 1 / 2, np.nan, 0]),
        # With k = 1 the ideal list has one hit only.
        (metrics.ndcg_at_k, 1, [1, 0, np.nan, 0]),
        (metrics.map_at_k, 4, [(1 / 1 + 2 / 3) / 3, (1 / 3) / 1, np.nan, 0]),
        (metrics.map_at_k, 2, [(1 / 1) / 2, 0, np.nan, 0]),
        (metrics.mrr, 4, [1, 1 / 3, np.nan, 0]),
        (metrics.mrr, 2, [1, 0, np.nan, 0]),
    ],
)
def test_fractions(function, k, expected):
    np.testing.assert_allclose(
        function(RELEVANT, RECOMMENDED, k, per_user=True), expected, rtol=1e-12
    )
    mean = np.nanmean(expected)
    assert function(RELEVANT, RECOMMENDED, k) == pytest.approx(mean, rel=1e-12)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_perfect_list_scores_one_unless_it_is_longer_than_what_is_relevant(function):
    short = function([[4, 2]], [[2, 4]], k=2)
    assert short == pytest.approx(1.0)


def test_a_perfect_list_scores_one_in_ndcg_with_fewer_relevant_items_than_k():
    assert metrics.ndcg_at_k([[7]], [[7, 1, 2]], k=3) == 1.0
    assert metrics.map_at_k([[7]], [[7, 1, 2]], k=3) == 1.0


def test_minus_one_is_a_miss():
    recommended = [[-1, 3, -1, -1]]
    assert metrics.precision_at_k([[3]], recommended, k=4) == 1 / 4
    assert metrics.mrr([[3]], recommended, k=4) == 1 / 2
    # The last item of the user before must not be found through index -1.
    assert metrics.hit_rate_at_k([[1], [0]], [[0, 1], [-1, -1]], k=2, per_user=True)[1] == 0


def test_explicit_zeros_and_duplicates_of_a_sparse_matrix():
    matrix = sp.csr_array(
        (np.array([1.0, 1.0, 0.0]), np.array([2, 2, 0]), np.array([0, 3])), shape=(1, 4)
    )
    assert metrics.recall_at_k(matrix, [[2, 0]], k=2) == 1.0
    assert metrics.precision_at_k(matrix, [[2, 0]], k=2) == 0.5
    assert matrix.nnz == 3, "the caller's matrix must not change"


@pytest.mark.parametrize("container", [sp.csr_matrix, sp.csr_array, sp.coo_array, sp.csc_array])
def test_sparse_containers_agree_with_lists(container):
    dense = np.zeros((4, 6))
    for user, liked in enumerate(RELEVANT):
        dense[user, liked] = 1
    for function in FUNCTIONS:
        expected = function(RELEVANT, RECOMMENDED, 4, per_user=True)
        np.testing.assert_array_equal(
            function(container(dense), RECOMMENDED, 4, per_user=True), expected
        )


def _by_loop(liked, shown, k):
    """All metrics of one user, by their definitions."""
    gains = [item in liked for item in shown[:k]]
    n_hits, best = sum(gains), min(k, len(liked))
    precision, recall = n_hits / k, n_hits / len(liked)
    dcg = sum(g / math.log2(rank + 2) for rank, g in enumerate(gains))
    ideal = sum(1 / math.log2(rank + 2) for rank in range(best))
    return [
        precision,
        recall,
        2 * precision * recall / (precision + recall) if n_hits else 0,
        float(n_hits > 0),
        dcg / ideal,
        sum(sum(gains[: i + 1]) / (i + 1) for i in range(k) if gains[i]) / best,
        1 / (gains.index(True) + 1) if n_hits else 0,
    ]


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 8), st.integers(8, 15), st.integers(1, 9))
def test_agrees_with_a_plain_loop(seed, k, n_items, n_users):
    rng = np.random.default_rng(seed)
    recommended = np.argsort(rng.random((n_users, n_items)), axis=1)[:, :8]
    liked = [rng.choice(n_items, rng.integers(0, n_items + 1), replace=False) for _ in recommended]
    expected = np.array(
        [
            _by_loop(set(a.tolist()), b.tolist(), k) if a.size else [np.nan] * len(FUNCTIONS)
            for a, b in zip(liked, recommended)
        ]
    )
    found = [function(liked, recommended, k, per_user=True) for function in FUNCTIONS]
    np.testing.assert_allclose(np.column_stack(found), expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_refuses_what_would_give_a_wrong_number(function):
    with pytest.raises(ValueError, match="user 1: item 2 is recommended more than once"):
        function([[1], [2]], [[0, 1], [2, 2]], k=2)
    with pytest.raises(ValueError, match=r"k must be an integer in \[1, 2\].*got 3"):
        function([[1]], [[0, 1]], k=3)
    with pytest.raises(ValueError, match="only -1 stands for no item"):
        function([[1]], [[0, -2]], k=2)
    with pytest.raises(ValueError, match="item index 9, but relevant has 4 items"):
        function(sp.csr_array((1, 4)), [[0, 9]], k=2)
    with pytest.raises(ValueError, match="relevant has 2 users and recommended has 1"):
        function([[1], [2]], [[0, 1]], k=2)
    with pytest.raises(ValueError, match="indices start at 0"):
        function([[-3]], [[0, 1]], k=2)
    with pytest.raises(ValueError, match="no user has a relevant item"):
        function([[], []], [[0, 1], [0, 1]], k=2)
    with pytest.raises(TypeError, match="dense array"):
        function(np.ones((1, 4)), [[0, 1]], k=2)
    with pytest.raises(TypeError, match="item indices; got dtype float64"):
        function([[1]], [[0.0, 1.0]], k=2)
    with pytest.raises(ValueError, match="must be 2-D"):
        function([[1]], [0, 1], k=2)


@pytest.mark.parametrize(
    "relevant",
    [
        [np.array([1, 3, 5], dtype=np.uint8), {0}, frozenset(), (2, 4)],
        [np.array(x, dtype=np.uint64) for x in RELEVANT],
        [pd.Series(x, dtype="int32") for x in RELEVANT],
        [pd.Index(x, dtype="uint16") for x in RELEVANT],
        [range(1, 6, 2), [0, 0], [], [4, 2, 4]],
        tuple(RELEVANT),
        np.array([np.array(x) for x in RELEVANT], dtype=object),
        pd.Series(RELEVANT),
        sp.csr_array(([True] * 6, ([0, 0, 0, 1, 3, 3], [1, 3, 5, 0, 2, 4])), shape=(4, 6)),
    ],
    ids=str,
)
def test_all_forms_of_relevance_mean_the_same(relevant):
    for recommended in (RECOMMENDED, RECOMMENDED.astype(np.uint8), RECOMMENDED.astype(np.uint64)):
        found = metrics.recall_at_k(relevant, recommended, 4, per_user=True)
        np.testing.assert_allclose(found, [2 / 3, 1, np.nan, 0])


ONE = [[0, 1]]


@pytest.mark.parametrize(
    ("relevant", "error", "message"),
    [
        ({0: [1]}, TypeError, r"got dict.*\[likes\[user\] for user in users\]"),
        ({"u": [1], "v": [2]}, TypeError, "got dict"),
        ({1, 2}, TypeError, "got set"),
        ("12", TypeError, "got str"),
        (iter([[1]]), TypeError, "got list_iterator"),
        (3, TypeError, "got int"),
        (pd.DataFrame({"a": [1]}), TypeError, "dense array"),
        (np.ones((1, 4), dtype=bool), TypeError, "dense array"),
        (np.array([1]), TypeError, "for user 0 it holds int64 of shape"),
        ([1], TypeError, "for user 0 it holds int of shape"),
        ([None], TypeError, "user 0"),
        ([{1: 2}], TypeError, "for user 0 it holds dict"),
        (["1"], TypeError, "for user 0 it holds str"),
        ([["1"]], TypeError, "dtype <U1"),
        ([[1.0]], TypeError, "dtype float64"),
        ([[np.nan]], TypeError, "dtype float64"),
        ([[None, 1]], TypeError, "dtype object"),
        ([[[1], [2, 3]]], TypeError, "a list of lists"),
        ([[[1, 2]]], TypeError, r"shape \(1, 2\)"),
        ([sp.csr_array([[0, 1]])], TypeError, "holds csr_array"),
        ([np.array([True, False, True])], TypeError, "boolean mask.*flatnonzero"),
        ([[True, False]], TypeError, "boolean mask"),
        ([[True, 1]], TypeError, "boolean mask"),
        ([[np.True_, 1]], TypeError, "boolean mask"),
        ([[0, 1, 0, 0]], TypeError, "4 entries that are all 0 or 1.*dense"),
        ([np.array([2**63], dtype=np.uint64)], ValueError, "no item index"),
        ([[2**64]], TypeError, "dtype object"),
        ([np.array([-1])], ValueError, "indices start at 0"),
    ],
)
def test_what_is_not_relevance_is_never_misread(relevant, error, message):
    with pytest.raises(error, match=message):
        metrics.recall_at_k(relevant, ONE, 2)


@pytest.mark.parametrize(
    ("recommended", "error", "message"),
    [
        ([[True, False]], TypeError, "item indices; got dtype bool"),
        (np.array([[2**63, 1]], dtype=np.uint64), ValueError, "no item index"),
        ([["a", "b"]], TypeError, "item indices"),
    ],
)
def test_recommended_items_must_be_indices(recommended, error, message):
    with pytest.raises(error, match=message):
        metrics.recall_at_k([[1]], recommended, 2)


def test_lists_and_relevance_must_be_about_the_same_items():
    lists = metrics.RankedLists([[0, 1]], [[2.0, 1.0]], [0], np.arange(3))
    assert metrics.recall_at_k([[2, 0]], lists, 2) == 1 / 2
    with pytest.raises(ValueError, match="item index 3, but the lists rank 3 items"):
        metrics.recall_at_k([[3]], lists, 2)
    with pytest.raises(ValueError, match="relevant has 4 items and the lists rank 3"):
        metrics.recall_at_k(sp.csr_array((1, 4)), lists, 2)


def test_average_precision_of_trec_eval_has_another_divisor():
    # Two hits in a list of two, of 5 relevant items: trec_eval's map_cut_2 is 2 / 5.
    ours = metrics.map_at_k([[1, 2, 3, 4, 5]], [[2, 1]], k=2)
    assert ours == 1.0
    assert ours * min(2, 5) / 5 == 0.4
