from ._column_top import ColumnTop
from ._constraints import (
    N_JOBS,
    NON_NEGATIVE_REAL,
    ON_ERROR,
    OPEN_UNIT_REAL,
    POSITIVE_INTEGER,
    POSITIVE_REAL,
    RANDOM_STATE,
)
from ._dates import are_missing_dates
from ._encoding import detect_encoding, is_plausible
from ._files import atomic_write
from ._labels import PlainLabelsMixin
from ._linalg import (
    align_signs,
    balance_rows,
    leading_eigenpairs,
    leading_singular_triplets,
    mirror_lower,
    normalize_rows,
    one_blas_thread,
    product_by_rows,
    row_norms,
    scale_rows,
    small_svd,
)
from ._log import LOGGER
from ._memory import keep_freed_memory
from ._optional import import_optional
from ._parallel import map_chunks
from ._per_view import is_weight, per_view, view_weights
from ._products import in_float32, sparse_product
from ._resources import measure
from ._scaling import exponent_of, extreme_exponent, fits_exponent, times_power
from ._sparse import canonical_csr
from ._stored import are_numbers, is_array, is_finite, require
from ._top_products import top_products, top_products_both_ways
from ._topk import check_k, places_in_rows, top_k
from ._undo import all_or_nothing

__all__ = [
    "LOGGER",
    "NON_NEGATIVE_REAL",
    "N_JOBS",
    "ON_ERROR",
    "OPEN_UNIT_REAL",
    "POSITIVE_INTEGER",
    "POSITIVE_REAL",
    "RANDOM_STATE",
    "ColumnTop",
    "PlainLabelsMixin",
    "align_signs",
    "all_or_nothing",
    "are_missing_dates",
    "are_numbers",
    "atomic_write",
    "balance_rows",
    "canonical_csr",
    "check_k",
    "detect_encoding",
    "exponent_of",
    "extreme_exponent",
    "fits_exponent",
    "import_optional",
    "in_float32",
    "is_array",
    "is_finite",
    "is_plausible",
    "is_weight",
    "keep_freed_memory",
    "leading_eigenpairs",
    "leading_singular_triplets",
    "map_chunks",
    "measure",
    "mirror_lower",
    "normalize_rows",
    "one_blas_thread",
    "per_view",
    "places_in_rows",
    "product_by_rows",
    "require",
    "row_norms",
    "scale_rows",
    "small_svd",
    "sparse_product",
    "times_power",
    "top_k",
    "top_products",
    "top_products_both_ways",
    "view_weights",
]
