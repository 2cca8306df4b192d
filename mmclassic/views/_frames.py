"""Views from a table of numbers, and back."""

import numpy as np
import pandas as pd
import scipy.sparse as sp

SEPARATOR = "__"  # no view's name holds it, so a column's name says which view it is of


def blocks_of_frame(frame, columns):
    """One block for each view of a table: CSR where all of its columns are sparse, else dense."""
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"Views.from_frame takes a DataFrame; got {type(frame).__name__}.")
    if columns is None:
        columns = _columns_by_prefix(frame)
    elif not isinstance(columns, dict):
        raise TypeError(
            "columns must be a dict of view name to column names, such as "
            f"{{'price': ['net', 'tax']}}; got {type(columns).__name__}."
        )
    return {name: _block(frame, name, _as_list(labels)) for name, labels in columns.items()}


def frame_of_views(views, columns):
    """A table of all columns of all views, with NaN where a row lacks a view."""
    columns = {} if columns is None else columns
    unknown = [name for name in columns if name not in views]
    if unknown:
        raise ValueError(f"columns names {unknown}, but the views are {list(views.names)}.")
    labels = {name: _labels(name, width, columns) for name, width in views.widths.items()}
    every = pd.Index([label for some in labels.values() for label in some])
    if not every.is_unique:
        double = every[every.duplicated()].unique().tolist()
        raise ValueError(f"columns of the table must have different names; {double} repeat.")
    tables = [_table(views[name], views.mask(name), labels[name]) for name in views.names]
    return pd.concat(tables, axis=1)


def _columns_by_prefix(frame):
    """The columns of each view, told apart by their names."""
    columns = {}
    for label in frame.columns:
        name, separator, _ = label.partition(SEPARATOR) if isinstance(label, str) else ("", "", "")
        if not separator:
            raise ValueError(
                f"column {label!r} does not say which view it is of, as 'price__0' does; pass "
                "columns={'price': ['net', 'tax']} (view name: columns)."
            )
        columns.setdefault(name, []).append(label)
    return columns


def _as_list(labels):
    return list(labels) if isinstance(labels, (list, tuple, np.ndarray, pd.Index)) else [labels]


def _block(frame, name, labels):
    _check_columns(frame, name, labels)
    part = frame[labels]
    if labels and all(_is_sparse(dtype) for dtype in part.dtypes):
        return part.sparse.to_coo().tocsr()
    single = labels and all(_plain(dtype) == np.float32 for dtype in part.dtypes)
    return part.to_numpy(dtype=np.float32 if single else np.float64, na_value=np.nan)


def _check_columns(frame, name, labels):
    missing = [label for label in labels if label not in frame.columns]
    if missing:
        raise ValueError(
            f"view {name!r}: the table has no column {missing}; its columns are "
            f"{list(frame.columns)}."
        )
    double = [label for label in labels if (frame.columns == label).sum() > 1]
    if double or len(set(labels)) < len(labels):
        raise ValueError(f"view {name!r}: a column comes more than once: {double or labels}.")
    for label in labels:
        dtype = _plain(frame[label].dtype)
        if not pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_complex_dtype(dtype):
            raise TypeError(
                f"view {name!r}: column {label!r} must be numeric; got dtype {dtype}. Convert it, "
                "or extract it with NumericVectorizer, which also reads vectors in cells."
            )


def _is_sparse(dtype):
    return isinstance(dtype, pd.SparseDtype) and dtype.fill_value == 0


def _plain(dtype):
    """The NumPy type below a sparse or a nullable one."""
    return getattr(dtype, "subtype", getattr(dtype, "numpy_dtype", dtype))


def _labels(name, width, columns):
    labels = _as_list(columns.get(name, [f"{name}{SEPARATOR}{i}" for i in range(width)]))
    if len(labels) != width:
        raise ValueError(f"view {name!r} has {width} columns, but columns gives {len(labels)}.")
    return labels


def _table(block, mask, labels):
    if sp.issparse(block):
        # Sparse columns, even where absent rows store their NaN: at worst 1.5 times (float32:
        # twice) what dense columns take, and for the texts of a catalogue a hundredth.
        return pd.DataFrame.sparse.from_spmatrix(_with_nan_rows(block, mask), columns=labels)
    if not mask.all():
        block = np.where(mask[:, None], block, np.array(np.nan, dtype=block.dtype))
    return pd.DataFrame(block, columns=labels)


def _with_nan_rows(block, mask):
    if mask.all():
        return block
    missing = np.full((np.count_nonzero(~mask), block.shape[1]), np.nan, dtype=block.dtype)
    rows = sp.vstack([block[mask], sp.csr_matrix(missing)], format="csr")
    order = np.concatenate([np.flatnonzero(mask), np.flatnonzero(~mask)])
    return rows[np.argsort(order)]
