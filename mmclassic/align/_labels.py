"""Labels of aligners that learn from them."""

from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, column_or_1d


def check_labels(aligner, views, y):
    """Check the labels of the rows that an aligner is to learn.

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

    Raises
    ------
    ValueError
        If there are no labels, not one for every row, or no classes but a
        continuous target.
    """
    if y is None:
        raise ValueError(
            f"{type(aligner).__name__} requires y to be passed, but the target y is None: it "
            "learns from the class of every row."
        )
    y = column_or_1d(y, warn=True)
    check_consistent_length(views.present, y)
    check_classification_targets(y)
    return y


def check_classes(aligner, classes):
    """Check that there are classes to tell apart.

    Parameters
    ----------
    aligner : estimator
        Named in the error.
    classes : ndarray of shape (n_classes,)
        The distinct labels, at least one.

    Returns
    -------
    classes : ndarray of shape (n_classes,)
        The same.

    Raises
    ------
    ValueError
        If there is only one.
    """
    if classes.size < 2:
        raise ValueError(
            f"{type(aligner).__name__} needs rows of at least 2 classes in y; got 1 class, "
            f"{classes[0]}."
        )
    return classes
