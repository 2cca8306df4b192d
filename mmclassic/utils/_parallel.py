"""One parallel layer: consecutive chunks, in order, by threads or processes."""

import multiprocessing.resource_tracker
import os
import signal
import sys
from contextlib import contextmanager, nullcontext
from itertools import takewhile

from joblib import Parallel, delayed, effective_n_jobs
from joblib.externals.loky.backend import resource_tracker
from tqdm import tqdm

from mmclassic.exceptions import CellError
from mmclassic.utils._memory import keep_freed_memory

_LINE = "{desc}: {n_fmt}/{total_fmt} ({rate_noinv_fmt}, {remaining_s:,.0f} s left)"


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
    alone = prefer != "processes" or effective_n_jobs(n_jobs) == 1
    with nullcontext() if alone else _workers_deaf_to_interruptions():
        finished = Parallel(n_jobs=n_jobs, prefer=prefer, return_as="generator")(tasks)
    with _progress_line(progress, len(items)) as line:
        for result in finished:
            if failure is None and isinstance(result, CellError):
                failure = result
            if failure is not None:
                continue
            yield result
            if line is not None:
                line.update(min(chunk_size, len(items) - line.n))
    if failure is not None:
        raise failure


@contextmanager
def _workers_deaf_to_interruptions():
    """Leave an interruption to us, who end the workers; each would print a traceback of its own.

    A terminal sends it to all processes, and those that are started here inherit what is blocked.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    for tracker in (multiprocessing.resource_tracker, resource_tracker):
        tracker.ensure_running()  # as it starts, it unblocks the signal
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _attempt(function, chunk, home):
    """The result, or the error in its place in the order."""
    process, folder = home
    # A worker process lives on when our folder changes, and relative paths lead from ours. Other
    # work may use the same process, so it gets its own folder back.
    former = _folder_if_any()
    moved = os.getpid() != process and former != folder
    try:
        if moved:
            os.chdir(folder)
        return function(chunk)
    except CellError as error:
        return error
    finally:
        if moved and former is not None:
            os.chdir(former)


def _folder_if_any():
    """The working folder; None if somebody has removed it."""
    try:
        return os.getcwd()
    except FileNotFoundError:
        return None


def _progress_line(title, total):
    """A single line on standard error: share of `total` done, rate, time left; None shows none."""
    if title is None:
        # Not one that is disabled: all lines share a lock, which a fork might find closed for ever.
        return nullcontext()
    return tqdm(total=total, desc=title, unit=" items", bar_format=_LINE, file=_StandardError())


class _StandardError:
    """Standard error, or nothing: a service has none, or one that is closed, and works on."""

    def write(self, text):
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except Exception:  # None, closed, full, or a stream of somebody's own
            return

    def flush(self):
        """Nothing to do, `write` flushes."""
