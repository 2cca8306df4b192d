"""Rank fusion: places of several models to one list."""

from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse as sp

from mmclassic.exceptions import UnknownIdError
from mmclassic.fuse import rank_fusion
from mmclassic.metrics import RankedLists

ITEMS = np.array(["a", "b", "c", "d"], dtype=object)


def make_lists(rows, items=ITEMS, askers=None, seen=None):
    """Lists of ids; scores that fall with the place."""
    width = max(map(len, rows))
    position = {item: i for i, item in enumerate(items.tolist())}
    order = np.full((len(rows), width), -1)
    for own, row in zip(order, rows):
        own[: len(row)] = [position[item] for item in row]
    scores = np.where(order < 0, np.nan, -np.arange(width))
    askers = np.arange(len(rows)) if askers is None else np.array(askers)
    return RankedLists(order, scores, askers, items, seen)


def ids(lists):
    return [[lists.items[i] for i in row if i >= 0] for row in lists.order]


def random_lists(seed, n_models=3, n_rows=20, n_items=12, k=5):
    rng = np.random.default_rng(seed)
    items = np.arange(100, 100 + n_items)
    return [
        make_lists([rng.permutation(items)[: rng.integers(0, k + 1)] for _ in range(n_rows)], items)
        for _ in range(n_models)
    ]


def plain_fusion(lists, method, weights, c):
    """Ids and exact points by list, in the papers' words."""
    fused = []
    for rows in zip(*map(ids, lists)):
        candidates = {item for row in rows for item in row}
        points = dict.fromkeys(candidates, Fraction(0))
        for row, weight in zip(rows, weights):
            left = range(1, len(candidates) - len(row) + 1)
            for item in candidates:
                if method == "rrf":
                    gain = Fraction(1, c + row.index(item) + 1) if item in row else 0
                elif item in row:
                    gain = len(candidates) - row.index(item)
                else:
                    gain = Fraction(sum(left), len(left))
                points[item] += Fraction(weight) * gain
        best = sorted(points, key=lambda item: (-points[item], item))
        fused.append([(item, float(points[item])) for item in best])
    return fused


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("method", ["rrf", "borda"])
@pytest.mark.parametrize("weights", [None, [1, 0.5, 2], [0, 1, 0]])
def test_agrees_with_a_plain_loop(seed, method, weights):
    lists = random_lists(seed)
    expected = plain_fusion(lists, method, weights or [1, 1, 1], 7)
    fused = rank_fusion(lists, method, k=12, weights=weights, c=7)
    assert ids(fused) == [[item for item, _ in row] for row in expected]
    for scores, row in zip(fused.scores, expected):
        np.testing.assert_allclose(scores[~np.isnan(scores)], [p for _, p in row], rtol=1e-12)


def test_reciprocal_ranks_by_hand():
    fused = rank_fusion([make_lists([["a", "b", "c"]]), make_lists([["b", "d"]])], k=4)
    assert ids(fused) == [["b", "a", "d", "c"]]
    expected = [1 / 61 + 1 / 62, 1 / 61, 1 / 62, 1 / 63]
    np.testing.assert_allclose(fused.scores, [expected], rtol=1e-14)


def test_borda_by_hand():
    # Four candidates: 4, 3, 2 points and 1 for d; then 4, 3, and a and c share 2 + 1.
    fused = rank_fusion([make_lists([["a", "b", "c"]]), make_lists([["b", "d"]])], "borda", k=4)
    assert ids(fused) == [["b", "a", "d", "c"]]
    np.testing.assert_array_equal(fused.scores, [[7, 5.5, 4, 3.5]])


def test_equal_points_keep_the_order_of_items():
    one, two, three = (
        make_lists([row]) for row in (["c", "a", "b"], ["a", "b", "c"], ["b", "c", "a"])
    )
    for method in ("rrf", "borda"):
        assert ids(rank_fusion([one, two, three], method)) == [["a", "b", "c"]]
        assert ids(rank_fusion([three, one, two], method)) == [["a", "b", "c"]]


def test_weights_of_one_model_alone_give_its_list():
    lists = random_lists(5, n_models=2)
    fused = rank_fusion(lists, k=5, weights=[1, 0])
    for own, row in zip(ids(lists[0]), ids(fused)):
        assert row[: len(own)] == own
    assert ids(rank_fusion(lists[:1])) == ids(lists[0])


def test_other_orders_of_items_and_askers_are_matched_by_id():
    one = make_lists([["a", "b"], ["c", "d"]], askers=[7, 8])
    other = make_lists([["d", "a"], ["b", "c"]], ITEMS[::-1], askers=[8, 7])
    fused = rank_fusion([one, other])
    assert ids(fused) == [["b", "a"], ["d", "c"]]  # 1/62 + 1/61, 1/61; the same
    assert fused.askers.tolist() == [7, 8]
    assert fused.items is one.items


def test_lengths_and_what_is_handed_on():
    seen = sp.csr_matrix(np.eye(2, 4))
    one = make_lists([["a", "b", "c"], []], seen=seen)
    other = make_lists([["d"], ["a"]])
    assert rank_fusion([one, other]).order.shape == (2, 3)
    fused = rank_fusion([one, other], k=6)
    assert fused.lengths.tolist() == [4, 1]
    assert fused.order.shape == (2, 6)
    assert fused.seen is seen
    assert ids(rank_fusion([one, other], k=1)) == [["a"], ["a"]]
    empty = make_lists([[], []])
    assert rank_fusion([empty, empty], "borda", k=2).lengths.tolist() == [0, 0]


def test_the_given_lists_stay():
    lists = random_lists(1)
    before = [(one.order.copy(), one.scores.copy()) for one in lists]
    rank_fusion(lists, "borda", weights=[1, 2, 3])
    for one, (order, scores) in zip(lists, before):
        np.testing.assert_array_equal(one.order, order)
        np.testing.assert_array_equal(one.scores, scores)


def test_what_is_refused():
    one = make_lists([["a"]])
    with pytest.raises(ValueError, match="one model or more; got none"):
        rank_fusion([])
    with pytest.raises(TypeError, match=r"lists\[1\] must be RankedLists; got ndarray"):
        rank_fusion([one, np.zeros((1, 1))])
    with pytest.raises(ValueError, match=r"lists\[1\] has 2 askers and lists\[0\] has 1; rank"):
        rank_fusion([one, make_lists([["a"], ["b"]])])
    with pytest.raises(ValueError, match=r"lists\[1\] has 3 items and lists\[0\] has 4"):
        rank_fusion([one, make_lists([["a"]], ITEMS[:3])])
    with pytest.raises(UnknownIdError, match=r"1 item\(s\) not in lists\[0\]: 'z'"):
        rank_fusion([one, make_lists([["a"]], np.array(["a", "b", "c", "z"], dtype=object))])
    with pytest.raises(UnknownIdError, match=r"1 asker\(s\) not in lists\[0\]: 5"):
        rank_fusion([one, make_lists([["a"]], askers=[5])])
    for weights in ([1], [1, -1], [0, 0], [1, np.nan], ["x", 1]):
        with pytest.raises(ValueError, match="each of the 2 lists a finite number of at least 0"):
            rank_fusion([one, one], weights=weights)
    for given in ({"k": 0}, {"c": -1}, {"method": "mean"}):
        with pytest.raises(ValueError, match=f"The '{next(iter(given))}' parameter"):
            rank_fusion([one], **given)
