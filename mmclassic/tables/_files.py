"""Columns of files: paths that lead somewhere, made of other columns where need be."""

import os
import re
import string
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

import pandas as pd

from mmclassic.exceptions import TableError
from mmclassic.tables._columns import check_column, place

# Widths of three digits at most: {a:999999999d} would fill the memory.
_FORMAT = re.compile(r"(?:.?[<>=^])?[+\- ]?#?0?\d{0,3}[,_]?(?:\.\d{1,3})?[bcdeEfFgGnosxX%]?")
_URL = re.compile(r"[a-z][a-z0-9+.-]+://|(?:https?|ftps?|s3|gs):|data:[^,]*,", re.IGNORECASE)
_WHOLE, _REAL = set("bcdoxXn"), set("eEfFgG%")
_ZEROS = re.compile(r"0\d+")  # of text, str.format would write them behind: 70000 for {a:05}


def add_file_column(table, spec, where):
    """Make a column of paths absolute, in place, or build one from a template.

    Parameters
    ----------
    table : DataFrame
        The table, which is changed.
    spec : str
        Name of a column of paths, or a template such as ``"flags/{code}.png"`` that names columns
        in braces. What follows a colon formats the cell as in :meth:`str.format`:
        ``{item_id:03d}`` is 007 for 7 and for "7". Two braces stand for one.
    where : path-like
        File of the table. Relative paths lead from its folder, and ``~`` is the home folder.

    Returns
    -------
    column : str
        Name of the column: `spec`. Where a part is missing, the path is.

    Raises
    ------
    TableError
        If a column is not there, the template is no template, a cell does not fit its format, or
        a path is the address of something that must be downloaded first.

    Notes
    -----
    A path with backslashes, as Windows writes them, leads to the file of that name if there is
    one, else through folders. ``file://`` addresses are paths.

    Examples
    --------
    >>> import pandas as pd
    >>> from mmclassic.tables import add_file_column
    >>> table = pd.DataFrame({"item_id": ["7", "12"]})
    >>> add_file_column(table, "img/{item_id:03d}.jpg", "/shop/items.csv")
    'img/{item_id:03d}.jpg'
    >>> table["img/{item_id:03d}.jpg"].tolist()
    ['/shop/img/007.jpg', '/shop/img/012.jpg']
    """
    if spec in table.columns:
        paths = table[spec].astype(object)
    else:
        paths = _filled(table, spec, where)
    folder = Path(where).resolve().parent
    cells = paths.tolist()
    for i, cell in enumerate(cells):
        if isinstance(cell, str):
            cells[i] = _resolved(cell, folder, lambda i=i: place(paths, i, where))
    table[spec] = pd.Series(cells, index=table.index, dtype=object)
    return spec


def _filled(table, spec, where):
    """The paths that a template makes; missing where a part is."""
    parts = _parsed(table, spec, where)
    names = [name for _, name, _ in parts if name is not None]
    complete = table[names].notna().all(axis=1).to_numpy()
    columns = {name: table[name] for name in names}
    cells = {name: column.tolist() for name, column in columns.items()}
    paths = []
    for i, whole in enumerate(complete):
        words = [
            text + ("" if name is None else _word(cells[name][i], form, columns[name], i, where))
            for text, name, form in parts
            if whole
        ]
        paths.append("".join(words) if whole else None)
    return pd.Series(paths, index=table.index, dtype=object, name=spec)


def _parsed(table, spec, where):
    """Literal text, column and format of every part of a template."""
    try:
        parts = list(string.Formatter().parse(spec))
    except ValueError as error:
        raise TableError(f"{spec!r} is no template: {error}; write {{{{ for a brace.") from error
    for _, name, form, conversion in parts:
        if name is None:
            continue
        check_column(table, name, where)
        if conversion or not _FORMAT.fullmatch(form):
            raise TableError(
                f"{spec!r} is no template: braces hold a column and a format such as "
                f"{{{name}:03d}}, and no more."
            )
    if all(name is None for _, name, _, _ in parts):
        check_column(table, spec, where)
    return [(text, name, form) for text, name, form, _ in parts]


def _word(cell, form, column, position, where):
    """A cell in its format; text that is a number counts as one where the format needs it."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)  # whole numbers beside missing ones are floats in a table
    try:
        if form[-1:] in _WHOLE and not isinstance(cell, int):
            cell = int(str(cell).strip())
        elif _ZEROS.fullmatch(form) and isinstance(cell, str):
            cell = int(cell.strip())
        elif form[-1:] in _REAL and isinstance(cell, str):
            cell = float(cell)
        return format(cell, form) if form else str(cell)
    except (ValueError, OverflowError) as error:
        raise TableError(
            f"{place(column, position, where)}: {cell!r} does not fit the format {form!r} "
            f"({error})."
        ) from error


def _resolved(cell, folder, at):
    """An absolute path; `at` gives the place of the cell for errors."""
    if cell.lower().startswith("file:"):
        cell = _local(cell, at)
    elif _URL.match(cell):
        shown = cell if len(cell) <= 60 else f"{cell[:57]}..."
        raise TableError(
            f"{at()}: {shown!r} is the address of a file elsewhere; download it first and write "
            "its path into the table."
        )
    if "\\" in cell and os.sep == "/" and not (folder / cell).exists():
        cell = cell.replace("\\", "/")
    if cell.startswith("~/"):
        cell = os.path.expanduser(cell)
    return str(folder / cell) if cell else cell


def _local(address, at):
    parts = urlsplit(address)
    if parts.netloc not in ("", "localhost"):
        raise TableError(f"{at()}: {address!r} is a file of another computer; copy it first.")
    return url2pathname(unquote(parts.path)) if os.sep == "\\" else unquote(parts.path)
