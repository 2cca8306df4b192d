"""What a column is, what is missing, how failures are told."""

import pickle

import numpy as np
import pandas as pd
import pytest

from mmclassic.exceptions import CellError
from mmclassic.features._cells import as_cells, describe_cell, is_missing, read_cells


@pytest.mark.parametrize("cell", [None, float("nan"), np.float32("nan"), pd.NA, pd.NaT])
def test_missing(cell):
    assert is_missing(cell)


@pytest.mark.parametrize("cell", ["", b"", 0, 0.0, False, np.full(3, np.nan), [], "nan"])
def test_not_missing(cell):
    assert not is_missing(cell)


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(["a", None, "b"]),
        pd.Series(["a", None, "b"], dtype=object),
        pd.Series(["a", None, "b"], dtype="string"),
        pd.Series(["a", None, "b"], dtype="category"),
        pd.DataFrame({"c": ["a", None, "b"]}),
        pd.Index(["a", None, "b"]),
        pd.array(["a", None, "b"], dtype="string"),
        ["a", None, "b"],
        ("a", None, "b"),
        np.array(["a", None, "b"], dtype=object),
        np.array([["a"], [None], ["b"]], dtype=object),
    ],
    ids=lambda column: type(column).__name__,
)
def test_containers(column):
    cells = as_cells(column, "V")
    assert cells.missing.tolist() == [False, True, False]
    assert [(i, cell) for i, _, cell in cells.items()] == [(0, "a"), (2, "b")]


def test_labels_and_column_come_from_the_series():
    cells = as_cells(pd.Series(["a", "b"], index=[7, "x"], name="title"), "V")
    assert cells.column == "title"
    assert [label for _, label, _ in cells.items()] == [7, "x"]


def test_labels_are_plain_python_numbers():
    label = as_cells(pd.Series(["a"], index=np.array([5])), "V").items()[0][1]
    assert type(label) is int


def test_a_numeric_stack_is_one_cell_per_row():
    stack = np.zeros((3, 4, 4), dtype=np.uint8)
    assert [cell.shape for _, _, cell in as_cells(stack, "V").items()] == [(4, 4)] * 3


def test_equal_arrays_stay_cells():
    cells = as_cells([np.zeros(3), np.zeros(3)], "V")
    assert cells.values.shape == (2,)


def test_several_columns_are_refused_with_the_reason():
    frame = pd.DataFrame({"a": ["x"], "b": ["y"]})
    with pytest.raises(ValueError, match=r"V takes one column.*got columns \['a', 'b'\]"):
        as_cells(frame, "V")
    with pytest.raises(ValueError, match=r"got an array of shape \(1, 2\)"):
        as_cells(frame.to_numpy(dtype=object), "V")


@pytest.mark.parametrize("X", ["one.png", 5, None, {"a": 1}, iter([])])
def test_what_is_not_a_column_is_refused(X):
    with pytest.raises(TypeError, match=r"takes a column of cells .* goes into a list: \[cell\]"):
        as_cells(X, "V")
    with pytest.raises(TypeError, match="without dimensions"):
        as_cells(np.array("one.png"), "V")


@pytest.mark.parametrize(
    ("cell", "source"),
    [
        ("a.png", "a.png"),
        (b"abc", "<3 bytes>"),
        (np.zeros((2, 3)), "<float64 array of shape (2, 3)>"),
        (5, "<int 5>"),
        ({}, "<dict>"),
    ],
)
def test_names_of_cells(cell, source):
    assert describe_cell(cell) == source


def refuse_b(cell):
    if cell == "b":
        raise CellError("it is b")
    return cell.upper()


ITEMS = [(0, "r0", "a"), (2, "r2", "b"), (3, "r3", "c")]


def test_read_cells_raises_for_the_first_failure_with_everything_it_knows():
    message = r"row 'r2', column 'col', 'b': it is b; repair or remove it, or pass on_error="
    with pytest.raises(CellError, match=message) as caught:
        read_cells(ITEMS, refuse_b, on_error="raise", column="col")
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.row, again.column, again.source) == ("r2", "col", "b")


def test_read_cells_goes_on_and_lists_failures():
    contents, positions, failures = read_cells(ITEMS, refuse_b, on_error="missing", column="col")
    assert contents == ["A", "C"]
    assert positions == [0, 3]
    assert failures == [("r2", "col", "b", "it is b")]
