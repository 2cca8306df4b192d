from ._class_moments import ClassMoments
from ._covariances import Covariances, ridge_unit, spans_of
from ._folds import N_FOLDS, FoldedMoments
from ._moments import Moments
from ._pair_moments import PairMoments
from ._reduction import Reduction, project
from ._rows import rows_by_views

__all__ = [
    "N_FOLDS",
    "ClassMoments",
    "Covariances",
    "FoldedMoments",
    "Moments",
    "PairMoments",
    "Reduction",
    "project",
    "ridge_unit",
    "rows_by_views",
    "spans_of",
]
