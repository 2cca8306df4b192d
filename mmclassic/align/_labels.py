"""Labels of aligners that learn from them."""

from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, column_or_1d

from mmclassic.align._unsolvable import UnsolvableError


def check_labels(aligner, views, y):
    """The class of every row of the views; raises where that is not what `y` holds."""
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
    """The distinct labels, of which there must be two to tell apart."""
    if classes.size < 2:
        raise UnsolvableError(
            f"{type(aligner).__name__} needs rows of at least 2 classes in y; got 1 class, "
            f"{classes[0]}."
        )
    return classes
