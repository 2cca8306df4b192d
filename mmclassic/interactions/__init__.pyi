from ._biases import Biases
from ._columns import (
    CONTRIBUTION,
    ITEM,
    LINE,
    QUERY,
    QUERY_ID,
    RANK,
    RATING,
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
    locate_ids,
    n_dimensions,
    refuse_misspelt,
    same_ids,
)
from ._interactions import Interactions
from ._items import name_rows, named_ids, read_ids, read_ids_with, read_interactions
from ._lookup import find_ids
from ._packing import PackedIdsMixin, pack_ids, unpack_ids

__all__ = [
    "CONTRIBUTION",
    "ITEM",
    "LINE",
    "QUERY",
    "QUERY_ID",
    "RANK",
    "RATING",
    "SCORE",
    "TIME",
    "USER",
    "VIEW",
    "WEIGHT",
    "Biases",
    "Interactions",
    "PackedIdsMixin",
    "as_ids",
    "check_distinct",
    "check_same_kind",
    "check_stored_ids",
    "find_ids",
    "locate_ids",
    "n_dimensions",
    "name_rows",
    "named_ids",
    "pack_ids",
    "read_ids",
    "read_ids_with",
    "read_interactions",
    "refuse_misspelt",
    "same_ids",
    "unpack_ids",
]
