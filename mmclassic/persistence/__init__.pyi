from ._load import load
from ._save import save

__all__ = ["load", "save"]
