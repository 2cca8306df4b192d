"""Times as ratios: what is compared runs in turn, so that a busy machine slows all of it."""

import time

import numpy as np

from benchmarks._report import Row

HOW = "median of {n} interleaved runs; brackets: the smallest and the largest"


def interleaved_seconds(tasks, n_runs):
    """Time tasks in turn, after one run of each that is not counted.

    Parameters
    ----------
    tasks : dict of str to callable
        What is timed; called without arguments.
    n_runs : int
        Runs that count.

    Returns
    -------
    seconds : dict of str to ndarray of shape (n_runs,)
        Wall times; the i-th runs of all tasks follow one another.
    """
    seconds = {name: np.empty(n_runs) for name in tasks}
    for run in range(-1, n_runs):
        for name, task in tasks.items():
            start = time.perf_counter()
            task()
            if run >= 0:
                seconds[name][run] = time.perf_counter() - start
    return seconds


def ratio_row(case, method, metric, above, below, *, note):
    """The median ratio of times that were taken in turn.

    Parameters
    ----------
    case, method, metric : str
        See `Row`.
    above, below : ndarray of shape (n_runs,)
        Seconds; the i-th of both followed one another.
    note : str
        The target.

    Returns
    -------
    row : Row
        The median of the ratios; `low` and `high` are the smallest and the largest.
    """
    low, middle, high = np.quantile(above / below, [0, 0.5, 1])
    how = HOW.format(n=len(above))
    return Row(case, method, metric, float(middle), float(low), float(high), note=f"{note}; {how}.")


def time_row(case, method, seconds, *, n_items, item):
    """The median time of one item, which depends on the machine.

    Parameters
    ----------
    case, method : str
        See `Row`.
    seconds : ndarray of shape (n_runs,)
        Seconds of all items.
    n_items : int
        How many there are.
    item : str
        What one is.

    Returns
    -------
    row : Row
        Milliseconds.
    """
    milliseconds = 1000 * float(np.median(seconds)) / n_items
    return Row(case, method, f"time of a {item}", milliseconds, unit="ms")


def race(case, tasks, *, n_items, item, n_runs, target):
    """Compare with the first of several tasks.

    Parameters
    ----------
    case : str
        See `Row`.
    tasks : dict of str to callable
        The reference, then the others.
    n_items : int
        How many items a run does.
    item : str
        What one is.
    n_runs : int
        Runs that count.
    target : str
        What is claimed.

    Returns
    -------
    rows : list of Row
        The time of each, and how many times as fast as the reference the others are.
    """
    seconds = interleaved_seconds(tasks, n_runs)
    reference, *others = tasks
    rows = [time_row(case, name, seconds[name], n_items=n_items, item=item) for name in tasks]
    for name in others:
        metric = f"times as fast as {reference}"
        rows.append(ratio_row(case, name, metric, seconds[reference], seconds[name], note=target))
    return rows
