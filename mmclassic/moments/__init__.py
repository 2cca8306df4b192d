"""Second moments of views: one pass, mergeable, with covariances and principal axes."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
