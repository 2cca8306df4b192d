"""Interactions: reading tables, refusing what cannot be right."""

import dataclasses
import pickle

import numpy as np
import pandas as pd
import pytest

from mmclassic.exceptions import UnknownIdError
from mmclassic.recommend import Interactions


def table(users=("u", "v", "u"), items=(3, 3, 5), **columns):
    return pd.DataFrame({"user_id": list(users), "item_id": list(items), **columns})


def test_numbers_users_and_items():
    interactions = Interactions.from_frame(table(weight=[1, 2.5, 3]), items=[5, 4, 3])
    assert interactions.users.tolist() == ["u", "v"]
    assert interactions.items.tolist() == [5, 4, 3]
    assert interactions.user_index.tolist() == [0, 1, 0]
    assert interactions.item_index.tolist() == [2, 2, 0]
    np.testing.assert_array_equal(interactions.matrix.toarray(), [[3, 0, 1], [0, 0, 2.5]])
    assert interactions.timestamp is None
    assert interactions.n_interactions == 3


def test_duplicates_are_summed_and_zeros_stay_stored():
    interactions = Interactions.from_frame(table("uuv", [1, 1, 2], weight=[1.0, -1.0, 0.0]))
    assert interactions.matrix.nnz == 2
    np.testing.assert_array_equal(interactions.matrix.toarray(), np.zeros((2, 2)))


def test_a_table_survives_the_round_trip():
    frame = table(weight=[1.0, 2.0, 3.0], timestamp=[30, 10, 20])
    back = Interactions.from_frame(frame, items=[5, 4, 3]).to_frame()
    pd.testing.assert_frame_equal(back, frame, check_dtype=False)


def test_select_keeps_the_axes():
    interactions = Interactions.from_frame(table(timestamp=[1.0, 2.0, 3.0]), items=[5, 4, 3])
    part = interactions.select([True, False, False])
    assert part.matrix.shape == interactions.matrix.shape
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
        frame, user="who", item="what", weight="stars", time="when"
    )
    assert interactions.to_frame().columns.tolist() == ["user_id", "item_id", "weight", "timestamp"]
    assert interactions.timestamp[0] == np.datetime64("2020-02-01")
    assert interactions.weight.tolist() == [4.0]


def test_weights_and_times_can_be_ignored():
    frame = table(weight=[1.0, np.nan, 3.0], timestamp=["x", "y", "z"])
    interactions = Interactions.from_frame(frame, weight=None, time=None)
    assert interactions.weight.tolist() == [1.0, 1.0, 1.0]
    assert interactions.timestamp is None


def test_times_with_zones_become_utc():
    times = pd.to_datetime(["2020-01-01T01:00:00+02:00"] * 3)
    interactions = Interactions.from_frame(table(timestamp=times))
    assert interactions.timestamp[0] == np.datetime64("2019-12-31T23:00:00")


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["a", "b"], "U"),
        (np.array(["a", "b"]), "U"),
        (np.array(["a", "b"], dtype=object), "U"),
        (pd.Categorical(["a", "b"]), "U"),
        (pd.array(["a", "b"], dtype="string"), "U"),
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
    assert interactions.matrix.shape == (0, 2)
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
        (table(), {"weight": "stars"}, ValueError, r"no column \['stars'\]"),
        (table(users=["u", None, "v"]), {}, ValueError, "row 1: the user id is missing"),
        (table(items=[3, np.nan, 5]), {}, ValueError, "row 1: the item id is missing"),
        (table(weight=[1, 2, np.inf]), {}, ValueError, "row 2, column 'weight'.*finite"),
        (table(weight=[1, None, 3]), {}, ValueError, "row 1, column 'weight'.*finite"),
        (table(weight=["1", "2", "3"]), {}, TypeError, "'weight' must hold numbers"),
        (table(timestamp=[1, np.nan, 2]), {}, ValueError, "row 1, column 'timestamp'"),
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
