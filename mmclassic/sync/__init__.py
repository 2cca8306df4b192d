"""Time: streams that show the same at different speeds are brought to one clock."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
