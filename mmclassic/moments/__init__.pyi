from ._class_moments import ClassMoments
from ._covariances import Covariances, spans_of
from ._folds import N_FOLDS, FoldedMoments
from ._moments import Moments, rows_by_views
from ._reduction import Reduction, project

__all__ = [
    "N_FOLDS",
    "ClassMoments",
    "Covariances",
    "FoldedMoments",
    "Moments",
    "Reduction",
    "project",
    "rows_by_views",
    "spans_of",
]
