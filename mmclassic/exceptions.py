"""Errors and warnings of mmclassic.

Every error is also a :class:`ValueError` or :class:`TypeError`, so code that
expects scikit-learn's errors keeps working.
"""

from sklearn.exceptions import NotFittedError

__all__ = [
    "CellError",
    "CellWarning",
    "EmptyRowWarning",
    "MissingDependencyError",
    "ModelFileError",
    "NotFittedError",
    "QueryWarning",
    "ShortListWarning",
    "TableError",
    "TableWarning",
    "UnknownIdError",
    "UntrustedTypeError",
]


class CellError(ValueError):
    """A cell of the table (a file, bytes or an array) cannot be used.

    The message names the row, the column, the file and what to do. The parts
    stay readable on the exception.

    Parameters
    ----------
    reason : str
        What is wrong with the content.
    row : object, default=None
        Label of the row in the table, or its position where there is no label.
    column : str, default=None
        Name of the column.
    source : str, default=None
        The file, or a short description of an in-memory cell.
    advice : str, default=None
        What to do about it.
    """

    def __init__(self, reason, *, row=None, column=None, source=None, advice=None):
        self.reason = reason
        self.row = row
        self.column = column
        self.source = source
        self.advice = advice
        where = [
            f"{label} {value!r}" if label else repr(value)
            for label, value in (("row", row), ("column", column), ("", source))
            if value is not None
        ]
        words = reason if advice is None else f"{reason}; {advice}"
        super().__init__(": ".join([", ".join(where), words] if where else [words]))

    def __reduce__(self):
        parts = self.reason, self.row, self.column, self.source, self.advice
        return (_rebuild_cell_error, parts)


def _rebuild_cell_error(reason, row, column, source, advice):
    return CellError(reason, row=row, column=column, source=source, advice=advice)


class CellWarning(UserWarning):
    """Some cells count as missing because they cannot be used, or are not used as they are."""


class EmptyRowWarning(UserWarning):
    """Some rows have none of their modalities."""


class MissingDependencyError(ImportError):
    """An optional extra is needed and not installed."""


class ModelFileError(ValueError):
    """A file is no model that `mmclassic.load` can read: damaged, cut off or made to harm.

    Parameters
    ----------
    path : str
        The file.
    reason : str
        What is wrong with it.
    """

    def __init__(self, path, reason):
        self.path = path
        self.reason = reason
        super().__init__(path, reason)

    def __str__(self):
        return f"{self.path!r} is not a model file that can be read: {self.reason}"


class QueryWarning(UserWarning):
    """Some words of queries occur in no text and are read as others, or as none.

    Parameters
    ----------
    readings : sequence of WordReading
        What they are read as, see `mmclassic.features.WordReading`.
    """

    def __init__(self, readings):
        self.readings = tuple(readings)
        super().__init__(self.readings)

    def __str__(self):
        first, n = self.readings[0], len(self.readings)
        if n == 1:
            return f"no text has a word of query {first.row}: {first}."
        return f"no text has {n} words of the queries; the first, of query {first.row}: {first}."


class ShortListWarning(UserWarning):
    """Some lists hold all there is to rank, which is less than was asked for."""


class TableError(ValueError):
    """A table cannot be read, or only by a guess.

    The message names the file, the line and the cell where it can, and what to do.

    Parameters
    ----------
    message : str
        All of it.
    line : int, default=None
        Line of the file, or row of the sheet, that the message is about.
    """

    def __init__(self, message, line=None):
        self.line = line
        super().__init__(message)


class TableWarning(UserWarning):
    """A table is read in a way that its file leaves open."""


class UnknownIdError(ValueError):
    """A user or item identifier is not known."""


class UntrustedTypeError(TypeError):
    """A saved file holds types that are not trusted."""
