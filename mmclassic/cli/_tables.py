"""The room of tables, as the commands call it."""

from mmclassic.tables import (
    add_file_column,
    numeric_columns,
    read_interaction_table,
    read_table,
)

__all__ = ["add_file_column", "numeric_columns", "read_interactions", "read_table"]

read_interactions = read_interaction_table
