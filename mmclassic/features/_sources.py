"""Files and bytes: what can be told before a decoder looks at them."""

import io
import os
import stat

from mmclassic.exceptions import CellError


def is_encoded(cell):
    """Whether a cell is a path or encoded bytes."""
    return isinstance(cell, (str, os.PathLike, bytes, bytearray, memoryview))


def open_source(cell):
    """The path of a readable, non-empty file, or the bytes as a stream, for a decoder.

    Raises `CellError` if there is no such file, or it cannot have content.
    """
    if isinstance(cell, (bytes, bytearray, memoryview)):
        if len(cell) == 0:
            raise CellError("the bytes are empty")
        return io.BytesIO(cell)
    path = os.fspath(cell)
    if not path:
        raise CellError("the path is an empty string; a missing file is None")
    _check_file(path)
    return path


def _check_file(path):
    try:
        status = os.stat(path)
    except FileNotFoundError as error:
        raise CellError("file not found") from error
    except (OSError, ValueError) as error:
        raise CellError(f"the path cannot be used ({error})") from error
    if stat.S_ISDIR(status.st_mode):
        raise CellError("this is a directory, not a file")
    if not stat.S_ISREG(status.st_mode):
        raise CellError("this is not a regular file")
    if status.st_size == 0:
        raise CellError("the file is empty (0 bytes)")
    if not os.access(path, os.R_OK):
        raise CellError("permission denied")
