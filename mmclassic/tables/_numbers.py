"""Numbers as people write them: with a decimal comma, with thousands set apart, or plainly."""

import re

import numpy as np
import pandas as pd

from mmclassic.exceptions import TableError
from mmclassic.tables._columns import check_column, place

# {other} is the mark that sets thousands apart; a number that begins with 0 has no thousands.
_NUMBER = (
    r"[+-]?(?=[.,]?\d)"
    r"(?:[1-9]\d{{0,2}}(?:([ \u00a0\u2009\u202f'\u2019{other}])\d{{3}})(?:\1\d{{3}})*|\d*)"
    r"(?:{mark}\d*)?(?:[eE][+-]?\d+)?"
)
_FORMS = {
    ".": re.compile(_NUMBER.format(other=",", mark=r"\."), re.ASCII),
    ",": re.compile(_NUMBER.format(other=".", mark=","), re.ASCII),
}
_APART = str.maketrans("", "", " \u00a0\u2009\u202f'\u2019")
_MARKS = {".": str.maketrans("", "", ","), ",": str.maketrans(",", ".", ".")}
_NAMES = {".": "a decimal point", ",": "a decimal comma"}
_SIGNS = re.compile(r"[$€£¥₽₹₩%‰]|\b(?:USD|EUR|CHF|GBP|CNY|JPY|RUB|kg|g|cm|mm)\b")
_NUMERIC_OBJECTS = ("decimal", "floating", "integer", "mixed-integer-float", "boolean")


def as_numbers(column, *, decimal=None, where="the table"):
    """Turn a column of text into numbers.

    Parameters
    ----------
    column : Series
        The column. Numbers and booleans only become floats.
    decimal : {".", ","}, default=None
        Mark before the fraction. None takes what `read_table` was given, else the mark that all
        cells of the column agree with: ``93,22`` tells the comma, ``1,234.5`` the point. Where
        they agree with both, as ``1.234`` and ``1,234`` do, it is the point, or in a file whose
        cells are separated by semicolons the comma, if all such cells have that mark alone.
    where : path-like, default="the table"
        File of the table, for errors.

    Returns
    -------
    numbers : Series of float64
        The numbers; NaN where a cell is missing or blank. Thousands may be set apart by the other
        mark, by spaces or by apostrophes.

    Raises
    ------
    TableError
        If a cell is no finite number, or the column can be read in two ways; the message names
        line, column and cell.

    Examples
    --------
    >>> import pandas as pd
    >>> from mmclassic.tables import as_numbers
    >>> as_numbers(pd.Series(["93,22", "1.234,5", None])).tolist()
    [93.22, 1234.5, nan]
    """
    decimal = column.attrs.get("decimal") if decimal is None else decimal
    if decimal not in (None, ".", ","):
        raise TableError(f"the decimal mark must be '.' or ','; got decimal={decimal!r}.")
    kind = pd.api.types.infer_dtype(column, skipna=True)
    if column.dtype.kind in "fiub" or kind in _NUMERIC_OBJECTS:
        numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
        return pd.Series(numbers, column.index, name=column.name)
    texts, filled = _texts(column, where)
    codes, distinct = pd.factorize(texts)
    numbers = np.full(len(column), np.nan)
    if distinct.size:
        first = filled[np.unique(codes, return_index=True)[1]]
        parsed = _parse(distinct, decimal, lambda i: place(column, first[i], where), column)
        numbers[filled] = parsed[codes]
    return pd.Series(numbers, column.index, name=column.name)


def numeric_columns(table, columns, where="the table", *, decimal=None):
    """Turn text columns of a table into numbers, in place.

    Parameters
    ----------
    table : DataFrame
        The table, which is changed.
    columns : iterable of str
        Names of the columns.
    where : path-like, default="the table"
        File of the table, for errors.
    decimal : {".", ","}, default=None
        As in `as_numbers`.

    Raises
    ------
    TableError
        If a column is not there or, as in `as_numbers`, does not hold numbers.
    """
    for column in columns:
        check_column(table, column, where)
        table[column] = as_numbers(table[column], decimal=decimal, where=where)


def _texts(column, where):
    """The cells that are not blank, as stripped text, and their positions."""
    cells = column.astype(object).to_numpy()
    texts = np.full(cells.size, "", dtype=object)
    for i in np.flatnonzero(column.notna().to_numpy()):
        if not isinstance(cells[i], str):
            raise TableError(f"{place(column, i, where)}: {cells[i]!r} is not a number.")
        texts[i] = cells[i].strip()
    filled = np.flatnonzero(texts != "")
    return texts[filled], filled


def _parse(texts, decimal, at, column):
    """The numbers of distinct texts; `at` gives the place of one of them, for errors."""
    texts = [text.replace("\u2212", "-") for text in texts]
    marks = [decimal] if decimal else [".", ","]
    fits = {mark: [bool(_FORMS[mark].fullmatch(text)) for text in texts] for mark in marks}
    for i, text in enumerate(texts):
        if not any(fit[i] for fit in fits.values()):
            raise TableError(f"{at(i)}: {_why_no_number(text, decimal)}")
    possible = [mark for mark in marks if all(fits[mark])]
    if not possible:
        one, other = fits["."].index(False), fits[","].index(False)
        raise TableError(
            f"{at(one)}: {texts[one]!r} has a decimal comma, but {texts[other]!r} in the same "
            f"column has a decimal point ({at(other)}); write all in one way."
        )
    values = {mark: _values(texts, mark) for mark in possible}
    mark = possible[0] if len(possible) == 1 else _settled(texts, values, at, column)
    infinite = np.flatnonzero(np.isinf(values[mark]))
    if infinite.size:
        i = infinite[0]
        raise TableError(f"{at(i)}: {texts[i]!r} is too large for a number.")
    return values[mark]


def _values(texts, mark):
    plain = [text.translate(_APART).translate(_MARKS[mark]) for text in texts]
    return np.array([float(text) for text in plain])


def _settled(texts, values, at, column):
    """The mark of a column that both marks fit, or an error if the numbers depend on it."""
    differing = np.flatnonzero(values["."] != values[","])
    seen = {mark for i in differing for mark in ".," if mark in texts[i]}
    usual = "," if column.attrs.get("sep") == ";" else "."
    if seen <= {usual}:
        return usual
    i = next(i for i in differing if {*".,"} & {*texts[i]} - {usual})
    raise TableError(
        f"{at(i)}: {texts[i]!r} is {values['.'][i]:g} with a decimal point and "
        f"{values[','][i]:g} with a decimal comma, and no cell of the column tells which; say it "
        "with decimal='.' or decimal=','."
    )


def _why_no_number(text, decimal):
    other = {".": ",", ",": "."}.get(decimal)
    if other and _FORMS[other].fullmatch(text):
        return f"{text!r} is not a number with {_NAMES[decimal]} (decimal={decimal!r})."
    if _SIGNS.search(text):
        return f"{text!r} is not a number; write it without currency, unit or percent sign."
    if not re.search(r"\d", text):
        return f"{text!r} is not a number; leave the cell empty where there is none."
    return f"{text!r} is not a number."
