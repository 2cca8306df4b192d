"""Periods, thresholds, cores and recency."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmclassic.interactions import Interactions


def make(users, items, **columns):
    frame = pd.DataFrame({"user_id": list(users), "item_id": list(items), **columns})
    return Interactions.from_frame(frame)


def pairs(interactions):
    frame = interactions.to_frame()
    return list(zip(frame["user_id"].tolist(), frame["item_id"].tolist()))


def slow_core(rows, min_user, min_item):
    """Take out one user or item after the other."""
    kept = set(rows)
    while True:
        for user in {user for user, _ in kept}:
            if sum(u == user for u, _ in kept) < min_user:
                kept = {pair for pair in kept if pair[0] != user}
                break
        else:
            for item in {item for _, item in kept}:
                if sum(i == item for _, i in kept) < min_item:
                    kept = {pair for pair in kept if pair[1] != item}
                    break
            else:
                return kept


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=50),
    st.integers(1, 4),
    st.integers(1, 4),
)
def test_the_core_is_that_of_a_slow_loop(rows, min_user, min_item):
    interactions = make(*zip(*rows))
    expected = slow_core(rows, min_user, min_item)
    if not expected:
        with pytest.raises(ValueError, match="filter leaves nothing"):
            interactions.filter(min_user, min_item)
        return
    found = interactions.filter(min_user, min_item)
    assert pairs(found) == [row for row in rows if row in expected]
    assert found.users is interactions.users
    assert found.items is interactions.items


def test_repeats_of_a_pair_do_not_count_twice():
    interactions = make("uuuvv", "aaabb")
    with pytest.raises(ValueError, match="leaves nothing of 5 interactions: 5 in the period"):
        interactions.filter(min_user=2)


def test_thresholds_come_before_the_core():
    interactions = make("uuvv", "abab", weight=[5.0, 1.0, 5.0, 5.0])
    assert pairs(interactions.filter(min_weight=2)) == [("u", "a"), ("v", "a"), ("v", "b")]
    assert pairs(interactions.filter(min_user=2, min_weight=2, min_item=1)) == [
        ("v", "a"),
        ("v", "b"),
    ]


def test_a_threshold_is_for_what_counts_of_a_pair():
    plays = make("uuvv", "aabb", weight=[1.0, 1.0, 3.0, -2.0])
    assert pairs(plays.filter(min_weight=2)) == [("u", "a"), ("u", "a")]
    ratings = make("uuvv", "aabb", rating=[5.0, 1.0, 1.0, 5.0], timestamp=[1, 2, 3, 4])
    kept = ratings.filter(min_weight=3)
    assert pairs(kept) == [("v", "b"), ("v", "b")]
    assert kept.to_csr().data.tolist() == [5.0]
    assert (kept.explicit, kept.scale) == (True, (1.0, 5.0))
    # Within the period, the first rating of u was the latest one.
    assert pairs(ratings.filter(min_weight=3, until=2)) == [("u", "a")]


def test_periods_begin_with_their_first_moment_and_end_before_their_last():
    days = ["2026-01-01", "2026-01-31T12:00", "2026-02-01"]
    interactions = make("uuu", "abc", timestamp=days)
    assert pairs(interactions.filter(since="2026-01-31", until="2026-02-01")) == [("u", "b")]
    assert interactions.between(pd.Timestamp("2026-02-01T01:00+01:00")).tolist() == [0, 0, 1]
    assert interactions.between(until=np.datetime64("2026-01-02")).tolist() == [1, 0, 0]
    assert interactions.between().all()
    numbers = make("uuu", "abc", timestamp=[1, 2, 3])
    assert numbers.between(2, 3).tolist() == [False, True, False]
    assert numbers.between(1.5).tolist() == [False, True, True]


def test_dates_far_from_now():
    far = np.array(["3000-01-01", "1000-01-01"], dtype="datetime64[s]")
    ids = np.arange(2)
    interactions = Interactions(ids, ids, ids, ids, np.ones(2), far)
    now = pd.Timestamp("2026-01-01T00:00:00.000000001")
    assert interactions.between(now).tolist() == [True, False]
    assert interactions.between(until=now).tolist() == [False, True]
    # Two thousand years are 730,485 days.
    weight = interactions.decay("73048.5 days").weight
    np.testing.assert_allclose(weight, [1, 0.5**10])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"since": 5}, TypeError, "since must be a date, as the times are; got the number 5"),
        ({"until": "soon"}, ValueError, "until must be a date; got 'soon'"),
        ({"since": pd.NaT}, ValueError, "since must be a date; got NaT"),
        ({"min_user": 0}, ValueError, "min_user must be an int of at least 1; got 0"),
        ({"min_item": 2.0}, ValueError, r"min_item must be an int of at least 1; got 2\.0"),
        (
            {"since": "2027-01-01"},
            ValueError,
            "nothing of 2 interactions: 0 in the period, none in the core of min_user=1",
        ),
        ({"min_weight": 2}, ValueError, "2 in the period, 0 of min_weight=2, none"),
    ],
)
def test_filters_that_cannot_be(options, error, message):
    interactions = make("uv", "ab", timestamp=["2026-01-01", "2026-01-02"])
    with pytest.raises(error, match=message):
        interactions.filter(**options)


def test_times_that_are_not_there():
    for method in ("between", "decay"):
        with pytest.raises(ValueError, match="needs timestamps, and these interactions have none"):
            getattr(make("u", "a"), method)(1)
    with pytest.raises(TypeError, match="since must be a number, as the times are; got '2026"):
        make("u", "a", timestamp=[1]).between("2026-01-01")


def test_weights_halve_with_every_half_life():
    interactions = make("uuu", "abc", weight=[8.0, -8.0, 0.0], timestamp=[0, 10, 20])
    assert interactions.decay(10).weight.tolist() == [2.0, -4.0, 0.0]
    assert interactions.decay(10, now=30).weight.tolist() == [1.0, -2.0, 0.0]
    assert interactions.weight.tolist() == [8.0, -8.0, 0.0]
    # Nanoseconds of today as numbers: their differences are exact enough.
    start = 1_780_000_000 * 10**9
    large = make("uu", "ab", timestamp=[start, start + 10**9])
    np.testing.assert_allclose(large.decay(10**9).weight, [0.5, 1.0], rtol=1e-6)
    ends = make("uu", "ab", timestamp=[-(2**62), 2**62])
    assert ends.decay(2.0**63).weight.tolist() == [0.5, 1.0]


def test_dates_take_durations():
    interactions = make("uu", "ab", timestamp=["2026-01-01", "2026-01-31"])
    for half_life in ("30 days", pd.Timedelta(days=30), np.timedelta64(720, "h")):
        assert interactions.decay(half_life).weight.tolist() == [0.5, 1.0]
    found = interactions.decay("15 days", now="2026-03-02")
    np.testing.assert_array_equal(found.weight, [1 / 16, 1 / 4])


@pytest.mark.parametrize(
    ("half_life", "now", "error", "message"),
    [
        (30, None, TypeError, "half_life must say its unit, as '30 days' does; got the number 30"),
        ("soon", None, ValueError, "half_life must be a duration such as '30 days'; got 'soon'"),
        ("0 days", None, ValueError, "longer than nothing"),
        (pd.NaT, None, ValueError, "longer than nothing"),
        ("1 day", "2026-01-30", ValueError, r"interaction 1 is of 2026-01-31.*\(1 are\)"),
    ],
)
def test_durations_that_are_none(half_life, now, error, message):
    interactions = make("uu", "ab", timestamp=["2026-01-01", "2026-01-31"])
    with pytest.raises(error, match=message):
        interactions.decay(half_life, now=now)


@pytest.mark.parametrize("half_life", [0, -1, np.inf, np.nan, "30 days", True])
def test_half_lives_of_numbers(half_life):
    with pytest.raises(ValueError, match="positive number in the unit of the times"):
        make("u", "a", timestamp=[1]).decay(half_life)


def test_ratings_do_not_fade():
    ratings = make("u", "a", rating=[5.0], timestamp=[1])
    with pytest.raises(ValueError, match="decay is for weights"):
        ratings.decay(1)


def test_nothing_does_not_fade():
    nothing = make("u", "a", timestamp=[1]).select(np.zeros(1, dtype=bool))
    assert nothing.decay(1).n_interactions == 0
