"""Delimited text in which every line is a whole row: the fast way.

Where the separators and quotes are is found for the whole file at once; a file in which anything
is out of the ordinary is left to `_records`, whose rows come back here for their last step.
"""

import csv
import io

import numpy as np
import pandas as pd

_QUOTE, _LF, _CR = b'"\n\r'
_BOM = b"\xef\xbb\xbf"


def parse_regular(data, sep, width):
    """The table below the header with line numbers as index; None if not all lines are rows."""
    layout = _layout(data, sep)
    if layout is None:
        return None
    starts, lines, counts = layout
    if starts.size < 2 or (counts != width - 1).any():
        return None
    if data.startswith(_BOM, starts[1]):
        return None  # pandas would take it for the mark of the file
    stream = io.BytesIO(data)
    stream.seek(starts[1])
    table = _parse(stream, sep, width)
    if len(table) != starts.size - 1:
        return None
    table.index = _line_index(lines[1:])
    return table


def parse_rows(lines, rows, width):
    """The table of rows that were read one by one."""
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    table = _parse(io.BytesIO(text.getvalue().encode()), ",", width)
    table.index = _line_index(np.asarray(lines, dtype=np.int64))
    return table


def _parse(stream, sep, width):
    """Let pandas cut cells whose places are known; an empty one is missing, no other is."""
    if stream.getbuffer().nbytes == stream.tell():
        return pd.DataFrame({i: pd.Series(dtype=str) for i in range(width)})
    return pd.read_csv(
        stream,
        sep=sep,
        header=None,
        names=list(range(width)),
        index_col=False,
        dtype=str,
        keep_default_na=False,
        na_values=[""],
        encoding="utf-8",
        engine="c",
    )


def _line_index(lines):
    first, n = (int(lines[0]), lines.size) if lines.size else (2, 0)
    contiguous = n == 0 or lines[-1] - first == n - 1
    return pd.RangeIndex(first, first + n) if contiguous else pd.Index(lines)


def _layout(data, sep):
    """Start, line number and number of separators of every line with text; None for odd quotes."""
    array = np.frombuffer(data, dtype=np.uint8)
    breaks = _line_breaks(data, array)
    separators = np.flatnonzero(array == ord(sep))
    if _QUOTE in data:
        quotes = np.flatnonzero(array == _QUOTE)
        if not _cells_are_quoted_whole(array, quotes, breaks, sep):
            return None
        separators = separators[np.searchsorted(quotes, separators) % 2 == 0]
    starts = np.append(0, breaks + 1)
    counts = np.diff(np.searchsorted(separators, np.append(starts, array.size)))
    filled = starts < np.append(breaks, array.size)
    # The line break of "\r\n" counts at its second half; a line of only the first is empty.
    filled &= (np.diff(np.append(starts, array.size + 1)) > 2) | (
        array[np.minimum(starts, array.size - 1)] != _CR
    )
    return starts[filled], np.flatnonzero(filled) + 1, counts[filled]


def _line_breaks(data, array):
    """Positions of the last character of every line break."""
    breaks = np.flatnonzero(array == _LF)
    if _CR not in data:
        return breaks
    returns = np.flatnonzero(array == _CR)
    alone = array[np.minimum(returns + 1, array.size - 1)] != _LF
    return np.union1d(breaks, returns[alone])


def _cells_are_quoted_whole(array, quotes, breaks, sep):
    """Whether quotes open at the start of a cell, close at its end, and hold no line break."""
    if quotes.size % 2 or (np.searchsorted(quotes, breaks) % 2).any():
        return False
    borders = np.array([ord(sep), _LF, _CR, _QUOTE], dtype=np.uint8)
    opening, closing = quotes[::2], quotes[1::2]
    before = array[opening[opening > 0] - 1]
    after = array[closing[closing < array.size - 1] + 1]
    return bool(np.isin(before, borders).all() and np.isin(after, borders).all())
