"""Rows that a model is asked about: of which kind they are, and what they say."""

import numpy as np
import pandas as pd
from scipy.sparse import issparse
from sklearn.utils import get_tags

from mmclassic.interactions import n_dimensions
from mmclassic.views import Views


def as_views(items):
    return items if isinstance(items, Views) else Views({"x0": items})


def are_rows(items):
    """Whether these are rows of items, and not identifiers."""
    return isinstance(items, (pd.DataFrame, Views)) or issparse(items) or n_dimensions(items) == 2


def reads_texts(vectorizer):
    """Whether a vectorizer, or the transformer that it wraps, takes texts."""
    return get_tags(getattr(vectorizer, "transformer", vectorizer)).input_tags.string


def refuse_silence(views, names):
    silent = np.flatnonzero(~views.present.any(axis=1))
    if silent.size:
        raise ValueError(
            f"{names[silent[0]]} says nothing that the fitted items could be compared with: it "
            "has no modality, or no word of it occurs in their texts."
        )


def terms_of(extractor):
    """The terms, of stems what is written, of every view of texts whose columns are words."""
    found = {}
    for name, vectorizer in getattr(extractor, "vectorizers_", {}).items():
        if reads_texts(vectorizer) and hasattr(vectorizer, "get_feature_names_out"):
            forms = getattr(vectorizer, "forms_", None)
            found[name] = vectorizer.get_feature_names_out() if forms is None else forms
    return found
