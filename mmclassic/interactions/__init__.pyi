from ._columns import (
    CONTRIBUTION,
    ITEM,
    QUERY,
    QUERY_ID,
    RANK,
    SCORE,
    TIME,
    USER,
    VIEW,
    WEIGHT,
)
from ._ids import (
    as_ids,
    check_distinct,
    check_same_kind,
    find_ids,
    locate_ids,
)
from ._interactions import Interactions
from ._items import item_ids, number_interactions

__all__ = [
    "CONTRIBUTION",
    "ITEM",
    "QUERY",
    "QUERY_ID",
    "RANK",
    "SCORE",
    "TIME",
    "USER",
    "VIEW",
    "WEIGHT",
    "Interactions",
    "as_ids",
    "check_distinct",
    "check_same_kind",
    "find_ids",
    "item_ids",
    "locate_ids",
    "number_interactions",
]
