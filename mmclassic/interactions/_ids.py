"""Identifiers: plain arrays of str (object) or int64, never mixed, never converted silently."""

from functools import cache
from numbers import Integral

import numpy as np
import pandas as pd

from mmclassic.exceptions import UnknownIdError
from mmclassic.interactions._lookup import find_ids, id_index
from mmclassic.interactions._spelling import spelling_hint

# "U" arrays come only from callers who built their own: one long id widens every cell of them.
_KINDS = {"O": "str", "U": "str", "i": "int"}
_NUL = "\0"


def as_ids(values, *, name, one_or_many=False):
    """Check ids and give them as a plain array.

    Parameters
    ----------
    values : array-like of str or of int, shape (n,)
        The ids.
    name : str
        What they are, for the errors ("user id").
    one_or_many : bool, default=False
        Read a single str or int as a list of one.

    Returns
    -------
    ids : ndarray of str (object) or of int64 of shape (n,)
        The ids in the same order.

    Raises
    ------
    TypeError
        If they are not all str or all int.
    ValueError
        If they are not 1-D, or one is missing or holds a NUL character.
    """
    if one_or_many and isinstance(values, (str, Integral)):
        values = [values]
    series = _as_series(values, name)
    return _as_plain(series, series.index, name)


def n_dimensions(values):
    """Count the dimensions of what may be ids, without making an array of texts.

    NumPy's own count would: in an array every text takes as much as the longest, so that one id
    of 100,000 characters among 10,000 would take 4 GB.

    Parameters
    ----------
    values : object
        An id, a sequence of them, or rows.

    Returns
    -------
    n_dimensions : int
        0 for a single text, 1 for a list with a text in it, else what NumPy says.
    """
    if isinstance(values, (list, tuple)) and any(isinstance(value, str) for value in values):
        return 1
    return np.ndim(values)


def encode_ids(values, *, name):
    """Check ids and number the distinct ones in order of first appearance: codes and ids."""
    series = _as_series(values, name)
    if series.dtype.kind == "O" and _factorize_stops_at_nul():
        _refuse_nul(series.to_numpy(dtype=object), series.index, name)
    try:
        codes, distinct = pd.factorize(series, use_na_sentinel=True)
    except (TypeError, NotImplementedError) as error:  # what nests cannot be counted
        found = type(series.iloc[0]).__name__
        raise TypeError(f"{name}s must be all str or all int; got {found}s: {error}.") from error
    first = np.empty(len(distinct), dtype=np.int64)
    first[codes[::-1]] = np.arange(codes.size - 1, -1, -1)
    distinct = pd.Series(distinct, dtype=series.dtype)
    return codes.astype(np.int64, copy=False), _as_plain(distinct, series.index[first], name)


def same_ids(a, b):
    """Tell whether two arrays hold the same ids in the same order.

    Parameters
    ----------
    a, b : ndarray of shape (n,)
        Ids.

    Returns
    -------
    same : bool
        True if they do.
    """
    return a is b or (a.dtype.kind == b.dtype.kind and np.array_equal(a, b))


def locate_ids(known, asked, *, name, where):
    """Find the position of every asked id, all of which must be known.

    Parameters
    ----------
    known : ndarray of shape (n_known,)
        Distinct ids.
    asked : ndarray of shape (n_asked,)
        Ids to look up.
    name : str
        What they are, for the errors.
    where : str
        What the known ones belong to, for the errors.

    Returns
    -------
    positions : ndarray of int64 of shape (n_asked,)
        Positions in `known`.

    Raises
    ------
    UnknownIdError
        If an id is not known, or the kinds differ.
    """
    check_same_kind(known, asked, name=name, where=where)
    positions = find_ids(known, asked)
    if (positions < 0).any():
        raise_unknown(asked[positions < 0], known=known, name=name, where=where)
    return positions


def raise_unknown(unknown, *, known, name, where):
    """Say which ids are not known, and what else they may be."""
    unknown = list(dict.fromkeys(unknown.tolist()))
    examples = ", ".join(repr(i) for i in unknown[:3])
    more = ", ..." if len(unknown) > 3 else ""
    raise UnknownIdError(
        f"{len(unknown)} {name}(s) not in {where}: {examples}{more}. It knows {known.size} "
        f"{name}(s).{spelling_hint(known.tolist(), unknown)}"
    )


def refuse_misspelt(known, asked, *, name, where):
    """Refuse ids that are not known where one is a known one written otherwise.

    Parameters
    ----------
    known, asked : ndarray of shape (n,)
        Ids.
    name, where : str
        What they are and what the known ones belong to, for the error.

    Raises
    ------
    UnknownIdError
        If an unknown id differs from a known one by spaces, case, leading zeros or a decimal
        point alone, or ids are of the other kind.
    """
    check_same_kind(known, asked, name=name, where=where)
    unknown = asked[find_ids(known, asked) < 0]
    if unknown.size and spelling_hint(known.tolist(), unknown.tolist()):
        raise_unknown(unknown, known=known, name=name, where=where)


def check_same_kind(known, asked, *, name, where):
    """Refuse to compare strings with integers.

    Parameters
    ----------
    known, asked : ndarray of shape (n,)
        Ids; an empty array has no kind.
    name, where : str
        What they are and what the known ones belong to, for the error.
    """
    kinds = _KINDS[known.dtype.kind], _KINDS[asked.dtype.kind]
    if known.size and asked.size and kinds[0] != kinds[1]:
        raise UnknownIdError(
            f"the {name}s of {where} are {kinds[0]} ({plain_id(known, 0)!r}, ...), "
            f"the ones asked for are {kinds[1]} ({plain_id(asked, 0)!r}, ...); "
            f"convert these to {kinds[0]}.{spelling_hint(known.tolist(), asked.tolist())}"
        )


def check_distinct(ids, *, name):
    """Refuse repeated ids.

    Parameters
    ----------
    ids : ndarray of shape (n,)
        The ids.
    name : str
        What they are, for the error.
    """
    repeated = id_index(ids).duplicated()
    if repeated.any():
        first = plain_id(ids, np.flatnonzero(repeated)[0])
        raise ValueError(
            f"{name}s must be distinct; {int(repeated.sum())} repeat an earlier one, "
            f"first {first!r}."
        )


def check_stored_ids(ids, *, name):
    """Refuse what was loaded and is no array of distinct ids.

    Parameters
    ----------
    ids : object
        What should be such an array.
    name : str
        What they are, for the error.
    """
    plain = isinstance(ids, np.ndarray) and ids.ndim == 1 and ids.dtype.kind in _KINDS
    if not plain or (ids.dtype == object and set(map(type, ids)) - {str}):
        raise ValueError(f"the {name}s are no array of str or int.")
    if ids.dtype == object:
        _refuse_nul(ids, pd.RangeIndex(ids.size), name)
    check_distinct(ids, name=name)


def plain_id(ids, position):
    """One id as Python's own str or int, for messages."""
    return ids[position : position + 1].tolist()[0]


def _as_series(values, name):
    """A series without missing entries."""
    if n_dimensions(values) != 1:
        kind = "a single value" if n_dimensions(values) == 0 else f"shape {np.shape(values)}"
        raise ValueError(f"{name}s must be a 1-D sequence; got {kind}.")
    if isinstance(values, pd.MultiIndex):
        values = values.to_flat_index()  # tuples, which the check of kinds refuses
    if not isinstance(values, (pd.Series, pd.Index, np.ndarray)):
        values = list(values)
        # Without a dtype an empty list would count as floats.
        values = np.array(values, dtype=object) if values else np.empty(0, dtype=np.int64)
    dtype = object if isinstance(getattr(values, "dtype", None), np.dtypes.ObjectDType) else None
    series = pd.Series(values, dtype=dtype)
    missing = series.isna().to_numpy()
    if missing.any():
        position = int(np.flatnonzero(missing)[0])
        raise ValueError(
            f"row {series.index[position]!r}: the {name} is missing "
            f"({int(missing.sum())} of {series.size} are); drop or repair such rows."
        )
    return series


def _as_plain(series, labels, name):
    """The entries as an array of str or int64; `labels` name their rows."""
    if series.empty:
        return np.empty(0, dtype=np.int64 if series.dtype.kind in "iuf" else object)
    kind = pd.api.types.infer_dtype(series)
    if kind == "categorical":
        return _as_plain(pd.Series(series.astype(series.cat.categories.dtype)), labels, name)
    if kind == "string":
        return _as_texts(series, labels, name)
    if kind == "integer":
        plain = series.to_numpy(dtype=object) if series.dtype == object else series.to_numpy()
        return _as_int64(plain, name)
    if isinstance(series.dtype, pd.ArrowDtype):  # such as a dictionary of texts
        return _as_plain(series.astype(object), labels, name)
    raise TypeError(
        f"{name}s must be all str or all int; got {kind} (dtype {series.dtype}). "
        "Convert them with .astype(str) or .astype(int)."
    )


def _as_texts(series, labels, name):
    texts = np.empty(series.size, dtype=object)
    texts[:] = list(map(str, series.to_numpy(dtype=object)))
    _refuse_nul(texts, labels, name)
    return texts


@cache
def _factorize_stops_at_nul():
    """Whether pandas tells ids apart only up to a NUL, as it did before version 3.

    Looking at every row costs .07 s for a million; else the distinct ids are looked at alone.
    """
    return len(pd.factorize(np.array(["a", "a\0"], dtype=object))[1]) == 1


def _refuse_nul(values, labels, name):
    """C strings end at NUL, and so would the id in files and in arrays of fixed width."""
    try:
        if _NUL not in "".join(values):
            return
    except TypeError:  # not all are str, which is told elsewhere
        return
    row = next(i for i, text in enumerate(values) if _NUL in text)
    raise ValueError(
        f"row {labels[row : row + 1].tolist()[0]!r}: the {name} {values[row]!r} holds a NUL "
        "character; remove it, for many programs take it for the end of the text."
    )


def _as_int64(values, name):
    try:
        exact = values.astype(np.int64)
    except OverflowError as error:
        raise ValueError(f"{name}s must fit in 64-bit integers; use str instead.") from error
    if values.dtype.kind == "u" and (exact < 0).any():
        raise ValueError(f"{name}s must fit in 64-bit integers; use str instead.")
    return exact
