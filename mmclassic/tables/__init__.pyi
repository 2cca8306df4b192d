from ._columns import check_column, check_id_column
from ._files import add_file_column
from ._interactions import read_interaction_table
from ._numbers import as_numbers, numeric_columns
from ._read import read_table
from ._times import as_times

__all__ = [
    "add_file_column",
    "as_numbers",
    "as_times",
    "check_column",
    "check_id_column",
    "numeric_columns",
    "read_interaction_table",
    "read_table",
]
