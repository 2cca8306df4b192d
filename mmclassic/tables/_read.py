"""One way to read a table, whatever its kind of file."""

from pathlib import Path

import pandas as pd

from mmclassic.exceptions import TableError
from mmclassic.tables._delimited import read_delimited
from mmclassic.tables._sheet import read_sheet
from mmclassic.utils import import_optional

_TEXT = (".csv", ".tsv", ".txt")


def read_table(path, *, sep=None, decimal=None, encoding=None, sheet=None):
    """Read a table from a .csv, .tsv, .txt, .xlsx or .parquet file.

    Delimited text and spreadsheets give text in every column, so that "007" stays what it is;
    `as_numbers` and `as_times` make more of a column. An empty cell is missing. Parquet keeps
    its types. What the file leaves open is found from the whole of it, and is an error where
    more than one answer is possible.

    Parameters
    ----------
    path : path-like
        The file; its suffix decides the kind.
    sep : str, default=None
        Character between the cells of delimited text. None finds which of comma, semicolon, tab
        and "|" fits every line.
    decimal : {".", ","}, default=None
        Mark before the fraction of a number, for `as_numbers`; None finds it column by column.
    encoding : str, default=None
        Encoding of delimited text. None takes a byte order mark, then UTF-8, then what the
        characters of the whole file leave possible, with a warning that names it.
    sheet : str, default=None
        Sheet of a workbook. None takes the first visible one with cells; where there are more a
        warning names it.

    Returns
    -------
    table : DataFrame
        Its index "line" is the line of the file, or row of the sheet, where each row begins; the
        column names stand in line 1. The rows of Parquet are numbered from 0.

    Raises
    ------
    TableError
        If rows have more or fewer cells than there are columns, quotes are not closed, two
        columns share a name, or the separator or encoding cannot be told; with the line and with
        the parameter that settles it.
    OSError
        If the file cannot be opened.

    Notes
    -----
    A first line ``sep=;`` is obeyed. Empty cells beyond the last column are dropped, and so are
    lines without any cell and empty columns without a name; other columns without a name are
    called "Unnamed: 0", where the number counts from 0. In spreadsheets whole numbers are written
    without a point, dates as ISO 8601, and the format "000" gives leading zeros.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from mmclassic.tables import read_table
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "items.csv")
    ...     _ = path.write_text("item_id;price\\n007;93,22\\n", encoding="utf-8")
    ...     table = read_table(path)
    >>> table
         item_id  price
    line
    2        007  93,22
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix in _TEXT:
        table = read_delimited(path, sep=sep, encoding=encoding)
    elif suffix == ".xlsx":
        table = read_sheet(path, sheet)
    elif suffix == ".parquet":
        table = _read_parquet(path)
    else:
        raise TableError(f"{str(path)!r}: a table must end in .csv, .tsv, .txt, .xlsx or .parquet.")
    table.attrs["decimal"] = decimal
    return table


def _read_parquet(path):
    import_optional("pyarrow", extra="parquet", purpose="reading Parquet tables")
    path.open("rb").close()  # for Python's own words about files that are not there
    try:
        table = pd.read_parquet(path, engine="pyarrow")
    except Exception as error:  # whatever a damaged file makes pandas and pyarrow raise
        raise TableError(f"{str(path)!r} is not a readable Parquet table: {error}") from error
    names = [str(name) for name in table.columns]
    table.columns = pd.Index(names, dtype=object)
    return _with_index_columns(table)


def _with_index_columns(table):
    """Named levels of the index are columns that someone set aside; row numbers are not."""
    if table.index.nlevels > 1 or table.index.name is not None:
        return table.reset_index()
    return table.reset_index(drop=table.index.dtype.kind == "i")
