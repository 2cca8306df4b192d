"""No warnings of Pillow in a thread while it reads a picture, and all of them in the others."""

import threading
import warnings
from contextlib import contextmanager, suppress

_thread = threading.local()
_lock = threading.Lock()
_readers = 0


class _WhileReading:
    """In a filter of warnings, what matches every message of a thread that reads a picture.

    `warnings.catch_warnings` would change the filters of all threads, and a decoder cannot name
    the cell. What damage there is to a picture is an error, which does.
    """

    def match(self, _):
        return getattr(_thread, "reads", False)


_FILTER = ("ignore", _WhileReading(), Warning, None, 0)


@contextmanager
def quiet():
    """A ``with`` statement in which this thread warns of nothing."""
    _enter()
    _thread.reads = True
    try:
        yield
    finally:
        _thread.reads = False
        _leave()


def _enter():
    global _readers
    with _lock:
        _readers += 1
        # Others may have put filters before it, or restored those of an earlier time.
        if not warnings.filters or warnings.filters[0] is not _FILTER:
            _remove()
            warnings.filters.insert(0, _FILTER)


def _leave():
    global _readers
    with _lock:
        _readers -= 1
        if not _readers:
            _remove()


def _remove():
    with suppress(ValueError):
        warnings.filters.remove(_FILTER)
