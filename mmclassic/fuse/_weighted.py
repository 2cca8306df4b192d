"""Weighted average of aligned views."""

import numpy as np
import scipy.sparse as sp
from sklearn.base import ClassNamePrefixFeaturesOutMixin

from mmclassic.fuse._base import BaseFusion
from mmclassic.utils import scale_rows


class WeightedFusion(ClassNamePrefixFeaturesOutMixin, BaseFusion):
    """Average the views of every row, weighted, over the views that the row has.

    The views must share one space of equal width, as an aligner gives.

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
    view_widths_in_ : dict
        Width of every fitted view by name.
    n_features_in_ : int
        Total width of the fitted views.

    Notes
    -----
    O(n_rows * width) for each view.

    "classes" weighs a view by how far two rows of one class are more alike in it than any two, in
    deviations (the mean z of `mmclassic.match.CalibratedSimilarity` over such pairs; 0 below
    chance), so that a view of noise has next to no weight.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.fuse import WeightedFusion
    >>> from mmclassic.views import Views
    >>> v = Views({"image": np.array([[1.0], [1.0]]), "text": np.array([[4.0], [9.0]])},
    ...           present=[[True, True], [True, False]])
    >>> WeightedFusion({"image": 2, "text": 1}).fit_transform(v)
    array([[2.],
           [1.]])
    """

    def _fit_views(self, views):
        widths = set(views.widths.values())
        if len(widths) > 1:
            raise ValueError(
                "WeightedFusion averages views of one width; got "
                f"{views.widths} (name: width). Align them first (CCA, for example), or join them "
                "with ConcatFusion."
            )
        self._n_features_out = widths.pop()

    def _weigh(self, name, block, weights):
        return scale_rows(block, weights)

    def _join(self, blocks):
        total, *others = blocks.values()
        for block in others:
            total = total + block
        return total.tocsr() if sp.issparse(total) else np.asarray(total)

    def _place(self, name, block):
        return block
