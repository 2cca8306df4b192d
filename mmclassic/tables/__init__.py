"""Tables as people's files have them: delimited text, spreadsheets, Parquet; nothing is guessed."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
