"""The container of several row-aligned views."""

from collections.abc import Mapping

import numpy as np
import scipy.sparse as sp

from mmclassic.utils import require
from mmclassic.views._blocks import (
    as_block,
    as_mask,
    as_row_index,
    check_name,
    common_length,
    hide_nan_rows,
)
from mmclassic.views._concat import concat_blocks
from mmclassic.views._frames import blocks_of_frame, frame_of_views
from mmclassic.views._html import html_table

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
        types become float64), sparse ones become CSR with sorted entries, each once,
        and no stored zeros. Blocks are not copied when they already have such a form.
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
        If there is no view, a name is unusable, a block is not 2-D, lengths
        differ, or the indices of a sparse block lead outside of it.

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
    >>> v[["text"]].names, list(v.keys())
    (('text',), ['image', 'text'])
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
        self.blocks = {check_name(name): as_block(name, b) for name, b in blocks.items()}
        n_rows = common_length(self.blocks)
        self.present = as_mask(present, (n_rows, len(self.blocks)))

    @classmethod
    def _of_checked(cls, blocks, present):
        """Make a container of blocks that come from one; they are not looked at again."""
        views = cls.__new__(cls)
        views.blocks, views.present = blocks, present
        return views

    @classmethod
    def from_arrays(cls, *arrays, names=None, present=None, nan_absent=False):
        """Build from arrays in order, for users coming from ``CCA(X, Y)``.

        Parameters
        ----------
        *arrays : {array-like, sparse matrix} of shape (n_rows, width)
            The blocks.
        names : sequence of str, default=None
            One name per array; None gives "x0", "x1", and so on.
        present : array-like of bool of shape (n_rows, n_views), default=None
            True where a row has the view.
        nan_absent : bool, default=False
            Whether a row whose cells in a view are all NaN lacks this view. A row with some
            NaN stays present, and estimators refuse it.

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
        views = cls(dict(zip(names, arrays)), present=present)
        return views._without_nan_rows() if nan_absent else views

    @classmethod
    def from_frame(cls, frame, columns=None, *, nan_absent=False):
        """Build from the numeric columns of a table.

        Parameters
        ----------
        frame : DataFrame of shape (n_rows, n_columns)
            The table; its index is not kept.
        columns : dict of str to (label or list of label), default=None
            The columns of every view by view name; other columns of the table are left out.
            None goes by the names that `to_frame` gives: "price__0" is of the view "price".
        nan_absent : bool, default=False
            Whether a row whose cells in a view are all NaN lacks this view. A row with some
            NaN stays present, and estimators refuse it.

        Returns
        -------
        views : Views
            A view of pandas' sparse columns (fill value 0) is CSR, any other dense: float32
            if all of its columns are, else float64.

        Raises
        ------
        TypeError
            If a column is not numeric.
        ValueError
            If a column is not in the table, comes twice, or does not name its view.

        Examples
        --------
        >>> import pandas as pd
        >>> frame = pd.DataFrame({"net": [1.0, None], "tax": [0.2, None], "age": [3, 4]})
        >>> v = Views.from_frame(frame, {"price": ["net", "tax"], "age": "age"}, nan_absent=True)
        >>> v.mask("price")
        array([ True, False])
        """
        views = cls(blocks_of_frame(frame, columns))
        return views._without_nan_rows() if nan_absent else views

    @classmethod
    def concat(cls, parts, *, missing="raise"):
        """Put the rows of several containers one below the other.

        Parameters
        ----------
        parts : iterable of Views
            At least one. They have the same views in any order, each of one width.
        missing : {"raise", "absent"}, default="raise"
            A view that some parts lack: an error, or absent in the rows of these parts.

        Returns
        -------
        views : Views
            New blocks in the order in which the views first come. A view is CSR if it is in any
            part, since dense rows grow little when stored so and sparse ones much the other way;
            float32 if it is in all parts. Rows present or absent stay that.

        Raises
        ------
        TypeError
            If a part is not a Views.
        ValueError
            If there are no parts, the widths of a view differ, or a part lacks a view.

        Examples
        --------
        >>> import numpy as np
        >>> old, new = Views({"image": np.ones((2, 3))}), Views({"image": np.zeros((1, 3))})
        >>> Views.concat([old, new])
        Views(image: dense float64 (3, 3))
        """
        if isinstance(parts, Views):
            raise TypeError("Views.concat takes a list of Views; got one Views.")
        parts = list(parts)
        wrong = [type(part).__name__ for part in parts if not isinstance(part, Views)]
        if wrong:
            raise TypeError(f"Views.concat takes Views; got {wrong} among the parts.")
        if not parts:
            raise ValueError("Views.concat needs at least one part; got none.")
        if missing not in ("raise", "absent"):
            raise ValueError(f"missing must be 'raise' or 'absent'; got {missing!r}.")
        return cls(*concat_blocks(parts, missing=missing))

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

    def keys(self):
        """List the names of the views.

        Returns
        -------
        names : dict_keys of str
            In order.
        """
        return self.blocks.keys()

    def items(self):
        """Pair every view's name with its block.

        Returns
        -------
        items : dict_items of (str, {ndarray, CSR})
            In order.
        """
        return self.blocks.items()

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
        """Give the rows of a view where it is present.

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
        if not names or len(set(names)) < len(names):
            raise ValueError(
                f"name one or more different views of {list(self.names)}; got {list(names)}."
            )
        self._check_known(names)
        columns = [self.names.index(name) for name in names]
        blocks = {name: self.blocks[name] for name in names}
        return Views._of_checked(blocks, self.present[:, columns])

    def to_frame(self, columns=None):
        """Make a table of all columns of all views.

        Parameters
        ----------
        columns : dict of str to (label or list of label), default=None
            Names for the columns of some views or all; those of the others are the view's
            name and a number, such as "image__0".

        Returns
        -------
        frame : DataFrame of shape (n_rows, total width)
            NaN where a row lacks a view. A CSR view becomes pandas' sparse columns. The rows are
            numbered; ``frame.set_axis(ids)`` names them.

        Raises
        ------
        ValueError
            If `columns` names an unknown view, gives too few or too many names, or names repeat.

        Notes
        -----
        `from_frame` with ``nan_absent=True`` is the way back. pandas takes some microseconds for
        every column, which is felt with CSR views of very many.

        Examples
        --------
        >>> import numpy as np
        >>> Views({"image": np.eye(2)}).to_frame().columns.tolist()
        ['image__0', 'image__1']
        """
        return frame_of_views(self, columns)

    def _without_nan_rows(self):
        """The container in which rows of a view that hold nothing but NaN are absent."""
        return Views(*hide_nan_rows(self.blocks, self.present))

    def _check_state(self):
        """Raise ValueError unless a loaded container is as the constructor makes it."""
        rebuilt = Views(self.blocks, self.present)
        same = all(_is_same(rebuilt.blocks[name], block) for name, block in self.blocks.items())
        require(same and rebuilt.present is self.present, self, "a block is not a matrix.")

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
        if isinstance(key, list) and (not key or any(isinstance(k, str) for k in key)):
            return self._select_list(key)
        rows = as_row_index(key)
        blocks = {name: b[rows] for name, b in self.blocks.items()}
        return Views._of_checked(blocks, self.present[rows])

    def _select_list(self, key):
        """Views by a list of names; an empty list might mean rows as well, so it is refused."""
        if not key:
            raise ValueError(
                "an empty list selects neither rows nor views; views[:0] has no rows, and "
                "Views have at least one view."
            )
        if not all(isinstance(k, str) for k in key):
            raise TypeError(f"a list must hold rows or names of views, not both; got {key!r}.")
        return self.select(*key)

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

    def _repr_html_(self):
        return html_table(self)


def _is_same(rebuilt, block):
    """Whether a block was taken as it is; a sparse one is always taken apart."""
    return type(rebuilt) is type(block) if sp.issparse(rebuilt) else rebuilt is block
