"""Delimited text: which separator, and how the lines become a table."""

import csv
import re

import pandas as pd

from mmclassic.exceptions import TableError
from mmclassic.interactions import LINE
from mmclassic.tables._encoding import to_utf8
from mmclassic.tables._header import checked_names, finished, without_empty_ends
from mmclassic.tables._records import checked_rows, literal_rows, records
from mmclassic.tables._regular import parse_regular, parse_rows

_SEPARATORS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "'|'"}
_USUAL = {".csv": ",", ".tsv": "\t", ".txt": "\t"}
_SEP_LINE = re.compile(rb'"?sep=([^"\r\n])"?[,;\t| ]*(?=[\r\n])', re.IGNORECASE)


def read_delimited(path, *, sep=None, encoding=None):
    """Read delimited text, every cell as text; ``attrs["sep"]`` is the separator."""
    data = to_utf8(_read_bytes(path), encoding, path)
    told = _SEP_LINE.match(data)
    if told:
        # Its line break stays, for people count that line.
        data, sep = data[told.end() :], sep or told[1].decode("latin-1")
    _refuse_nul(data, path)
    if not data.strip():
        raise TableError(f"{str(path)!r} is empty: a table needs a line of column names.")
    if sep is None:
        return _read_with_any(data, path)
    return _read_with(data, _checked_separator(sep), path)


def _read_bytes(path):
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise TableError(f"{str(path)!r} is not a regular file.")
    return path.read_bytes()


def _refuse_nul(data, path):
    position = data.find(b"\0")
    if position >= 0:
        line = len(re.findall(rb"\r\n|\r|\n", data[:position])) + 1
        raise TableError(
            f"{str(path)!r}, line {line}: a NUL character, which no text has; the file is damaged, "
            "or its encoding is to be named with encoding=NAME."
        )


def _checked_separator(sep):
    if not isinstance(sep, str) or len(sep) != 1 or not sep.isascii() or sep in '"\r\n\0':
        raise TableError(
            "the separator must be one ASCII character such as ',', ';', '|' or a tab; got "
            f"sep={sep!r}."
        )
    return sep


def _read_with_any(data, path):
    """Read with the only separator that fits every line."""
    usual = _USUAL[path.suffix.lower()]
    found = [sep for sep in _SEPARATORS if _splits_header(data, sep)]
    if not found:
        _refuse_separators_below(data, usual, path)
        found = [usual]
    if len(found) == 1:
        return _read_with(data, found[0], path)
    tables, errors = {}, []
    for sep in found:
        try:
            tables[sep] = _read_with(data, sep, path)
        except TableError as error:
            errors.append(error)
    if not tables:
        # The reading that came furthest is the likeliest to be meant.
        raise max(errors, key=lambda error: error.line or 0)
    if usual == "\t" and usual in tables:
        return tables[usual]  # names hold commas and bars, but hardly tabs
    if len(tables) > 1:
        raise TableError(
            f"{str(path)!r}: {' and '.join(_SEPARATORS[sep] for sep in tables)} both split every "
            "line into equally many cells; say which one separates them: "
            f"{' or '.join(f'sep={sep!r}' for sep in tables)}."
        )
    return next(iter(tables.values()))


def _splits_header(data, sep):
    try:
        _, cells, _ = next(records(data, sep, ""))
    except TableError:
        return sep.encode() in re.split(rb"[\r\n]", data.lstrip(), maxsplit=1)[0]
    return len(without_empty_ends(cells)) > 1


def _refuse_separators_below(data, usual, path):
    """Refuse a single name over lines that hold a separator, for then names are missing.

    The usual one is left to the reading, which tells those within quotes.
    """
    first, *lines = (line for line in re.split(rb"[\r\n]+", data) if line.strip())
    if not lines or not first.strip(b" \t,;|"):
        return
    for sep, name in _SEPARATORS.items():
        share = sum(sep.encode() in line for line in lines) / len(lines)
        if share >= 0.5 and sep != usual:
            raise TableError(
                f"{str(path)!r}: the first line is one column name, but the lines below hold "
                f"{name}; give each column its name, or say what separates cells with "
                f"sep={sep!r} or another.",
                line=1,
            )


def _read_with(data, sep, path):
    line, header, raw = next(records(data, sep, path))
    names = checked_names(header, path, line)
    # "a, b, c" is how people type a list: the space belongs to the separator.
    spaced = len(names) > 1 and raw[0].count(sep) == raw[0].count(f"{sep} ")
    table = None
    if not spaced and len(names) == len(header):
        table = parse_regular(data, sep, len(names))
    if table is None:
        table = _read_with_care(data, sep, path, names, spaced)
    table.columns = pd.Index(names, dtype=object)
    table.index.name = LINE
    table = finished(table)
    table.attrs["sep"] = sep
    return table


def _read_with_care(data, sep, path, names, spaced):
    try:
        rows = checked_rows(data, sep, path, len(names), skipinitialspace=spaced)
    except TableError as error:
        if sep != "\t" or not isinstance(error.__cause__, csv.Error):
            raise
        rows = literal_rows(data, sep, path, len(names))
        if rows is None:
            raise
    return parse_rows(*rows, len(names))
