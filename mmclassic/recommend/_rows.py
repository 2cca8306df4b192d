"""What `items` may be: features of rows, and the ids of the rows."""

import numpy as np
import scipy.sparse as sp

from mmclassic.interactions import (
    ITEM,
    Interactions,
    n_dimensions,
    name_rows,
    named_ids,
    read_ids_with,
)
from mmclassic.views import Views


def numeric_columns(estimator, items, *, reset):
    """The columns of a table that are features: in fit the numeric ones, then those of fit."""
    names = getattr(estimator, "feature_names_in_", None)
    if not reset and names is not None and set(names) <= set(items.columns):
        return items[list(names)]
    features = items.drop(columns=ITEM, errors="ignore").select_dtypes(["number", "bool"])
    if not features.shape[1]:
        raise ValueError(
            f"{type(estimator).__name__} reads the numeric columns of a table, and this one has "
            f"none besides the ids: {list(items.columns)}. Make features of the others, for "
            "example with ModalityExtractor."
        )
    return features


def are_rows(items):
    """Whether these are rows of features, and not ids or a table."""
    if isinstance(items, Views) or sp.issparse(items):
        return True
    listed = isinstance(items, (np.ndarray, list, tuple))
    return listed and n_dimensions(items) == 2


def name_fitted_rows(items, ids, interactions):
    """Ids of the items to fit, or None for those that the table of interactions names."""
    if ids is not None:
        return named_ids(ids) if items is None else name_rows(items, ids)
    if items is None:
        if interactions is None:
            raise ValueError("there is nothing to fit: give items, ids or interactions.")
        return interactions.items if isinstance(interactions, Interactions) else None
    return read_ids_with(items, interactions)
