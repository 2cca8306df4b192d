"""Blocks, masks and row indices: what the container takes, brought into one form."""

import numpy as np
import scipy.sparse as sp

from mmclassic.utils import canonical_csr


def check_name(name):
    """Names become parts of parameter and feature names, so they must be plain."""
    if not isinstance(name, str) or not name or "__" in name:
        raise ValueError(f"a view's name must be a non-empty str without '__'; got {name!r}.")
    return name


def as_block(name, block):
    """A 2-D float32/float64 array or CSR matrix in its canonical form."""
    sparse = sp.issparse(block)
    if not sparse:
        block = _as_array(block)
        if block.ndim != 2:
            raise ValueError(
                f"view {name!r} must be 2-D (rows, columns); got shape {block.shape}. "
                "Reshape with x.reshape(-1, 1) if it is one feature."
            )
    if block.dtype.kind not in "fiub":
        raise TypeError(f"view {name!r} must be numeric; got dtype {block.dtype}.")
    if sparse:
        block = canonical_csr(block, f"view {name!r}")
    if block.dtype not in (np.float32, np.float64):
        return block.astype(np.float32 if block.dtype == np.float16 else np.float64)
    return block


def common_length(blocks):
    lengths = {name: block.shape[0] for name, block in blocks.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"all views must have the same number of rows; got {lengths}.")
    return next(iter(lengths.values()))


def as_mask(present, shape):
    if present is None:
        return np.ones(shape, dtype=bool)
    present = np.asarray(present)
    if present.shape != shape or present.dtype != bool:
        raise ValueError(
            f"present must be bool of shape {shape} (rows, views); "
            f"got {present.dtype} of shape {present.shape}."
        )
    return present


def as_row_index(key):
    """Rows as a slice or an index array; ``(rows, ...)`` is what scikit-learn asks for."""
    if isinstance(key, tuple):
        if len(key) != 2 or key[1] not in (Ellipsis, slice(None)):
            raise TypeError(f"Views are indexed by rows or by a view's name; got {key!r}.")
        key = key[0]
    if isinstance(key, slice):
        return key
    if isinstance(key, (int, np.integer)):
        return np.array([key])
    rows = np.asarray(key)
    if rows.size == 0:
        return rows.astype(np.intp).ravel()
    if rows.ndim != 1 or rows.dtype.kind not in "iub":
        raise TypeError(f"Views are indexed by rows or by a view's name; got {key!r}.")
    return rows


def hide_nan_rows(blocks, present):
    """Blocks and mask in which rows of a block that hold nothing but NaN are absent."""
    blocks, present = dict(blocks), present.copy()
    for i, (name, block) in enumerate(blocks.items()):
        empty = _nan_rows(block)
        present[empty, i] = False
        if sp.issparse(block) and empty.any():  # stored NaN would only take memory
            blocks[name] = block = block.copy()
            block.data[np.repeat(empty, np.diff(block.indptr))] = 0
            block.eliminate_zeros()
    return blocks, present


def _nan_rows(block):
    """Rows of at least one cell whose cells are all NaN."""
    if sp.issparse(block):
        rows = np.repeat(np.arange(block.shape[0]), np.diff(block.indptr))
        n_nan = np.bincount(rows[np.isnan(block.data)], minlength=block.shape[0])
        return (n_nan == block.shape[1]) & (block.shape[1] > 0)
    if not block.shape[1]:
        return np.zeros(block.shape[0], dtype=bool)
    empty = np.isnan(block[:, 0])  # few rows begin with NaN, so the others need no look
    empty[empty] = np.isnan(block[empty]).all(axis=1)
    return empty


def _as_array(block):
    """An array; of a table whose columns are all numbers, nullable or of Arrow, one of numbers."""
    array = np.asarray(block)
    if array.dtype != object or not hasattr(block, "columns"):
        return array
    numbers = all(dtype.kind in "fiub" for dtype in block.dtypes)
    return block.to_numpy(dtype=np.float64, na_value=np.nan) if numbers else array
