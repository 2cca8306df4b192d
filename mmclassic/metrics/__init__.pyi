from ._bootstrap import bootstrap_interval
from ._correlation import paired_correlation
from ._matching import matching_accuracy
from ._ranked_lists import RankedLists
from ._ranking import (
    f1_at_k,
    hit_rate_at_k,
    map_at_k,
    mrr,
    ndcg_at_k,
    precision_at_k,
    recall_at_k,
)
from ._relevance import label_relevance
from ._retrieval import median_rank, retrieval_map, retrieval_recall_at_k
from ._scorers import correlation_scorer, retrieval_scorer

__all__ = [
    "RankedLists",
    "bootstrap_interval",
    "correlation_scorer",
    "f1_at_k",
    "hit_rate_at_k",
    "label_relevance",
    "map_at_k",
    "matching_accuracy",
    "median_rank",
    "mrr",
    "ndcg_at_k",
    "paired_correlation",
    "precision_at_k",
    "recall_at_k",
    "retrieval_map",
    "retrieval_recall_at_k",
    "retrieval_scorer",
]
