"""Times as ratios: what is compared runs in turn, so that a busy machine slows all of it."""

import time

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks._report import Row

HOW = "median of {n} interleaved runs; brackets: the smallest and the largest"


def interleaved_seconds(tasks, n_runs, *, cpu=False):
    """Times of tasks in turn, (n_runs,) each, after one run of each that is not counted.

    They are wall times, or with `cpu` those of the process. The i-th runs of all tasks follow one
    another.
    """
    clock = time.process_time if cpu else time.perf_counter
    seconds = {name: np.empty(n_runs) for name in tasks}
    for run in range(-1, n_runs):
        for name, task in tasks.items():
            start = clock()
            task()
            if run >= 0:
                seconds[name][run] = clock() - start
    return seconds


def ratio_row(case, method, metric, above, below, *, note):
    """The median ratio of seconds that were taken in turn; `low` and `high` are its extremes.

    `note` states the target.
    """
    low, middle, high = np.quantile(above / below, [0, 0.5, 1])
    how = HOW.format(n=len(above))
    return Row(case, method, metric, float(middle), float(low), float(high), note=f"{note}; {how}.")


def time_row(case, method, seconds, *, n_items, item):
    """The median time of one item in ms, which depends on the machine."""
    milliseconds = 1000 * float(np.median(seconds)) / n_items
    return Row(case, method, f"time of a {item}", milliseconds, unit="ms")


def race(case, tasks, *, n_items, item, n_runs, target):
    """The time of each task, and how many times as fast as the first the others are.

    A run does `n_items` items; `target` is what is claimed. Each has one thread, and its time is
    that of the processor: where others are at work, the clock on the wall tells of them.
    """
    with threadpool_limits(1):
        seconds = interleaved_seconds(tasks, n_runs, cpu=True)
    reference, *others = tasks
    rows = [time_row(case, name, seconds[name], n_items=n_items, item=item) for name in tasks]
    for name in others:
        metric = f"times as fast as {reference}"
        rows.append(ratio_row(case, name, metric, seconds[reference], seconds[name], note=target))
    return rows
