from ._checks import VIEW_CHECKS, check_view_estimator, make_views

__all__ = ["VIEW_CHECKS", "check_view_estimator", "make_views"]
