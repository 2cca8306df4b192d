"""Delimited text read line by line, with the csv module's strictness and more."""

import csv
import io
import re

from mmclassic.exceptions import TableError


def records(data, sep, where, **options):
    """Every record that is not blank: its first line's number, its cells and its raw lines."""
    held, first = [], 1
    reader = csv.reader(_lines(data, held), delimiter=sep, strict=True, **options)
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise _quote_error(error, where, first, held) from error
        if cells is None:
            return
        if cells and (len(cells) > 1 or cells[0].strip(" \t") or '"' in held[0]):
            yield first, cells, list(held)
        first += len(held)
        held.clear()


def _lines(data, held):
    for line in io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline=""):
        held.append(line)
        yield line


def _quote_error(error, where, line, held):
    if "field larger" in str(error):
        reason = "a cell has more than 131,072 characters, as when a quote is not closed"
    elif "end of data" in str(error):
        reason = "a cell begins with a quote that nothing closes"
    else:
        line += len(held) - 1
        reason = "text follows the quote that closes a cell"
    return TableError(
        f"{str(where)!r}, line {line}: {reason} ({_shown(held[-1])}); in a cell between quotes "
        'every quote of its own is written twice ("").',
        line=line,
    )


def _shown(text):
    text = text.strip("\r\n")
    return repr(text if len(text) <= 60 else f"{text[:57]}...")


def checked_rows(data, sep, where, width, **options):
    """Line numbers and rows of exactly `width` cells, after the header."""
    lines, rows, first_of, opened = [], [], {}, None
    read = records(data, sep, where, **options)
    next(read)
    for line, cells, raw in read:
        if len(cells) == 1 < width and not cells[0].strip(" \t"):
            continue
        if len(raw) > 1 and width > 1:
            _refuse_swallowed_lines(raw, sep, width, where, line)
        if len(cells) != width:
            _refuse_odd_row(cells, width, sep, where, line)
        if options.get("quoting") != csv.QUOTE_NONE:
            opened = _refuse_torn_quotes("".join(raw), sep, where, line, opened)
        if len(cells) == width or any(cells):
            first_of.setdefault(len(cells), line)
        lines.append(line)
        rows.append(cells[:width])
    if len(first_of) > 1:
        raise _surplus_error(first_of, width, sep, where)
    return lines, rows


def _refuse_odd_row(cells, width, sep, where, line):
    """Refuse a row that is too short, or too long by more than empty cells at its end."""
    surplus = [cell for cell in cells[width:] if cell.strip()]
    if len(cells) > width == 1:
        surplus = cells[1:]  # where nothing is to be separated, the mark belongs to the text
    start = f"{str(where)!r}, line {line}: {len(cells)} cell(s) where there are {width} column(s)"
    if surplus:
        raise TableError(
            f"{start}; the first without a column is {_shown(surplus[0])}. Put quotes around a "
            f"cell that holds the separator {sep!r}, or give every column a name.",
            line=line,
        )
    if len(cells) < width:
        raise TableError(
            f"{start}; the last is {_shown(cells[-1])}. A row needs every separator {sep!r}, also "
            "beside empty cells; it may be cut off.",
            line=line,
        )
    spaced = [cell for cell in cells[1:] if cell.startswith(" ")]
    if spaced:
        raise TableError(
            f"{start}, and {_shown(spaced[0])} looks like part of the cell before it. Put quotes "
            f"around a cell that holds the separator {sep!r}.",
            line=line,
        )


def _surplus_error(first_of, width, sep, where):
    """An empty cell too many may mean that another was cut in two, unless all rows have it."""
    line, other = (first_of.pop(n) for n in (max(first_of), min(first_of)))
    return TableError(
        f"{str(where)!r}, line {line}: an empty cell beyond the {width} column(s), which line "
        f"{other} does not have. Either there is a separator {sep!r} too many at the end of the "
        "line, or a cell holds one: put quotes around it.",
        line=line,
    )


def _refuse_swallowed_lines(raw, sep, width, where, line):
    """Refuse a record of several lines each of which could be a row of its own.

    Two stray quotes join all the lines between them into one cell, and most of those have the
    separators of a row. The lines of a description hardly ever do: a mark before a space is
    punctuation, and the first line has the separators before the cell besides its own.
    """
    full = [text for text in raw if re.search(r"\w", text)]
    if sep == "\t":
        joined = _tab_beside_break(raw)
    else:
        counts = [len(re.findall(rf"{re.escape(sep)}(?! )", text)) for text in full]
        joined = counts.count(width - 1) >= max(2, len(full) / 2)
    if joined:
        raise TableError(
            f"{str(where)!r}, lines {line} to {line + len(raw) - 1}: a quote joins these lines "
            f"into one cell that holds line breaks and the separator {sep!r} ({_shown(raw[0])}); "
            "remove the stray quote, or write the cell in one line.",
            line=line,
        )


def _refuse_torn_quotes(raw, sep, where, line, opened):
    """Refuse words between quotes that a separator or line break tears apart.

    Within a cell that does not begin with one, quotes are text. Where one opens in a cell and the
    next closes in another, as in ``red"a,b"``, the mark between them separates nothing, and a
    separator was lost before them. `opened` is the line above if one is open at its end; the result
    is this line if one still is.
    """
    if '"' not in raw:
        return None
    mark = re.escape(sep)
    loose = re.sub(rf'(^|{mark}) ?"(?:[^"]|"")*"(?=[{mark}\r\n]|$)', r"\1", raw)
    for cell in loose.strip("\r\n").replace('""', '"').split(sep):
        if cell.count('"') % 2 == 0:
            continue
        opens = bool(re.search(r'"\w', cell))
        if opened is None and not opens and sep != "\t" and re.search(r'[^\W\d]"$', cell):
            raise TableError(
                f"{str(where)!r}, line {line}: the cell {_shown(cell)} ends with a quote that does "
                "not begin it; remove the quote, or write the whole cell between quotes.",
                line=line,
            )
        if opened is not None and not opens:
            raise TableError(
                f"{str(where)!r}, line {opened}: a cell with a quote in its middle ends in another "
                f"cell, {_shown(cell)} of line {line}; a separator {sep!r} or a line break is "
                "missing before the quote, or the cell must begin with one.",
                line=opened,
            )
        opened = line if opens else None
    return opened if opened == line else None


def _tab_beside_break(raw):
    cells = next(csv.reader(raw, delimiter="\t"))
    return any("\t" in cell and re.search(r"[\r\n]", cell) for cell in cells)


def literal_rows(data, sep, where, width):
    """Rows of text whose quotes are text like any other; None if the file does not look so.

    Programs that write tabs between cells seldom quote them. One that does quotes names as well,
    or writes quotes within a cell twice, or a whole column between quotes.
    """
    _, header, _ = next(records(data, sep, where, quoting=csv.QUOTE_NONE))
    try:
        lines, rows = checked_rows(data, sep, where, width, quoting=csv.QUOTE_NONE)
    except TableError:
        return None
    if any(map(_is_wrapped, header)) or any('""' in cell for row in rows for cell in row):
        return None
    columns = ([cell for cell in column if cell] for column in zip(*rows))
    if any(column and all(map(_is_wrapped, column)) for column in columns):
        return None
    return lines, rows


def _is_wrapped(cell):
    return len(cell) > 1 and cell[0] == cell[-1] == '"'
