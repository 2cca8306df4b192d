"""Coverage, Gini, novelty, popularity bias, serendipity, diversity and overlap of two models."""

import numpy as np
import pytest
import scipy.sparse as sp

from mmclassic import metrics
from mmclassic.metrics import RankedLists
from mmclassic.views import Views

LISTS = [[0, 1, -1], [0, 2, 3]]


def as_lists(order, n_items):
    """RankedLists of an array."""
    order = np.asarray(order)
    scores = np.where(order < 0, np.nan, -np.arange(order.shape[1], dtype=float))
    return RankedLists(order, scores, np.arange(len(order)), np.arange(n_items))


def test_shown_part_of_the_catalogue_by_hand():
    assert metrics.catalog_coverage_at_k(LISTS, 2, n_items=6) == 3 / 6
    assert metrics.catalog_coverage_at_k(as_lists(LISTS, 5), 3) == 4 / 5
    # Shown 2, 1, 1, 1, 0 times: sorted weights -4, -2, 0, 2, 4.
    assert metrics.gini_at_k(as_lists(LISTS, 5), 3) == pytest.approx((-2 + 2 + 8) / (5 * 5))
    assert metrics.gini_at_k([[0, 1], [1, 0]], 2, n_items=2) == 0
    assert metrics.gini_at_k([[3], [3]], 1, n_items=4) == 1 - 1 / 4


@pytest.mark.parametrize("seed", range(3))
def test_gini_is_half_the_relative_mean_difference(seed):
    order = np.argsort(np.random.default_rng(seed).random((30, 9)), axis=1)[:, :4]
    counts = np.bincount(order.ravel(), minlength=9)
    expected = np.abs(counts[:, None] - counts).mean() / (2 * counts.mean())
    assert metrics.gini_at_k(order, 4, n_items=9) == pytest.approx(expected, rel=1e-12)


def test_novelty_and_popularity_by_hand():
    popularity = [8, 4, 2, 0]
    found = metrics.novelty_at_k(LISTS, popularity, 8, 3, per_user=True)
    np.testing.assert_allclose(found, [(0 + 1) / 2, (0 + 2 + 3) / 3])
    had = sp.csr_array([[0, 0, 5.0, 0], [1.0, 0, 1.0, 0]])
    found = metrics.popularity_bias_at_k(LISTS, popularity, had, 3, per_user=True)
    np.testing.assert_allclose(found, [6 / 2 - 1, (10 / 3) / 5 - 1])
    nothing = metrics.popularity_bias_at_k(
        LISTS, popularity, sp.csr_array((2, 4)), per_user=True, k=1
    )
    assert np.isnan(nothing).all()


def test_serendipity_by_hand():
    expected = [[0, 3, 1], [4, 3, -1]]
    found = metrics.serendipity_at_k([[0, 1], [2, 3]], LISTS, expected, 3, per_user=True)
    np.testing.assert_allclose(found, [0, 1 / 3])
    found = metrics.serendipity_at_k([[0, 1], []], LISTS, expected, 2, per_user=True)
    np.testing.assert_allclose(found, [1 / 2, np.nan])
    unexpected = metrics.serendipity_at_k([[0], [2]], LISTS, [[-1] * 3] * 2, 3, per_user=True)
    np.testing.assert_array_equal(
        unexpected, metrics.precision_at_k([[0], [2]], LISTS, 3, per_user=True)
    )


def diversity_by_loop(order, blocks, present):
    """Mean over views of the mean of 1 - cosine over pairs that have the view."""
    values = []
    for shown in order:
        by_view = []
        for rows, has in zip(blocks, present.T):
            items = [i for i in shown if i >= 0 and has[i]]
            unit = [rows[i] / (np.linalg.norm(rows[i]) or 1) for i in items]
            pairs = [1 - a @ b for n, a in enumerate(unit) for b in unit[:n]]
            if pairs:
                by_view.append(np.mean(pairs))
        values.append(np.mean(by_view) if by_view else np.nan)
    return values


@pytest.mark.parametrize("seed", range(4))
def test_diversity_agrees_with_a_plain_loop(seed):
    rng = np.random.default_rng(seed)
    order = np.argsort(rng.random((8, 12)), axis=1)[:, :6]
    order[np.arange(6) >= rng.integers(0, 7, 8)[:, None]] = -1
    dense, sparse = rng.normal(size=(12, 3)), rng.poisson(0.4, (12, 7)).astype(float)
    present = rng.random((12, 2)) < 0.7
    features = Views({"a": dense, "b": sp.csr_array(sparse)}, present=present)
    found = metrics.intra_list_diversity_at_k(order, features, 6, per_user=True)
    expected = diversity_by_loop(order, [dense, sparse], present)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
    alone = metrics.intra_list_diversity_at_k(order, dense, 6, per_user=True)
    expected = diversity_by_loop(order, [dense], np.ones((12, 1), dtype=bool))
    np.testing.assert_allclose(alone, expected, rtol=1e-12, atol=1e-12)


def test_absent_cells_say_nothing_of_diversity():
    present = np.array([[True], [True], [False]])
    lists = [[0, 1, 2]]
    values = [
        metrics.intra_list_diversity_at_k(
            lists, Views({"a": np.array([[1.0, 0], [0, 1.0], [x, x]])}, present=present), 3
        )
        for x in (0.0, 5.0, np.nan)
    ]
    assert values == [1.0, 1.0, 1.0]


def overlap_by_loop(a, b, p):
    """RBO_EXT, equation 32 of Webber et al., as written there."""
    a, b = ([i for i in x if i >= 0] for x in (a, b))
    short, long = sorted((a, b), key=len)
    s, n = len(short), len(long)
    if n == 0:
        return np.nan
    common = [len(set(long[:d]) & set(short[:d])) for d in range(1, n + 1)]
    total = sum(common[d - 1] / d * p**d for d in range(1, n + 1))
    at_short = common[s - 1] if s else 0
    if s:
        total += sum(at_short * (d - s) / (s * d) * p**d for d in range(s + 1, n + 1))
    end = (common[-1] - at_short) / n + (at_short / s if s else 0)
    return (1 - p) / p * total + end * p**n


@pytest.mark.parametrize("p", [0.5, 0.9, 0.98])
@pytest.mark.parametrize("seed", range(4))
def test_overlap_agrees_with_a_plain_loop(seed, p):
    rng = np.random.default_rng(seed)
    a, b = (np.argsort(rng.random((10, 9)), axis=1)[:, :k] for k in (6, 4))
    for order in (a, b):
        order[np.arange(order.shape[1]) >= rng.integers(0, 7, 10)[:, None]] = -1
    found = metrics.rank_biased_overlap(a, b, p, per_user=True)
    np.testing.assert_allclose(
        found, [overlap_by_loop(x, y, p) for x, y in zip(a, b)], rtol=1e-12, atol=1e-15
    )
    np.testing.assert_allclose(
        metrics.rank_biased_overlap(b, a, p, per_user=True), found, rtol=1e-12, atol=1e-15
    )


def test_overlap_by_hand():
    assert metrics.rank_biased_overlap([[1, 2, 3]], [[1, 2, 3]]) == pytest.approx(1)
    assert metrics.rank_biased_overlap([[1, 2]], [[3, 4]]) == 0
    # Agreements 1, 1/2, 1: (1 - p)(1 + p / 2 + p^2) + p^3 at p = 1/2.
    value = metrics.rank_biased_overlap([[1, 2, 3]], [[1, 3, 2]], 0.5)
    assert value == pytest.approx(0.5 * (1 + 0.25 + 0.25) + 0.125)
    assert metrics.rank_biased_overlap([[1, -1]], [[-1, -1]]) == 0


def test_what_would_give_a_wrong_number_is_refused():
    lists = as_lists([[0, 1]], 3)
    other = RankedLists([[0, 1]], [[2.0, 1.0]], [5], np.arange(3))
    with pytest.raises(ValueError, match="of the same users and items"):
        metrics.rank_biased_overlap(lists, other)
    with pytest.raises(ValueError, match="same users; got 1 and 2"):
        metrics.rank_biased_overlap([[1]], [[1], [2]])
    with pytest.raises(ValueError, match="all lists are empty"):
        metrics.rank_biased_overlap([[-1]], [[-1]])
    with pytest.raises(ValueError, match="'p' parameter"):
        metrics.rank_biased_overlap([[1]], [[1]], 1.0)
    with pytest.raises(ValueError, match="give n_items"):
        metrics.catalog_coverage_at_k([[0, 1]], 2)
    with pytest.raises(ValueError, match="position 4 among 3 items"):
        metrics.gini_at_k([[0, 4]], 2, n_items=3)
    with pytest.raises(ValueError, match="all lists are empty"):
        metrics.gini_at_k([[-1, -1]], 2, n_items=3)
    with pytest.raises(ValueError, match="more than the 2 users"):
        metrics.novelty_at_k([[0]], [3], 2, 1)
    with pytest.raises(ValueError, match="n_users must be a positive integer; got 0"):
        metrics.novelty_at_k([[0]], [3], 0, 1)
    with pytest.raises(ValueError, match="a number for each of 2 items"):
        metrics.novelty_at_k([[1]], [3], 3, 1)
    with pytest.raises(ValueError, match="finite and not negative"):
        metrics.novelty_at_k([[0]], [-1], 3, 1)
    with pytest.raises(ValueError, match="history has 2 users and the lists 1"):
        metrics.popularity_bias_at_k([[0]], [1], sp.csr_array((2, 1)), 1)
    with pytest.raises(ValueError, match="same users and items"):
        metrics.serendipity_at_k([[0]], [[0]], [[0], [1]], 1)
    with pytest.raises(ValueError, match="features have 1 rows"):
        metrics.intra_list_diversity_at_k([[0, 1]], [[1.0]], 2)
    with pytest.raises(ValueError, match="no list has two items"):
        metrics.intra_list_diversity_at_k([[0, -1]], [[1.0]], 2)
