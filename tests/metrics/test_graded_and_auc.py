"""Graded gain, R-precision, AUC and both average precisions: literals and plain loops."""

import math

import numpy as np
import pytest
import scipy.sparse as sp

from mmclassic import metrics
from mmclassic.metrics import RankedLists

LOG3 = math.log2(3)


def draw(seed, n_users=12, n_items=15, k=8):
    """Random lists, some of which end early, and graded relevance with zeros and dislikes."""
    rng = np.random.default_rng(seed)
    order = np.argsort(rng.random((n_users, n_items)), axis=1)[:, :k]
    order[np.arange(k) >= rng.integers(0, k + 1, n_users)[:, None]] = -1
    ratings = sp.csr_array(rng.integers(-1, 5, (n_users, n_items)) * rng.integers(0, 2, n_items))
    return order, ratings


def test_graded_gain_by_hand():
    ratings = sp.csr_array([[3.0, 1.0, 0.0, -2.0], [0.0, 0.0, 0.0, -1.0]])
    lists = [[1, 3, 0], [0, 1, 2]]
    found = metrics.graded_ndcg_at_k(ratings, lists, 3, per_user=True)
    np.testing.assert_allclose(found, [(1 + 3 / 2) / (3 + 1 / LOG3), np.nan], rtol=1e-15)
    found = metrics.graded_ndcg_at_k(ratings, lists, 3, gain="exponential")
    assert found == pytest.approx((1 + 7 / 2) / (7 + 1 / LOG3), rel=1e-15)
    assert metrics.graded_ndcg_at_k(ratings, lists, 1) == 1 / 3


@pytest.mark.parametrize("gain", ["linear", "exponential"])
def test_graded_gain_of_zeros_and_ones_is_the_binary_one(gain):
    order, ratings = draw(0)
    liked = (ratings > 0).astype(float)
    expected = metrics.ndcg_at_k(liked, order, 5, per_user=True)
    found = metrics.graded_ndcg_at_k(liked, order, 5, gain=gain, per_user=True)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def by_loop(ratings, shown, k, n_items):
    """Graded gain with both gains, R-precision, average precision of trec_eval and AUC."""
    liked = {i for i, r in enumerate(ratings) if r > 0}
    if not liked:
        return [np.nan] * 5
    shown = [int(i) for i in shown[:k] if i >= 0]
    discount = [1 / math.log2(place + 2) for place in range(k)]
    graded = []
    for gain in (lambda r: max(r, 0), lambda r: 2 ** max(r, 0) - 1):
        best = sorted((gain(r) for r in ratings), reverse=True)
        got = sum(gain(ratings[i]) * d for i, d in zip(shown, discount))
        graded.append(got / sum(g * d for g, d in zip(best, discount)))
    hits = [i in liked for i in shown]
    precision = sum(sum(hits[: i + 1]) / (i + 1) for i in range(len(shown)) if hits[i])
    place = {item: -position for position, item in enumerate(shown)}
    others = [i for i in range(n_items) if i not in liked]
    won = [
        (place.get(i, -n_items) > place.get(j, -n_items))
        + (place.get(i, -n_items) == place.get(j, -n_items)) / 2
        for i in liked
        for j in others
    ]
    auc = sum(won) / len(won) if won else np.nan
    return [*graded, sum(hits[: len(liked)]) / len(liked), precision / len(liked), auc]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("k", [1, 3, 8])
def test_agrees_with_a_plain_loop(seed, k):
    order, ratings = draw(seed)
    dense, n_items = ratings.toarray(), ratings.shape[1]
    liked = sp.csr_array(dense > 0)
    expected = [by_loop(row, shown, k, n_items) for row, shown in zip(dense, order)]
    found = [
        metrics.graded_ndcg_at_k(ratings, order, k, per_user=True),
        metrics.graded_ndcg_at_k(ratings, order, k, gain="exponential", per_user=True),
        metrics.r_precision(liked, order, k, per_user=True),
        metrics.map_at_k(liked, order, k, divisor="relevant", per_user=True),
        metrics.auc_at_k(liked, order, k, n_candidates=n_items, per_user=True),
    ]
    np.testing.assert_allclose(np.column_stack(found), expected, rtol=1e-12, atol=1e-15)


def test_auc_of_whole_lists_is_scikit_learns():
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(0)
    scores, liked = rng.random((5, 9)), rng.random((5, 9)) < 0.4
    liked[:, :2] = [True, False]
    order = np.argsort(-scores, axis=1)
    found = metrics.auc_at_k(sp.csr_array(liked), order, 9, n_candidates=9, per_user=True)
    expected = [roc_auc_score(truth, row) for truth, row in zip(liked, scores)]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_auc_knows_the_candidates_of_ranked_lists():
    seen = sp.csr_array([[1.0, 0, 0, 0, 1, 0], [0, 0, 0, 0, 0, 0]])
    scores = -np.tile(np.arange(2.0), (2, 1))
    lists = RankedLists([[2, 1], [0, 1]], scores, [7, 8], np.arange(6), seen=seen)
    # User 0: candidates 1, 2, 3, 5; 1 is relevant, below one of three. User 1: 0 of six, first.
    found = metrics.auc_at_k([[1], [0]], lists, 2, per_user=True)
    np.testing.assert_allclose(found, [2 / 3, 1])
    # Item 4 was seen and is relevant all the same: a candidate that was not listed.
    found = metrics.auc_at_k([[1, 4], [0]], lists, 2, per_user=True)
    np.testing.assert_allclose(found, [(2 + 1) / (2 * 3), 1])
    assert metrics.auc_at_k([[0, 1], [0]], [[-1, -1], [-1, -1]], 2, n_candidates=6) == 0.5
    none_other = metrics.auc_at_k([[0, 1]], [[0, 1]], 2, n_candidates=2, per_user=True)
    assert np.isnan(none_other).all()


def test_what_would_give_a_wrong_number_is_refused():
    with pytest.raises(ValueError, match="give n_candidates"):
        metrics.auc_at_k([[1]], [[0, 1]], 2)
    with pytest.raises(ValueError, match="user 1 has more relevant and listed items than n_cand"):
        metrics.auc_at_k([[1], [0, 2]], [[0, 1], [1, 3]], 2, n_candidates=3)
    with pytest.raises(TypeError, match="ratings must be a sparse matrix"):
        metrics.graded_ndcg_at_k([[1]], [[0, 1]], 2)
    with pytest.raises(ValueError, match="ratings must be finite"):
        metrics.graded_ndcg_at_k(sp.csr_array([[np.nan, 1]]), [[0, 1]], 2)
    with pytest.raises(ValueError, match=r"ratings must be of shape \(1, 3\)"):
        metrics.graded_ndcg_at_k(sp.csr_array((2, 3)), [[0, 1]], 2)
    with pytest.raises(ValueError, match="position 5 among 3 items"):
        metrics.graded_ndcg_at_k(sp.csr_array((1, 3)), [[0, 5]], 2)
    with pytest.raises(ValueError, match="more than float64 holds"):
        metrics.graded_ndcg_at_k(sp.csr_array([[2000.0]]), [[0]], 1, gain="exponential")
    with pytest.raises(ValueError, match="no user has a rating above 0"):
        metrics.graded_ndcg_at_k(sp.csr_array([[-1.0]]), [[0]], 1)
    with pytest.raises(ValueError, match="'divisor' parameter of map_at_k"):
        metrics.map_at_k([[0]], [[0]], 1, divisor="min")
