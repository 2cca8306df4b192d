from ._per_view import PerView
from ._views import Views

__all__ = ["PerView", "Views"]
