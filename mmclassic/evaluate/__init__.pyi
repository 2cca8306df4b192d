from ._baseline import ContentFreeModel
from ._evaluate import evaluate
from ._scorer import cold_item_scorer
from ._splits import ColdItemSplit, Fold, LeaveLastOut, RandomSplit

__all__ = [
    "ColdItemSplit",
    "ContentFreeModel",
    "Fold",
    "LeaveLastOut",
    "RandomSplit",
    "cold_item_scorer",
    "evaluate",
]
