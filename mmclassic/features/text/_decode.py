"""Cells of texts: decode them, and join those of several columns."""

import re

import pandas as pd

from mmclassic.exceptions import CellError
from mmclassic.features._cells import as_cells, read_cells

# No text in GB18030 holds these; bytes of other encodings read as GB18030 soon do.
_NO_GB18030 = re.compile("[\0-\x08\x0e-\x1f\x7f-\x9f\ue000-\uf8ff]")


def decode_text(cell):
    """The text of a str or bytes; raises `CellError` for other kinds and encodings."""
    if isinstance(cell, str):
        return cell
    if not isinstance(cell, (bytes, bytearray, memoryview)):
        raise CellError(
            f"a text must be a str or bytes; got {type(cell).__name__}. If the column holds "
            "numbers, use NumericVectorizer or convert it to str"
        )
    data = bytes(cell)
    text = _decoded(data, "utf-8-sig")
    if text is None:
        text = _decoded(data, "gb18030")
        if text is None or _NO_GB18030.search(text):
            raise CellError("the bytes are neither UTF-8 nor GB18030; decode them to str first")
    elif "\0" in text:
        raise CellError(
            "the bytes hold the character NUL, as texts in UTF-16 do; decode them to str first"
        )
    return text


def _decoded(data, encoding):
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def join_columns(frame, *, on_error):
    """Texts of several columns joined row by row, a Series of object, and the failures.

    A row without a text in any column is None.
    """
    rows = [[] for _ in range(len(frame))]
    failures = []
    for name in frame.columns:
        cells = as_cells(frame[name], "TextVectorizer")
        texts, positions, failed = read_cells(
            cells.items(), decode_text, on_error=on_error, column=name
        )
        for position, text in zip(positions, texts):
            rows[position].append(text)
        failures += failed
    joined = ["\n".join(parts) if parts else None for parts in rows]
    name = "+".join(map(str, frame.columns))
    return pd.Series(joined, index=frame.index, dtype=object, name=name), failures
