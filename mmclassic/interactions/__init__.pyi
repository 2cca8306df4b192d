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
    check_stored_ids,
    find_ids,
    locate_ids,
    same_ids,
)
from ._interactions import Interactions
from ._items import name_rows, named_ids, read_ids, read_ids_with, read_interactions
from ._packing import PackedIdsMixin, pack_ids, unpack_ids

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
    "PackedIdsMixin",
    "as_ids",
    "check_distinct",
    "check_same_kind",
    "check_stored_ids",
    "find_ids",
    "locate_ids",
    "name_rows",
    "named_ids",
    "pack_ids",
    "read_ids",
    "read_ids_with",
    "read_interactions",
    "same_ids",
    "unpack_ids",
]
