"""One parallel layer: consecutive chunks, in order, by threads or processes."""

import os
import sys
import time
from itertools import takewhile

from joblib import Parallel, delayed

from mmclassic.exceptions import CellError
from mmclassic.utils._memory import keep_freed_memory


def map_chunks(function, items, *, chunk_size, n_jobs=None, prefer="threads", progress=None):
    """Apply a function to consecutive chunks of a sequence, results in order.

    Parameters
    ----------
    function : callable
        Takes a chunk (a slice of `items`) and returns anything. With processes
        it must be picklable.
    items : sequence
        Supports ``len`` and slicing.
    chunk_size : int > 0
        Length of every chunk but the last.
    n_jobs : int, default=None
        Workers as in joblib: None is 1, -1 all cores.
    prefer : {"threads", "processes"}, default="threads"
        Kind of workers. Threads suit work that releases the interpreter lock
        (decoding, NumPy), processes suit pure Python.
    progress : str, default=None
        A title; if given, a line on standard error shows items done, items per
        second and the time left.

    Yields
    ------
    result : object
        ``function(items[:chunk_size])`` and so on. A result is handed on as soon as
        those before it were, so a caller that keeps none holds few in memory.

    Raises
    ------
    CellError
        If `function` raised it: that of the first chunk in order, whichever worker
        was the first.
    """
    keep_freed_memory()
    failure = None
    home = os.getpid(), os.getcwd()
    # No chunk is begun after the failure is known; those under way are waited for.
    starts = takewhile(lambda _: failure is None, range(0, len(items), chunk_size))
    tasks = (
        delayed(_attempt)(function, items[start : start + chunk_size], home) for start in starts
    )
    finished = Parallel(n_jobs=n_jobs, prefer=prefer, return_as="generator")(tasks)
    line = None if progress is None else ProgressLine(progress, total=len(items))
    for done, result in enumerate(finished, start=1):
        if failure is None and isinstance(result, CellError):
            failure = result
        if failure is not None:
            continue
        yield result
        if line is not None:
            line.show(min(done * chunk_size, len(items)))
    if line is not None:
        line.close()
    if failure is not None:
        raise failure


def _attempt(function, chunk, home):
    """The result, or the error in its place in the order."""
    process, folder = home
    # A worker lives on when the folder changes, and relative paths lead from ours.
    if os.getpid() != process and os.getcwd() != folder:
        os.chdir(folder)
    try:
        return function(chunk)
    except CellError as error:
        return error


class ProgressLine:
    """A single line on standard error: share done, rate, time left.

    Parameters
    ----------
    title : str
        What is counted.
    total : int
        The number of items.
    """

    def __init__(self, title, *, total):
        self.title = title
        self.total = total
        self.start = time.perf_counter()

    def show(self, done):
        """Draw the line.

        Parameters
        ----------
        done : int
            Items finished so far.
        """
        elapsed = max(time.perf_counter() - self.start, 1e-9)
        rate = done / elapsed
        left = (self.total - done) / rate if rate else float("inf")
        sys.stderr.write(
            f"\r{self.title}: {done}/{self.total} ({rate:,.0f} items/s, {left:,.0f} s left) "
        )
        sys.stderr.flush()

    def close(self):
        """End the line."""
        sys.stderr.write("\n")
        sys.stderr.flush()
