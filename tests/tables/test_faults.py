"""The section "Tables" of the guide's table of bad input: every row is a case, with its words."""

import warnings
from pathlib import Path

import pandas as pd
import pytest

from mmclassic.exceptions import TableError, TableWarning
from mmclassic.interactions import Interactions
from mmclassic.tables import (
    add_file_column,
    as_numbers,
    as_times,
    check_id_column,
    numeric_columns,
    read_interaction_table,
    read_table,
)

from ..fault_page import pattern, rows_of_page

ROWS = {what: row for (_, what), row in rows_of_page(["Tables"]).items()}
TITLES = ["Größe", "Süße Öle", "Müsli"]


def of_texts(titles, encoding):
    return ("id;title\n" + "".join(f"{i};{t}\n" for i, t in enumerate(titles))).encode(encoding)


def numbers(path):
    table = read_table(path)
    numeric_columns(table, ["price"], path)
    return table


def times(path):
    table = read_table(path)
    table["day"] = as_times(table["day"], where=path)
    return table


def pictures(spec):
    def read(path):
        table = read_table(path)
        add_file_column(table, spec, path)
        return table.rename(columns={spec: "path"})[["path"]].map(lambda p: Path(p).name)

    return read


def ids(path):
    table = read_table(path)
    check_id_column(table, None, path)
    return table


def meet(known):
    def read(path):
        return Interactions.from_frame(read_interaction_table(path), items=known)

    return read


def missing_date(path):
    pd.DataFrame({"day": pd.to_datetime(["2026-01-24", None])}).to_parquet(path)
    return as_numbers(read_table(path)["day"], where=path)


# By what comes: the bytes, or bytes and suffix; what reads them; the cells, if they are read.
CASES = {
    "an identifier 007, a title NA": (b"id,title\n007,NA\n", read_table, [["007", "NA"]]),
    "a separator too many at the end of every row": (
        b"id,title,price\n007,Red,9.5,\n008,Blue,3,\n",
        read_table,
        [["007", "Red", "9.5"], ["008", "Blue", "3"]],
    ),
    "a separator too many at the end of one row": (
        b"id,title,price\n007,Red,blue,\n008,Green,8\n",
        read_table,
    ),
    "a comma without quotes in the first row": (
        b"id,title,price\n007,Red, blue,9\n008,Green,8\n",
        read_table,
    ),
    "a comma without quotes in a later row": (
        b"id,title,price\n008,Green,8\n007,Red, blue,9\n",
        read_table,
    ),
    "a row that is cut off": (b"id,title,price\n007,Red,9\n008,Gr", read_table),
    "two stray quotes": (
        (b'id\ttitle\n1\t"Fine\n2\tother\n3\tgreat"\n4\tx\n', ".tsv"),
        read_table,
    ),
    "a stray quote between commas": (b'id,title\n1,"Fine\n2,other\n', read_table),
    "words between quotes, between tabs": (
        (b'id\ttitle\n1\t"Fine" he said\n2\t5" pipe\n', ".tsv"),
        read_table,
        [["1", '"Fine" he said'], ["2", '5" pipe']],
    ),
    "a description of several lines": (
        b'id,about\n1,"Soft, warm\nand red"\n',
        read_table,
        [["1", "Soft, warm\nand red"]],
    ),
    "semicolons and decimal commas": (b"id;price\n007;93,22\n", numbers, [["007", 93.22]]),
    "a first line sep=;": (b"sep=;\r\nid;price\r\n007;9\r\n", read_table, [["007", "9"]]),
    "two marks that may be the separator": (b"a,b;c\n1,2;3\n", read_table),
    "two columns of one name": (b"id,title,title\n1,a,b\n", read_table),
    "a NUL character in a line": (b"id,title\n1,Re\0d\n", read_table),
    "an empty file of that name": (b"", read_table),
    "UTF-16 with its mark": (of_texts(TITLES, "utf-16"), read_table, [[t] for t in TITLES]),
    "German in cp1252": (of_texts(TITLES, "cp1252"), read_table),
    "one Russian word in cp1251": (of_texts(["Дом"], "cp1251"), read_table),
    "a column of 1,234 between commas": (b'id,price\n1,5\n2,"1,234"\n', numbers),
    "a column of 1.234 between semicolons": (b"id;price\n1;1.234\n", numbers),
    "n/a among numbers": (b"id,price\n1,5\n2,n/a\n", numbers),
    "a sign of currency": ("id;price\n1;9,50 €\n".encode(), numbers),
    "24.01.2026": (
        b"id,day\n1,24.01.2026\n2,03.04.2026\n",
        times,
        [["1", pd.Timestamp("2026-01-24")], ["2", pd.Timestamp("2026-04-03")]],
    ),
    "03/04/2026 everywhere": (b"id,day\n1,03/04/2026\n2,05/05/2026\n", times),
    "a year of two digits": (b"id,day\n1,24.01.26\n", times),
    "no column of identifiers": (b"code,title\n0004,Red\n", ids),
    "a template {id:03d}.png": (b"id\n7\n", pictures("{id:03d}.png"), [["007.png"]]),
    "an attribute in a template": (b"id\n7\n", pictures("{id.__class__}.png")),
    "the address of a picture": (
        b"id,file\n1,https://shop.example/7.jpg\n",
        pictures("file"),
    ),
    "orders of 7 for the item 007": (b"user_id,item_id\nu,7\n", meet(["007"])),
    "a missing date of Parquet as a number": ((b"", ".parquet"), missing_date),
}


def run(what, folder):
    content, read, *cells = CASES[what]
    content, suffix = content if isinstance(content, tuple) else (content, ".csv")
    path = folder / f"table{suffix}"
    path.write_bytes(content)
    return read(path), cells


def test_the_page_and_the_cases_are_of_the_same_things():
    assert set(ROWS) == set(CASES)
    assert {kind for kind, _ in ROWS.values()} == {"refused", "features", "warning"}


@pytest.mark.parametrize("what", [what for what, (kind, _) in ROWS.items() if kind == "refused"])
def test_what_is_refused_is_told_in_these_words(what, tmp_path):
    with pytest.raises(ValueError, match=pattern(ROWS[what][1])) as raised:
        run(what, tmp_path)
    assert isinstance(raised.value, TableError) or what.startswith("orders")


@pytest.mark.parametrize("what", [what for what, (kind, _) in ROWS.items() if kind == "features"])
def test_what_is_read_is_in_its_place(what, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table, (cells,) = run(what, tmp_path)
    assert table[table.columns[-len(cells[0]) :]].to_numpy().tolist() == cells


@pytest.mark.parametrize("what", [what for what, (kind, _) in ROWS.items() if kind == "warning"])
def test_what_is_read_by_its_words_is_warned_about(what, tmp_path):
    with pytest.warns(TableWarning, match=pattern(ROWS[what][1])):
        table, _ = run(what, tmp_path)
    assert table["title"].tolist() == TITLES
