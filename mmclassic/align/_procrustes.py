"""Rotation of every view onto one."""

from mmclassic.align._target import TargetAligner
from mmclassic.utils import small_svd


class Procrustes(TargetAligner):
    """Orthogonal Procrustes analysis: every view is rotated onto a target view.

    Distances and angles within a view stay as they are, so nothing can be
    overfitted but the rotation. For views of different widths the map keeps the
    directions in which they covary and is a rotation of these: wider views lose
    the rest, narrower ones fill a part of the target's space.

    Parameters
    ----------
    target : str, default=None
        Name of the view that the others are mapped to; None is the last.
    max_width : int, default=4096
        A view with more columns than rows, or more columns than this, is first
        reduced to its leading principal axes, at most this many. Of a view with
        more than 3,000 rows and columns at most 256 axes are kept. The target must
        not be wider than this.
    random_state : int, RandomState instance or None, default=0
        For the randomised decomposition of very large views; smaller ones are
        decomposed exactly.

    Attributes
    ----------
    target_ : str
        The view whose space is shared.
    weights_ : dict of ndarray of shape (width, n_components_)
        Columns that map a centred view into the space of the target; the target
        itself is only centred.
    means_ : dict of ndarray of shape (width,)
        Mean of every view over the rows that it was mapped by.
    offsets_ : dict of ndarray of shape (n_components_,)
        Mean of the target over the rows that have both it and a view, minus its
        mean over all.
    moments_ : Moments
        What `partial_fit` has seen; not kept by `fit`.
    n_components_ : int
        Width of the shared space, which is that of the target.
    view_widths_in_ : dict
        Width of every fitted view by name.
    n_features_in_ : int
        Total width of the fitted views.

    Notes
    -----
    Cost O(n p^2 + p^3) for p columns in all. Sparse and wide views as in `CCA`. A
    view is rotated by the rows that have both it and the target. Nothing is scaled;
    similarities by cosine do not depend on that. A single view is its own target
    and only centred.

    References
    ----------
    P. H. Schoenemann, "A generalized solution of the orthogonal Procrustes
    problem", Psychometrika 31(1), 1966.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.align import Procrustes
    >>> from mmclassic.views import Views
    >>> X = np.random.default_rng(0).normal(size=(100, 2))
    >>> turned = X @ np.array([[0.0, 1.0], [-1.0, 0.0]])
    >>> procrustes = Procrustes().fit(Views({"a": X, "b": turned}))
    >>> procrustes.weights_["a"].round(6) + 0
    array([[ 0.,  1.],
           [-1.,  0.]])
    """

    def __init__(self, target=None, *, max_width=4096, random_state=0):
        self.target = target
        self.max_width = max_width
        self.random_state = random_state

    def _map(self, moments, total, name, unit):
        left, _, right = small_svd(total.covariance(name, self.target_))
        return left @ right

    def _weight_powers(self, units):
        """Rotations have no unit."""
        return dict.fromkeys(units, 0)
