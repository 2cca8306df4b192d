from . import (
    align,
    cli,
    datasets,
    evaluate,
    exceptions,
    features,
    fuse,
    interactions,
    match,
    metrics,
    moments,
    recommend,
    sync,
    tables,
    testing,
    views,
)
from .persistence import load, save
from .pipeline import MultimodalRecommender

__version__: str

__all__ = [
    "MultimodalRecommender",
    "__version__",
    "align",
    "cli",
    "datasets",
    "evaluate",
    "exceptions",
    "features",
    "fuse",
    "interactions",
    "load",
    "match",
    "metrics",
    "moments",
    "recommend",
    "save",
    "sync",
    "tables",
    "testing",
    "views",
]
