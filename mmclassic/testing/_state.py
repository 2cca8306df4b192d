"""What an object consists of, part by part, so that a change can be named."""

import hashlib
import pickle
from collections import deque
from pathlib import PurePath
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType

import numpy as np
import pandas as pd
import scipy.sparse as sp

_PLAIN = (type(None), bool, int, complex, str, bytes, type(Ellipsis), slice, range, PurePath)
_NAMED = (type, FunctionType, BuiltinFunctionType, MethodType, ModuleType, np.ufunc, np.dtype)


def state_of(thing):
    """Prints of all parts of an object by their paths; equal prints mean equal bits."""
    return {path: _print(leaf) for path, leaf in leaves_of(thing)}


def changes(before, after):
    """What is new, gone or different between two states, each in some words."""
    added = [f"{path} was added" for path in after if path not in before]
    removed = [f"{path} was removed" for path in before if path not in after]
    changed = [f"{p} changed" for p in before if p in after and before[p] != after[p]]
    return added + removed + changed


def leaves_of(thing, path="", above=()):
    """Paths and values of the parts that have no parts: arrays without objects, or tuples.

    Only what is stored is looked at. A property or ``__getattr__`` might compute an attribute
    because it is asked for.
    """
    if any(thing is other for other in above):
        yield path, ("a circle",)
        return
    leaf, parts = _take_apart(thing)
    yield path, leaf
    for name, part in parts:
        yield from leaves_of(part, path + name, (*above, thing))


def _print(leaf):
    if isinstance(leaf, np.ndarray):
        return leaf.dtype.str, leaf.shape, hashlib.blake2b(leaf.tobytes()).digest()
    return leaf


def _take_apart(thing):
    """A value that stands for the thing itself, and its named parts."""
    kind = type(thing).__qualname__
    if isinstance(thing, _PLAIN):
        return (kind, repr(thing)), []
    if isinstance(thing, _NAMED):
        return (kind, getattr(thing, "__qualname__", repr(thing))), []
    if isinstance(thing, (float, np.generic)) and not isinstance(thing, np.void):
        return np.asarray(thing), []
    if isinstance(thing, np.ndarray):
        return _array(thing, kind)
    if isinstance(thing, (pd.DataFrame, pd.Series, pd.Index, pd.api.extensions.ExtensionArray)):
        return _table(thing, kind)
    if isinstance(thing, dict):
        parts = [(f"[{key!r}]", value) for key, value in dict.items(thing)]
        return (kind, *map(repr, dict.keys(thing))), parts + _stored(thing)
    if isinstance(thing, (list, tuple, deque)):
        parts = [(f"[{i}]", value) for i, value in enumerate(thing)]
        return (kind, len(parts)), parts + _stored(thing)
    if isinstance(thing, (set, frozenset)):
        return (kind, *sorted(map(repr, thing))), _stored(thing)
    if sp.issparse(thing):
        # SciPy notes in _has_... whether indices are sorted, when that is asked for.
        return (kind,), [p for p in _stored(thing) if not p[0].startswith("._has_")]
    return _object(thing, kind)


def _array(array, kind):
    values = np.asarray(array)
    if values.dtype.hasobject:
        parts = [(f"[{i}]", value) for i, value in enumerate(values.ravel().tolist())]
        return (kind, values.dtype.str, values.shape), parts + _stored(array)
    return values, _stored(array)


def _table(table, kind):
    """pandas keeps caches in its objects, so what they hold is taken out."""
    if isinstance(table, pd.DataFrame):
        columns = [(f".iloc[:, {i}]", table.iloc[:, i]) for i in range(table.shape[1])]
        return (kind, table.shape), [(".columns", table.columns), *columns]
    parts = [(".values", table.to_numpy())]
    if isinstance(table, pd.Series):
        parts += [(".index", table.index), (".name", table.name)]
    elif isinstance(table, pd.Index):
        parts += [(".names", tuple(table.names))]
    return (kind, str(table.dtype)), parts


def _object(thing, kind):
    parts = _stored(thing)
    if type(thing).__reduce__ is not object.__reduce__:
        # Such types, the random generators among them, keep some of their state elsewhere.
        try:
            parts = parts + [(".__reduce__()", thing.__reduce__()[1:3])]
        except Exception:
            return (kind,), parts
    if parts:
        return (kind,), parts
    try:
        return (kind, hashlib.blake2b(pickle.dumps(thing)).digest()), []
    except Exception:
        return (kind,), []  # a lock, for example, which says nothing about a model


def _stored(thing):
    """The attributes in the instance and in its slots."""
    found = dict(getattr(thing, "__dict__", {}))
    for cls in type(thing).__mro__:
        slots = vars(cls).get("__slots__", ())
        for slot in [slots] if isinstance(slots, str) else slots:
            name = f"_{cls.__name__.lstrip('_')}{slot}" if _is_mangled(slot) else slot
            if name not in ("__dict__", "__weakref__") and hasattr(cls, name):
                try:
                    found[name] = object.__getattribute__(thing, name)
                except AttributeError:
                    continue
    return [(f".{name}", value) for name, value in found.items()]


def _is_mangled(slot):
    return slot.startswith("__") and not slot.endswith("__")
