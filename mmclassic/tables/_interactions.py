"""Tables of what users did, whatever their columns are called."""

import pandas as pd

from mmclassic.exceptions import TableError
from mmclassic.interactions import ITEM, RATING, TIME, USER, WEIGHT
from mmclassic.tables._numbers import as_numbers
from mmclassic.tables._read import read_table
from mmclassic.tables._times import as_times


def read_interaction_table(
    path,
    *,
    user=None,
    item=None,
    weight=None,
    rating=None,
    time=None,
    time_format=None,
    sep=None,
    decimal=None,
    encoding=None,
    sheet=None,
):
    """Read a table of interactions, such as orders, into the columns that models take.

    Parameters
    ----------
    path : path-like
        The file, see `read_table`.
    user, item : str, default=None
        Columns of the users and items; None is "user_id" and "item_id".
    weight, rating, time : str, default=None
        Columns of how much an interaction counts, or of ratings on a scale, and of when it was;
        None reads "weight", "rating" and "timestamp" if they are there. Of weights and ratings
        the one is read that is named.
    time_format : str, default=None
        How times are written, see `as_times`.
    sep, decimal, encoding, sheet : str, default=None
        See `read_table`.

    Returns
    -------
    interactions : DataFrame
        Columns user_id, item_id and, where read, weight or rating and timestamp; its index is
        that of `read_table`.

    Raises
    ------
    TableError
        If a column is not there, a weight, rating or time cannot be read without a guess, or
        there are weights and ratings and none is named.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from mmclassic.tables import read_interaction_table
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "orders.csv")
    ...     _ = path.write_text("Kunde;Artikel;Datum\\n7;007;24.01.2026\\n", encoding="utf-8")
    ...     read_interaction_table(path, user="Kunde", item="Artikel", time="Datum")
         user_id item_id  timestamp
    line
    2          7     007 2026-01-24
    """
    table = read_table(path, sep=sep, decimal=decimal, encoding=encoding, sheet=sheet)
    names = {USER: user or USER, ITEM: item or ITEM, **_strength(table, weight, rating, path)}
    if time is not None or TIME in table.columns:
        names[TIME] = time or TIME
    _check_columns(table, names, path)
    columns = {ours: table[name] for ours, name in names.items()}
    for strength in {WEIGHT, RATING} & columns.keys():
        columns[strength] = as_numbers(columns[strength], where=path)
    if TIME in columns:
        columns[TIME] = as_times(columns[TIME], time_format=time_format, where=path)
    return pd.DataFrame(columns)


def _strength(table, weight, rating, path):
    """The column of weights or that of ratings, by the name that it will have; or none."""
    named = {WEIGHT: weight, RATING: rating}
    names = {ours: name for ours, name in named.items() if name is not None}
    names = names or {ours: ours for ours in named if ours in table.columns}
    if len(names) == 2:
        raise TableError(
            f"{str(path)!r}: both weights (column {names[WEIGHT]!r}) and ratings (column "
            f"{names[RATING]!r}), and only one of them can count; name the one to be read with "
            "weight=COLUMN or rating=COLUMN."
        )
    return names


def _check_columns(table, names, path):
    missing = [name for name in names.values() if name not in table.columns]
    if missing:
        raise TableError(
            f"{str(path)!r} has no column {', '.join(map(repr, missing))}; it has "
            f"{list(table.columns)}; name them with user=COLUMN, item=COLUMN, weight=COLUMN, "
            "rating=COLUMN and time=COLUMN."
        )
