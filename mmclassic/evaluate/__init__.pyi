from ._classes import evaluate_labels
from ._compare import compare
from ._evaluate import evaluate
from ._evaluation import Evaluation
from ._folds import Fold
from ._leakage import check_leakage
from ._pairs import evaluate_pairs
from ._scorer import cold_item_scorer
from ._splits_cold import ColdItemSplit
from ._splits_given import GivenSplit
from ._splits_last import LeaveLastOut
from ._splits_random import RandomSplit
from ._splits_sampled import SampledLeaveOneOut
from ._splits_time import TimeSplit
from ._splits_users import UserFolds
from ._tune import Tuning, tune

__all__ = [
    "ColdItemSplit",
    "Evaluation",
    "Fold",
    "GivenSplit",
    "LeaveLastOut",
    "RandomSplit",
    "SampledLeaveOneOut",
    "TimeSplit",
    "Tuning",
    "UserFolds",
    "check_leakage",
    "cold_item_scorer",
    "compare",
    "evaluate",
    "evaluate_labels",
    "evaluate_pairs",
    "tune",
]
