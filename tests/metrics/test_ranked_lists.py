"""RankedLists: what they refuse, and what comes out of them, by hand."""

import dataclasses
import pickle
import threading

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from mmclassic import metrics
from mmclassic.exceptions import UnknownIdError
from mmclassic.metrics import RankedLists

NAN = np.nan
ITEMS = np.array(["a", "b", "c", "d"], dtype=object)
USERS = np.array([7, 8, 9])


def make(**changes):
    """User 7 is shown c, a, d; user 8 b; user 9 nothing."""
    parts = {
        "order": np.array([[2, 0, 3], [1, -1, -1], [-1, -1, -1]]),
        "scores": np.array([[3.0, 2.0, 1.0], [5.0, NAN, NAN], [NAN, NAN, NAN]]),
        "askers": USERS,
        "items": ITEMS,
    }
    return RankedLists(**{**parts, **changes})


def test_what_they_say():
    lists = make()
    assert lists.lengths.tolist() == [3, 1, 0]
    assert repr(lists) == "RankedLists(3 lists of up to 3 among 4 items)"
    np.testing.assert_array_equal(np.asarray(lists), lists.order)
    assert lists.to_frame().to_dict("list") == {
        "user_id": [7, 7, 7, 8],
        "item_id": ["c", "a", "d", "b"],
        "rank": [1, 2, 3, 1],
        "score": [3.0, 2.0, 1.0, 5.0],
    }
    assert lists.to_frame("query_id").columns[0] == "query_id"
    with pytest.raises(dataclasses.FrozenInstanceError):
        lists.order = None


def test_hits_by_hand():
    relevant = sp.csr_array(np.array([[1, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 0]]))
    for form in (relevant, [[0, 2], [0], [1]], [{2, 0}, (0,), np.array([1], dtype=np.uint8)]):
        hits, n_relevant = make().hits(form)
        assert hits.tolist() == [[True, True, False], [False] * 3, [False] * 3]
        assert n_relevant.tolist() == [2, 1, 1]


def test_head_keeps_the_first_places():
    head = make().head(2)
    assert head.order.tolist() == [[2, 0], [1, -1], [-1, -1]]
    assert head.lengths.tolist() == [2, 1, 0]
    assert head.items is ITEMS
    with pytest.raises(ValueError, match=r"k must be an integer in \[1, 3\]"):
        make().head(4)


def test_metrics_take_them_as_they_take_their_order():
    relevant = sp.csr_array(np.array([[1, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 0]]))
    names = ["precision_at_k", "recall_at_k", "f1_at_k", "hit_rate_at_k", "ndcg_at_k", "map_at_k"]
    for name in [*names, "mrr"]:
        metric, lists = getattr(metrics, name), make()
        for k in (1, 3, 2):
            expected = metric(relevant, lists.order, k, per_user=True)
            np.testing.assert_array_equal(metric(relevant, lists, k, per_user=True), expected)
            np.testing.assert_array_equal(
                metric(relevant, lists.head(k), k, per_user=True), expected
            )
    assert metrics.recall_at_k(relevant, make(), 3, per_user=True).tolist() == [1.0, 0.0, 0.0]
    with pytest.raises(ValueError, match=r"k must be an integer in \[1, 3\].*got 4"):
        metrics.mrr(relevant, make(), 4)


def test_hits_are_found_once_for_a_matrix(monkeypatch):
    calls = []
    from mmclassic.metrics import _ranked_lists

    original = _ranked_lists.match_lists
    monkeypatch.setattr(_ranked_lists, "match_lists", lambda *a: calls.append(1) or original(*a))
    first, other = sp.csr_array((3, 4)), sp.csr_array(np.ones((3, 4)))
    lists = make()
    for k in (1, 2, 3):
        metrics.precision_at_k(other, lists, k)
        metrics.recall_at_k(other, lists.head(k), k)
    assert len(calls) == 1
    assert not lists.hits(first)[0].any()
    assert lists.hits(other)[0].sum() == 4, "another matrix is another comparison"
    changing = [[2], [], []]
    assert lists.hits(changing)[0].sum() == 1
    changing[0] = [1]
    assert lists.hits(changing)[0].sum() == 0, "lists may change and are read each time"


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"order": np.zeros((3, 3))}, TypeError, "item indices; got dtype float64"),
        ({"order": np.array([1, 2, 3])}, ValueError, "must be 2-D"),
        ({"order": np.full((3, 3), -2)}, ValueError, "only -1 stands for no item"),
        ({"order": np.array([[2, 0, 2]] * 3)}, ValueError, "user 0: item 2 .* more than once"),
        ({"order": np.array([[2, 0, 4]] * 3)}, ValueError, "position 4 among 4 items"),
        ({"order": np.array([[2, -1, 3]] * 3)}, ValueError, "only stand at a list's end"),
        ({"order": np.array([[2, 0, -1]] * 3)}, ValueError, "only stand at a list's end"),
        ({"order": np.array([[2, 0]] * 3)}, ValueError, r"got \(3, 2\), \(3, 3\)"),
        ({"askers": USERS[:2]}, ValueError, r"\(2,\) and \(4,\)"),
        ({"items": ITEMS[:, None]}, ValueError, "items 1-D"),
        ({"seen": sp.csr_matrix((3, 3))}, ValueError, r"seen must be of shape \(3, 4\)"),
        ({"order": np.array([[2**63]] * 3, dtype=np.uint64)}, ValueError, "no item index"),
    ],
)
def test_what_cannot_be_lists_is_refused(changes, error, message):
    with pytest.raises(error, match=message):
        make(**changes)


def test_unknown_scores_and_unsigned_positions_are_fine():
    lists = make(order=np.array([[2, 0, 3]] * 3, dtype=np.uint64), scores=np.full((3, 3), NAN))
    assert lists.order.dtype == np.int64
    assert lists.lengths.tolist() == [3, 3, 3]


def test_from_frame_by_hand():
    frame = pd.DataFrame(
        {
            "user_id": [8, 7, 7, 7],
            "item_id": ["b", "d", "c", "a"],
            "rank": [1, 3, 1, 2],
            "score": [5.0, 1.0, 3.0, 2.0],
        }
    )
    lists = RankedLists.from_frame(frame, USERS, ITEMS, 3)
    expected = make()
    np.testing.assert_array_equal(lists.order, expected.order)
    np.testing.assert_array_equal(lists.scores, expected.scores)
    bare = RankedLists.from_frame(frame.drop(columns="score"), USERS, ITEMS, 4)
    assert bare.order[0].tolist() == [2, 0, 3, -1]
    assert np.isnan(bare.scores).all()
    back = RankedLists.from_frame(lists.to_frame(), USERS, ITEMS, 3)
    np.testing.assert_array_equal(back.order, lists.order)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"rank": [1, 1, 2, 4]}, ValueError, "user 7 did not get the ranks 1 to at most 3"),
        ({"rank": [2, 1, 2, 3]}, ValueError, "user 8 did not get"),
        ({"rank": [1, 1, 1, 2]}, ValueError, "user 7 did not get"),
        ({"rank": [1, 0, 1, 2]}, ValueError, "user 7 did not get"),
        ({"rank": [1, 1.5, 1, 2]}, ValueError, "user 7 did not get"),
        ({"item_id": list("bdda")}, ValueError, "more than once"),
        ({"item_id": list("bdza")}, UnknownIdError, "'z'"),
        ({"user_id": [8, 7, 7, 5]}, UnknownIdError, "5"),
    ],
)
def test_tables_that_hold_no_lists(change, error, message):
    frame = pd.DataFrame(
        {"user_id": [8, 7, 7, 7], "item_id": list("bdca"), "rank": [1, 3, 1, 2]}
    ).assign(**change)
    with pytest.raises(error, match=message):
        RankedLists.from_frame(frame, USERS, ITEMS, 3)


def test_no_lists_and_no_items():
    nothing = np.empty(0, dtype=np.int64)
    empty = RankedLists(np.empty((0, 3), int), np.empty((0, 3)), nothing, ITEMS)
    assert empty.to_frame().empty
    assert empty.lengths.size == 0
    wide = RankedLists(np.full((2, 1), -1), np.full((2, 1), NAN), USERS[:2], ITEMS[:0])
    assert wide.hits([[], []])[0].tolist() == [[False], [False]]


def test_they_pickle_without_what_they_remember():
    lists = make(seen=sp.csr_matrix((3, 4)))
    lists.hits(sp.csr_array((3, 4)))
    again = pickle.loads(pickle.dumps(lists))
    assert again._matched == []
    assert again.items.tolist() == ITEMS.tolist()
    pd.testing.assert_frame_equal(again.to_frame(), lists.to_frame())


def test_threads_read_one_object():
    rng = np.random.default_rng(0)
    order = np.argsort(rng.random((300, 50)), axis=1)[:, :10]
    lists = RankedLists(order, -order.astype(float), np.arange(300), np.arange(50))
    matrices = [sp.random_array((300, 50), density=0.1, rng=i).tocsr() for i in range(4)]
    expected = [metrics.ndcg_at_k(m, order, 10) for m in matrices]
    wrong = []

    def work():
        for _ in range(30):
            for matrix, value in zip(matrices, expected):
                if metrics.ndcg_at_k(matrix, lists, 10) != value:
                    wrong.append(value)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
