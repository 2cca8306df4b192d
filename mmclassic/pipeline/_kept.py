"""Columns of the items' table that a model keeps, so that results can be shown with them."""

from copy import copy
from os import PathLike, fspath

import numpy as np
import pandas as pd

from mmclassic.interactions import PackedIdsMixin
from mmclassic.utils import is_array, require

LONGEST_TEXT = 1000


class KeptColumn(PackedIdsMixin):
    """A column as numbers, or as texts for people, which a model file holds compactly."""

    def __init__(self, column, longest):
        if column.dtype.kind in "fiub" and isinstance(column.dtype, np.dtype):
            self.values, self.missing = column.to_numpy(copy=True), None
            return
        texts = [_as_text(cell, longest) for cell in column]
        self.missing = np.array([text is None for text in texts], dtype=bool)
        self.values = np.empty(len(texts), dtype=object)
        self.values[:] = ["" if text is None else text for text in texts]

    def _check_state(self):
        """Raise ValueError unless cells and gaps fit together."""
        if self.missing is None:
            require(is_array(self.values, "fiub", (None,)), self, "values are no numbers.")
            return
        require(is_array(self.values, "O", (None,)), self, "values are no texts.")
        require(set(map(type, self.values)) <= {str}, self, "values are no texts.")
        require(is_array(self.missing, "b", self.values.shape), self, "missing has other cells.")

    def with_rows(self, other):
        """The column with the rows of another below it."""
        joined = copy(self)
        # Of numbers and texts, the numbers become texts.
        one, two = (self, other) if self._is_of(other) else (self._as_texts(), other._as_texts())
        joined.values = np.concatenate([one.values, two.values])
        joined.missing = None
        if one.missing is not None:
            joined.missing = np.concatenate([one.missing, two.missing])
        return joined

    def of_rows(self, rows):
        """Some rows of the column."""
        chosen = copy(self)
        chosen.values = self.values[rows]
        chosen.missing = None if self.missing is None else self.missing[rows]
        return chosen

    def _is_of(self, other):
        return (self.missing is None) == (other.missing is None)

    def _as_texts(self):
        if self.missing is not None:
            return self
        return KeptColumn(pd.Series(self.values).astype(object), LONGEST_TEXT)

    def to_array(self):
        """The cells, None where there was none to keep."""
        if self.missing is None:
            return self.values
        cells = self.values.copy()
        cells[self.missing] = None
        return cells


def keep_columns(items, names, files):
    """The columns `names` (None: none) of a table, by name; `files` are those of paths."""
    if names is None:
        return {}
    if not isinstance(items, pd.DataFrame):
        raise TypeError(f"keep names columns of a DataFrame; got {type(items).__name__}.")
    unknown = [name for name in names if name not in items.columns]
    if unknown:
        raise ValueError(f"keep: the table has no column {unknown}; it has {list(items.columns)}.")
    # A path is of use only whole.
    return {n: KeptColumn(items[n], None if n in files else LONGEST_TEXT) for n in names}


def _as_text(cell, longest):
    """What people read of a cell; None for what is missing, and for bytes and collections."""
    if isinstance(cell, PathLike):
        cell = fspath(cell)
    if isinstance(cell, str):
        return cell if longest is None or len(cell) <= longest else cell[: longest - 1] + "…"
    if isinstance(cell, (bytes, memoryview)) or not pd.api.types.is_scalar(cell) or pd.isna(cell):
        return None
    return str(cell)
