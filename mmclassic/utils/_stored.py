"""What the parts of a loaded object have to be; every ``_check_state`` asks by these."""

import numpy as np
import scipy.sparse as sp


def require(condition, who, what):
    """Raise ValueError, by what is said of whom, unless the condition holds."""
    if not condition:
        raise ValueError(f"a loaded {type(who).__name__} is damaged: {what}")


def is_array(value, kinds, shape):
    """Whether a value is a plain array of a dtype of these kinds and of this shape.

    Parameters
    ----------
    value : object
        What may be one.
    kinds : str
        Letters of ``dtype.kind``.
    shape : tuple of int or None
        The shape; None is any length.

    Returns
    -------
    holds : bool
        True if it is.
    """
    return (
        type(value) is np.ndarray
        and value.dtype.kind in kinds
        and value.ndim == len(shape)
        and all(n in (None, length) for n, length in zip(shape, value.shape))
    )


def is_finite(block):
    """Whether all numbers of a dense or sparse matrix are finite.

    Parameters
    ----------
    block : {ndarray, sparse matrix}
        Numbers.

    Returns
    -------
    holds : bool
        True if they are.
    """
    data = block.data if sp.issparse(block) else block
    # A sum needs no copy of the size of the data, and only an overflow of it a second look.
    with np.errstate(all="ignore"):
        return bool(np.isfinite(data.sum()) or np.isfinite(data).all())


def are_numbers(values, names):
    """Whether a dict has one finite number of at least 0 for every name.

    Parameters
    ----------
    values : object
        What may be such a dict.
    names : collection of str
        The names.

    Returns
    -------
    holds : bool
        True if it is.
    """
    return (
        isinstance(values, dict)
        and set(names) <= set(values)
        and all(
            isinstance(v, (int, float, np.integer, np.floating)) and 0 <= v < np.inf
            for v in values.values()
        )
    )
