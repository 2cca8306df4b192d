"""Views side by side, at equal energy."""

import numpy as np
import scipy.sparse as sp
from sklearn.utils.validation import check_is_fitted

from mmclassic.fuse._base import BaseFusion
from mmclassic.utils import exponent_of, row_norms, scale_rows, times_power


class ConcatFusion(BaseFusion):
    """Put the views side by side, scaled so that each carries its share.

    Every view is divided by its root mean square row length, so that its width
    and units do not matter, and multiplied by the square root of its weight.
    The product of two rows is then the weighted sum of the views' products.

    Parameters
    ----------
    weights : dict of str to float >= 0 or "classes", default=None
        Weight of every view; None weighs them equally, "classes" by how well it tells the classes
        `y` of `fit` (see Notes). For each row the weights are scaled to sum to 1 over the views
        it has.

    Attributes
    ----------
    view_weights_ : dict of str to float
        The weights, scaled to sum to 1.
    view_scales_ : dict of str to float
        What every view is multiplied by before the weights: one over its root
        mean square row length in the training data; 0 for a view of zeros.
    view_widths_in_ : dict
        Width of every fitted view by name.
    n_features_in_ : int
        Total width of the fitted views.

    Notes
    -----
    A view that a row lacks fills its columns with zeros, which add nothing to a
    product of rows. The result is CSR if any fitted view is, else dense.

    "classes" weighs a view by how far two rows of one class are more alike in it than any two, in
    deviations (the mean z of `mmclassic.match.CalibratedSimilarity` over such pairs; 0 below
    chance), so that a view of noise has next to no weight.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.fuse import ConcatFusion
    >>> from mmclassic.views import Views
    >>> v = Views({"price": np.array([[30.0], [-30.0]]), "image": np.eye(2)})
    >>> ConcatFusion({"price": 1, "image": 1}).fit_transform(v).round(2)
    array([[ 0.71,  0.71,  0.  ],
           [-0.71,  0.  ,  0.71]])
    """

    def _fit_views(self, views):
        self.view_scales_ = {}
        for name in views.names:
            norms = row_norms(views[name])[views.mask(name)]
            exponent = exponent_of(norms)  # of norms whose squares would not fit
            norms = times_power(norms, -exponent)
            root_mean_square = float(np.ldexp(np.sqrt(np.mean(norms**2)), exponent))
            self.view_scales_[name] = 1.0 / root_mean_square if root_mean_square > 0 else 0.0
        self._sparse_output = any(sp.issparse(views[name]) for name in views.names)
        self._n_features_out = views.shape[1]

    def _weigh(self, name, block, weights):
        return scale_rows(block, self.view_scales_[name] * np.sqrt(weights))

    def _join(self, blocks):
        first = next(iter(blocks.values()))
        columns = [
            blocks[name] if name in blocks else self._zeros(first, width)
            for name, width in self.view_widths_in_.items()
        ]
        if self._sparse_output:
            return sp.hstack([*map(sp.csr_matrix, columns)], format="csr")
        return np.hstack(columns)

    def _place(self, name, block):
        return self._join({name: block})

    def _zeros(self, like, width):
        shape = (like.shape[0], width)
        if self._sparse_output:
            return sp.csr_matrix(shape, dtype=like.dtype)
        return np.zeros(shape, dtype=like.dtype)

    def get_feature_names_out(self, input_features=None):
        """List the names of the columns: the view's name and a number.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Not used; present for scikit-learn's sake.

        Returns
        -------
        names : ndarray of str of shape (n_features_out,)
            In the order of the fitted views.
        """
        check_is_fitted(self)
        widths = self.view_widths_in_
        return np.array([f"{v}{i}" for v, n in widths.items() for i in range(n)], dtype=object)
