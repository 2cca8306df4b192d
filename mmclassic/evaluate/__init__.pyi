from ._compare import compare
from ._evaluate import evaluate
from ._evaluation import Evaluation
from ._scorer import cold_item_scorer
from ._splits import ColdItemSplit, Fold, LeaveLastOut, RandomSplit

__all__ = [
    "ColdItemSplit",
    "Evaluation",
    "Fold",
    "LeaveLastOut",
    "RandomSplit",
    "cold_item_scorer",
    "compare",
    "evaluate",
]
