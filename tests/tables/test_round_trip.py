"""What the csv module writes, in any of its styles, is read back as it was, or refused."""

import codecs
import csv
import io
import warnings

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mmclassic.exceptions import TableError
from mmclassic.tables import read_table

CELLS = st.text(
    st.sampled_from(list("ab07 ,;\t|\"'\r\n.é红👍\ufeff-#\\=")) | st.characters(codec="utf-8"),
    max_size=8,
).filter(lambda cell: not {"\0", "\x1b"} & set(cell))
WIDTH = st.integers(1, 4)
TABLES = WIDTH.flatmap(
    lambda width: st.lists(
        st.lists(CELLS, min_size=width, max_size=width), min_size=0, max_size=5
    ).map(lambda rows: (width, rows))
)
ENCODINGS = {
    "utf-8": b"",
    "utf-8-sig": b"",
    "utf-16": b"",
    "utf-32": b"",
    "utf-16-le": codecs.BOM_UTF16_LE,
}
QUOTING = [csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]
ENDS = ["\n", "\r\n", "\r"]


def written(path, rows, sep, quoting, end, encoding):
    """Write the table; gives the quoting that it needed."""
    if any(set(cell) & {"\r", "\n"} - set(end) for row in rows for cell in row):
        quoting = csv.QUOTE_ALL  # before Python 3.13 only the line ends of the file are quoted
    text = io.StringIO()
    csv.writer(text, delimiter=sep, quoting=quoting, lineterminator=end).writerows(rows)
    path.write_bytes(ENCODINGS[encoding] + text.getvalue().encode(encoding))
    return quoting


def without_empty_tail(rows):
    rows = list(rows)
    while rows and not any(rows[-1]):
        rows.pop()
    return rows


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tables")


@settings(max_examples=200, deadline=None)
@given(
    table=TABLES,
    sep=st.sampled_from(",;\t|"),
    said=st.booleans(),
    suffix=st.sampled_from([".csv", ".tsv", ".txt"]),
    quoting=st.sampled_from(QUOTING),
    end=st.sampled_from(ENDS),
    encoding=st.sampled_from(list(ENCODINGS)),
)
@example((2, [["1", "a\nb"], ["2", "c"]]), ",", False, ".csv", csv.QUOTE_MINIMAL, "\n", "utf-8")
def test_what_is_written_is_read_back(folder, table, sep, said, suffix, quoting, end, encoding):
    width, rows = table
    names = [f"column {i}" for i in range(width)]
    path = folder / f"table{suffix}"
    quoting = written(path, [names, *rows], sep, quoting, end, encoding)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            read = read_table(path, sep=sep if said else None)
    except TableError:
        # Only what could be two tables is refused.
        assert any(set(cell) & {"\r", "\n", *",;\t|"} for row in rows for cell in row)
        return
    assert list(read.columns) == names
    if width == 1 and quoting == csv.QUOTE_MINIMAL:
        rows = [
            row for row in rows if not row[0] or row[0].strip(" \t")
        ]  # a line of spaces is blank
    expected = [[cell or None for cell in row] for row in without_empty_tail(rows)]
    got = read.astype(object).where(read.notna(), None).to_numpy().tolist()
    assert got == expected
    assert (pd.Series(read.index).diff().dropna() >= 1).all()
