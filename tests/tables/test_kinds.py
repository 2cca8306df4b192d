"""Workbooks, Parquet, and tables of interactions."""

import datetime
import zipfile

import numpy as np
import pandas as pd
import pytest

from mmclassic.exceptions import MissingDependencyError, TableError, TableWarning
from mmclassic.interactions import Interactions, read_ids
from mmclassic.tables import (
    as_numbers,
    as_times,
    check_column,
    check_id_column,
    read_interaction_table,
    read_table,
)


@pytest.fixture
def book(tmp_path):
    """Write a workbook: rows of a sheet, or sheets by name."""
    openpyxl = pytest.importorskip("openpyxl")

    def write(rows, prepare=None):
        book = openpyxl.Workbook()
        book.remove(book.active)
        for title, of_sheet in (rows if isinstance(rows, dict) else {"Sheet": rows}).items():
            sheet = book.create_sheet(title)
            for row in of_sheet:
                sheet.append(row)
        if prepare:
            prepare(book)
        book.save(tmp_path / "t.xlsx")
        return tmp_path / "t.xlsx"

    return write


def rows_of(table):
    return table.astype(object).where(table.notna(), "").to_numpy().tolist()


def test_cells_of_a_sheet_are_what_people_see(book):
    day = datetime.datetime(2026, 1, 24)
    path = book(
        [
            ["id", "value"],
            ["007", 7],
            [7, 7.0],
            [4006381333931, 93.22],
            ["x", True],
            ["x", day],
            ["x", day.replace(hour=13, minute=45)],
            ["x", None],
            ["x", 'a,b\n"c"'],
            ["x", 1e-05],
        ]
    )
    assert rows_of(read_table(path)) == [
        ["007", "7"],
        ["7", "7"],
        ["4006381333931", "93.22"],
        ["x", "TRUE"],
        ["x", "2026-01-24"],
        ["x", "2026-01-24 13:45:00"],
        ["x", ""],
        ["x", 'a,b\n"c"'],
        ["x", "1e-05"],
    ]


def test_a_format_of_zeros_gives_leading_zeros(book):
    def prepare(book):
        book["Sheet"]["A2"].number_format = "0000"
        book["Sheet"]["B2"].number_format = "0.00"

    assert rows_of(read_table(book([["id", "price"], [7, 5]], prepare))) == [["0007", "5"]]


def test_lines_are_rows_of_the_sheet(book):
    path = book([[], ["id", " title ", None], [], ["1", "Red"], [None, None], ["2"], [None, ""]])
    table = read_table(path)
    assert list(table.columns) == ["id", "title"]
    assert list(table.index) == [4, 6]
    assert rows_of(table) == [["1", "Red"], ["2", ""]]


def test_columns_of_a_sheet_become_numbers_and_times(book):
    table = read_table(book([["p", "t"], [1.234, datetime.date(2026, 1, 24)], [None, None]]))
    np.testing.assert_array_equal(as_numbers(table["p"]), [1.234, np.nan][: len(table)])
    assert as_times(table["t"]).iloc[0] == pd.Timestamp("2026-01-24")


def test_sheets(book):
    sheets = {"Items": [["id"], ["1"]], "Orders": [["user"], ["u"]], "Empty": []}
    path = book(sheets)
    with pytest.warns(
        TableWarning, match=r"has 2 sheets; read 'Items'. .* sheet=NAME: \['Orders'\]"
    ):
        assert list(read_table(path).columns) == ["id"]
    assert list(read_table(path, sheet="Orders").columns) == ["user"]
    with pytest.raises(TableError, match=r"no sheet 'x'; it has \['Items', 'Orders', 'Empty'\]"):
        read_table(path, sheet="x")
    with pytest.raises(TableError, match="is empty"):
        read_table(path, sheet="Empty")

    def hide(book):
        book["Items"].sheet_state = "hidden"

    assert list(read_table(book(sheets, hide)).columns) == ["user"]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([["id", "id"], ["1", "2"]], "line 1: columns 1 and 2 are both called 'id'"),
        ([["id"], ["1", "Red"]], r"line 2: 2 cell\(s\) where there are 1 .* is 'Red'"),
        ([["id", "sum"], [1, "=A2*2"]], r"line 2: cell B2 holds a formula without its value"),
        ([], "is empty: a table needs a row of column names"),
    ],
)
def test_sheets_that_are_refused(book, rows, words):
    with pytest.raises(TableError, match=words):
        read_table(book(rows))


def test_files_that_are_no_workbooks(tmp_path, book):
    path = tmp_path / "x.xlsx"
    whole = book([["id"], ["1"]]).read_bytes()
    for content in (
        b"",
        b"id,title\n",
        whole[:200],
        whole[:-100],
        whole[:300] + b"x" + whole[301:],
    ):
        path.write_bytes(content)
        with pytest.raises(TableError, match=r"x\.xlsx' is not a readable \.xlsx workbook"):
            read_table(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", "b")
    with pytest.raises(TableError, match="is not a readable"):
        read_table(path)
    with pytest.raises(FileNotFoundError):
        read_table(tmp_path / "gone.xlsx")


def test_a_size_that_a_program_wrote_wrongly_hides_nothing(book, tmp_path):
    path = book([["id", "title"], ["1", "Red"], ["2", "Blue"]])
    other = tmp_path / "other.xlsx"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(other, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name).replace(b'ref="A1:B3"', b'ref="A1"'))
    assert rows_of(read_table(other)) == [["1", "Red"], ["2", "Blue"]]


@pytest.mark.parametrize(
    ("name", "module", "extra"),
    [("t.xlsx", "openpyxl", "excel"), ("t.parquet", "pyarrow", "parquet")],
)
def test_extras_are_named(name, module, extra, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, module, None)
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(MissingDependencyError, match=rf"pip install 'mmclassic\[{extra}\]'"):
        read_table(tmp_path / name)


def parquet(tmp_path, frame):
    frame.to_parquet(tmp_path / "t.parquet")
    return read_table(tmp_path / "t.parquet")


def test_parquet_keeps_its_types(tmp_path):
    frame = pd.DataFrame(
        {
            "id": [7, 8],
            "day": pd.to_datetime(["2026-01-24", None]),
            "n": pd.array([1, None], dtype="Int64"),
            "text": ["007", None],
        }
    )
    table = parquet(tmp_path, frame)
    assert table["id"].dtype == np.int64
    assert table["day"].isna().tolist() == [False, True]
    np.testing.assert_array_equal(as_numbers(table["n"]), [1, np.nan])
    assert as_times(table["day"]).isna().tolist() == [False, True]
    with pytest.raises(TableError, match=r"column 'day': Timestamp.* is not a number"):
        as_numbers(table["day"])


def test_the_index_of_parquet(tmp_path):
    frame = pd.DataFrame({"a": [1, 2, 3]})
    assert list(parquet(tmp_path, frame.set_index(pd.Index(["x", "y", "z"], name="id")))) == [
        "id",
        "a",
    ]
    kept = parquet(tmp_path, frame[frame["a"] != 2])
    assert list(kept.columns) == ["a"]
    assert list(kept.index) == [0, 1]
    assert parquet(tmp_path, frame.set_axis(["x", "y", "z"]))["index"].tolist() == ["x", "y", "z"]


def test_files_that_are_no_parquet(tmp_path):
    whole = (tmp_path / "t.parquet", parquet(tmp_path, pd.DataFrame({"a": [1]})))[0].read_bytes()
    for content in (b"", b"a,b\n1,2\n", whole[:-5], whole[:20]):
        (tmp_path / "t.parquet").write_bytes(content)
        with pytest.raises(TableError, match="is not a readable Parquet table"):
            read_table(tmp_path / "t.parquet")
    with pytest.raises(FileNotFoundError):
        read_table(tmp_path / "gone.parquet")


def test_an_id_column_is_needed(read):
    table = read("code,title\n0004,Red\n")
    check_id_column(table, "code", "a.csv")
    words = r"'a.csv' has no column 'item_id'; it has \['code', 'title'\]; .* item_id=COLUMN"
    with pytest.raises(TableError, match=words):
        check_id_column(table, None, "a.csv")
    with pytest.raises(TableError, match="has no column 'x'"):
        check_id_column(table, "x", "a.csv")
    with pytest.raises(TableError, match=r"has no column 'x'; it has \['code', 'title'\]\."):
        check_column(table, "x", "a.csv")
    with pytest.raises(ValueError, match=r"items have no column 'item_id'.*item_id="):
        read_ids(table)


ORDERS = "Kunde;Artikel;Menge;Datum\n07;0012;1,5;24.01.2026\n08;0013;2;2.3.2026\n"


@pytest.fixture
def orders(tmp_path):
    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8-sig")
    return tmp_path / "orders.csv"


def test_orders_with_other_names(orders):
    table = read_interaction_table(
        orders, user="Kunde", item="Artikel", weight="Menge", time="Datum"
    )
    assert list(table.columns) == ["user_id", "item_id", "weight", "timestamp"]
    assert table["user_id"].tolist() == ["07", "08"]
    assert table["weight"].tolist() == [1.5, 2]
    assert table["timestamp"].tolist() == [pd.Timestamp("2026-01-24"), pd.Timestamp("2026-03-02")]
    assert list(table.index) == [2, 3]
    interactions = Interactions.from_frame(table, items=["0012", "0013"])
    assert interactions.timestamp[1] == np.datetime64("2026-03-02")
    table = read_interaction_table(orders, user="Kunde", item="Artikel")
    assert list(table.columns) == ["user_id", "item_id"]


def test_interactions_by_our_names(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("user_id,item_id,weight,timestamp\nu,1,2.5,1769212800\nv,2,,5\n")
    table = read_interaction_table(path)
    np.testing.assert_array_equal(table["weight"], [2.5, np.nan])
    assert table["timestamp"].tolist() == [1769212800, 5]
    with pytest.raises(ValueError, match="row 3, column 'weight': the weight must be a finite"):
        Interactions.from_frame(table)


def test_ratings_or_weights(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("user_id;item_id;rating\nu;1;2,5\nv;2;4\n")
    table = read_interaction_table(path)
    assert table["rating"].tolist() == [2.5, 4]
    assert Interactions.from_frame(table).explicit
    path.write_text("user_id,item_id,weight,rating,stars\nu,1,3,4,5\n")
    with pytest.raises(TableError, match=r"weights \(column 'weight'\) and ratings \(column 'rat"):
        read_interaction_table(path)
    with pytest.raises(TableError, match="weight=COLUMN or rating=COLUMN"):
        read_interaction_table(path, weight="weight", rating="stars")
    for options, column, value in (
        ({"rating": "stars"}, "rating", 5),
        ({"weight": "weight"}, "weight", 3),
        ({"weight": "stars"}, "weight", 5),
    ):
        found = read_interaction_table(path, **options)
        assert list(found.columns) == ["user_id", "item_id", column]
        assert found[column].tolist() == [value]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, r"has no column 'user_id', 'item_id'; it has \['Kunde', .*user=COLUMN, item=COLUMN"),
        ({"user": "Kunde", "item": "x"}, "has no column 'x'"),
        ({"user": "Kunde", "item": "Artikel", "weight": "w"}, "has no column 'w'"),
        ({"user": "Kunde", "item": "Artikel", "rating": "r"}, "has no column 'r'"),
        ({"user": "Kunde", "item": "Artikel", "time": "t"}, "has no column 't'"),
        (
            {"user": "Kunde", "item": "Artikel", "weight": "Datum"},
            "line 2, column 'Datum': .* not a",
        ),
        (
            {"user": "Kunde", "item": "Artikel", "time": "Menge"},
            "line 2, column 'Menge': '1,5' is ",
        ),
        (
            {"user": "Kunde", "item": "Artikel", "time": "Datum", "time_format": "%Y"},
            "'24.01.2026' is not written as time_format='%Y' says",
        ),
    ],
)
def test_interactions_that_are_refused(orders, options, words):
    with pytest.raises(TableError, match=words):
        read_interaction_table(orders, **options)


@pytest.mark.parametrize(
    ("known", "asked", "words"),
    [
        (
            ["007", "012"],
            ["7", "12"],
            "'7' is '007' but for leading zeros, which spreadsheets drop",
        ),
        (["7"], ["007"], "'007' is '7' but for leading zeros"),
        (["007"], [7], "convert these to str. 7 is '007' but for leading zeros"),
        ([7], ["007"], "convert these to int. '007' is 7 but for leading zeros"),
        (["7"], ["7.0"], "'7.0' is '7' but for a decimal point"),
        (["7"], [" 7"], "' 7' is '7' but for the spaces around it"),
        (["sku-1"], ["SKU-1"], "'SKU-1' is 'sku-1' but for upper and lower case"),
        (["a", "b"], ["x", "A "], "'A ' is 'a' but for upper and lower case"),
    ],
)
@pytest.mark.parametrize("unknown", ["from_frame", "for_items"])
def test_ids_that_do_not_meet_are_told_why(known, asked, words, unknown):
    frame = pd.DataFrame({"user_id": "u", "item_id": asked})
    number = {
        "from_frame": lambda: Interactions.from_frame(frame, items=known),
        "for_items": lambda: Interactions.from_frame(frame).for_items(known),
    }
    with pytest.raises(ValueError, match=words):
        number[unknown]()


@pytest.mark.parametrize(("known", "asked"), [(["a"], ["b"]), (["7"], [7]), ([7], ["7"])])
def test_ids_that_have_nothing_in_common_get_no_hint(known, asked):
    frame = pd.DataFrame({"user_id": "u", "item_id": asked})
    with pytest.raises(ValueError) as raised:
        Interactions.from_frame(frame, items=known)
    assert "but for" not in str(raised.value)
