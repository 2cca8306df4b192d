"""What stands for a descriptor in the key of a cache, if anything can."""

import joblib
import numpy as np
from sklearn.base import BaseEstimator

_PLAIN = (type(None), bool, int, float, complex, str, bytes, np.generic)
# Of libraries whose versions are in the key; in parameters only NumPy's.
_LIBRARIES = {"numpy", "scipy", "sklearn"}


class UnknownIdentityError(Exception):
    """A value may change without a sign of it that a key could hold; its text says which."""


def identity(value, *, learnt=False):
    """Plain values that tell an object from all others; raises `UnknownIdentityError`.

    Objects of this library are told by class, parameters and what they learnt; any other may come
    to do something else under the same name, so it must have a `version`.
    """
    if isinstance(value, _PLAIN) or (isinstance(value, np.ndarray) and value.dtype != object):
        return value
    if type(value) in (set, frozenset):
        value = sorted(value, key=repr)
    if type(value) in (list, tuple):
        return [type(value).__name__, *(identity(part, learnt=learnt) for part in value)]
    if type(value) is dict:
        return {key: identity(part, learnt=learnt) for key, part in value.items()}
    library = type(value).__module__.partition(".")[0]
    if library == "mmclassic" and isinstance(value, BaseEstimator):
        given = value.get_params(deep=False)
        state = {n: identity(v, learnt=n not in given) for n, v in vars(value).items()}
        return [type(value).__module__, type(value).__qualname__, state]
    if library == "numpy" or (learnt and library in _LIBRARIES):
        return value
    return _stated(value)


def _stated(value):
    """By name, the version that its maker states and its attributes."""
    kind = value if hasattr(value, "__qualname__") else type(value)
    name = f"{kind.__module__}.{kind.__qualname__}"
    stated = getattr(value, "version", None)
    if not isinstance(stated, str) or not stated:
        raise UnknownIdentityError(
            f"{name} is not of this library, and the cache cannot tell when it changes; give it an "
            "attribute `version`, a str that you change whenever it computes something else"
        )
    try:
        return [name, stated, joblib.hash(getattr(value, "__dict__", None))]
    except Exception as error:
        raise UnknownIdentityError(
            f"the attributes of {name} cannot be hashed ({error})"
        ) from error
