"""Moments of rows that all have the same views: where the time of the linear family goes."""

import numpy as np
import scipy.linalg as la
import scipy.sparse as sp
from sklearn.utils import gen_batches

from mmclassic.utils import mirror_lower

# Rows multiplied at a time in the precision of the data. Rounding of a float32 sum of n products
# grows as sqrt(n) * 6e-8, here to 5e-6; the sum over blocks is in float64.
_BLOCK_ROWS = 8192
_BLOCK_BYTES = 2**24  # of them at most where they have to be copied: 16 MB
_FEWEST_ROWS = 256  # fewer rows make the products wait for memory: each reads and writes p^2 sums
_PANEL = 256  # columns added at a time, so that the temporary of an addition stays small


class Part:
    """Moments of rows that all have the same views.

    `names` are the views, `n_rows` and `weight` count the rows of positive weight, `sums` are
    weighted sums of the shifted rows, and ``products[a][b]`` (a not after b, Fortran order)
    their weighted cross-products; of a view with itself only the lower triangle holds.
    """

    def __init__(self, widths, products=None):
        self.names = tuple(widths)
        self.n_rows = 0
        self.weight = 0.0
        self.sums = {name: np.zeros(width) for name, width in widths.items()}
        if products is None:
            products = {
                a: {b: np.zeros((widths[a], widths[b]), order="F") for b in self.names[i:]}
                for i, a in enumerate(self.names)
            }
        self.products = products

    def add(self, blocks, shifts, rows, weight):
        """Add some rows of the blocks (a slice or indices); `weight` is of all their rows."""
        waiting = {}
        copied = weight is not None or any(shifts[name].any() for name in blocks)
        for chunk in _chunks(rows, blocks, copied=copied or not isinstance(rows, slice)):
            # A row times the root of its weight: its products then have the weight itself.
            root = None if weight is None else np.sqrt(weight[chunk])
            shifted = {n: _shifted(block[chunk], shifts[n], root) for n, block in blocks.items()}
            n_chunk = shifted[self.names[0]].shape[0]
            if root is None:
                root = np.ones(n_chunk)
            self.n_rows += n_chunk
            self.weight += float(root @ root)
            for a in self.names:
                self.sums[a] += shifted[a].T @ root.astype(shifted[a].dtype)
                for b in self.products.get(a, ()):
                    self._multiply(a, b, shifted, waiting)
        for (a, b), product in waiting.items():
            if sp.issparse(product):
                self.products[a][b] += product.toarray()

    def covariance(self, a, b):
        """Covariance of two of the views, in any order, over these rows."""
        if b not in self.products[a]:
            return self.covariance(b, a).T
        product = self.products[a][b].copy(order="F")
        means = (self.sums[name] / self.weight for name in (a, b))
        return centre_products(product, *means, self.weight, symmetric=a == b)

    def merge(self, other, move):
        """Add the rows of another part; `move` is its shift minus the shift of this part."""
        for a, row in self.products.items():
            for b, total in row.items():
                add_moved(total, other.product(a, b), *other.totals(a, b), move[a], move[b])
        self.count(other, move)

    def totals(self, a, b):
        """Sums of two views, and the weight of the rows."""
        return self.sums[a], self.sums[b], self.weight

    def count(self, other, move):
        """Add the counts and sums of another part, but not its products."""
        for name in self.names:
            self.sums[name] = self.sums[name] + other.sums[name] + other.weight * move[name]
        self.n_rows += other.n_rows
        self.weight += other.weight

    def in_axes(self, axes):
        """The same rows in coordinates along axes, about the same place."""
        turned = Part(dict.fromkeys(self.names, 0), {})
        turned.n_rows, turned.weight = self.n_rows, self.weight
        turned.sums = {name: in_axes(total, axes.get(name)) for name, total in self.sums.items()}
        turned.products = {
            a: {b: product_in_axes(product, a, b, axes) for b, product in row.items()}
            for a, row in self.products.items()
        }
        return turned

    def product(self, a, b):
        """Cross-products of two of the views, in any order."""
        return self.products[a][b] if b in self.products[a] else self.products[b][a].T

    def to_arrays(self):
        """What is counted, as arrays; views by their number."""
        arrays = {"n_rows": np.array(self.n_rows), "weight": np.array(self.weight)}
        for i, a in enumerate(self.names):
            arrays[f"sum{i}"] = self.sums[a].copy()
            for b, product in self.products.get(a, {}).items():
                arrays[f"product{i}_{self.names.index(b)}"] = product.copy(order="F")
        return arrays

    @classmethod
    def from_arrays(cls, arrays, names):
        """Part of the given views from what `to_arrays` gave."""
        part = cls(dict.fromkeys(names, 0), {})
        part.n_rows, part.weight = int(arrays["n_rows"]), float(arrays["weight"])
        for i, a in enumerate(names):
            part.sums[a] = np.array(arrays[f"sum{i}"], dtype=np.float64)
            for j, b in enumerate(names[i:], i):
                if f"product{i}_{j}" in arrays:
                    product = np.array(arrays[f"product{i}_{j}"], dtype=np.float64, order="F")
                    part.products.setdefault(a, {})[b] = product
        return part

    def _multiply(self, a, b, shifted, waiting):
        """Add ``A.T @ B``; `waiting` holds what is worth keeping for the next block."""
        # Sparse products stay sparse to the end; float32 ones use one buffer for all blocks. The
        # transposes make results C-ordered where the sums are Fortran-ordered: no copy between.
        A, B, total = shifted[a], shifted[b], self.products[a][b]
        if sp.issparse(A) and sp.issparse(B):
            product = A.T @ B
            waiting[a, b] = product if (a, b) not in waiting else waiting[a, b] + product
        elif sp.issparse(A):
            total += A.T @ B
        elif sp.issparse(B):
            total += (B.T @ A).T
        elif A.dtype == B.dtype == np.float32:
            if (a, b) not in waiting:
                waiting[a, b] = np.empty(total.shape[::-1], np.float32)
            _add_lower(total, np.matmul(B.T, A, out=waiting[a, b]).T, same=a == b)
        else:
            _add_product(A, B, total, same=a == b)


def add_moved(total, product, sum_a, sum_b, weight, move_a, move_b):
    """Add, in place, products of rows about other shifts, which exceed the own ones by the moves.

    Chan, Golub and LeVeque's pairwise update written for sums about given shifts: what is added
    has the size of the products, so nothing cancels while the shifts are near means.
    """
    total += product
    # (x + u)(y + v).T = x y.T + x v.T + u (y + v).T
    if move_b.any():
        la.blas.dger(1.0, sum_a, move_b, a=total, overwrite_a=True)
    if move_a.any():
        la.blas.dger(1.0, move_a, sum_b + weight * move_b, a=total, overwrite_a=True)


def centre_products(product, mean_a, mean_b, weight, *, symmetric):
    """Covariance in the place of a weighted sum of products (Fortran order).

    Subtracting the means' product cancels digits only where means exceed deviations, which
    shifts exclude. Of symmetric products only the lower triangle need hold.
    """
    product /= weight
    la.blas.dger(-1.0, mean_a, mean_b, a=product, overwrite_a=True)
    return mirror_lower(product) if symmetric else product


def in_axes(matrix, axes):
    """Rows in coordinates along axes; of an int the first columns, of a float all times that."""
    if axes is None:
        return matrix
    if isinstance(axes, float):
        return matrix * axes
    if isinstance(axes, int):
        return matrix[..., :axes]
    return matrix.astype(axes.dtype, copy=False) @ axes


def product_in_axes(product, a, b, axes):
    """Cross-products of two views in coordinates along axes, in Fortran order."""
    if a == b:
        product = mirror_lower(product.copy(order="F"))
    turned = in_axes(in_axes(product, axes.get(b)).T, axes.get(a)).T
    return np.array(turned, dtype=np.float64, order="F")


def _chunks(rows, blocks, *, copied):
    """Slices or index arrays over `rows`; if they are copied, of as many as memory allows."""
    row_bytes = sum(b.shape[1] * b.dtype.itemsize for b in blocks.values() if not sp.issparse(b))
    size = _BLOCK_ROWS
    if copied:
        size = int(np.clip(_BLOCK_BYTES // max(row_bytes, 1), _FEWEST_ROWS, _BLOCK_ROWS))
    if isinstance(rows, slice):
        return list(gen_batches(rows.stop, size))
    return [rows[part] for part in gen_batches(rows.size, size)]


def _shifted(rows, shift, root):
    """Shifted rows times the roots of their weights; the rows themselves if nothing changes."""
    if sp.issparse(rows):
        return rows if root is None else sp.diags(root.astype(rows.dtype)) @ rows
    if shift.any():
        rows = rows - shift.astype(rows.dtype)
    return rows if root is None else rows * root.astype(rows.dtype)[:, None]


def _add_lower(total, product, *, same):
    """Add in place; of a view with itself only the lower triangle."""
    for j in range(0, total.shape[1], _PANEL):
        panel = np.s_[j if same else 0 :, j : j + _PANEL]
        total[panel] += product[panel]


def _add_product(A, B, total, *, same):
    """Add ``A.T @ B`` in place, float64; of a matrix with itself the lower triangle."""
    A, B = (X.astype(np.float64, copy=False) for X in (A, B))
    if same:
        la.blas.dsyrk(1.0, A.T, beta=1.0, c=total, lower=True, overwrite_c=True)
    else:
        la.blas.dgemm(1.0, A.T, B.T, beta=1.0, c=total, trans_b=True, overwrite_c=True)
