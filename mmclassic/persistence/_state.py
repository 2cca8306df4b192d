"""What was loaded, checked part by part: compiled code believes what matrices say of themselves."""

import warnings
from functools import partial

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from mmclassic.views import Views, ViewsEstimator, ViewsTransformerMixin

_MAPS = (ViewsEstimator, ViewsTransformerMixin)
_NARROW = 100_000  # columns that cost nothing
_WIDEST = 2**31  # of a sparse matrix; what lists its columns takes some bytes for each


def check_model(model):
    """Raise unless every part of a loaded object is sound and what it is made of fits together.

    Sparse matrices hold no index outside. Objects say themselves what must fit: those with a
    method ``_check_state`` are asked by it, parts before wholes, and raise ValueError; estimators
    that map views have to map rows.
    """
    parts = list(_parts(model))
    for part in parts:
        if sp.issparse(part):
            _check_sparse(part)
    widest = max((max(p.shape, default=0) for p in parts if isinstance(p, np.ndarray)), default=0)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for part in reversed(parts):
            _check_object(part, widest)


def _parts(model):
    """Everything that an object is made of, each once, wholes before parts."""
    seen, waiting = {}, [model]
    while waiting:
        part = waiting.pop()
        if id(part) not in seen:
            seen[id(part)] = part
            yield part
            waiting.extend(_children(part))


def _children(part):
    if isinstance(part, dict):
        return [*part.keys(), *part.values()]
    if isinstance(part, (list, tuple, set, frozenset)):
        return list(part)
    if isinstance(part, np.ndarray):
        return part.ravel().tolist() if part.dtype == object else []
    if isinstance(part, partial):
        return [part.func, part.args, part.keywords]
    if isinstance(part, type) or sp.issparse(part):
        return []
    return list(getattr(part, "__dict__", {}).values())


def _check_sparse(matrix):
    if max(matrix.shape) > _WIDEST:
        raise ValueError(f"it holds a sparse matrix of the shape {matrix.shape}")
    for flag in ("_has_sorted_indices", "_has_canonical_format"):  # SciPy's notes may lie
        matrix.__dict__.pop(flag, None)
    # The other forms that SciPy reads look at their indices as they are made.
    if matrix.format in ("csr", "csc", "bsr"):
        if not all(type(a) is np.ndarray for a in (matrix.data, matrix.indices, matrix.indptr)):
            raise ValueError("it holds a sparse matrix that is not made of arrays")
        matrix.check_format(full_check=True)


def _check_object(part, widest):
    if not type(part).__module__.startswith("mmclassic."):
        return
    if isinstance(part, BaseEstimator):
        if hasattr(part, "_parameter_constraints"):
            part._validate_params()
        try:
            if hasattr(part, "fit"):
                check_is_fitted(part)
        except NotFittedError:
            return
    if hasattr(part, "_check_state"):
        part._check_state()
    if isinstance(part, _MAPS) and hasattr(part, "transform") and hasattr(part, "view_widths_in_"):
        _try_rows(part, widest)


def _try_rows(estimator, widest):
    """Map two rows; none much wider than any array, which a liar could ask for."""
    widths = estimator.view_widths_in_
    if not all(type(width) is int and width >= 0 for width in widths.values()):
        raise ValueError(f"view_widths_in_ are no widths: {widths}")
    if max(widths.values()) <= max(widest, _NARROW):
        estimator.transform(Views({name: np.ones((2, w)) for name, w in widths.items()}))
