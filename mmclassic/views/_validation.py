"""The one place where data meets an estimator that works on views."""

import numpy as np
import scipy.sparse as sp
from sklearn.utils.validation import validate_data

from mmclassic.utils import canonical_csr
from mmclassic.views._views import Views

ARRAY_VIEW = "x0"


def validate_views(estimator, X, *, reset):
    """Check the data of an estimator and blank what is absent.

    Parameters
    ----------
    estimator : estimator
        Receives ``view_widths_in_`` and ``n_features_in_`` when `reset`.
    X : Views or {array-like, CSR} of shape (n_rows, n_columns)
        The data; a plain matrix is the one view "x0".
    reset : bool
        True in ``fit``: remember the views. False afterwards: compare with what was
        fitted; a subset of the fitted views in any order is accepted.

    Returns
    -------
    views : Views
        Checked views in the fitted order, where absent rows hold zeros, so that sums over rows may
        include them. Blocks of complete views are shared, not copied.

    Raises
    ------
    TypeError
        If `X` is a list or tuple of arrays.
    ValueError
        If there are no rows, a present cell is not finite, a fitted view has no
        present row, or names or widths differ from what was fitted.
    """
    if isinstance(X, Views):
        views = _check_views(estimator, X, reset=reset)
    else:
        views = _check_array(estimator, X, reset=reset)
    if reset:
        estimator.view_widths_in_ = views.widths
    return views


def validate_fitted_views(estimator, X, view_widths):
    """Check data against views that were fitted elsewhere (see `validate_views`).

    Parameters
    ----------
    estimator : estimator
        Named in the errors.
    X : Views
        The data.
    view_widths : dict
        Width of every fitted view by name.

    Returns
    -------
    views : Views
        The data in the fitted order of views.
    """
    widths = X.widths
    if any(view_widths.get(name) != width for name, width in widths.items()):
        raise ValueError(
            f"{type(estimator).__name__} was fitted on views {view_widths} (name: width); "
            f"got {widths}. Names and widths must match; a subset of the views is fine."
        )
    order = [name for name in view_widths if name in widths]
    return X if tuple(order) == X.names else X.select(*order)


def _check_views(estimator, X, *, reset):
    if len(X) == 0:
        raise ValueError(
            f"{type(estimator).__name__} needs at least 1 row; got Views with 0 sample(s)."
        )
    if reset:
        for name in X.names:
            if not X.mask(name).any():
                raise ValueError(
                    f"view {name!r} has no present row, so {type(estimator).__name__} cannot "
                    "learn from it; drop it with views.select(...)."
                )
        estimator.n_features_in_ = X.shape[1]
    else:
        X = validate_fitted_views(estimator, X, estimator.view_widths_in_)
    blocks = {name: _blank_absent(name, X[name], X.mask(name)) for name in X.names}
    return Views._of_checked(blocks, X.present)


def _check_array(estimator, X, *, reset):
    if isinstance(X, (list, tuple)) and any(getattr(x, "ndim", 0) == 2 for x in X):
        raise TypeError(
            f"{type(estimator).__name__} got a {type(X).__name__} of arrays, which scikit-learn's "
            "splitters would cut as a list; use Views({'image': X, 'text': Y}) or "
            "Views.from_arrays(X, Y)."
        )
    fitted = getattr(estimator, "view_widths_in_", {})
    if not reset and ARRAY_VIEW not in fitted:
        raise ValueError(
            f"{type(estimator).__name__} was fitted on views {fitted} (name: width); got a plain "
            f"{type(X).__name__}. Say which view it is: Views({{'name': X}})."
        )
    if sp.issparse(X):
        X = canonical_csr(X, "X")  # before SciPy follows its indices
    X = validate_data(
        estimator, X, reset=reset, accept_sparse="csr", dtype=(np.float64, np.float32)
    )
    return Views({ARRAY_VIEW: X})


def _blank_absent(name, block, mask):
    """Zero the absent rows and check the others; shares the block if none is absent."""
    if not mask.all():
        block = block.copy()
        if sp.issparse(block):
            block.data[np.repeat(~mask, np.diff(block.indptr))] = 0
            block.eliminate_zeros()
        else:
            block[~mask] = 0
    values = block.data if sp.issparse(block) else block
    if not _surely_finite(values) and not np.isfinite(values).all():
        row = _first_bad_row(block)
        raise ValueError(
            f"view {name!r}, row {row}: NaN or infinity in a row that is marked present; "
            "impute it (PerView with SimpleImputer) or mark the row absent in `present`."
        )
    return block


def _surely_finite(values):
    """Whether a quick look says so: the sum of squares of finite numbers may overflow."""
    with np.errstate(over="ignore", invalid="ignore"):
        if values.flags.forc:
            flat = values.ravel(order="K")
            return bool(np.isfinite(flat @ flat))
        return bool(np.isfinite(values.sum(dtype=np.float64)))


def _first_bad_row(block):
    if sp.issparse(block):
        first = np.flatnonzero(~np.isfinite(block.data))[0]
        return int(np.searchsorted(block.indptr, first, side="right") - 1)
    return int(np.flatnonzero(~np.isfinite(block).all(axis=1))[0])


def restore_absent(block, mask):
    """Mark absent rows of an output: NaN in dense blocks, empty rows in CSR ones.

    Parameters
    ----------
    block : {ndarray, CSR} of shape (n_rows, width)
        A freshly computed block; dense ones are changed in place.
    mask : ndarray of bool of shape (n_rows,)
        True where the row is present.

    Returns
    -------
    block : {ndarray, CSR} of shape (n_rows, width)
        The block.
    """
    if not mask.all() and not sp.issparse(block):
        block[~mask] = np.nan
    return block


def scatter_rows(block, mask):
    """Spread the rows of present cells over all rows.

    Parameters
    ----------
    block : {ndarray, CSR} of shape (n_present, width)
        One row for every True of `mask`.
    mask : ndarray of bool of shape (n_rows,)
        Where the rows go.

    Returns
    -------
    full : {ndarray, CSR} of shape (n_rows, width)
        Absent rows are NaN (dense) or empty (CSR).
    """
    if mask.all():
        return block
    if sp.issparse(block):
        counts = np.zeros(mask.size, dtype=block.indptr.dtype)
        counts[mask] = np.diff(block.indptr)
        indptr = np.concatenate([[0], np.cumsum(counts, dtype=block.indptr.dtype)])
        shape = (mask.size, block.shape[1])
        return type(block)((block.data, block.indices, indptr), shape=shape)
    full = np.full((mask.size, block.shape[1]), np.nan, dtype=block.dtype)
    full[mask] = block
    return full
