"""Weights of views: given, or learned by classes."""

import warnings

import numpy as np
import scipy.sparse as sp
from sklearn.utils import check_array
from sklearn.utils.multiclass import check_classification_targets

from mmclassic.match import CalibratedSimilarity
from mmclassic.utils import normalize_rows, row_norms, view_weights


def find_weights(weights, views, y):
    """Weight of every view, summing to 1; see `BaseFusion`."""
    if weights == "classes":
        weights = _class_support(views, _check_classes(y, len(views)))
    return view_weights(weights, views.names)


def _check_classes(y, n_rows):
    """Numbers of the classes of rows."""
    if y is None:
        raise ValueError("weights='classes' learns from labels: call fit(X, y) with them.")
    check_classification_targets(y)
    y = check_array(y, ensure_2d=False, dtype=None, input_name="y")
    if y.shape != (n_rows,):
        raise ValueError(f"y must hold a label for each of the {n_rows} rows; got {y.shape}.")
    return np.unique(y, return_inverse=True)[1]


def _class_support(views, classes):
    """By view the mean calibrated similarity of two rows of one class, and 0 below chance."""
    calibrated = CalibratedSimilarity(dict.fromkeys(views.names, 1)).fit(views)
    support = {}
    for name, block in views.items():
        says = np.flatnonzero(views.mask(name) & (row_norms(block) > 0))
        center, scale = calibrated.centers_[name], calibrated.scales_[name]
        mean = _mean_within(normalize_rows(block[says]), classes[says], center)
        support[name] = max(mean / scale, 0.0) if scale > 0 else 0.0
    if any(support.values()):
        return support
    if len(support) > 1:
        warnings.warn(
            "rows of one class are no more alike than others in any view; the views weigh alike.",
            UserWarning,
            stacklevel=5,
        )
    return None


def _mean_within(rows, classes, center):
    """Mean product of the centred rows of two different rows of one class; 0 without any two.

    All pairs of a class are the square of its sum, so that no pair is looked at: O(n p).
    """
    counts = np.bincount(classes)
    n_pairs = counts @ (counts - 1)
    if not n_pairs:
        return 0.0
    members = sp.csr_matrix((np.ones(classes.size), (classes, np.arange(classes.size))))
    sums = members @ rows
    along = np.asarray(sums @ center).ravel()
    squares = row_norms(sums) ** 2 - 2 * counts * along + counts**2 * (center @ center)
    alone = counts - 2 * along + counts * (center @ center)
    return float((squares - alone).sum() / n_pairs)
