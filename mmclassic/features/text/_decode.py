"""Cells of texts: decode them, and join those of several columns."""

import codecs
from functools import partial

import numpy as np
import pandas as pd

from mmclassic.exceptions import CellError
from mmclassic.features._cells import as_cells, describe_cell, is_missing, read_cells, warn_remarks
from mmclassic.utils import detect_encoding, is_plausible

# The mark of UTF-32 begins with that of UTF-16, so it is looked for first.
_MARKS = [
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
]


def read_texts(cells, *, on_error):
    """The texts of `Cells`, their positions, the failures and the remarks.

    Bytes are UTF-8, or what their byte order mark says. All others of a column are in one
    encoding: a short cell alone tells too little of it.
    """
    items = cells.items()
    foreign = {
        position: bytes(cell)
        for position, _, cell in items
        if isinstance(cell, (bytes, bytearray, memoryview)) and _self_told(bytes(cell)) is None
    }
    encoding = detect_encoding(list(foreign.values())) if foreign else None
    texts, positions, failures = read_cells(
        items, partial(_decode, encoding=encoding), on_error=on_error, column=cells.column
    )
    remarks = [
        (cells.labels[i], cells.column, describe_cell(cells.values[i]), _remark(encoding))
        for i in positions
        if i in foreign
    ]
    return texts, positions, failures, remarks


def join_columns(frame, *, on_error):
    """Texts of several columns joined row by row, a Series of object, and the failures.

    A row without a text in any column is None.
    """
    rows = [[] for _ in range(len(frame))]
    failures, remarks = [], []
    for name in frame.columns:
        cells = as_cells(frame[name], "TextVectorizer")
        texts, positions, failed, remarked = read_texts(cells, on_error=on_error)
        for position, text in zip(positions, texts):
            rows[position].append(text)
        failures += failed
        remarks += remarked
    warn_remarks(remarks)
    joined = ["\n".join(parts) if parts else None for parts in rows]
    name = "+".join(map(str, frame.columns))
    return pd.Series(joined, index=frame.index, dtype=object, name=name), failures


def _decode(cell, *, encoding):
    """The text of a str or bytes; `encoding` is that of the column's bytes that do not tell."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, (list, tuple)) or (isinstance(cell, np.ndarray) and cell.ndim == 1):
        return _listed(cell)
    if not isinstance(cell, (bytes, bytearray, memoryview)):
        raise CellError(
            f"a text must be a str, bytes or a list of str; got {type(cell).__name__}. If the "
            "column holds numbers, use NumericVectorizer or convert it to str"
        )
    data = bytes(cell)
    text = _self_told(data)
    if text is not None:
        if "\0" in text:
            raise CellError(
                "the bytes hold the character NUL, as texts in UTF-16 do; decode them to str first"
            )
        return text
    if encoding is None:
        raise CellError(
            "the bytes are not UTF-8, and what encoding they are in is not certain; decode them to "
            "str first"
        )
    text = _decoded(data, encoding)
    if text is None or not is_plausible(text, encoding):
        raise CellError(
            f"the bytes are neither UTF-8 nor {encoding}, as others of the column are taken to be; "
            "decode them to str first"
        )
    return text


def _listed(cell):
    """The entries of a list, such as a column of lists in a Parquet file has, one a line."""
    entries = [entry for entry in cell if not is_missing(entry)]
    others = sorted({type(entry).__name__ for entry in entries if not isinstance(entry, str)})
    if others:
        raise CellError(f"a list of texts must hold str alone; got {', '.join(others)} in it")
    return "\n".join(entries)


def _remark(encoding):
    return (
        f"the bytes are not UTF-8 and taken for {encoding}; decode them to str first if they are "
        "not"
    )


def _self_told(data):
    """The text of bytes with a byte order mark or in UTF-8; None of others."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            text = _decoded(data, encoding)
            if text is not None:
                return text
    return _decoded(data, "utf-8-sig")


def _decoded(data, encoding):
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None
