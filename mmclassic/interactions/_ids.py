"""Identifiers: plain string or integer arrays, never mixed, never converted silently."""

import numpy as np
import pandas as pd

from mmclassic.exceptions import UnknownIdError

_KINDS = {"U": "str", "i": "int"}


def as_ids(values, *, name):
    """Check identifiers and give them as a plain array.

    Parameters
    ----------
    values : array-like of str or of int, shape (n,)
        The identifiers.
    name : str
        What they are, for the errors ("user id").

    Returns
    -------
    ids : ndarray of str or of int64 of shape (n,)
        The identifiers in the same order.

    Raises
    ------
    TypeError
        If they are not all str or all int.
    ValueError
        If they are not 1-D or one is missing.
    """
    return _as_plain(_as_series(values, name), name)


def encode_ids(values, *, name):
    """Check identifiers and number the distinct ones in order of first appearance.

    Parameters
    ----------
    values : array-like of str or of int, shape (n,)
        The identifiers, typically with many repeats.
    name : str
        What they are, for the errors.

    Returns
    -------
    codes : ndarray of int64 of shape (n,)
        Position of every identifier in `ids`.
    ids : ndarray of str or of int64 of shape (n_distinct,)
        The distinct identifiers.
    """
    codes, distinct = pd.factorize(_as_series(values, name), use_na_sentinel=True)
    return codes.astype(np.int64), _as_plain(pd.Series(distinct), name)


def find_ids(known, asked):
    """Position of every asked identifier among the known ones; -1 where there is none.

    Parameters
    ----------
    known : ndarray of shape (n_known,)
        Distinct identifiers.
    asked : ndarray of shape (n_asked,)
        Identifiers to look up, of the same kind.

    Returns
    -------
    positions : ndarray of int64 of shape (n_asked,)
        Positions in `known`.
    """
    return pd.Index(known).get_indexer(pd.Index(asked)).astype(np.int64)


def locate_ids(known, asked, *, name, where):
    """Position of every asked identifier, all of which must be known.

    Parameters
    ----------
    known : ndarray of shape (n_known,)
        Distinct identifiers.
    asked : ndarray of shape (n_asked,)
        Identifiers to look up.
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
        If an identifier is not known, or the kinds differ.
    """
    check_same_kind(known, asked, name=name, where=where)
    positions = find_ids(known, asked)
    if (positions < 0).any():
        unknown = pd.unique(asked[positions < 0])
        examples = ", ".join(repr(i) for i in unknown[:3].tolist())
        more = ", ..." if unknown.size > 3 else ""
        raise UnknownIdError(
            f"{unknown.size} {name}(s) not in {where}: {examples}{more}. "
            f"It knows {known.size} {name}(s)."
        )
    return positions


def check_same_kind(known, asked, *, name, where):
    """Refuse to compare strings with integers.

    Parameters
    ----------
    known, asked : ndarray of shape (n,)
        Identifiers; an empty array has no kind.
    name, where : str
        What they are and what the known ones belong to, for the errors.
    """
    kinds = _KINDS[known.dtype.kind], _KINDS[asked.dtype.kind]
    if known.size and asked.size and kinds[0] != kinds[1]:
        raise UnknownIdError(
            f"the {name}s of {where} are {kinds[0]} ({known[0].item()!r}, ...), "
            f"the ones asked for are {kinds[1]} ({asked[0].item()!r}, ...); "
            f"convert these to {kinds[0]}."
        )


def check_distinct(ids, *, name):
    """Refuse repeated identifiers.

    Parameters
    ----------
    ids : ndarray of shape (n,)
        The identifiers.
    name : str
        What they are, for the error.
    """
    repeated = pd.Index(ids).duplicated()
    if repeated.any():
        first = ids[np.flatnonzero(repeated)[0]].item()
        raise ValueError(
            f"{name}s must be distinct; {int(repeated.sum())} repeat an earlier one, "
            f"first {first!r}."
        )


def _as_series(values, name):
    """A series without missing entries."""
    if isinstance(values, str) or np.ndim(values) != 1:
        kind = "a single value" if np.ndim(values) == 0 else f"shape {np.shape(values)}"
        raise ValueError(f"{name}s must be a 1-D sequence; got {kind}.")
    if not isinstance(values, (pd.Series, pd.Index, np.ndarray)):
        values = list(values)
        # Without a dtype an empty list would count as floats.
        values = np.array(values, dtype=object) if values else np.empty(0, dtype=np.int64)
    series = pd.Series(values)
    missing = series.isna().to_numpy()
    if missing.any():
        position = int(np.flatnonzero(missing)[0])
        raise ValueError(
            f"row {series.index[position]!r}: the {name} is missing "
            f"({int(missing.sum())} of {series.size} are); drop or repair such rows."
        )
    return series


def _as_plain(series, name):
    """The entries as an array of str or int64."""
    if series.empty:
        return np.empty(0, dtype=np.int64 if series.dtype.kind in "iuf" else np.str_)
    kind = pd.api.types.infer_dtype(series)
    if kind == "categorical":
        return _as_plain(pd.Series(series.astype(series.cat.categories.dtype)), name)
    if kind == "string":
        return series.to_numpy(dtype=object).astype(str)
    if kind == "integer":
        plain = series.to_numpy(dtype=object) if series.dtype == object else series.to_numpy()
        return _as_int64(plain, name)
    raise TypeError(
        f"{name}s must be all str or all int; got {kind} (dtype {series.dtype}). "
        "Convert them with .astype(str) or .astype(int)."
    )


def _as_int64(values, name):
    try:
        exact = values.astype(np.int64)
    except OverflowError as error:
        raise ValueError(f"{name}s must fit in 64-bit integers; use str instead.") from error
    if values.dtype.kind == "u" and (exact < 0).any():
        raise ValueError(f"{name}s must fit in 64-bit integers; use str instead.")
    return exact
