"""Labels of aligners that learn from them."""

import numpy as np
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, column_or_1d


def check_labels(aligner, views, y):
    """Check the classes that an aligner is to learn.

    Parameters
    ----------
    aligner : estimator
        Named in the errors.
    views : Views
        Its data.
    y : array-like of shape (n_rows,) or None
        The class of every row.

    Returns
    -------
    y : ndarray of shape (n_rows,)
        The labels.
    classes : ndarray of shape (n_classes,)
        The two or more distinct ones, sorted.

    Raises
    ------
    ValueError
        If there are no labels, not one for every row, no classes but a
        continuous target, or a single class.
    """
    name = type(aligner).__name__
    if y is None:
        raise ValueError(
            f"{name} requires y to be passed, but the target y is None: it learns from the class "
            "of every row."
        )
    y = column_or_1d(y, warn=True)
    check_consistent_length(views.present, y)
    check_classification_targets(y)
    classes = np.unique(y)
    if classes.size < 2:
        raise ValueError(
            f"{name} needs at least 2 classes in y; got 1 class, {classes[0]} for every row."
        )
    return y, classes
