"""Views by lists of names, rows put together, tables there and back, what a notebook shows."""

import pickle
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split
from skops.io import dumps, get_untrusted_types, loads

from mmclassic.align import CCA
from mmclassic.testing import make_views
from mmclassic.views import Views

NAN = np.nan


@pytest.fixture
def views():
    return Views(
        {"image": np.arange(6, dtype=np.float32).reshape(3, 2), "text": sp.csr_matrix(np.eye(3))},
        present=[[True, True], [False, True], [True, False]],
    )


def dense(block):
    return block.toarray() if sp.issparse(block) else block


def assert_same(a, b):
    assert a.names == b.names
    np.testing.assert_array_equal(a.present, b.present)
    for name in a.names:
        assert sp.issparse(a[name]) == sp.issparse(b[name]), name
        assert a[name].dtype == b[name].dtype
        mask = a.mask(name)
        np.testing.assert_array_equal(dense(a[name])[mask], dense(b[name])[mask])


# --- names ---------------------------------------------------------------------------------------


def test_keys_and_items(views):
    assert list(views.keys()) == ["image", "text"]
    assert [(name, block is views[name]) for name, block in views.items()] == [
        ("image", True),
        ("text", True),
    ]
    assert "image" in views.keys()  # noqa: SIM118
    assert "audio" not in views.keys()  # noqa: SIM118
    assert dict(views)["text"] is views["text"]
    with pytest.raises(TypeError, match="cannot be iterated"):
        iter(views)


def test_a_list_of_names_selects_views(views):
    assert_same(views[["text", "image"]], views.select("text", "image"))
    assert views[["text"]]["text"] is views["text"]


@pytest.mark.parametrize(
    ("key", "error", "message"),
    [
        ([], ValueError, r"empty list selects neither rows nor views; views\[:0\]"),
        (["image", 0], TypeError, "rows or names of views, not both"),
        ([True, "image"], TypeError, "rows or names of views, not both"),
        ([None, "image"], TypeError, "rows or names of views, not both"),
        (["image", "audio"], KeyError, r"no view named \['audio'\].*image.*text"),
        (["image", "image"], ValueError, "one or more different views"),
        ([b"image"], TypeError, "indexed by rows or by a view's name"),
        ([None], TypeError, "indexed by rows or by a view's name"),
    ],
)
def test_other_lists_say_what_is_wrong(views, key, error, message):
    with pytest.raises(error, match=message):
        views[key]


def test_select_of_nothing_or_twice_the_same(views):
    for names in ((), ("text", "text")):
        with pytest.raises(ValueError, match="one or more different views"):
            views.select(*names)


def test_lists_of_numbers_and_of_truth_values_stay_rows(views):
    assert_same(views[[2, 0]], views[np.array([2, 0])])
    assert_same(views[[True, False, True]], views[[0, 2]])


# --- rows together -------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 20), max_size=4), st.booleans())
def test_cut_and_put_together_again(cuts, sparse):
    views = make_views(20, missing=0.3, sparse=sparse)
    edges = [0, *sorted(cuts), 20]
    parts = [views[a:b] for a, b in pairwise(edges)]
    assert_same(Views.concat(parts), views)


def test_parts_may_order_their_views_differently(views):
    both = Views.concat([views, views[["text", "image"]][[1]]])
    assert both.names == ("image", "text")
    np.testing.assert_array_equal(both.present[3], [False, True])
    assert_same(both, views[[0, 1, 2, 1]])


def test_concat_by_hand_where_views_are_missing():
    first = Views({"a": np.array([[1.0]])})
    second = Views({"b": sp.csr_matrix([[0.0, 2.0]]), "a": np.array([[3.0]])})
    both = Views.concat([first, second], missing="absent")
    assert both.names == ("a", "b")
    np.testing.assert_array_equal(both["a"], [[1], [3]])
    np.testing.assert_array_equal(both["b"].toarray(), [[0, 0], [0, 2]])
    np.testing.assert_array_equal(both.present, [[True, False], [True, True]])
    third = Views({"c": np.ones((1, 1), np.float32)})
    three = Views.concat([first, third], missing="absent")
    np.testing.assert_array_equal(three["c"], [[NAN], [1]])
    assert three["c"].dtype == np.float32


def test_one_sparse_part_makes_the_view_sparse_and_types_are_promoted():
    block = np.array([[1.0, 0.0], [NAN, NAN]], dtype=np.float32)
    part = Views({"a": block}, [[True], [False]])
    other = Views({"a": sp.csr_matrix([[0.0, 5.0]])})
    for parts in ([part, other], [other, part]):
        both = Views.concat(parts)["a"]
        assert sp.issparse(both)
        assert both.format == "csr"
        assert both.dtype == np.float64
        assert both.nnz == 2  # the absent row stores no NaN
    assert Views.concat([part, part])["a"].dtype == np.float32
    assert Views.concat([part, Views({"a": np.ones((1, 2))})])["a"].dtype == np.float64


def test_concat_copies(views):
    joined = Views.concat([views])
    joined["image"][0] = 7
    assert views["image"][0, 0] == 0


@pytest.mark.parametrize(
    ("parts", "error", "message"),
    [
        ([], ValueError, "at least one part"),
        (make_views(5), TypeError, "takes a list of Views"),
        ([make_views(5), {"image": np.ones((1, 6))}], TypeError, r"got \['dict'\]"),
        (
            [make_views(5), make_views(5).select("text")],
            ValueError,
            r"part 1 of Views.concat lacks the views \['image', 'audio'\].*missing='absent'",
        ),
        (
            [Views({"a": np.ones((1, 2))}), Views({"a": np.ones((1, 3))})],
            ValueError,
            r"view 'a' must have one width in all parts.*\[2, 3\]",
        ),
    ],
)
def test_parts_that_do_not_fit(parts, error, message):
    with pytest.raises(error, match=message):
        Views.concat(parts)


def test_concat_knows_its_options(views):
    with pytest.raises(ValueError, match="'raise' or 'absent'; got 'ignore'"):
        Views.concat([views], missing="ignore")


# --- tables --------------------------------------------------------------------------------------


def test_a_table_by_hand(views):
    frame = views.to_frame({"image": ["red", "green"]})
    assert frame.columns.tolist() == ["red", "green", "text__0", "text__1", "text__2"]
    np.testing.assert_array_equal(
        frame.to_numpy(),
        [[0, 1, 1, 0, 0], [NAN, NAN, 0, 1, 0], [4, 5, NAN, NAN, NAN]],
    )
    assert frame["red"].dtype == np.float32
    assert isinstance(frame["text__0"].dtype, pd.SparseDtype)
    assert views["image"][1, 0] == 2  # the block keeps what it holds


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_there_and_back(seed, dtype):
    views = make_views(25, missing=0.3, random_state=seed)
    views = Views({name: block.astype(dtype) for name, block in views.items()}, views.present)
    back = Views.from_frame(views.to_frame(), nan_absent=True)
    assert_same(back, views)
    assert back["text"].nnz == views["text"].nnz  # no NaN stays stored in absent rows


def test_wide_sparse_views_stay_small():
    views = Views({"text": sp.random(500, 4000, density=0.001, format="csr", random_state=0)})
    frame = views.to_frame()
    assert frame.memory_usage(index=False).sum() < 20 * views["text"].nnz
    assert Views.from_frame(frame)["text"].nnz == views["text"].nnz


def test_columns_are_taken_by_name_whatever_their_type():
    frame = pd.DataFrame(
        {
            "skipped": ["a", "b"],
            "whole": [1, 2],
            "flag": [True, False],
            "nullable": pd.array([3, None], dtype="Int64"),
            7: np.array([0.5, 1.5], dtype=np.float32),
        },
        index=["x", "y"],
    )
    views = Views.from_frame(
        frame, {"b": ["flag", "whole"], "a": "nullable", "c": 7}, nan_absent=True
    )
    assert views.names == ("b", "a", "c")
    np.testing.assert_array_equal(views["b"], [[1, 1], [0, 2]])
    np.testing.assert_array_equal(views["a"], [[3], [NAN]])
    np.testing.assert_array_equal(views.mask("a"), [True, False])
    assert {name: block.dtype for name, block in views.items()} == {
        "b": np.float64,
        "a": np.float64,
        "c": np.float32,
    }


def test_nan_rows_become_absent_by_request_only():
    A = np.array([[NAN, NAN], [NAN, 1.0], [2.0, 3.0]])
    kept, marked = Views.from_arrays(A), Views.from_arrays(A, nan_absent=True)
    np.testing.assert_array_equal(kept.mask("x0"), [True, True, True])
    np.testing.assert_array_equal(marked.mask("x0"), [False, True, True])
    with pytest.raises(ValueError, match="view 'x0', row 0: NaN"):
        CCA().fit(kept)
    with pytest.raises(ValueError, match="view 'x0', row 1: NaN"):
        CCA().fit(marked)
    present = np.array([[True], [True], [False]])
    both = Views.from_arrays(A, present=present, nan_absent=True)
    np.testing.assert_array_equal(both.mask("x0"), [False, True, False])
    assert present[0, 0]  # the mask that was passed is not written to


def test_nan_rows_of_sparse_and_of_empty_views():
    block = sp.csr_matrix(np.array([[NAN, NAN], [0.0, NAN], [0.0, 0.0]]))
    views = Views.from_arrays(block, np.empty((3, 0)), nan_absent=True)
    np.testing.assert_array_equal(views.present, [[False, True], [True, True], [True, True]])
    assert views["x0"].nnz == 1
    assert block.nnz == 3


@pytest.mark.parametrize(
    ("frame", "columns", "error", "message"),
    [
        ([[1.0]], None, TypeError, "takes a DataFrame; got list"),
        (pd.DataFrame({"a": [1]}), None, ValueError, "column 'a' does not say which view"),
        (pd.DataFrame({0: [1]}), None, ValueError, "column 0 does not say which view"),
        (pd.DataFrame({"a": [1]}), ["a"], TypeError, "dict of view name to column names"),
        (pd.DataFrame({"a": [1]}), {"v": ["a", "b"]}, ValueError, r"no column \['b'\].*\['a'\]"),
        (pd.DataFrame({"a": [1]}), {"v": ["a", "a"]}, ValueError, "comes more than once"),
        (
            pd.DataFrame([[1, 2]], columns=["a", "a"]),
            {"v": "a"},
            ValueError,
            r"comes more than once: \['a'\]",
        ),
        (pd.DataFrame({"a": ["x"]}), {"v": "a"}, TypeError, "column 'a' must be numeric.*Numeric"),
        (pd.DataFrame({"a": [1j]}), {"v": "a"}, TypeError, "column 'a' must be numeric"),
        (
            pd.DataFrame({"a": pd.to_datetime(["2020-01-01"])}),
            {"v": "a"},
            TypeError,
            "column 'a' must be numeric; got dtype datetime64",
        ),
        (pd.DataFrame({"a": [1]}), {}, ValueError, "at least one view"),
    ],
)
def test_tables_that_cannot_be_read(frame, columns, error, message):
    with pytest.raises(error, match=message):
        Views.from_frame(frame, columns)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"audio": ["a"]}, r"columns names \['audio'\].*\['image', 'text'\]"),
        ({"image": ["a"]}, "has 2 columns, but columns gives 1"),
        ({"image": ["a", "a"]}, r"\['a'\] repeat"),
        ({"image": ["a", "text__0"]}, r"\['text__0'\] repeat"),
    ],
)
def test_column_names_that_do_not_fit(views, columns, message):
    with pytest.raises(ValueError, match=message):
        views.to_frame(columns)


# --- what a notebook shows, and what must not break ----------------------------------------------


class Cells(HTMLParser):
    """The texts of a table's cells, and every tag and attribute."""

    def __init__(self, text):
        super().__init__()
        self.cells, self.tags, self.attributes = [], set(), set()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        self.cells.append(data)


def test_the_notebook_table(views):
    shown = Cells(views._repr_html_())
    assert shown.cells[0] == "Views of 3 rows"
    assert shown.cells[1:7] == ["view", "kind", "dtype", "width", "present", "absent"]
    assert shown.cells[7:] == [
        *("image", "dense", "float32", "2", "2", "1"),
        *("text", "CSR", "float64", "3", "2", "1"),
    ]


def test_names_are_escaped_and_nothing_is_loaded():
    name = "<script>alert('&')</script>"
    shown = Cells(Views({name: np.ones((1, 1))})._repr_html_())
    assert name in shown.cells
    assert shown.tags == {"table", "caption", "thead", "tbody", "tr", "th", "td"}
    assert shown.attributes == {"scope"}


@pytest.mark.parametrize("make", [lambda v: Views.concat([v, v]), lambda v: v[["text", "image"]]])
def test_results_are_plain_containers(views, make):
    made = make(views)
    assert set(vars(made)) == {"blocks", "present"}
    assert_same(pickle.loads(pickle.dumps(made)), made)
    data = dumps(made)
    assert_same(loads(data, trusted=get_untrusted_types(data=data)), made)
    train, test = train_test_split(made, test_size=1, random_state=0)
    assert len(train) + len(test) == len(made)
