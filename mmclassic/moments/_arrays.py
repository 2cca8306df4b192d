"""Moments as flat dicts of plain arrays, and what the kinds check alike."""

import numpy as np


def check_kind(cls, arrays):
    """Raise if arrays are not those of a kind of moments."""
    kind = str(arrays["kind"]) if "kind" in arrays else "none that says so"
    if kind != cls.__name__:
        raise ValueError(
            f"{cls.__name__}.from_arrays takes what {cls.__name__}.to_arrays gave; got arrays of "
            f"kind {kind}."
        )


def check_same_kind(moments, other):
    """Raise unless two objects are of one kind, and of the same views where they have any."""
    kinds = [type(m).__name__ for m in (moments, other)]
    if kinds[0] != kinds[1]:
        raise ValueError(f"cannot merge {kinds[1]} into {kinds[0]}; both must be of one kind.")
    if moments.widths and other.widths and moments.widths != other.widths:
        raise ValueError(
            f"cannot merge moments of views {other.widths} into {moments.widths} (name: width)."
        )


def names_array(names):
    """Strings as an array without pickle; those that NumPy would cut at the end are refused."""
    array = np.array([str(name) for name in names], dtype=np.str_)
    if array.tolist() != [str(name) for name in names]:
        raise ValueError(f"names and labels must not end in NUL; got {list(names)!r}.")
    return array


def under(arrays, prefix):
    """The arrays whose keys begin with a prefix, without it."""
    return {key.removeprefix(prefix): arrays[key] for key in arrays if key.startswith(prefix)}
