"""Sheets of .xlsx workbooks, with cells as text like those of any other table."""

import datetime
import re
import warnings
import zipfile

from mmclassic.exceptions import TableError, TableWarning
from mmclassic.interactions import LINE
from mmclassic.tables._header import checked_names, finished, without_empty_ends
from mmclassic.tables._regular import parse_rows
from mmclassic.utils import import_optional

_ZEROS = re.compile(r"0+")


def read_sheet(path, sheet=None):
    """Read a sheet; its first row with a cell holds the names."""
    path.open("rb").close()  # for Python's own words about files that are not there
    openpyxl = import_optional("openpyxl", extra="excel", purpose="reading .xlsx tables")
    try:
        rows = _read_rows(openpyxl, path, sheet)
    except TableError:
        raise
    except Exception as error:  # openpyxl passes on whatever the readers of its parts raise
        raise TableError(f"{str(path)!r} is not a readable .xlsx workbook: {error}") from error
    if not rows:
        raise TableError(f"{str(path)!r} is empty: a table needs a row of column names.")
    (line, header), *rows = rows
    names = checked_names(header, path, line)
    cells = [_fitted(row, len(names), path, line) for line, row in rows]
    table = parse_rows([line for line, _ in rows], cells, len(names))
    table.columns = names
    table.index.name = LINE
    return finished(table)


def _read_rows(openpyxl, path, sheet):
    """Row number and texts of every row that has a cell."""
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        chosen = _chosen(book, sheet, path)
        rows = [(line, [_text(cell) for cell in row]) for line, row in _numbered(chosen)]
    finally:
        book.close()
    if _has_formulas(path):
        _refuse_open_formulas(openpyxl, path, chosen.title, dict(rows))
    return [(line, row) for line, row in rows if any(row)]


def _numbered(sheet):
    sheet.reset_dimensions()  # the size that some programs write beside the cells is wrong
    return enumerate(sheet.iter_rows(), start=1)


def _chosen(book, sheet, path):
    if sheet is not None:
        if sheet not in book.sheetnames:
            raise TableError(f"{str(path)!r} has no sheet {sheet!r}; it has {book.sheetnames}.")
        return book[sheet]
    seen = [one for one in book.worksheets if one.sheet_state == "visible"]
    filled = [one for one in seen if any(c.value is not None for _, r in _numbered(one) for c in r)]
    if len(filled) > 1:
        warnings.warn(
            f"{str(path)!r} has {len(filled)} sheets; read {filled[0].title!r}. Name another with "
            f"sheet=NAME: {[one.title for one in filled[1:]]}.",
            TableWarning,
            stacklevel=5,
        )
    return (filled or seen or book.worksheets)[0]


def _text(cell):
    """A cell as a person would type it; "" if it is empty."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e16:
        value = int(value)
    if isinstance(value, int) and _ZEROS.fullmatch(cell.number_format or ""):
        return f"{value:0{len(cell.number_format)}d}"
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time()
        return str(value.date() if midnight else value)
    return str(value)


def _fitted(row, width, path, line):
    """As many cells as there are columns; a cell beyond them is an error."""
    row = without_empty_ends(row)
    if len(row) > width:
        raise TableError(
            f"{str(path)!r}, line {line}: {len(row)} cell(s) where there are {width} column(s); "
            f"the first without a column is {next(cell for cell in row[width:] if cell)!r}. Give "
            "every column a name.",
            line=line,
        )
    return row + [""] * (width - len(row))


def _has_formulas(path):
    with zipfile.ZipFile(path) as archive:
        return any(
            re.search(rb"<f[ >/]", archive.read(name))
            for name in archive.namelist()
            if name.startswith("xl/worksheets/")
        )


def _refuse_open_formulas(openpyxl, path, title, rows):
    """A program that only wrote a formula stored no value, which would pass for an empty cell."""
    book = openpyxl.load_workbook(path, read_only=True)
    try:
        for line, row in _numbered(book[title]):
            for cell, text in zip(row, rows[line]):
                if not text and cell.data_type == "f":
                    raise TableError(
                        f"{str(path)!r}, line {line}: cell {cell.coordinate} holds a formula "
                        f"without its value ({cell.value!r}); open and save the workbook in a "
                        "spreadsheet program first.",
                        line=line,
                    )
    finally:
        book.close()
