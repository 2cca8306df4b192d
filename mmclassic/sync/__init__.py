"""Time: streams on clocks of their own, and at speeds of their own, brought to one clock."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
