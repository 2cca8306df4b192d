"""The container of several row-aligned views."""

from collections.abc import Mapping

import numpy as np
import scipy.sparse as sp

_HINT = (
    "Views is not one matrix: put a fuser such as ConcatFusion before this step, "
    "or take one block with views['name']."
)


class Views:
    """Named, row-aligned blocks with a mask of what is present.

    Rows are items, a view is one modality's feature matrix. Rows can be
    selected, so every scikit-learn splitter and meta-estimator handles the
    container; it is not itself an array.

    Parameters
    ----------
    blocks : mapping of str to {array-like, sparse matrix} of shape (n_rows, width)
        One block per view. Dense blocks stay float32 or float64 (other numeric
        types become float64), sparse ones become CSR. Blocks are not copied
        when they already have such a type.
    present : array-like of bool of shape (n_rows, n_views), default=None
        True where a row has the view; None means everywhere. What a block
        holds in an absent row is never read as data.

    Attributes
    ----------
    blocks : dict
        The blocks by view name.
    present : ndarray of bool of shape (n_rows, n_views)
        The mask, columns in the order of `names`.

    Raises
    ------
    TypeError
        If `blocks` is not a mapping, or a block is not numeric.
    ValueError
        If there is no view, a name is unusable, a block is not 2-D, or lengths
        differ.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.views import Views
    >>> v = Views({"image": np.ones((3, 2)), "text": np.eye(3)},
    ...           present=[[True, True], [True, False], [False, True]])
    >>> len(v), v.shape, v.names
    (3, (3, 5), ('image', 'text'))
    >>> v[[0, 2]].present
    array([[ True,  True],
           [False,  True]])
    """

    ndim = 2

    def __init__(self, blocks, present=None):
        if not isinstance(blocks, Mapping):
            raise TypeError(
                f"Views takes a mapping of view name to block; got {type(blocks).__name__}. "
                "From a list of arrays: Views.from_arrays(X, Y, names=('image', 'text'))."
            )
        if not blocks:
            raise ValueError("Views needs at least one view; got an empty mapping.")
        self.blocks = {_check_name(name): _as_block(name, b) for name, b in blocks.items()}
        n_rows = _common_length(self.blocks)
        self.present = _as_mask(present, (n_rows, len(self.blocks)))

    @classmethod
    def from_arrays(cls, *arrays, names=None, present=None):
        """Build from arrays in order, for users coming from ``CCA(X, Y)``.

        Parameters
        ----------
        *arrays : {array-like, sparse matrix} of shape (n_rows, width)
            The blocks.
        names : sequence of str, default=None
            One name per array; None gives "x0", "x1", and so on.
        present : array-like of bool of shape (n_rows, n_views), default=None
            True where a row has the view.

        Returns
        -------
        views : Views
            The container.
        """
        if names is None:
            names = [f"x{i}" for i in range(len(arrays))]
        names = list(names)
        if len(names) != len(arrays) or len(set(names)) != len(names):
            raise ValueError(
                f"names must be {len(arrays)} different names, one per array; got {names}."
            )
        return cls(dict(zip(names, arrays)), present=present)

    @property
    def names(self):
        """Names of the views, in order."""
        return tuple(self.blocks)

    @property
    def widths(self):
        """Number of columns of every view, by name."""
        return {name: block.shape[1] for name, block in self.blocks.items()}

    @property
    def shape(self):
        """Number of rows and total width."""
        return self.present.shape[0], sum(self.widths.values())

    def mask(self, name):
        """Which rows have a view.

        Parameters
        ----------
        name : str
            The view.

        Returns
        -------
        present : ndarray of bool of shape (n_rows,)
            True where the row has it.
        """
        self._check_known([name])
        return self.present[:, self.names.index(name)]

    def present_rows(self, name):
        """Rows of a view where it is present.

        Parameters
        ----------
        name : str
            The view.

        Returns
        -------
        rows : {ndarray, CSR} of shape (n_present, width)
            The block itself, not a copy, if no row is absent.
        """
        mask = self.mask(name)
        return self.blocks[name] if mask.all() else self.blocks[name][mask]

    def select(self, *names):
        """Keep some of the views, in the order given.

        Parameters
        ----------
        *names : str
            Names of the views to keep.

        Returns
        -------
        views : Views
            A container that shares the blocks.
        """
        self._check_known(names)
        columns = [self.names.index(name) for name in names]
        return Views({name: self.blocks[name] for name in names}, self.present[:, columns])

    def _check_known(self, names):
        unknown = [name for name in names if name not in self.blocks]
        if unknown:
            raise KeyError(f"no view named {unknown}; the views are {list(self.names)}.")

    def __len__(self):
        return self.present.shape[0]

    def __getitem__(self, key):
        if isinstance(key, str):
            self._check_known([key])
            return self.blocks[key]
        rows = _as_row_index(key)
        return Views({name: b[rows] for name, b in self.blocks.items()}, self.present[rows])

    def __contains__(self, name):
        return name in self.blocks

    def __iter__(self):
        raise TypeError(f"Views cannot be iterated. {_HINT}")

    def __array__(self, dtype=None, copy=None):
        raise TypeError(f"Views cannot become one array. {_HINT}")

    def __repr__(self):
        parts = []
        for name, block in self.blocks.items():
            kind = "CSR" if sp.issparse(block) else "dense"
            absent = int(np.count_nonzero(~self.mask(name)))
            gap = f", {absent} absent" if absent else ""
            parts.append(f"{name}: {kind} {block.dtype} ({len(self)}, {block.shape[1]}){gap}")
        return f"Views({'; '.join(parts)})"


def _check_name(name):
    """Names become parts of parameter and feature names, so they must be plain."""
    if not isinstance(name, str) or not name or "__" in name:
        raise ValueError(f"a view's name must be a non-empty str without '__'; got {name!r}.")
    return name


def _as_block(name, block):
    """A 2-D float32/float64 array or CSR matrix."""
    if sp.issparse(block):
        block = block.tocsr()
    else:
        block = np.asarray(block)
        if block.ndim != 2:
            raise ValueError(
                f"view {name!r} must be 2-D (rows, columns); got shape {block.shape}. "
                "Reshape with x.reshape(-1, 1) if it is one feature."
            )
    if block.dtype.kind not in "fiub":
        raise TypeError(f"view {name!r} must be numeric; got dtype {block.dtype}.")
    if block.dtype not in (np.float32, np.float64):
        return block.astype(np.float32 if block.dtype == np.float16 else np.float64)
    return block


def _common_length(blocks):
    lengths = {name: block.shape[0] for name, block in blocks.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"all views must have the same number of rows; got {lengths}.")
    return next(iter(lengths.values()))


def _as_mask(present, shape):
    if present is None:
        return np.ones(shape, dtype=bool)
    present = np.asarray(present)
    if present.shape != shape or present.dtype != bool:
        raise ValueError(
            f"present must be bool of shape {shape} (rows, views); "
            f"got {present.dtype} of shape {present.shape}."
        )
    return present


def _as_row_index(key):
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
