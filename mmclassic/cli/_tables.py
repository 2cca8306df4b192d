"""Tables from files, with every cell as it was written and paths that lead somewhere."""

import re
from pathlib import Path

import pandas as pd

from mmclassic.interactions import TIME, WEIGHT
from mmclassic.utils import import_optional

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


def read_table(path):
    """Read a CSV, TSV or Parquet file; the suffix decides.

    Text files give text in every column, so that "007" stays what it is; an empty cell is missing.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        import_optional("pyarrow", extra="parquet", purpose="reading Parquet tables")
        return pd.read_parquet(path)
    if suffix not in (".csv", ".tsv"):
        raise ValueError(f"{str(path)!r}: a table must end in .csv, .tsv or .parquet.")
    options = {"dtype": str, "keep_default_na": False, "na_values": [""]}
    try:
        return pd.read_csv(
            path, sep="\t" if suffix == ".tsv" else ",", encoding="utf-8-sig", **options
        )
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{str(path)!r} is not UTF-8 (byte {error.start}); save the table as UTF-8."
        ) from error
    except pd.errors.ParserError as error:
        raise ValueError(f"{str(path)!r} is not a readable table: {error}") from error
    except pd.errors.EmptyDataError as error:
        raise ValueError(
            f"{str(path)!r} is empty: a table needs a line of column names."
        ) from error


def read_interactions(path):
    """Read a table of interactions; a weight, and a time written as a number, become numbers."""
    table = read_table(path)
    if WEIGHT in table.columns:
        table[WEIGHT] = _as_numbers(table[WEIGHT], path)
    if TIME in table.columns:
        numbers = pd.to_numeric(table[TIME], errors="coerce")
        if numbers.notna().all():
            table[TIME] = numbers
    return table


def numeric_columns(table, columns, path):
    """Turn text columns of a table into numbers, in place; `path` is for errors."""
    for column in columns:
        _check_column(table, column, path)
        table[column] = _as_numbers(table[column], path)


def add_file_column(table, spec, path):
    """Make a column of paths absolute, in place, or build one from a template; gives its name.

    A template such as ``flags/{code}.png`` names columns in braces; where a part is missing the
    path is. Relative paths lead from the folder of the table, whose file is `path`.
    """
    folder = Path(path).resolve().parent
    names = _PLACEHOLDER.findall(spec)
    for name in names or [spec]:
        _check_column(table, name, path)
    if names:
        complete = table[names].notna().all(axis=1)
        filled = [
            _PLACEHOLDER.sub(lambda m, r=row: str(r[m.group(1)]), spec)
            for row in table.loc[complete, names].to_dict("records")
        ]
        table.loc[complete, spec] = pd.Series(filled, index=table.index[complete], dtype=object)
    table[spec] = table[spec].astype(object).map(lambda cell: _resolve(cell, folder))
    return spec


def _resolve(cell, folder):
    return str(folder / cell) if isinstance(cell, str) else cell


def _check_column(table, column, path):
    if column not in table.columns:
        raise ValueError(f"{str(path)!r} has no column {column!r}; it has {list(table.columns)}.")


def _as_numbers(column, path):
    numbers = pd.to_numeric(column, errors="coerce")
    wrong = numbers.isna() & column.notna()
    if wrong.any():
        row = wrong.idxmax()
        raise ValueError(
            f"{str(path)!r}, row {row}, column {column.name!r}: {column[row]!r} is not a number."
        )
    return numbers
