"""Splitters: what is held out, what stays, what is dropped and counted."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from mmclassic.evaluate import (
    ColdItemSplit,
    Fold,
    LeaveLastOut,
    RandomSplit,
    SampledLeaveOneOut,
    TimeSplit,
    UserFolds,
    check_leakage,
)
from mmclassic.interactions import Interactions


def make(users, chosen, times=None, **options):
    frame = pd.DataFrame({"user_id": users, "item_id": chosen})
    if times is not None:
        frame["timestamp"] = times
    return Interactions.from_frame(frame, **options)


def pairs(interactions):
    return set(zip(interactions.user_index.tolist(), interactions.item_index.tolist()))


wild = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 8)), min_size=2, max_size=60)


@settings(max_examples=60, deadline=None)
@given(wild, st.floats(0.05, 0.95), st.integers(0, 99))
def test_every_split_keeps_its_promises(rows, test_size, seed):
    users, items = map(list, zip(*rows))
    interactions = make(users, items, np.arange(len(rows)), items=range(9))
    splits = [
        RandomSplit(test_size, random_state=seed),
        LeaveLastOut(),
        ColdItemSplit(test_size, random_state=seed),
        SampledLeaveOneOut(3, random_state=seed),
        TimeSplit(time=len(rows) // 2),
        UserFolds(2, test_size=test_size, random_state=seed),
        UserFolds(2, n_given=2, random_state=seed),
    ]
    if len(set(users)) < 2:
        splits = splits[:-2]
    for split in splits:
        for fold in split.split(interactions):
            shown = [part for part in (fold.train, fold.given) if part is not None]
            assert (
                sum(part.n_interactions for part in (*shown, fold.test)) + fold.n_dropped
                == interactions.n_interactions
            )
            for part in shown:
                assert not pairs(part) & pairs(fold.test)
            history = fold.train if fold.given is None else fold.given
            assert set(fold.test.user_index) <= set(history.user_index)
            if fold.candidates is None:
                assert set(fold.test.item_index) <= set(fold.train.item_index)
            else:
                assert not np.isin(fold.train.to_frame()["item_id"], fold.candidates).any()
                assert np.isin(fold.test.to_frame()["item_id"], fold.candidates).all()
            if type(split) in (RandomSplit, LeaveLastOut, SampledLeaveOneOut):
                assert set(fold.train.user_index) == set(interactions.user_index)
            assert check_leakage(fold, order=ORDERS.get(type(split))).empty


ORDERS = {TimeSplit: "all", LeaveLastOut: "user", SampledLeaveOneOut: "user"}


@pytest.mark.parametrize(
    "split",
    [
        RandomSplit(0.4, random_state=3),
        ColdItemSplit(0.4, random_state=3),
        LeaveLastOut(),
        TimeSplit(0.3),
        UserFolds(2, random_state=3),
        SampledLeaveOneOut(2, random_state=3),
    ],
)
def test_ratings_and_times_are_kept_and_seeds_repeat(split):
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "user_id": rng.integers(0, 8, 80),
            "item_id": rng.integers(0, 9, 80),
            "rating": rng.integers(1, 6, 80),
            "timestamp": rng.permutation(80),
        }
    )
    interactions = Interactions.from_frame(frame)
    rows = set(frame.itertuples(index=False, name=None))
    folds, again = list(split.split(interactions)), list(clone(split).split(interactions))
    assert len(folds) == len(again) > 0
    for fold, same in zip(folds, again):
        for name in ("train", "test", "given"):
            part = getattr(fold, name)
            if part is None:
                continue
            assert part.explicit
            assert part.scale == (1, 5)
            assert set(part.to_frame().itertuples(index=False, name=None)) <= rows
            pd.testing.assert_frame_equal(part.to_frame(), getattr(same, name).to_frame())
        if fold.pools is not None:
            assert (fold.pools != same.pools).nnz == 0


def test_random_split_holds_out_a_share_of_every_user():
    users = [0] * 10 + [1] * 5 + [2] * 2 + [3]
    items = [*range(10), *range(5), 0, 1, 0]
    # Eight more users have every item, so that none is dropped for want of a training row.
    others = np.repeat(np.arange(4, 12), 10)
    interactions = make(users + others.tolist(), items + [*range(10)] * 8)
    (fold,) = RandomSplit(0.2, random_state=0).split(interactions)
    assert fold.n_dropped == 0
    held = np.bincount(fold.test.user_index, minlength=12)
    # Of 10, 5, 2 and 1 items: 2, 1, 0 (0.4 rounds down) and 0 (one stays).
    assert held.tolist() == [2, 1, 0, 0] + [2] * 8


def test_random_split_is_different_in_every_fold_and_repeatable():
    rng = np.random.default_rng(0)
    interactions = make(np.repeat(range(20), 10), np.argsort(rng.random((20, 30)))[:, :10].ravel())
    split = RandomSplit(0.3, n_splits=3, random_state=5)
    first = [pairs(fold.test) for fold in split.split(interactions)]
    assert len(first) == 3
    assert first[0] != first[1] != first[2]
    assert first == [pairs(fold.test) for fold in clone(split).split(interactions)]


def test_items_that_only_the_test_part_has_are_dropped_and_counted():
    interactions = make([0, 0, 1, 1], ["a", "b", "a", "c"], [1, 2, 1, 2])
    (fold,) = LeaveLastOut().split(interactions)
    assert fold.test.n_interactions == 0
    assert fold.n_dropped == 2


def test_leave_last_out_by_hand():
    users = [0, 0, 0, 1, 1, 2]
    items = ["a", "b", "c", "c", "b", "a"]
    interactions = make(users, items, [30, 10, 20, 1, 2, 9])
    (fold,) = LeaveLastOut().split(interactions)
    assert fold.test.to_frame()[["user_id", "item_id"]].to_numpy().tolist() == [[0, "a"], [1, "b"]]
    assert fold.train.to_frame()["user_id"].tolist() == [0, 0, 1, 2]
    # User 0 keeps only "b"; user 1 has no more than two items and keeps both.
    (fold,) = LeaveLastOut(2).split(interactions)
    assert fold.train.to_frame()["item_id"].tolist() == ["b", "c", "b", "a"]
    assert fold.test.to_frame()["item_id"].tolist() == ["a", "c"]


def test_a_repeated_item_goes_to_one_part_with_its_last_time():
    interactions = make([0, 0, 0, 1, 1], ["a", "b", "a", "a", "b"], [1, 2, 3, 1, 1])
    (fold,) = LeaveLastOut().split(interactions)
    held = fold.test.to_frame()
    assert held[held["user_id"] == 0]["item_id"].tolist() == ["a", "a"]
    # User 1's times are equal: the later row is the later one.
    assert held[held["user_id"] == 1]["item_id"].tolist() == ["b"]


def test_leave_last_out_reads_datetimes():
    interactions = make([0, 0, 1], ["a", "b", "a"], ["2021-05-01", "2020-05-01", "2019-01-01"])
    (fold,) = LeaveLastOut().split(interactions)
    assert fold.test.to_frame()["item_id"].tolist() == ["a"]


def test_leave_last_out_needs_times():
    with pytest.raises(ValueError, match="needs timestamps"):
        list(LeaveLastOut().split(make([0, 0], ["a", "b"])))


def test_cold_items_are_drawn_from_the_whole_catalog():
    interactions = make([0] * 6, list("abcdef"), items=list("abcdefghij"))
    folds = list(ColdItemSplit(0.3, n_splits=40, random_state=0).split(interactions))
    assert {fold.candidates.size for fold in folds} == {3}
    assert set(np.concatenate([fold.candidates for fold in folds])) == set("abcdefghij")
    catalog_order = list(folds[0].candidates)
    assert catalog_order == sorted(catalog_order)


def test_users_whose_every_item_is_cold_are_dropped_and_counted():
    interactions = make([0, 0, 1, 1], ["a", "b", "a", "a"], items=["a", "b"])
    folds = ColdItemSplit(0.5, n_splits=20, random_state=0).split(interactions)
    seen = {(fold.candidates[0], fold.test.n_interactions, fold.n_dropped) for fold in folds}
    assert seen == {("a", 1, 2), ("b", 1, 0)}


@pytest.mark.parametrize("split", [RandomSplit(1.0), ColdItemSplit(0.0), LeaveLastOut(0)])
def test_bad_parameters(split):
    with pytest.raises(ValueError, match="must be"):
        list(split.split(make([0, 0], ["a", "b"], [1, 2])))


def test_a_single_item_cannot_be_cold():
    with pytest.raises(ValueError, match="at least 2 items; got 1"):
        list(ColdItemSplit().split(make([0], ["a"])))


def test_repr_and_fold():
    assert repr(ColdItemSplit(0.3)) == "ColdItemSplit(test_size=0.3)"
    fold = Fold(None, None)
    with pytest.raises(AttributeError):
        fold.train = 1
