from ._checks import VIEW_CHECKS, check_view_estimator
from ._data import make_views
from ._reading import check_threads, check_transform_changes_nothing

__all__ = [
    "VIEW_CHECKS",
    "check_threads",
    "check_transform_changes_nothing",
    "check_view_estimator",
    "make_views",
]
