"""The metrics of ranked lists by name."""

from collections.abc import Mapping

from mmclassic.metrics import (
    f1_at_k,
    hit_rate_at_k,
    map_at_k,
    mrr,
    ndcg_at_k,
    precision_at_k,
    recall_at_k,
)

RANKING_METRICS = {
    "precision": precision_at_k,
    "recall": recall_at_k,
    "f1": f1_at_k,
    "ndcg": ndcg_at_k,
    "hit_rate": hit_rate_at_k,
    "map": map_at_k,
    "mrr": mrr,
}
_DEFAULT = ("precision", "recall", "f1", "ndcg")


def check_metrics(metrics):
    """Metrics as functions by name, from names, functions by name or None."""
    if isinstance(metrics, Mapping):
        return dict(metrics)
    names = _DEFAULT if metrics is None else metrics
    unknown = [name for name in names if name not in RANKING_METRICS]
    if isinstance(names, str) or unknown:
        raise ValueError(
            f"metrics must be a list of names among {list(RANKING_METRICS)}; got {metrics!r}."
        )
    return {name: RANKING_METRICS[name] for name in names}
