"""The rows of several containers one below the other."""

import numpy as np
import scipy.sparse as sp


def concat_blocks(parts, *, missing):
    """Blocks and mask of all rows; a view that a part lacks is refused or marked absent."""
    names = list(dict.fromkeys(name for part in parts for name in part.names))
    if missing == "raise":
        _refuse_missing(parts, names)
    blocks = {name: _stack(parts, name, _common_width(parts, name)) for name in names}
    present = np.vstack([np.column_stack([_mask(p, n) for n in names]) for p in parts])
    return blocks, present


def _refuse_missing(parts, names):
    for number, part in enumerate(parts):
        lacking = [name for name in names if name not in part]
        if lacking:
            raise ValueError(
                f"part {number} of Views.concat lacks the views {lacking}; it has "
                f"{list(part.names)}. Pass missing='absent' to mark its rows absent there."
            )


def _common_width(parts, name):
    widths = [part.widths.get(name) for part in parts]
    known = {width for width in widths if width is not None}
    if len(known) > 1:
        raise ValueError(
            f"view {name!r} must have one width in all parts of Views.concat; got {widths} "
            "(None: the part lacks the view)."
        )
    return known.pop()


def _mask(part, name):
    return part.mask(name) if name in part else np.zeros(len(part), dtype=bool)


def _stack(parts, name, width):
    own = [part[name] for part in parts if name in part]
    dtype = np.result_type(*(block.dtype for block in own))
    # One sparse part makes the view CSR: dense rows take 1.5 to 2 times their memory when stored
    # so, while sparse rows stored dense may take thousands of times theirs.
    if any(sp.issparse(block) for block in own):
        rows = [_sparse_rows(part, name, width, dtype) for part in parts]
        return sp.vstack(rows, format="csr", dtype=dtype)
    rows = [
        part[name] if name in part else np.full((len(part), width), np.nan, dtype=dtype)
        for part in parts
    ]
    return np.vstack(rows, dtype=dtype)


def _sparse_rows(part, name, width, dtype):
    if name not in part:
        return sp.csr_matrix((len(part), width), dtype=dtype)
    block = part[name]
    if sp.issparse(block):
        return block
    # Absent dense rows usually hold NaN, which would be stored cell by cell and says nothing.
    return sp.csr_matrix(np.where(part.mask(name)[:, None], block, 0))
