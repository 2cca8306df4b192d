"""Interactions: reading tables, refusing what cannot be right."""

import dataclasses
import pickle
import time
import tracemalloc

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from mmclassic.exceptions import UnknownIdError
from mmclassic.interactions import Interactions, read_ids, read_interactions
from mmclassic.views import Views


def table(users=("u", "v", "u"), items=(3, 3, 5), **columns):
    return pd.DataFrame({"user_id": list(users), "item_id": list(items), **columns})


def test_numbers_users_and_items():
    interactions = Interactions.from_frame(table(weight=[1, 2.5, 3]), items=[5, 4, 3])
    assert interactions.users.tolist() == ["u", "v"]
    assert interactions.items.tolist() == [5, 4, 3]
    assert interactions.user_index.tolist() == [0, 1, 0]
    assert interactions.item_index.tolist() == [2, 2, 0]
    np.testing.assert_array_equal(interactions.to_csr().toarray(), [[3, 0, 1], [0, 0, 2.5]])
    assert interactions.timestamp is None
    assert interactions.n_interactions == 3


def test_duplicates_are_summed_and_zeros_stay_stored():
    interactions = Interactions.from_frame(table("uuv", [1, 1, 2], weight=[1.0, -1.0, 0.0]))
    assert interactions.to_csr().nnz == 2
    np.testing.assert_array_equal(interactions.to_csr().toarray(), np.zeros((2, 2)))


def test_int64_weights_are_summed_as_floats():
    frame = table(items=[3, 3, 5]).assign(user_id="u", weight=np.array([2**62, 2**62, 1]))
    assert Interactions.from_frame(frame).to_csr().toarray().tolist() == [[2.0**63, 1.0]]


def test_a_sum_of_weights_beyond_float64_is_named():
    frame = table(items=[5, 3, 3]).assign(user_id="u", weight=[1, 1e308, 1e308])
    with pytest.raises(ValueError, match="weights of user 'u' and item 3 sum to more than"):
        Interactions.from_frame(frame).to_csr()


def test_a_table_survives_the_round_trip():
    frame = table(weight=[1.0, 2.0, 3.0], timestamp=[30, 10, 20])
    back = Interactions.from_frame(frame, items=[5, 4, 3]).to_frame()
    pd.testing.assert_frame_equal(back, frame, check_dtype=False)


def test_select_keeps_the_axes():
    interactions = Interactions.from_frame(table(timestamp=[1.0, 2.0, 3.0]), items=[5, 4, 3])
    part = interactions.select([True, False, False])
    assert part.to_csr().shape == interactions.to_csr().shape
    assert part.to_frame().to_dict("list") == {
        "user_id": ["u"],
        "item_id": [3],
        "weight": [1.0],
        "timestamp": [1.0],
    }
    with pytest.raises(ValueError, match=r"mask must be bool of shape \(3,\)"):
        interactions.select([0, 1])


def test_columns_of_other_names():
    frame = pd.DataFrame({"who": ["a"], "what": ["x"], "stars": [4], "when": ["2020-02-01"]})
    interactions = Interactions.from_frame(
        frame,
        columns={"user_id": "who", "item_id": "what", "weight": "stars", "timestamp": "when"},
    )
    assert interactions.to_frame().columns.tolist() == ["user_id", "item_id", "weight", "timestamp"]
    assert interactions.timestamp[0] == np.datetime64("2020-02-01")
    assert interactions.weight.tolist() == [4.0]


def test_weights_and_times_can_be_ignored():
    frame = table(weight=[1.0, np.nan, 3.0], timestamp=["x", "y", "z"])
    interactions = Interactions.from_frame(frame, columns={"weight": None, "timestamp": None})
    assert interactions.weight.tolist() == [1.0, 1.0, 1.0]
    assert interactions.timestamp is None


def test_times_with_zones_become_utc():
    times = pd.to_datetime(["2020-01-01T01:00:00+02:00"] * 3)
    interactions = Interactions.from_frame(table(timestamp=times))
    assert interactions.timestamp[0] == np.datetime64("2019-12-31T23:00:00")


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["a", "b"], "O"),
        (np.array(["a", "b"]), "O"),
        (np.array(["a", "b"], dtype=object), "O"),
        (pd.Categorical(["a", "b"]), "O"),
        (pd.array(["a", "b"], dtype="string"), "O"),
        ([1, 2], "i"),
        (np.array([1, 2], dtype=np.uint8), "i"),
        (pd.array([1, 2], dtype="Int64"), "i"),
        (np.array([1, 2], dtype=object), "i"),
    ],
)
def test_ids_become_plain_arrays_of_their_kind(values, kind):
    frame = pd.DataFrame({"user_id": values, "item_id": values})
    interactions = Interactions.from_frame(frame)
    assert interactions.users.dtype.kind == interactions.items.dtype.kind == kind
    assert interactions.items.tolist() == list(values)


def test_a_table_without_rows_is_fine():
    empty = pd.DataFrame({"user_id": [], "item_id": []})
    interactions = Interactions.from_frame(empty, items=["a", "b"])
    assert interactions.to_csr().shape == (0, 2)
    assert interactions.items.tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("frame", "options", "error", "message"),
    [
        (
            table().drop(columns="item_id"),
            {},
            ValueError,
            r"no column \['item_id'\].*\['user_id'\]",
        ),
        (table(), {"columns": {"weight": "stars"}}, ValueError, r"no column \['stars'\]"),
        (table(users=["u", None, "v"]), {}, ValueError, "row 1: the user id is missing"),
        (table(items=[3, np.nan, 5]), {}, ValueError, "row 1: the item id is missing"),
        (table(weight=[1, 2, np.inf]), {}, ValueError, "row 2, column 'weight'.*finite"),
        (table(weight=[1, None, 3]), {}, ValueError, "row 1, column 'weight'.*finite"),
        (table(weight=["1", "2", "3"]), {}, TypeError, "'weight' must hold numbers"),
        (table(timestamp=[1, np.nan, 2]), {}, ValueError, "row 1, column 'timestamp'"),
        (table(timestamp=[1, 2, -np.inf]), {}, ValueError, "row 2, column 'timestamp': .*infinite"),
        (table(timestamp=[1, -(2**63), 2]), {}, ValueError, "row 1, .* a missing date"),
        (table(timestamp=[1.5, 2, -(2.0**63)]), {}, ValueError, "row 2, .* a missing date"),
        (table(timestamp=[1, 2, -9223372037]), {}, ValueError, "row 2, .* a missing date"),
        (
            table(timestamp=["2020-01-01", "soon", "2020-01-02"]),
            {},
            ValueError,
            "row 1, column 'timestamp'.*'soon'",
        ),
        (table(items=[3, "3", 5]), {}, TypeError, "all str or all int; got mixed"),
        (table(items=[3.5, 3, 5]), {}, TypeError, "all str or all int; got floating"),
        (table(items=[True, False, True]), {}, TypeError, "all str or all int; got boolean"),
        (table(items=[2**64, 3, 5]), {}, ValueError, "64-bit"),
        (table(), {"items": [3, 5, 3]}, ValueError, "item ids must be distinct.*first 3"),
        (table(), {"items": ["3", "5"]}, UnknownIdError, "catalogue are str.*are int"),
        (table(), {"items": [5, 4]}, UnknownIdError, r"1 item id\(s\) not in the catalogue: 3\."),
        (table(), {"users": ["u"]}, UnknownIdError, r"not in the given users: 'v'"),
        (table(items=[7, 8, 9]), {"items": [1]}, UnknownIdError, "3 item.*: 7, 8, 9"),
        ([("u", 3)], {}, TypeError, "must be a DataFrame; got list"),
        (table(), {"columns": {"item_id": None}}, ValueError, r"no column \[None\]"),
        (table(), {"columns": {"user": "user_id"}}, ValueError, "columns must be a dict"),
        (table(), {"columns": "user_id"}, ValueError, "columns must be a dict"),
        (table(), {"unknown": "drop"}, ValueError, "'raise' or 'ignore'; got 'drop'"),
        (
            table(users=["u", "a\0b", "u"]),
            {},
            ValueError,
            r"row 1: the user id 'a\\x00b' holds a NUL",
        ),
        (
            table(items=["a", "a", "a\0"]),
            {},
            ValueError,
            r"row 2: the item id 'a\\x00' holds a NUL",
        ),
        (table(items=["a"] * 3), {"items": ["b", "a\0"]}, ValueError, "row 1: the item id.*NUL"),
    ],
)
def test_errors_name_what_is_wrong(frame, options, error, message):
    with pytest.raises(error, match=message):
        Interactions.from_frame(frame, **options)


def test_rows_are_named_by_their_label():
    frame = table(users=["u", None, "v"]).set_axis(["first", "second", "third"])
    with pytest.raises(ValueError, match="row 'second'"):
        Interactions.from_frame(frame)


def test_it_is_frozen_and_pickles():
    interactions = Interactions.from_frame(table())
    with pytest.raises(dataclasses.FrozenInstanceError):
        interactions.weight = None
    again = pickle.loads(pickle.dumps(interactions))
    pd.testing.assert_frame_equal(again.to_frame(), interactions.to_frame())


def test_skops_round_trip(tmp_path):
    skops = pytest.importorskip("skops.io")
    interactions = Interactions.from_frame(table(timestamp=["2020-01-01"] * 3))
    skops.dump(interactions, tmp_path / "i.skops")
    trusted = skops.get_untrusted_types(file=tmp_path / "i.skops")
    assert all(name.startswith("mmclassic.") for name in trusted)
    again = skops.load(tmp_path / "i.skops", trusted=trusted)
    pd.testing.assert_frame_equal(again.to_frame(), interactions.to_frame())


def test_a_row_of_an_unknown_item_can_be_left_out():
    frame = table("uvwu", [3, 4, 9, 4], weight=[1.0, 2.0, np.nan, 4.0])
    interactions = Interactions.from_frame(frame, items=[4, 3], unknown="ignore")
    assert interactions.to_frame().to_dict("list") == {
        "user_id": ["u", "v", "u"],
        "item_id": [3, 4, 4],
        "weight": [1.0, 2.0, 4.0],
    }
    assert interactions.users.tolist() == ["u", "v"]
    with pytest.raises(UnknownIdError, match=r"catalogue are str.*are int"):
        Interactions.from_frame(frame, items=["4"], unknown="ignore")


def test_for_items_by_hand():
    interactions = Interactions.from_frame(
        table("uvu", "abc", weight=[1.0, 2.0, 3.0], timestamp=[7, 8, 9]), items=list("abcd")
    )
    assert interactions.for_items(interactions.items) is interactions
    assert interactions.for_items(list("abcd")) is interactions
    turned = interactions.for_items(list("xcba"))
    assert turned.items.tolist() == list("xcba")
    assert turned.item_index.tolist() == [3, 2, 1]
    assert turned.weight is interactions.weight
    np.testing.assert_array_equal(turned.to_csr().toarray(), [[0, 3, 0, 1], [0, 0, 2, 0]])
    fewer = interactions.for_items(["c", "b"], unknown="ignore")
    assert fewer.to_frame().to_dict("list") == {
        "user_id": ["v", "u"],
        "item_id": ["b", "c"],
        "weight": [2.0, 3.0],
        "timestamp": [8, 9],
    }
    assert fewer.users.tolist() == ["u", "v"]
    assert interactions.for_items([], unknown="ignore").n_interactions == 0


def test_for_items_says_what_is_lost():
    interactions = Interactions.from_frame(table("uvu", "aba"), items=list("abcd"))
    assert interactions.for_items(["b", "a"]).n_interactions == 3, "c and d have no interaction"
    with pytest.raises(UnknownIdError, match=r"1 item id\(s\) not in the given items: 'a'\. It"):
        interactions.for_items(["b", "c"])
    with pytest.raises(UnknownIdError, match=r"given items are int.*are str"):
        interactions.for_items([1, 2], unknown="ignore")
    with pytest.raises(ValueError, match="distinct"):
        interactions.for_items(["a", "b", "a"])
    with pytest.raises(ValueError, match="'raise' or 'ignore'"):
        interactions.for_items(["a", "b"], unknown="skip")


@given(
    st.lists(st.sampled_from(range(9)), min_size=1), st.permutations(range(9)), st.integers(0, 9)
)
def test_for_items_is_the_way_through_a_table(rows, order, n_kept):
    frame = table(np.arange(len(rows)) % 3, rows, weight=np.arange(len(rows)))
    interactions = Interactions.from_frame(frame, items=range(9))
    kept = np.array(order[:n_kept], dtype=np.int64)
    found = interactions.for_items(kept, unknown="ignore").to_frame()
    expected = interactions.to_frame()
    expected = expected[expected["item_id"].isin(kept)].reset_index(drop=True)
    pd.testing.assert_frame_equal(found, expected)


def test_a_million_rows_are_renumbered_at_once():
    rng = np.random.default_rng(0)
    items = np.array([f"item-{i}" for i in range(20_000)], dtype=object)
    nothing = np.arange(50_000)
    interactions = Interactions(
        nothing,
        items,
        rng.integers(50_000, size=10**6),
        rng.integers(20_000, size=10**6),
        np.ones(10**6),
    )
    seconds = []
    for _ in range(3):
        start = time.process_time()
        interactions.for_items(items[::-1])
        seconds.append(time.process_time() - start)
    assert min(seconds) < 0.1


def test_one_long_id_costs_what_it_is_long():
    users = [f"user-{i}" for i in range(20_000)]
    users[7] = "x" * 5000
    frame = pd.DataFrame({"user_id": users, "item_id": users[::-1]})
    tracemalloc.start()
    interactions = Interactions.from_frame(frame)
    assert interactions.users[7] == "x" * 5000
    assert len(pickle.dumps(interactions)) < 3e6
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6


WILD = st.text(
    st.characters(exclude_categories=[], exclude_characters="\0"), min_size=0, max_size=6
)


@given(st.lists(WILD, min_size=1, max_size=20))
def test_wild_ids_stay_apart_and_survive_storing(ids):
    interactions = Interactions.from_frame(
        pd.DataFrame({"user_id": ids, "item_id": ids}, dtype=object)
    )
    assert interactions.users.tolist() == list(dict.fromkeys(ids))
    assert interactions.users[interactions.user_index].tolist() == ids
    again = pickle.loads(pickle.dumps(interactions))
    assert again.users.dtype == object
    assert again.users.tolist() == interactions.users.tolist()


@pytest.mark.parametrize("ids", [[], ["a"], ["", "", "é", "\ud800"], ["\ud800", "\udc00"]])
def test_packed_ids_are_plain_arrays(ids):
    from mmclassic.interactions._packing import pack_ids, unpack_ids

    packed = pack_ids(np.array(ids, dtype=object))
    assert all(part.dtype.kind in "iu" for part in packed.values())
    assert unpack_ids(packed).tolist() == ids
    mixed = np.array(["a", None], dtype=object)
    assert pack_ids(mixed) is mixed


def test_str_subclasses_become_str():
    interactions = Interactions.from_frame(table(np.array(["u", "v", "u"]).astype(object), "abc"))
    assert {type(user) for user in interactions.users} == {str}


def test_read_ids_is_one_rule():
    frame = pd.DataFrame({"item_id": ["a", "b"], "sku": [4, 5]}, index=["x", "y"])
    assert read_ids(frame).tolist() == ["a", "b"]
    assert read_ids(frame, "sku").tolist() == [4, 5]
    assert read_ids(frame[["sku"]]).tolist() == ["x", "y"]
    for rows in (np.eye(3), sp.csr_array(np.eye(3)), Views({"a": np.eye(3)}), np.eye(3).tolist()):
        assert read_ids(rows).tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="no column 'ean'"):
        read_ids(frame, "ean")
    with pytest.raises(ValueError, match="distinct"):
        read_ids(frame.assign(item_id="a"))
    with pytest.raises(TypeError, match="Expected sequence"):
        read_ids(7)


def test_read_interactions_is_one_rule():
    frame = pd.DataFrame({"who": ["u", "v"], "item_id": [2, 1]})
    columns = {"user_id": "who"}
    known = read_interactions(frame, [1, 2, 3], columns=columns)
    assert known.item_index.tolist() == [1, 0]
    assert read_interactions(known) is known
    assert read_interactions(known, [1, 2, 3]) is known
    assert read_interactions(known, [2, 1]).item_index.tolist() == [0, 1]
    assert read_interactions(known, [2], unknown="ignore").n_interactions == 1
    assert read_interactions(frame, [2], columns=columns, unknown="ignore").n_interactions == 1
    with pytest.raises(UnknownIdError):
        read_interactions(known, [2])
    nothing = read_interactions(None, ["a", "b"])
    assert nothing.to_csr().shape == (0, 2)
    assert read_interactions(None).items.size == 0
    with pytest.raises(TypeError, match="DataFrame, Interactions or None; got list"):
        read_interactions([("u", 1)])


def test_seventy_thousand_ids_are_saved_in_no_time(tmp_path):
    import mmclassic

    ids = np.array([f"käufer-{i}" for i in range(70_000)], dtype=object)
    interactions = Interactions(ids, ids, np.arange(3), np.arange(3), np.ones(3))
    start = time.process_time()
    path = mmclassic.save(interactions, tmp_path / "i.skops")
    again = mmclassic.load(path)
    assert time.process_time() - start < 2
    assert path.stat().st_size < 5e6
    assert again.users.tolist() == ids.tolist()


@pytest.mark.parametrize(
    ("items", "error", "message"),
    [
        (pd.DataFrame({"a": [1]}, index=pd.MultiIndex.from_tuples([(1, 2)])), TypeError, "mixed"),
        (pd.DataFrame({"a": [1]}, index=pd.to_datetime(["2020-01-01"])), TypeError, "datetime64"),
        (pd.DataFrame({"item_id": [b"a"]}), TypeError, "bytes"),
        (pd.DataFrame({"item_id": [1, "a"]}, dtype=object), TypeError, "mixed-integer"),
        (pd.DataFrame({"item_id": [1.0]}), TypeError, "floating"),
        (pd.DataFrame({"item_id": pd.array([pd.NA], dtype="string")}), ValueError, "missing"),
        (pd.DataFrame([[1, 2]], columns=["item_id", "item_id"]), ValueError, r"shape \(1, 2\)"),
    ],
)
def test_tables_without_usable_ids(items, error, message):
    with pytest.raises(error, match=message):
        read_ids(items)


def test_a_column_of_which_there_are_two_is_refused():
    frame = pd.DataFrame([[1, 2, 3]], columns=["user_id", "item_id", "item_id"])
    with pytest.raises(ValueError, match="more than one column of the name 'item_id'"):
        Interactions.from_frame(frame)


def test_one_very_long_id_costs_its_own_length():
    ids = [f"i{i}" for i in range(5000)]
    ids[7] = "x" * 100_000  # an array of fixed width would take 2 GB
    frame = pd.DataFrame({"user_id": ["u", "v"], "item_id": ids[6:8]})
    tracemalloc.start()
    for these in (ids, tuple(ids), np.array(ids, dtype=object), pd.Series(ids)):
        interactions = Interactions.from_frame(frame, items=these)
        interactions.for_items(ids[::-1])
    with pytest.raises(UnknownIdError):
        interactions.for_items(ids[:7])
    assert tracemalloc.get_traced_memory()[1] < 2e7
    tracemalloc.stop()
