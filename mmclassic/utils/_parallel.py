"""One parallel layer: consecutive chunks, in order, by threads or processes."""

import os
import sys
import time
from contextlib import suppress
from itertools import takewhile

from joblib import Parallel, delayed

from mmclassic.exceptions import CellError
from mmclassic.utils._memory import keep_freed_memory


def map_chunks(function, items, *, chunk_size, n_jobs=None, prefer="threads", progress=None):
    """Yield ``function(items[:chunk_size])`` and so on, in order, as soon as each is next.

    A caller that keeps no result holds few in memory. `n_jobs` is as in joblib. Threads suit work
    that releases the interpreter lock (decoding, NumPy), processes suit pure Python and need a
    function that pickles. `progress` is the title of a line on standard error. A `CellError` that
    `function` raised is that of the first chunk in order, whichever worker was the first.
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
    with ProgressLine(progress, total=len(items)) as line:
        for done, result in enumerate(finished, start=1):
            if failure is None and isinstance(result, CellError):
                failure = result
            if failure is not None:
                continue
            yield result
            line.show(min(done * chunk_size, len(items)))
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
    """A single line on standard error: share of `total` done, rate, time left; None shows none."""

    # Our own, of thirty lines: tqdm would be one more package of the base installation.

    def __init__(self, title, *, total):
        self.title = title
        self.total = total
        self.start = time.perf_counter()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._write("\n")

    def show(self, done):
        """Draw the line with so many items done."""
        elapsed = max(time.perf_counter() - self.start, 1e-9)
        rate = done / elapsed
        left = (self.total - done) / rate if rate else float("inf")
        self._write(
            f"\r{self.title}: {done}/{self.total} ({rate:,.0f} items/s, {left:,.0f} s left) "
        )

    def _write(self, text):
        # A service has no standard error (None) or one that is closed, and works all the same.
        if self.title is not None:
            with suppress(AttributeError, OSError, ValueError):
                sys.stderr.write(text)
                sys.stderr.flush()
