"""Checks that any estimator on views can be held to, also those of third parties."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
