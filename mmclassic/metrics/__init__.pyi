from ._auc import auc_at_k
from ._bootstrap import bootstrap_interval
from ._clusters import clustering_accuracy, purity
from ._correlation import paired_correlation
from ._diversity import catalog_coverage_at_k, gini_at_k, intra_list_diversity_at_k
from ._graded import graded_ndcg_at_k
from ._matching import matching_accuracy
from ._novelty import novelty_at_k, popularity_bias_at_k, serendipity_at_k
from ._overlap import rank_biased_overlap
from ._ranked_lists import RankedLists
from ._ranking import (
    f1_at_k,
    hit_rate_at_k,
    map_at_k,
    mrr,
    ndcg_at_k,
    precision_at_k,
    r_precision,
    recall_at_k,
)
from ._ratings import mae, rmse
from ._relevance import label_relevance
from ._retrieval import median_rank, retrieval_map, retrieval_recall_at_k
from ._satisfaction import own_scale, satisfaction_at_k, satisfied_at_k
from ._scorers import correlation_scorer, retrieval_scorer

__all__ = [
    "RankedLists",
    "auc_at_k",
    "bootstrap_interval",
    "catalog_coverage_at_k",
    "clustering_accuracy",
    "correlation_scorer",
    "f1_at_k",
    "gini_at_k",
    "graded_ndcg_at_k",
    "hit_rate_at_k",
    "intra_list_diversity_at_k",
    "label_relevance",
    "mae",
    "map_at_k",
    "matching_accuracy",
    "median_rank",
    "mrr",
    "ndcg_at_k",
    "novelty_at_k",
    "own_scale",
    "paired_correlation",
    "popularity_bias_at_k",
    "precision_at_k",
    "purity",
    "r_precision",
    "rank_biased_overlap",
    "recall_at_k",
    "retrieval_map",
    "retrieval_recall_at_k",
    "retrieval_scorer",
    "rmse",
    "satisfaction_at_k",
    "satisfied_at_k",
    "serendipity_at_k",
]
