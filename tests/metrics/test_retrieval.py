"""Retrieval metrics: literals, all orders of ties, and scikit-learn's average precision."""

from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from mmclassic.metrics import (
    label_relevance,
    median_rank,
    retrieval_map,
    retrieval_recall_at_k,
)

# Ranks of the diagonal: 1, 3, 2.
SIMILARITIES = np.array([[0.9, 0.2, 0.1], [0.8, 0.3, 0.5], [0.0, 0.7, 0.6]])


def test_literals_on_the_diagonal():
    assert retrieval_recall_at_k(SIMILARITIES, 1) == pytest.approx(1 / 3)
    assert retrieval_recall_at_k(SIMILARITIES, 2) == pytest.approx(2 / 3)
    assert retrieval_recall_at_k(SIMILARITIES, 3) == 1.0
    assert median_rank(SIMILARITIES) == 2.0
    assert retrieval_map(SIMILARITIES) == pytest.approx((1 + 1 / 3 + 1 / 2) / 3)


def test_literals_with_labels():
    relevance = label_relevance(["a", "b"], ["b", "a", "a"])
    similarities = [[0.3, 0.9, 0.1], [0.2, 0.4, 0.3]]
    # Query a: hits at ranks 1 and 3; query b: a hit at rank 3.
    per_query = retrieval_map(similarities, relevance, per_query=True)
    np.testing.assert_allclose(per_query, [(1 + 2 / 3) / 2, 1 / 3])
    np.testing.assert_allclose(
        retrieval_map(similarities, relevance, 2, per_query=True), [1 / 2, 0]
    )
    np.testing.assert_array_equal(median_rank(similarities, relevance, per_query=True), [1, 3])


def test_a_query_without_a_match_has_no_value():
    relevance = label_relevance([1, 2], [1, 1])
    values = retrieval_recall_at_k([[0.1, 0.2], [0.3, 0.1]], 1, relevance=relevance, per_query=True)
    np.testing.assert_array_equal(values, [1.0, np.nan])
    assert retrieval_map([[0.1, 0.2], [0.3, 0.1]], relevance) == 1.0
    assert median_rank([[0.1, 0.2], [0.3, 0.1]], relevance) == 1.0


@pytest.mark.parametrize("value", [0.0, 1.0, -np.inf])
def test_constant_similarities_score_chance(value):
    n = 20
    constant = np.full((n, n), value)
    assert retrieval_recall_at_k(constant, 5) == pytest.approx(5 / n)
    assert median_rank(constant) == (n + 1) / 2
    assert retrieval_map(constant) == pytest.approx(np.mean(1 / np.arange(1, n + 1)))


def _expected_over_orders(scores, relevant, k):
    """Mean over all orders that respect the scores: recall at k, first rank, AP at k."""
    found = []
    for order in permutations(range(len(scores))):
        if any(scores[a] < scores[b] for a, b in pairwise(order)):
            continue
        hits = relevant[list(order)]
        precision = np.cumsum(hits) / np.arange(1, hits.size + 1)
        ap = (precision * hits)[:k].sum() / min(k, hits.sum())
        found.append((hits[:k].any(), hits.argmax() + 1, ap))
    return np.mean(found, axis=0)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 2), min_size=1, max_size=6),
    st.integers(1, 63),
    st.integers(1, 6),
)
def test_ties_are_averaged_over_all_orders(scores, pattern, k):
    scores = np.array(scores)
    relevant = np.array([bool(pattern >> i & 1) for i in range(scores.size)])
    relevant[0] |= not relevant.any()
    k = min(k, scores.size)
    recall, rank, ap = _expected_over_orders(scores, relevant, k)
    S, R = scores[None, :], relevant[None, :]
    assert retrieval_recall_at_k(S, k, relevance=R) == pytest.approx(recall, abs=1e-9)
    assert median_rank(S, R) == pytest.approx(rank)
    assert retrieval_map(S, R, k) == pytest.approx(ap, abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_average_precision_is_scikit_learns_where_nothing_ties(seed):
    rng = np.random.default_rng(seed)
    similarities = rng.normal(size=(30, 50))
    relevance = label_relevance(rng.integers(4, size=30), rng.integers(4, size=50))
    expected = [average_precision_score(r, s) for r, s in zip(relevance, similarities)]
    found = retrieval_map(similarities, relevance, per_query=True)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_integers_of_any_kind_are_ordered_rightly():
    similarities = np.array([[3, 0, 1]], dtype=np.uint8)
    assert retrieval_map(similarities, [[False, False, True]]) == 0.5


def test_errors():
    with pytest.raises(ValueError, match="3 queries need as many gallery items, got 2"):
        retrieval_recall_at_k(np.zeros((3, 2)), 1)
    with pytest.raises(ValueError, match="first at query 0, gallery item 1"):
        median_rank([[0.0, np.nan]])
    with pytest.raises(ValueError, match=r"k must be an integer in \[1, 2\]"):
        retrieval_recall_at_k(np.zeros((2, 2)), 3)
    with pytest.raises(ValueError, match=r"k must be an integer in \[1, 2\]"):
        retrieval_map(np.zeros((2, 2)), k=0)
    with pytest.raises(ValueError, match="relevance must be bool of shape"):
        retrieval_map(np.zeros((2, 2)), np.eye(2))
    with pytest.raises(ValueError, match="no query has a relevant gallery item"):
        retrieval_map(np.zeros((2, 2)), np.zeros((2, 2), dtype=bool))
    with pytest.raises(ValueError, match="numeric matrix"):
        median_rank([1.0, 2.0])
    with pytest.raises(TypeError, match="one kind"):
        label_relevance(["1"], [1])
    with pytest.raises(ValueError, match="1-D"):
        label_relevance([[1]], [1])
