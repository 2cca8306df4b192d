"""Reading a fitted model: it changes nothing, and many may do it at once."""

import sys
import time
from copy import deepcopy
from threading import Thread

import numpy as np

from mmclassic.testing._data import fitted_on, labels_for, make_views, seeded
from mmclassic.testing._state import changes, leaves_of, state_of

_N_THREADS = 8
_N_MODELS = 4  # copies that no one has read yet, on which the threads meet
_SWITCH_INTERVAL = 1e-5  # seconds; with less, eight threads do little else than taking turns
_RTOL = {np.dtype(np.float32): 1e-5, np.dtype(np.float64): 1e-10}
_OF_ROWS = ("transform", "predict", "predict_proba", "decision_function", "parts")
_HALVES = (slice(0, 60), slice(30, 60))


def check_transform_changes_nothing(estimator, calls=None):
    """Check that no method which reads a fitted model changes it, or what it is given.

    Parameters
    ----------
    estimator : estimator
        An unfitted transformer of Views; with `calls` anything fitted.
    calls : list of (str, tuple, dict), default=None
        Names of the methods to call, with positional and keyword arguments; a method may come
        several times. None fits the estimator to Views, in pieces and merged as well where it
        has `partial_fit` and `merge`, and calls every reading method that it has: transform,
        predict, parts, predict_view, inverse_transform, score and get_feature_names_out.

    Raises
    ------
    AssertionError
        If an attribute, or a part of one however deep, is new, gone or different after a call.

    Notes
    -----
    What is compared are the attributes of the instance and what hangs on them: arrays bit for
    bit, tables, containers, nested estimators, random generators. Locks, functions and what is
    stored in classes and modules are not.

    Examples
    --------
    >>> from sklearn.preprocessing import StandardScaler
    >>> scaler = StandardScaler().fit([[0.0], [2.0]])
    >>> check_transform_changes_nothing(scaler, [("transform", ([[1.0]],), {})])
    """
    for how, fitted, reading in _cases(estimator, calls):
        for call in reading:
            name, args, kwargs = call
            given = {"arguments": (args, kwargs)}
            before, given_before = state_of(fitted), state_of(given)
            _run(fitted, call)
            found = [f"{type(fitted).__name__}{c}" for c in changes(before, state_of(fitted))]
            found += changes(given_before, state_of(given))
            if found:
                more = f", and {len(found) - 3} more" if len(found) > 3 else ""
                raise AssertionError(
                    f"{type(fitted).__name__}.{name}{how} must change nothing, but "
                    f"{'; '.join(found[:3])}{more}."
                )


def check_threads(estimator, calls=None):
    """Check that eight threads that read one model get what a single one gets.

    Parameters
    ----------
    estimator : estimator
        An unfitted transformer of Views; with `calls` anything fitted that can be copied.
    calls : list of (str, tuple, dict), default=None
        As in `check_transform_changes_nothing`. Several calls of a method with different
        arguments find more: threads that all ask the same cannot mix their answers up.

    Raises
    ------
    AssertionError
        If a call raises in a thread, or gives something else than alone.

    Notes
    -----
    Every method is called by eight threads at once, four times, and then all methods mixed, each
    time on a copy of the model that nothing has read yet. Floating point numbers may differ by
    1e-10 of the largest of their array in float64 and 1e-5 in float32, all else not at all. What
    goes wrong by chance may pass; the threads are switched often, to make that
    rare.

    Examples
    --------
    >>> from sklearn.preprocessing import StandardScaler
    >>> scaler = StandardScaler().fit([[0.0], [2.0]])
    >>> check_threads(scaler, [("transform", ([[1.0]],), {}), ("transform", ([[2.0]],), {})])
    """
    for how, fitted, reading in _cases(estimator, calls):
        expected = [_run(deepcopy(fitted), call) for call in reading]
        numbers = range(len(reading))
        groups = [
            [n for n in numbers if reading[n][0] == m] for m in dict.fromkeys(_names(reading))
        ]
        for group in [*(groups * _N_MODELS), [*numbers]]:
            for number, result in _run_at_once(deepcopy(fitted), reading, group):
                _assert_equal(result, expected[number], _title(fitted, reading[number], how))


def _cases(estimator, calls):
    """How it was fitted, in words; the fitted estimator; the calls."""
    if calls is not None:
        yield "", estimator, calls
        return
    for how, fitted in _fitted_in_all_ways(estimator):
        # On a copy: asking whether there is a method may already change a model.
        yield f" after {how}", fitted, _reading_calls(deepcopy(fitted))


def _fitted_in_all_ways(estimator):
    views = make_views(missing=0.2)
    yield "fit", fitted_on(estimator, views)
    if not hasattr(estimator, "partial_fit"):
        return
    y = labels_for(estimator, views)

    def piece(rows, start=None):
        start = seeded(estimator) if start is None else start
        return start.partial_fit(views[rows], None if y is None else y[rows])

    first, second = slice(0, 30), slice(30, 60)
    try:
        begun = piece(first)
    except ValueError:  # some settings cannot learn in pieces, and say so
        return
    yield "partial_fit", piece(second, begun)
    if hasattr(estimator, "merge"):
        yield "merge", piece(first).merge(piece(second))


def _reading_calls(fitted):
    """Calls of every reading method that there is, of several inputs each."""
    views, text = make_views(missing=0.2), make_views().select("text")
    inputs = (views, text, views[40:])
    calls = [(m, (v,), {}) for m in _OF_ROWS if hasattr(fitted, m) for v in inputs]
    if hasattr(fitted, "predict_view"):
        calls += [("predict_view", (v,), {}) for v in inputs]
    if hasattr(fitted, "inverse_transform"):
        calls += [("inverse_transform", (fitted.transform(v),), {}) for v in inputs]
    if hasattr(fitted, "score"):
        y = labels_for(fitted, views)
        calls += [("score", (views[rows], None if y is None else y[rows]), {}) for rows in _HALVES]
    if hasattr(fitted, "get_feature_names_out"):
        calls.append(("get_feature_names_out", (), {}))
    return calls


def _names(calls):
    return [name for name, _, _ in calls]


def _title(fitted, call, how):
    return f"{type(fitted).__name__}.{call[0]}{how}"


def _run(model, call):
    name, args, kwargs = call
    return getattr(model, name)(*args, **kwargs)


def _run_at_once(model, calls, numbers):
    """Numbers and results of the calls, an exception counting as one, of all threads."""
    ready, go, done = [], [], []

    def work(turn):
        ready.append(turn)
        while not go:  # a barrier would wake one after the other, and the first be done by then
            time.sleep(0)
        for i in range(len(numbers)):
            number = numbers[(turn + i) % len(numbers)]  # each thread begins with another
            try:
                done.append((number, _run(model, calls[number])))
            except Exception as error:
                done.append((number, error))

    threads = [Thread(target=work, args=(turn,)) for turn in range(_N_THREADS)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_INTERVAL)
    try:
        for thread in threads:
            thread.start()
        while len(ready) < len(threads):
            time.sleep(1e-4)
    finally:
        go.append(True)  # also if a thread cannot start: the others would wait for ever
        for thread in threads[: len(ready)]:
            thread.join()
        sys.setswitchinterval(interval)
    return done


def _assert_equal(result, expected, title):
    if isinstance(result, Exception):
        raise AssertionError(f"{title} fails in one of eight threads: {result!r}.") from result
    found, wanted = dict(leaves_of(result)), dict(leaves_of(expected))
    wrong = [path for path in {**wanted, **found} if not _same(found.get(path), wanted.get(path))]
    if wrong:
        raise AssertionError(
            f"{title} gives something else in one of eight threads than alone: "
            f"{wrong[0] or 'the result'} differs."
        )


def _same(a, b):
    if not isinstance(a, np.ndarray) or not isinstance(b, np.ndarray):
        return type(a) is type(b) and a == b
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if a.dtype not in _RTOL:
        return np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")
    atol = _RTOL[a.dtype] * np.max(np.abs(b), initial=0, where=np.isfinite(b))
    return np.allclose(a, b, rtol=0, atol=atol, equal_nan=True)
