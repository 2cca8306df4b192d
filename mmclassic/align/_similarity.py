"""Similarity of rows; it lives below, because the scorers of `mmclassic.metrics` use it too."""

from mmclassic.utils._similarity import METRICS, similarity

__all__ = ["METRICS", "similarity"]
