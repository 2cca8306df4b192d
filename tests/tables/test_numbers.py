"""Columns of text as numbers: one reading, or an error that asks for the decimal mark."""

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmclassic.exceptions import TableError
from mmclassic.tables import as_numbers, numeric_columns


def column(*cells, sep=None, **options):
    series = pd.Series(cells, dtype=object, name="price")
    series.index = pd.RangeIndex(2, 2 + len(cells), name="line")
    if sep:
        series.attrs["sep"] = sep
    return series


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["7", "-7", "+7", "007"], [7, -7, 7, 7]),
        (["93,22", "5"], [93.22, 5]),
        (["93.22", "5.", ".5", "1e-3", "2E5"], [93.22, 5, 0.5, 1e-3, 2e5]),
        (["1.234,56", "7.000"], [1234.56, 7000]),
        (["1,234.56", "7,000"], [1234.56, 7000]),
        (["1,234,567"], [1234567]),
        (["1.234.567"], [1234567]),
        (["1 234,5", "1\u00a0234", "1\u202f234", "1\u2009234"], [1234.5, 1234, 1234, 1234]),
        (["1'234.50", "1’234"], [1234.5, 1234]),
        (["0,125", "0,5"], [0.125, 0.5]),
        (["1,234", "0.5"], [1234, 0.5]),
        (["1.234", "0,5"], [1234, 0.5]),
        (["\u22125", " 6 "], [-5, 6]),
        (["1.234"], [1.234]),
        ([None, "", "  ", "3"], [np.nan, np.nan, np.nan, 3]),
        ([None, None], [np.nan, np.nan]),
        ([1, 2.5, None], [1, 2.5, np.nan]),
        ([Decimal("9.50"), None], [9.5, np.nan]),
        (["3,0"], [3]),
    ],
)
def test_numbers(cells, numbers):
    read = as_numbers(column(*cells))
    np.testing.assert_array_equal(read, numbers)
    assert read.dtype == np.float64
    assert read.index.equals(column(*cells).index)
    assert read.name == "price"


@pytest.mark.parametrize(
    ("series", "numbers"),
    [
        (pd.Series([1, 2]), [1, 2]),
        (pd.Series([True, False]), [1, 0]),
        (pd.Series([1, None], dtype="Int64"), [1, np.nan]),
        (pd.Series([True, None], dtype="boolean"), [1, np.nan]),
        (pd.Series(["1,5", "2,5", "1,5"], dtype="category"), [1.5, 2.5, 1.5]),
        (pd.Series(["1,5", None], dtype="string"), [1.5, np.nan]),
        (pd.Series(["1,5", "2"], index=["a", "a"]), [1.5, 2]),
        (pd.Series([], dtype=object), []),
    ],
)
def test_columns_of_other_types(series, numbers):
    np.testing.assert_array_equal(as_numbers(series), numbers)


@pytest.mark.parametrize(
    ("cells", "sep", "numbers"),
    [(["1,234"], ";", [1.234]), (["0.125", "2"], ";", [0.125, 2]), (["1.234"], ",", [1.234])],
)
def test_the_separator_of_cells_tells_the_decimal_mark(cells, sep, numbers):
    np.testing.assert_array_equal(as_numbers(column(*cells, sep=sep)), numbers)


@pytest.mark.parametrize(
    ("cells", "sep", "line"),
    [
        (["5", "1,234"], ",", 3),
        (["1,234"], None, 2),
        (["1,234"], "\t", 2),
        (["5", "6", "1.234"], ";", 4),
        (["1.234", "2,345"], ";", 2),
        (["1.234", "2,345"], ",", 3),
    ],
)
def test_a_column_of_two_readings_is_refused(cells, sep, line):
    words = rf"'a.csv', line {line}, column 'price': .* say it with decimal='\.' or decimal=','"
    with pytest.raises(TableError, match=words):
        as_numbers(column(*cells, sep=sep), where="a.csv")
    for decimal in ".,":
        assert as_numbers(column(*cells, sep=sep), decimal=decimal).notna().all()


def test_the_mark_that_is_given():
    assert as_numbers(column("1.234"), decimal=",").tolist() == [1234]
    assert as_numbers(column("1,234"), decimal=",").tolist() == [1.234]
    with pytest.raises(TableError, match=r"'1,5' is not a number with a decimal point"):
        as_numbers(column("2", "1,5"), decimal=".")
    with pytest.raises(TableError, match=r"must be '.' or ','; got decimal=';'"):
        as_numbers(column("1"), decimal=";")


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("n/a", "leave the cell empty"),
        ("-", "leave the cell empty"),
        ("nan", "leave the cell empty"),
        ("NULL", "leave the cell empty"),
        ("inf", "leave the cell empty"),
        ("9,50 €", "without currency, unit or percent sign"),
        ("$5", "without currency"),
        ("5 %", "without currency"),
        ("5 kg", "without currency"),
        ("1_000", "is not a number"),
        ("0x10", "is not a number"),
        ("١٢", "is not a number"),
        ("1.2.3", "is not a number"),
        ("1,23,456", "is not a number"),
        ("12,34,5", "is not a number"),
        ("1 2", "is not a number"),
        ("(5)", "is not a number"),
        ("#N/A", "leave the cell empty"),
        ("1e999", "is too large"),
        (b"5", "is not a number"),
        (datetime.date(2026, 1, 24), "is not a number"),
    ],
)
def test_cells_that_are_no_numbers(cell, words):
    with pytest.raises(TableError, match=words) as raised:
        as_numbers(column("1", None, cell), where="a.csv")
    assert str(raised.value).startswith("'a.csv', line 4, column 'price': ")


def test_both_marks_in_one_column():
    words = r"line 3, column 'price': '93,22' has a decimal comma, but '1.5' .* \('a.csv', line 2"
    with pytest.raises(TableError, match=words):
        as_numbers(column("1.5", "93,22"), where="a.csv")


@pytest.mark.parametrize(
    "dates",
    [
        pd.Series(pd.to_datetime(["2026-01-24", None]), name="day"),
        pd.Series(pd.to_timedelta([1, None]), name="day"),
        pd.Series(pd.PeriodIndex(["2026-01"], freq="M"), name="day"),
        pd.Series(pd.to_datetime(["2026-01-24", None], utc=True), name="day"),
    ],
)
def test_dates_never_become_numbers(dates):
    with pytest.raises(TableError, match=r"column 'day': \w+\(.* is not a number"):
        as_numbers(dates)


@given(st.floats(-1e12, 1e12), st.sampled_from(".,"), st.sampled_from(["", " ", "'", "other"]))
def test_what_is_formatted_is_read(number, decimal, group):
    other = {".": ",", ",": "."}[decimal]
    group = other if group == "other" else group
    text = f"{number:,.3f}".replace(",", "g").replace(".", decimal).replace("g", group)
    assert as_numbers(column(text), decimal=decimal)[2] == float(f"{number:.3f}")


def test_columns_of_a_table(read):
    table = read("id;price;size\n1;93,22;5\n2;;6,5\n")
    numeric_columns(table, ["price", "size"], "a.csv")
    assert table["price"].tolist()[0] == 93.22
    assert table["price"].isna().tolist() == [False, True]
    assert table["size"].tolist() == [5, 6.5]
    with pytest.raises(TableError, match=r"'a.csv' has no column 'x'; it has \['id', 'price', 's"):
        numeric_columns(table, ["x"], "a.csv")


def test_the_mark_given_to_the_table_holds_for_its_columns(read):
    table = read("id,price\n1,1.234\n", decimal=",")
    numeric_columns(table, ["price"])
    assert table["price"].tolist() == [1234]
