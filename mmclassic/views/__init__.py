"""The data contract between packages: named, row-aligned blocks with a mask of what is present."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
