from ._base import ViewsEstimator, ViewsTransformerMixin
from ._per_view import PerView
from ._smoothing import GraphSmoothing
from ._validation import restore_absent, scatter_rows, validate_fitted_views, validate_views
from ._views import Views

__all__ = [
    "GraphSmoothing",
    "PerView",
    "Views",
    "ViewsEstimator",
    "ViewsTransformerMixin",
    "restore_absent",
    "scatter_rows",
    "validate_fitted_views",
    "validate_views",
]
