"""Delimited text: the right cells under the right names, or an error with line and cell."""

import os

import pandas as pd
import pytest

from mmclassic.exceptions import TableError
from mmclassic.tables import read_table

# What is written, and the names, lines and rows that are read.
READ = {
    "leading zeros and words": (
        "item_id,title\n007,NA\n08,null\n",
        (["item_id", "title"], [2, 3], [["007", "NA"], ["08", "null"]]),
    ),
    "a trailing separator in the rows": (
        "id,title,price\n1,Red,9.5,\n,,,,\n2,Blue,3,\n",
        (
            ["id", "title", "price"],
            [2, 3, 4],
            [["1", "Red", "9.5"], ["", "", ""], ["2", "Blue", "3"]],
        ),
    ),
    "a trailing separator everywhere": (
        "id,title,\n1,Red,\n",
        (["id", "title"], [2], [["1", "Red"]]),
    ),
    "a trailing separator in the header only": (
        "id,title,\n1,Red\n",
        (["id", "title"], [2], [["1", "Red"]]),
    ),
    "semicolons and decimal commas": (
        "id;price\n1;93,22\n2;1.234,5\n",
        (["id", "price"], [2, 3], [["1", "93,22"], ["2", "1.234,5"]]),
    ),
    "bars": ("id|tags\n1|a,b\n", (["id", "tags"], [2], [["1", "a,b"]])),
    "tabs": (
        "id\ttitle\n1\tRed, blue; green\n",
        (["id", "title"], [2], [["1", "Red, blue; green"]]),
    ),
    "a line that names the separator": (
        "sep=;\r\nid;title\r\n1;Red, blue\r\n",
        (["id", "title"], [3], [["1", "Red, blue"]]),
    ),
    "blank lines": (
        "\n\nid,title\n\n1,Red\n   \n\n2,Blue\n\n\n",
        (["id", "title"], [5, 8], [["1", "Red"], ["2", "Blue"]]),
    ),
    "rows of empty cells at the end": (
        "id;title\n1;Red\n;\n2;\n;\n;\n",
        (["id", "title"], [2, 3, 4], [["1", "Red"], ["", ""], ["2", ""]]),
    ),
    "carriage returns alone": (
        "id,title\r1,Red\r\r2,Blue",
        (["id", "title"], [2, 4], [["1", "Red"], ["2", "Blue"]]),
    ),
    "line ends of both kinds": (
        "id,title\r\n1,Red\n2,Blue\r\n",
        (["id", "title"], [2, 3], [["1", "Red"], ["2", "Blue"]]),
    ),
    "a description of several lines": (
        'id,about,price\n1,"Soft, warm\nand red, too\n\n",9\n2,x,8\n',
        (
            ["id", "about", "price"],
            [2, 6],
            [["1", "Soft, warm\nand red, too\n\n", "9"], ["2", "x", "8"]],
        ),
    ),
    "a description of several lines in the last of two columns": (
        'id,about\n1,"Soft, warm\nand red, too"\n2,x\n',
        (["id", "about"], [2, 4], [["1", "Soft, warm\nand red, too"], ["2", "x"]]),
    ),
    "lines joined in a table of semicolons": (
        'id;about\n1;"Soft, 3;4\nand red"\n2;x\n',
        (["id", "about"], [2, 4], [["1", "Soft, 3;4\nand red"], ["2", "x"]]),
    ),
    "quotes within quotes": (
        'id,title\n1,"5"" pipe, ""new"""\n2,""""\n3,""\n',
        (["id", "title"], [2, 3, 4], [["1", '5" pipe, "new"'], ["2", '"'], ["3", ""]]),
    ),
    "an inch sign within a cell": (
        'id,title\n1,5" pipe\n2,a "b" c\n',
        (["id", "title"], [2, 3], [["1", '5" pipe'], ["2", 'a "b" c']]),
    ),
    "every cell between quotes": (
        '"id";"title"\n"007";"a;b"\n',
        (["id", "title"], [2], [["007", "a;b"]]),
    ),
    "spaces after the separators": (
        'id, title, price\n1, "Red, blue", 9\n',
        (["id", "title", "price"], [2], [["1", "Red, blue", "9"]]),
    ),
    "spaces around names": (
        " id ,title\t\n1, Red \n",
        (["id", "title"], [2], [["1", " Red "]]),
    ),
    "a byte order mark": ("\ufeffid,title\n1,Red\n", (["id", "title"], [2], [["1", "Red"]])),
    "the index that pandas writes": (
        ",id,title\n0,a,Red\n1,b,Blue\n",
        (["Unnamed: 0", "id", "title"], [2, 3], [["0", "a", "Red"], ["1", "b", "Blue"]]),
    ),
    "an empty column without a name": (
        "id,,title\n1,,Red\n2,,Blue\n",
        (["id", "title"], [2, 3], [["1", "Red"], ["2", "Blue"]]),
    ),
    "names and no rows": ("id,title\n", (["id", "title"], [], [])),
    "one column": ("title\nRed\nBlue\n", (["title"], [2, 3], [["Red"], ["Blue"]])),
    "one column between quotes": (
        'title\n"Red, blue"\n"Green, grey"\n',
        (["title"], [2, 3], [["Red, blue"], ["Green, grey"]]),
    ),
    "no line end at the end": ("id,title\n1,Red", (["id", "title"], [2], [["1", "Red"]])),
    "line breaks that are none": (
        "id,title\n1,a\u2028b\x85c\x0bd\x0ce\n",
        (["id", "title"], [2], [["1", "a\u2028b\x85c\x0bd\x0ce"]]),
    ),
    "a cell that begins with a byte order mark": (
        "id,title\n\ufeff1,Red\n",
        (["id", "title"], [2], [["\ufeff1", "Red"]]),
    ),
    "a cell of 200,000 characters": (
        f"id,title\n1,{'x' * 200_000}\n",
        (["id", "title"], [2], [["1", "x" * 200_000]]),
    ),
}


@pytest.mark.parametrize("case", READ)
def test_what_is_read(case, cells):
    content, expected = READ[case]
    assert cells(content) == expected


TABS = {
    "inch signs and quoted words": (
        'id\ttitle\n1\t"Fine" he said\n2\t5" pipe\n3\t"Red"\n',
        [["1", '"Fine" he said'], ["2", '5" pipe'], ["3", '"Red"']],
    ),
    "one quote": ('id\ttitle\n1\t"Fine\n2\tRed\n', [["1", '"Fine'], ["2", "Red"]]),
    "titles between quotes": ('id\ttitle\n1\t"Red"\n2\tBlue\n', [["1", "Red"], ["2", "Blue"]]),
    "a cell of two lines": ('id\ttitle\n1\t"Red\nblue"\n2\tx\n', [["1", "Red\nblue"], ["2", "x"]]),
    "quotes written twice": ('id\ttitle\n1\t"5"" pipe"\n', [["1", '5" pipe']]),
}


@pytest.mark.parametrize("case", TABS)
def test_quotes_between_tabs(case, cells):
    content, rows = TABS[case]
    assert cells(content, "table.tsv")[2] == rows


REFUSED = {
    "one comma too many": (
        "id,title,price\n1,Red, blue,9\n2,Green,8\n",
        "line 2: 4 cell(s) where there are 3 column(s); the first without a column is '9'",
    ),
    "one comma too many in every row": (
        "id,title\n1,Red, blue\n2,Green, grey\n",
        "line 2: 3 cell(s) where there are 2 column(s); the first without a column is ' blue'",
    ),
    "row names without a name": (
        "id,title\n0,1,Red\n1,2,Blue\n",
        "line 2: 3 cell(s) where there are 2 column(s); the first without a column is 'Red'",
    ),
    "a cell under no name": (
        "id,title,price,\n1,Red, blue,9\n2,Green,8,\n",
        "line 2: 4 cell(s) where there are 3 column(s); the first without a column is '9'",
    ),
    "a comma in the only column": (
        "title\nRed\nRed, blue\n",
        "line 3: 2 cell(s) where there are 1 column(s); the first without a column is ' blue'",
    ),
    "a comma at the end of the only column": ("title\nRed,\nBlue\n", "line 2: 2 cell(s)"),
    "one name over separated cells": (
        "id\n1;Red\n2;Blue\nx\n",
        "the first line is one column name, but the lines below hold a semicolon; give each column "
        "its name, or say what separates cells with sep=';'",
    ),
    "a quoted phrase after a lost separator": (
        'id,title,price\n1,Red"soft, warm"\n',
        "line 2: a cell with a quote in its middle ends in another cell, ' warm\"' of line 2",
    ),
    "a quoted phrase after a lost line break": (
        'id,title\n1,Red"soft\nwarm",x\n',
        "line 2: a cell with a quote in its middle ends in another cell, 'warm\"' of line 3",
    ),
    "swallowed between cells of several lines": (
        'id,title\n"a\nb,Red\n2,Blue\n3,Green\nc\nd",\n',
        "lines 2 to 7: a quote joins these lines",
    ),
    "the end of a quoted cell": ('id,title\n1,Red"\n', "'Red\"' ends with a quote that does not"),
    # Of the next three, each row may have been cut in two, or ended once too often.
    "a trailing separator in some rows": (
        "id,title,price\n1,Red,9\n2,Green,blue,\n",
        "line 3: an empty cell beyond the 3 column(s), which line 2 does not have",
    ),
    "a comma too many before an empty cell": (
        "id,title,price\n1,Red,blue,\n2,Green,8\n",
        "line 2: an empty cell beyond the 3 column(s), which line 3 does not have",
    ),
    "a comma too many before an empty cell in all rows": (
        "id,name,note\n1,Smith, Jo,\n2,Doe, Jane,\n",
        "line 2: 4 cell(s) where there are 3 column(s), and ' Jo' looks like part of the cell",
    ),
    "a row that is cut off": (
        "id,title,price\n1,Red,9\n2,Bl",
        "line 3: 2 cell(s) where there are 3 column(s); the last is 'Bl'. A row needs every "
        "separator ','",
    ),
    "a lost separator": ("id,title,price\n1,Red9\n", "line 2: 2 cell(s) where there are 3 column"),
    "lines swallowed by two stray quotes": (
        'id,title\n1,"Fine\n2,other\n3,great"\n4,x\n',
        "lines 2 to 4: a quote joins these lines into one cell that holds line breaks and the "
        "separator ','",
    ),
    "two lines swallowed": ('id,title\n1,"Fine\n2,great"\n4,x\n', "lines 2 to 3: a quote joins"),
    "swallowed in the middle of rows": (
        'id,title,price\n1,"Fine,9\n\n2,great",8\n4,x,7\n',
        "lines 2 to 4: a quote joins these lines",
    ),
    "swallowed up to an empty cell at the end": (
        'id,title,price\n1,Fine,"9\n2,great",\n4,x,7\n',
        "lines 2 to 3: a quote joins these lines",
    ),
    "a quote that is not closed": (
        'id,title\n1,"Fine\n2,other\n',
        "line 2: a cell begins with a quote that nothing closes ('2,other')",
    ),
    "text after a quote": (
        'id,title\n1,ok\n2,"Fine" he said\n',
        "line 3: text follows the quote that closes a cell ('2,\"Fine\" he said')",
    ),
    "quotes escaped by backslashes": (
        'id,title\n1,"a \\"b\\" c"\n',
        'every quote of its own is written twice ("")',
    ),
    "a space before a quote": ('id,title\n1, "Red, blue"\n', "line 2: 3 cell(s)"),
    "two columns of a name": (
        "id,title, id\n1,Red,2\n",
        "line 1: columns 1 and 3 are both called 'id'",
    ),
    "no names": (",,\n1,2,3\n", "line 1: a line of column names is needed"),
    "nothing": ("", "is empty: a table needs a line of column names"),
    "blank lines only": ("\n \n\r\n", "is empty"),
    "a NUL character": ("id,title\n1,Red\n2,Bl\0ue\n", "line 3: a NUL character"),
    "two separators that fit": (
        "a,b;c\n1,2;3\n4,5;6\n",
        "a comma and a semicolon both split every line into equally many cells; say which one "
        "separates them: sep=',' or sep=';'",
    ),
    "a quoted cell of more than the csv module takes": (
        f'id,title\n1,"{"x" * 200_000}\n"\n',
        "line 2: a cell has more than 131,072 characters",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case, read, tmp_path):
    content, words = REFUSED[case]
    with pytest.raises(TableError) as raised:
        read(content)
    assert words in str(raised.value)
    assert str(raised.value).startswith(f"'{tmp_path / 'table.csv'}'")


@pytest.mark.parametrize(
    "content",
    [
        'id\ttitle\n1\t"Fine\n2\tother\n3\tgreat"\n4\tx\n',  # four rows would be two
        'id\ttitle\n1\t"a\tb\nc"\n',
        '"id"\t"title"\n"1"\t"Fine" he said\n',  # who quotes names quotes everything
        'id\ttitle\n"1"\t"Fine" he said\n"2"\tx\n',
        'id\ttitle\n1\t"5"" pipe"\n2\t"Fine" he said\n',
        'id\ttitle\n1\t"Fine" he\tsaid\n',
    ],
)
def test_quotes_between_tabs_that_are_refused(content, read):
    with pytest.raises(TableError, match="quote"):
        read(content, "table.tsv")


@pytest.mark.parametrize(
    ("name", "sep"),
    [("t.csv", ";"), ("t.tsv", ","), ("t.txt", "|"), ("t.txt", "\t"), ("t.CSV", "\t")],
)
def test_the_separator_is_that_of_the_lines_and_not_of_the_name(name, sep, read):
    table = read(f"id{sep}title\n1{sep}Red\n", name)
    assert table.to_dict("list") == {"id": ["1"], "title": ["Red"]}
    assert table.attrs["sep"] == sep


def test_a_tab_wins_where_the_name_says_so(read):
    assert list(read("a,b\tc\n1,2\t3\n", "t.tsv").columns) == ["a,b", "c"]


def test_a_separator_that_is_given(read):
    assert list(read("a,b;c\n1,2;3\n", sep=";").columns) == ["a,b", "c"]
    assert list(read("a^b\n1^2\n", sep="^").columns) == ["a", "b"]
    assert read("sep=;\na;b\n1;2\n", sep=",").columns.tolist() == ["a;b"]
    for wrong in (";;", "", '"', "\n", "é", 1):
        with pytest.raises(TableError, match=r"must be one ASCII character .* got sep="):
            read("a,b\n1,2\n", sep=wrong)


def test_an_error_is_that_of_the_likeliest_separator(read):
    with pytest.raises(TableError, match=r"line 4: 4 cell\(s\) where there are 3"):
        read("id;name, first;x\n1;a;2\n2;b;3\n3;c;d;4\n")


def test_errors_know_their_line(read):
    with pytest.raises(TableError) as raised:
        read("a,b\n\n1,2\n3\n")
    assert raised.value.line == 4


def test_every_column_is_text_and_row_labels_are_lines(read):
    table = read("a,b\n1,2.5\n,\n3,4\n")
    assert {str(dtype) for dtype in table.dtypes} <= {"str", "object"}
    assert table.index.name == "line"
    assert table.loc[4, "a"] == "3"
    assert table.isna().loc[3].all()


def test_files_that_are_no_tables(tmp_path, read):
    with pytest.raises(TableError, match=r"must end in \.csv, \.tsv, \.txt, \.xlsx or \.parquet"):
        read("a,b\n", "table.xls")
    with pytest.raises(FileNotFoundError):
        read_table(tmp_path / "gone.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(IsADirectoryError):
        read_table(tmp_path / "folder.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(TableError, match="is not a regular file"):
        read_table(tmp_path / "pipe.csv")


def test_large_tables_are_read_as_pandas_reads_them(tmp_path):
    frame = pd.DataFrame(
        {"id": [f"{i:06d}" for i in range(20_000)], "note": ["a,b", "", "x", "é"] * 5000}
    )
    frame.to_csv(tmp_path / "t.csv", index=False)
    table = read_table(tmp_path / "t.csv")
    assert table.index.equals(pd.RangeIndex(2, 20_002))
    assert table["id"].tolist() == frame["id"].tolist()
    assert table["note"].fillna("").tolist() == frame["note"].tolist()
