"""Splits by time, by users, against a sample and as given; and what leaks."""

import time

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from mmclassic.evaluate import (
    ColdItemSplit,
    Fold,
    GivenSplit,
    LeaveLastOut,
    SampledLeaveOneOut,
    TimeSplit,
    UserFolds,
    check_leakage,
)
from mmclassic.interactions import Interactions


def make(users, items, times=None, catalog=None):
    frame = pd.DataFrame({"user_id": list(users), "item_id": list(items)})
    if times is not None:
        frame["timestamp"] = times
    return Interactions.from_frame(frame, items=catalog)


def rows(interactions):
    frame = interactions.to_frame()
    return list(zip(frame["user_id"].tolist(), frame["item_id"].tolist()))


# --- time ---------------------------------------------------------------------------------------


def test_time_split_by_hand():
    # v bought "a" before, w is new, and nobody had "c" before.
    interactions = make("uuvvuvwu", "ababbaac", [1, 2, 3, 4, 5, 6, 7, 8])
    (fold,) = TimeSplit(time=4).split(interactions)
    assert rows(fold.train) == [("u", "a"), ("u", "b"), ("v", "a")]
    assert rows(fold.test) == [("v", "b")]
    assert fold.n_dropped == 4
    (fold,) = TimeSplit(time=4, new_items=True).split(interactions)
    assert rows(fold.test) == [("v", "b"), ("u", "c")]
    assert fold.n_dropped == 3


def test_time_split_holds_out_a_share_and_all_of_one_time():
    interactions = make([0] * 5 + [1] * 5, [*range(5)] * 2, [1, 2, 3, 4, 5] * 2)
    (fold,) = TimeSplit(0.2).split(interactions)
    assert fold.train.timestamp.max() == 4
    assert fold.train.n_interactions == 8
    (fold,) = TimeSplit(0.1).split(interactions)
    assert fold.train.n_interactions == 8, "two have the last time"
    assert fold.train.n_interactions + fold.test.n_interactions + fold.n_dropped == 10


def test_time_split_reads_dates():
    interactions = make("uuvv", "abab", ["2026-01-01", "2026-02-01", "2026-01-01", "2026-03-01"])
    (fold,) = TimeSplit(time="2026-02-01").split(interactions)
    assert rows(fold.train) == [("u", "a"), ("v", "a")]
    (fold,) = TimeSplit(0.25).split(interactions)
    assert rows(fold.test) == [("v", "b")]


@pytest.mark.parametrize(
    ("split", "times", "message"),
    [
        (TimeSplit(), None, "needs timestamps"),
        (TimeSplit(), [1, 1], r"no interactions before the moment 1 \(2 in all\)"),
        (TimeSplit(time=9), [1, 2], "no interactions after the moment 9"),
        (TimeSplit(time=1), [1, 2], "no interactions before the moment 1"),
        (TimeSplit(1.0), [1, 2], "must be"),
        (TimeSplit(new_items=3), [1, 2], "must be"),
    ],
)
def test_time_splits_that_cannot_be(split, times, message):
    with pytest.raises(ValueError, match=message):
        list(split.split(make("uu", "ab", times)))


# --- users --------------------------------------------------------------------------------------


def test_every_user_is_held_out_once():
    interactions = make(np.repeat(range(10), 10), [*range(10)] * 10)
    folds = list(UserFolds(3, random_state=0).split(interactions))
    tested = [set(fold.test.user_index) for fold in folds]
    assert sorted(user for part in tested for user in part) == [*range(10)]
    for fold, users in zip(folds, tested):
        assert not users & set(fold.train.user_index)
        assert set(fold.given.user_index) == users
        assert np.bincount(fold.test.user_index)[[*users]].tolist() == [2] * len(users)
        assert fold.n_dropped == 0


def test_shown_are_as_many_as_are_given():
    sizes = [1, 2, 5]
    users = np.repeat(range(3), sizes)
    interactions = make(
        [*users, *np.repeat(range(3, 9), 5)], [0, 0, 1, *range(5), *[*range(5)] * 6]
    )
    shown = {}
    for fold in UserFolds(9, n_given=2, random_state=0).split(interactions):
        (user,) = set(interactions.user_index) - set(fold.train.user_index)
        shown[user] = fold.given.n_interactions, fold.test.n_interactions, fold.n_dropped
    assert shown[0] == (0, 0, 1), "nothing is left to find"
    assert shown[1] == (0, 0, 2)
    assert shown[2] == shown[8] == (2, 3, 0)


def test_what_nobody_else_has_cannot_be_found():
    interactions = make("uuuvv", "abcab")
    for fold in UserFolds(2, n_given=1, random_state=0).split(interactions):
        of_u = set(rows(fold.test)) | set(rows(fold.given))
        assert ("u", "c") not in rows(fold.test)
        assert len(of_u) + fold.n_dropped == 5 - fold.train.n_interactions


@pytest.mark.parametrize(
    ("split", "message"),
    [
        (UserFolds(3), "a user for each of n_splits=3 folds; got 2"),
        (UserFolds(1), "must be"),
        (UserFolds(2, n_given=0), "must be"),
    ],
)
def test_user_folds_that_cannot_be(split, message):
    with pytest.raises(ValueError, match=message):
        list(split.split(make("uv", "ab")))


# --- a sample -----------------------------------------------------------------------------------


@pytest.mark.parametrize("times", [None, [*range(40)]])
def test_pools_hold_the_item_and_what_was_never_seen(times):
    rng = np.random.default_rng(0)
    users = np.repeat(range(8), 5)
    items = np.concatenate([rng.permutation(12)[:5] for _ in range(8)])
    interactions = make(users, items, times, range(30))
    (fold,) = SampledLeaveOneOut(10, random_state=0).split(interactions)
    if times is not None:
        (last,) = LeaveLastOut().split(interactions)
        assert rows(fold.test) == rows(last.test)
    held = fold.test.to_csr().astype(bool)
    asked = np.diff(held.indptr) > 0
    assert fold.pools.dtype == bool
    assert fold.pools.shape == (8, 30)
    assert fold.pools.sum(axis=1).tolist() == np.where(asked, 11, 0).tolist()
    assert fold.pools.multiply(held).nnz == held.nnz
    assert fold.pools.multiply(fold.train.to_csr()).nnz == 0


def test_every_unseen_item_is_as_likely():
    interactions = make([0, 0, 0, 1, 1], [2, 5, 6, 2, 6], [1, 2, 3, 1, 0], range(10))
    counts = np.zeros(10)
    for seed in range(600):
        (fold,) = SampledLeaveOneOut(2, random_state=seed).split(interactions)
        counts += fold.pools[[0]].toarray()[0]
    assert counts[[2, 5]].tolist() == [0, 0]
    assert counts[6] == 600
    unseen = counts[[0, 1, 3, 4, 7, 8, 9]]
    # Each of 600 draws takes 2 of 7: mean 171.4, standard deviation 11.1.
    assert np.abs(unseen - 1200 / 7).max() < 4 * 11.1


def test_pools_hold_all_there_are_where_these_are_fewer():
    interactions = make("uuvv", "abba", [1, 2, 3, 4], list("abcd"))
    (fold,) = SampledLeaveOneOut(random_state=0).split(interactions)
    assert fold.pools.toarray().tolist() == [[False, True, True, True], [True, False, True, True]]


def test_pools_of_many_users_are_drawn_at_once():
    rng = np.random.default_rng(0)
    n = 100_000
    interactions = Interactions(
        np.arange(5000),
        np.arange(20_000),
        rng.integers(0, 5000, n),
        rng.integers(0, 20_000, n),
        np.ones(n),
    )
    start = time.process_time()
    (fold,) = SampledLeaveOneOut(random_state=0).split(interactions)
    assert time.process_time() - start < 5
    assert fold.pools.nnz == 100 * np.unique(fold.test.user_index).size


# --- given --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "folds",
    [
        [([0, 2], [1, 3])],
        [(np.array([True, False, True, False]), np.array([False, True, False, True]))],
        (((2, 0), (3, 1)),),
    ],
)
def test_given_rows_or_masks(folds):
    (fold,) = GivenSplit(folds).split(make("uuvw", "abaa"))
    assert rows(fold.train) == [("u", "a"), ("v", "a")]
    assert rows(fold.test) == [("u", "b")]
    assert fold.n_dropped == 1, "w is not in the training part"


def test_given_folds_of_scikit_learn():
    from sklearn.model_selection import KFold

    interactions = make(np.repeat(range(6), 5), [*range(5)] * 6)
    folds = list(KFold(3, shuffle=True, random_state=0).split(np.arange(30)))
    found = list(GivenSplit(folds).split(interactions))
    assert [fold.test.n_interactions + fold.n_dropped for fold in found] == [10, 10, 10]


@pytest.mark.parametrize(
    ("fold", "message"),
    [
        (([0, 1], [1, 2]), r"fold 0 of GivenSplit has row 1 in both parts \(1 such\)"),
        (([0, 9], [1]), "names row 9; there are 3 interactions"),
        (([-1], [1]), "names row -1"),
        (([0, 0], [1]), "names row 0 twice in one part"),
        (([True, False], [1]), r"a mask of fold 0 of GivenSplit has shape \(2,\)"),
        (([0.5], [1]), "row numbers or masks of bool; got float64"),
        (([0], [1], [2]), r"must be a pair of rows \(train, test\)"),
        ([0, 1, 2], r"must be a pair of rows \(train, test\)"),
    ],
)
def test_given_rows_that_cannot_be(fold, message):
    with pytest.raises(ValueError, match=message):
        list(GivenSplit([fold]).split(make("uuv", "aba")))


# --- leaks --------------------------------------------------------------------------------------


def test_a_good_fold_has_no_leak():
    interactions = make("uuvv", "abab", [1, 2, 3, 4])
    for split in (LeaveLastOut(), ColdItemSplit(0.5, random_state=0), UserFolds(2, random_state=0)):
        for fold in split.split(interactions):
            found = check_leakage(fold)
            assert found.empty
            assert found.columns.tolist() == ["leak", "n_interactions", "user_id", "item_id"]


def test_every_leak_is_told():
    interactions = make("uuvvw", "abaab", [1, 5, 2, 3, 9])
    train, test, given = (
        interactions.select(np.isin(np.arange(5), part)) for part in ([0, 1, 2], [3], [4])
    )
    found = check_leakage(Fold(train, test))
    assert found["leak"].tolist() == ["a test item is among what the model sees of its user"]
    assert found.iloc[0, 1:].tolist() == [1, "v", "a"]
    found = check_leakage(Fold(train, test, candidates=np.array(["b"])))
    assert found["leak"].str.contains("candidate").sum() == 1
    assert found.iloc[-1, 1:].tolist() == [1, "u", "b"]
    found = check_leakage(Fold(train, test, given=interactions.select(np.arange(5) == 0)))
    assert found.iloc[-1, 1:].tolist() == [2, "u", "a"]
    assert len(check_leakage(Fold(train, test, given=given))) == 1
    assert len(check_leakage(Fold(train, test), order="user")) == 1, "v did nothing later"
    found = check_leakage(Fold(train, test), order="all")
    assert found.iloc[-1, 1:].tolist() == [1, "u", "b"]
    assert "later than the first in the test part" in found.iloc[-1, 0]


def test_pools_that_hold_what_was_seen():
    interactions = make("uuv", "abc")
    pools = sp.csr_array(np.array([[1, 1, 0], [0, 0, 0]], dtype=bool))
    train, test = (
        interactions.select([True, False, True]),
        interactions.select([False, True, False]),
    )
    found = check_leakage(Fold(train, test, pools=pools))
    assert found.iloc[0, 1:].tolist() == [1, "u", "a"]
    assert "pool" in found.iloc[0, 0]


def test_leaks_are_found_by_ids():
    train, test = make("uv", "ab"), make("wu", "ca")
    found = check_leakage(Fold(train, test))
    assert found.iloc[0, 1:].tolist() == [1, "u", "a"]


def test_dates_are_compared_by_user():
    days = pd.to_datetime(["2026-01-01", "2026-01-03", "2026-01-02", "2026-01-05"])
    interactions = make("uvuv", "aabb", days)
    train = interactions.select([False, True, True, False])
    found = check_leakage(
        Fold(train, interactions.select([True, False, False, True])), order="user"
    )
    assert found.iloc[0, 1:].tolist() == [1, "u", "b"]


@pytest.mark.parametrize(
    ("order", "message"),
    [("time", "order must be 'user', 'all' or None"), ("all", "needs timestamps")],
)
def test_orders_that_are_none(order, message):
    interactions = make("uu", "ab")
    fold = Fold(interactions.select([True, False]), interactions.select([False, True]))
    with pytest.raises(ValueError, match=message):
        check_leakage(fold, order=order)


def test_a_fold_has_room_for_what_is_shown():
    fold = Fold(None, None)
    assert fold.given is fold.pools is None
    assert Fold(None, None, pools=sp.csr_array((1, 1))).pools.shape == (1, 1)
