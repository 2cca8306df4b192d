"""What `items` may be: features of rows, and the ids of the rows."""

import pandas as pd
from sklearn.utils.validation import _num_samples

from mmclassic.interactions import (
    ITEM,
    Interactions,
    as_ids,
    check_distinct,
    read_ids,
    read_ids_with,
)


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


def name_rows(items, ids):
    """Checked distinct ids of the rows of `items`: those given, or those of a table."""
    if ids is None and isinstance(items, pd.DataFrame):
        return read_ids(items)
    if ids is None:
        raise ValueError("items are rows without names; pass their item ids as ids=...")
    ids = as_ids(ids, name="item id")
    check_distinct(ids, name="item id")
    check_row_count(items, ids)
    return ids


def check_row_count(items, ids):
    """Refuse rows without an id of their own."""
    if _num_samples(items) != ids.size:
        raise ValueError(
            f"items have {_num_samples(items)} rows and ids {ids.size}; each row needs its item id."
        )


def name_fitted_rows(items, ids, interactions):
    """Ids of the items to fit, or None for those that the table of interactions names."""
    if ids is not None:
        ids = as_ids(ids, name="item id")
        check_distinct(ids, name="item id")
        if items is not None:
            check_row_count(items, ids)
        return ids
    if items is None:
        if interactions is None:
            raise ValueError("there is nothing to fit: give items, ids or interactions.")
        return interactions.items if isinstance(interactions, Interactions) else None
    return read_ids_with(items, interactions)
